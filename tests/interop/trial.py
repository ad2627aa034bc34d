"""One trial: a thousand requests to a real server over a bad network, and what must be true of the end."""

import json
import os
import sys

from servers import serving
from support import start, volley

REQUESTS = 1000
WINDOW = 32
LOSS = 0.3
FORWARDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forwarder.py")


def ask_a_thousand(test, server, query, field, *flags, strangers=False):
    """Asks `server`, which keeps its IDs at `field`, with the query's bytes and further `flags`."""
    disturb = ["--id", field, "--drop", LOSS, "--seed", 2026, *(["--strangers"] if strangers else [])]
    with serving(server, query) as port:
        with start([sys.executable, "-B", FORWARDER, port, *disturb], timeout=120) as forwarder:
            command = volley(
                "request", "--raw", "--json", "--count", REQUESTS, "--window", WINDOW, "--match", f"id@{field}",
                "--timeout", "60s", "--hex", *flags, forwarder.listening().text, query.hex())
            with start(command, timeout=90) as client:
                done = client.wait(90)
            network = json.loads(forwarder.stop().out)
    test.assertEqual(done.code, 0, done)
    summary = json.loads(done.out)
    print(server.__name__, json.dumps({**summary, "up": network["up"], "down": network["down"]}), flush=True)
    check_loss(test, network)
    check_answers(test, summary, network)
    check_ids(test, field, network)
    return summary, network


def check_loss(test, network):
    """The network was as bad as it should be, or nothing is proved."""
    for way in ("up", "down"):
        share = network[way]["dropped"] / network[way]["seen"]
        test.assertTrue(LOSS - 0.05 < share < LOSS + 0.05, (way, network[way]))
    test.assertGreater(network["forged"], 50)
    test.assertGreater(network["duplicated"], 50)
    test.assertEqual((network["unsent"], network["refused_clients"]), (0, 0))


def check_answers(test, summary, network):
    """Every request has the server's own answer to it: what was no answer is counted as such."""
    test.assertEqual((summary["requests"], summary["answered"]), (REQUESTS, REQUESTS))
    test.assertEqual(summary["attempts"], network["up"]["seen"])
    # A lie leaves before the server's answer to the same request, so the client met every one of them.
    test.assertEqual(summary["wrong_id"], network["forged"])
    # Each ID that was asked got the server's answer through the network: no lie stood in for one.
    test.assertEqual(set(network["asked"]), set(network["answered"]))
    # The client leaves with its last answer, so it need not have met the last few repeated ones.
    repeated = network["passed"] - REQUESTS
    test.assertTrue(network["duplicated"] / 2 < summary["duplicates"] <= repeated, (summary, repeated))


def check_ids(test, field, network):
    """Every request had an ID of its own, and none follows from the one before."""
    ids = [int(identifier, 16) for identifier in network["asked"]]
    size = int(field.split(":")[1].split("=")[0])
    # Of 65,536 IDs a thousand draws repeat about eight: that is chance, and no two of them in flight at once.
    test.assertGreaterEqual(len(ids), REQUESTS - (40 if size == 2 else 0))
    test.assertLessEqual(len(ids), REQUESTS)
    steps = [(after - before) % 256**size for before, after in zip(ids, ids[1:])]
    test.assertLess(max(map(steps.count, set(steps))), 10)
