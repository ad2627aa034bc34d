#!/usr/bin/env python3
"""The programs of other projects that Volley is measured beside, and what each of them does not do.

    bench/peers.py BUILD    runs each of them briefly, and prints a line each

`bench_programs` builds those that need building (bench/peers); sockperf and iperf3 are run as they are installed. What
is not here is told by the peer's `missing`, and is not to be measured.
"""

import collections.abc
import contextlib
import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # The folder holds sources and nothing else.

from programs import CouldNotRun, Programs  # noqa: E402

RECEIVE_ROOM = 4 * 1024 * 1024  # As limit/socket.hpp asks for.
PATIENCE = 5  # Seconds, for a server to listen.


@dataclasses.dataclass(frozen=True)
class Peer:
    """One of them: `loads` and `sizes` are the requests in flight, and the sizes of a body, that it can do."""
    name: str
    version: str
    package: str
    missing: str | None
    does_not: str
    loads: tuple
    sizes: tuple
    how: collections.abc.Callable

    def measure(self, programs, in_flight, size, seconds):
        """`rate` of replies, `lost`, `failed`, `busy`; with one in flight, the latency too."""
        return self.how(programs, in_flight, size, seconds)


def version_of(package):
    """The version that is installed, without what Debian adds to it."""
    try:
        said = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                              check=False).stdout
    except OSError:
        return ""
    return re.sub(r"^\d+:|[+-][^-]*ds.*$|-[^-]*$", "", said)


def built(name):
    """How a peer of bench/peers is measured."""
    def how(programs, in_flight, size, seconds):
        if name == "grpc" and in_flight > 1_000:
            seconds = max(seconds, 1.0)  # It takes a third of a second until the first of 4,096 replies comes.
        return programs.measure([f"bench/{name}_echo"],
                                [f"bench/{name}_load", "{port}", "{seconds}", str(in_flight), str(size)], seconds)
    return how


def free_port(kind):
    """A port of 127.0.0.1 that nobody has: those who need one cannot choose it themselves."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_bound(kind, port):
    """Returns when a socket has that port, by the kernel's list of them: to ask the server would disturb it."""
    path = "/proc/net/udp" if kind == socket.SOCK_DGRAM else "/proc/net/tcp"
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with open(path, encoding="ascii") as file:
            if f"0100007F:{port:04X} 00000000:0000" in file.read():
                return
        time.sleep(0.01)
    raise CouldNotRun(f"nothing listens on port {port}")


@contextlib.contextmanager
def serving(programs, command, kind, port):
    """A tool's server for as long as the block runs. It gives a dict, which has `busy` afterwards."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = programs.start([shutil.which(command[0]), *command[1:]], programs.server_cpu, **streams)
    sample = {}
    begin = time.monotonic()
    try:
        wait_until_bound(kind, port)
        begin = time.monotonic()
        yield sample
    finally:
        elapsed = time.monotonic() - begin
        sample["busy"] = min(1.0, programs.end(process) / elapsed)


def run_tool(programs, command, seconds):
    """What a tool's client printed."""
    client = programs.start([shutil.which(command[0]), *command[1:]], programs.client_cpu, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    try:
        out, _ = client.communicate(timeout=seconds + 10)
    except subprocess.TimeoutExpired as late:
        raise CouldNotRun(f"{command[0]} did not end") from late
    finally:
        client.kill()
        client.wait()
    if client.returncode != 0:
        raise CouldNotRun(f"{command[0]} failed: {out.strip()}")
    return out


def whole_seconds(seconds):
    """The tools count in them."""
    return max(1, round(seconds))


def number_in(text, pattern):
    """What the pattern's group says."""
    found = re.search(pattern, text)
    if not found:
        raise CouldNotRun(f"its output has no {pattern}")
    return float(found.group(1))


def read_ping_pong(text):
    """sockperf's report of one in flight, as histogram.hpp would tell it: no percentile beyond ten samples."""
    valid = text[text.index("[Valid Duration]"):]
    count = number_in(valid, r"ReceivedMessages=(\d+)")
    sample = {"rate": count / number_in(valid, r"RunTime=([\d.]+)"), "samples": int(count),
              "lost": int(number_in(valid, r"dropped messages = (\d+)")),
              "mean_us": number_in(valid, r"avg-rtt=([\d.]+)")}
    for name, percent, part in (("p50_us", "50.000", 0.5), ("p99_us", "99.000", 0.99), ("p999_us", "99.900", 0.999)):
        if count * (1 - part) >= 10:
            sample[name] = number_in(valid, rf"percentile {percent} =\s*([\d.]+)")
    return sample


def read_bursts(text, in_flight):
    """sockperf's report of bursts: it tells totals and no latency. The last burst may be on its way at the end."""
    total = text[text.index("[Total Run]"):]
    received = number_in(total, r"ReceivedMessages=(\d+)")
    unanswered = number_in(total, r"SentMessages=(\d+)") - received
    return {"rate": received / number_in(total, r"RunTime=([\d.]+)"), "lost": int(max(0, unanswered - in_flight))}


def sockperf(programs, in_flight, size, seconds):
    """sockperf ping-pong: with more than one in flight, bursts of them."""
    port = free_port(socket.SOCK_DGRAM)
    ends = ["-i", "127.0.0.1", "-p", str(port), "--buffer-size", str(RECEIVE_ROOM)]
    burst = ["--burst", str(in_flight)] if in_flight > 1 else []
    duration = whole_seconds(seconds)
    with serving(programs, ["sockperf", "server", *ends], socket.SOCK_DGRAM, port) as sample:
        text = run_tool(programs, ["sockperf", "ping-pong", *ends, "--msg-size", str(size), "-t", str(duration),
                                   "--full-rtt", *burst], duration)
    read = read_bursts(text, in_flight) if burst else read_ping_pong(text)
    return {"failed": 0, **sample, **read}


def iperf3(*options):
    """iperf3 as fast as it sends: `rate` is of datagrams, or of as many bytes of a stream, that arrived."""
    def how(programs, _, size, seconds):
        port = free_port(socket.SOCK_STREAM)
        duration = whole_seconds(seconds)
        server = ["iperf3", "--server", "--one-off", "--bind", "127.0.0.1", "--port", str(port)]
        with serving(programs, server, socket.SOCK_STREAM, port) as sample:
            text = run_tool(programs, ["iperf3", "--client", "127.0.0.1", "--port", str(port), "--json", "--length",
                                       str(size), "--time", str(duration), "--window", str(RECEIVE_ROOM), *options],
                            duration)
        end = json.loads(text)["end"]
        if "--udp" in options:
            arrived = end["sum"]["packets"] - end["sum"]["lost_packets"]
            read = {"rate": arrived / end["sum"]["seconds"], "lost": end["sum"]["lost_packets"]}
        else:
            read = {"rate": end["sum_received"]["bits_per_second"] / 8 / size, "lost": 0}
        return {"failed": 0, **sample, **read, "bytes_per_second": read["rate"] * size}
    return how


ANY_LOAD = (1, 64, 1_024, 4_096)
ANY_SIZE = (32, 64, 1_000)

# Name, package, what it does not do, loads, sizes. The names in small letters are those of bench/peers.
BUILT = (
    ("Asio", "libasio-dev",
     "Sockets and an event loop: a lost datagram is lost, nothing matches a reply to its request, and nothing is "
     "sent again, paced or bounded. The load program checks ids and counts losses itself. A system call a datagram "
     "each way, as its interface has one buffer sequence a call."),
    ("libuv", "libuv1-dev",
     "Sockets and an event loop, as Asio; it receives up to 20 datagrams with one system call (`UV_UDP_RECVMMSG`) and "
     "sends each with its own. No retry, no matching, no congestion control."),
    ("ENet", "libenet-dev",
     "Reliable, ordered packets over a connection, and not requests: nothing pairs a reply with its request, "
     "one lost packet delays all behind it on its channel, and when a connection ends or the server restarts "
     "nothing tells which of the packets in flight were acted upon. Times are in whole milliseconds; no segmentation "
     "offload, no encryption."),
    ("libcoap", "libcoap3-dev",
     "CoAP's confirmable requests: a retransmission that arrives calls the handler again (this version does not "
     "deduplicate requests), the first wait is 2 to 3 s whatever the round trip is, and RFC 7252 wants one request in "
     "flight to a server, a limit (NSTART) that is raised here. One datagram a request; the more are in flight, the "
     "longer its client searches for the one that a reply belongs to."),
    ("NNG", "libnng-dev",
     "REQ and REP over TCP, as it has no transport over UDP: a request is sent again after a minute or a new "
     "connection, so that its manual asks for requests that are idempotent; nothing tells one that ran from one "
     "that did not. Its own threads share the one processor that it has here."),
    ("gRPC", "libgrpc++-dev",
     "Unary calls over HTTP/2 and TCP, bodies as protocol buffers: a call that ends with UNAVAILABLE or "
     "DEADLINE_EXCEEDED may have run or not, and its documentation says so. One lost segment delays every call behind "
     "it. It does more as well: schemas, streams, metadata, flow control."),
)
TOOLS = (
    ("sockperf", "sockperf", sockperf, (1, 64), (32, 64, 1_000),
     "A measuring tool with a server of its own: what is lost is counted and not sent again, and replies are counted "
     "by number and not compared. More than one in flight are bursts: all are sent, then all are awaited. It measures "
     "whole seconds, and 0.4 s of warm-up are in the rate of bursts."),
    ("iperf3 UDP (one way)", "iperf3", iperf3("--udp", "--bitrate", "0"), (1_024,), (64, 1_000),
     "Datagrams one way as fast as they go, and no reply: the rate is of datagrams that arrived, and a number in "
     "flight means nothing to it. About half the work of a request and its reply."),
    ("iperf3 TCP (one way)", "iperf3", iperf3(), (1_024,), (64, 1_000),
     "A stream of bytes one way, written in pieces of the body's size, and no reply: the rate is of such pieces that "
     "arrived, which have no bounds at the receiver. A number in flight means nothing to it."),
)


def why_not_built(build, name, package):
    for end in ("echo", "load"):
        if not os.path.exists(os.path.join(build, f"bench/{name}_{end}")):
            return f"it is not built; does it lack {package} (`scripts/setup bench`)?"
    return None


def peers(build):
    """All of them, with those that cannot be measured here."""
    found = []
    for name, package, does_not in BUILT:
        program = name.lower()
        found.append(Peer(name, version_of(package), package, why_not_built(build, program, package), does_not,
                          ANY_LOAD, ANY_SIZE, built(program)))
    for name, package, how, loads, sizes, does_not in TOOLS:
        missing = None if shutil.which(package) else f"{package} is not installed (`scripts/setup bench`)"
        found.append(Peer(name, version_of(package), package, missing, does_not, loads, sizes, how))
    return found


def brief(peer, programs):
    """A line of what a peer does with each load, bodies of 64 bytes."""
    words = []
    for in_flight in peer.loads:
        sample = peer.measure(programs, in_flight, 64, 0.3)
        middle = f" (p50 {sample['p50_us']:.1f} µs)" if "p50_us" in sample else ""
        lost = f", {sample['lost']} lost" if sample["lost"] else ""
        words.append(f"{in_flight:,} in flight {sample['rate'] / 1e3:,.1f} k/s{middle}{lost}")
    return "; ".join(words)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: bench/peers.py BUILD")
    programs = Programs(sys.argv[1])
    failed = False
    for peer in peers(sys.argv[1]):
        try:
            line = f"left out: {peer.missing}" if peer.missing else brief(peer, programs)
        except CouldNotRun as reason:
            line, failed = f"FAILED: {reason}", True
        print(f"{peer.name} {peer.version}: {line}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
