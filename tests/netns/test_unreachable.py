"""What a client says when nobody is there: on the port, on the host, on the network.

           10.1.0.0/24, fd01::/64          10.2.0.0/24, fd02::/64
    client eth0 .1 ──── in .2 router out .2 ──── eth0 .1 server
"""

import json
import time
import unittest

import hosts
from command import run_on, start_on
from support import main

PORT = 5000
SERVERS = (f"10.2.0.1:{PORT}", f"[fd02::1]:{PORT}")


def setUpModule():
    hosts.enter()


class Unreachable(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        net = cls.enterClassContext(hosts.Network())
        cls.client, cls.router, cls.server = (net.host(name) for name in ("client", "router", "server"))
        net.wire((cls.client, "eth0", ["10.1.0.1/24", "fd01::1/64"]),
                 (cls.router, "in", ["10.1.0.2/24", "fd01::2/64"]))
        net.wire((cls.router, "out", ["10.2.0.2/24", "fd02::2/64"]),
                 (cls.server, "eth0", ["10.2.0.1/24", "fd02::1/64"]))
        cls.client.ip("route add 10.2.0.0/16 via 10.1.0.2", "route add fd02::/16 via fd01::2")
        cls.server.ip("route add default via 10.2.0.2", "route add default via fd02::2")
        cls.router.forward()

    def test_a_refused_port_across_hosts(self):
        for server in SERVERS:
            began = time.monotonic()
            refused = run_on(self.client, "request", "--raw", "--timeout", "20s", server, "anyone?")
            self.assertEqual((refused.code, refused.out), (4, b""), refused.err)
            self.assertIn(server, refused.err)
            self.assertIn("refused", refused.err)
            self.assertLess(time.monotonic() - began, 15, "at once, not at the deadline")

    def test_a_refused_port_in_json(self):
        refused = run_on(self.client, "request", "--raw", "--json", SERVERS[0], "anyone?")
        self.assertEqual(refused.code, 4, refused.err)
        answer = json.loads(refused.out)
        self.assertEqual((answer["outcome"], answer["rtt_us"], answer["attempts"]), ("refused", None, 1))

    def test_no_route(self):
        for server in (f"192.0.2.1:{PORT}", f"[2001:db8::1]:{PORT}"):
            for verb in (("request", "--raw"), ("send",)):
                nowhere = run_on(self.client, *verb, server, "anyone?")
                self.assertEqual((nowhere.code, nowhere.out), (3, b""), nowhere.err)
                self.assertIn(server, nowhere.err)
                self.assertRegex(nowhere.err, "unreachable|no route")

    def test_a_router_without_a_route_is_a_hint(self):
        # 10.2.9.9 is nobody's, and the router knows no way there: its word is a hint and ends
        # nothing, but it is said in the end.
        lost = run_on(self.client, "request", "--raw", "--backoff", "50ms..200ms", f"10.2.9.9:{PORT}", "anyone?")
        self.assertEqual((lost.code, lost.out), (1, b""), lost.err)
        self.assertIn("10.2.9.9", lost.err)
        self.assertRegex(lost.err, "unreachable|cannot be reached")

    def test_silence_is_no_answer(self):
        self.enterContext(start_on(self.server, "listen", f"*:{PORT}")).listening()
        for server in SERVERS:
            silent = run_on(self.client, "request", "--raw", "--json", "--backoff", "50ms..200ms", server, "anyone?")
            self.assertEqual(silent.code, 1, silent.err)
            answer = json.loads(silent.out)
            self.assertEqual((answer["outcome"], answer["attempts"], answer["body"]), ("no_answer", 3, None))


if __name__ == "__main__":
    main()
