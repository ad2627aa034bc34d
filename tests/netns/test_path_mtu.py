"""The path MTU as the kernel learns it: by the local interface, and by ICMP from a router.

           10.1.0.0/24, fd01::/64          10.2.0.0/24, fd02::/64
    client eth0 .1 ──── in .2 router out .2 ──── eth0 .11, .12, ... server
                MTU 1500                   MTU varies
"""

import json
import unittest

import hosts
from command import run_on, serve_on, start_on
from support import eventually, main

PORT = 5000
HEADERS = {4: 20 + 8, 6: 40 + 8}  # Bytes of IP and UDP.
ADDRESSES = range(11, 41)  # The server's, in either family.


def setUpModule():
    hosts.enter()


class PathMtu(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        net = cls.enterClassContext(hosts.Network())
        cls.client, cls.router, cls.server = (net.host(name) for name in ("client", "router", "server"))
        net.wire((cls.client, "eth0", ["10.1.0.1/24", "fd01::1/64"]),
                 (cls.router, "in", ["10.1.0.2/24", "fd01::2/64"]))
        net.wire((cls.router, "out", ["10.2.0.2/24", "fd02::2/64"]),
                 (cls.server, "eth0", [text for number in ADDRESSES for text in
                                       (f"10.2.0.{number}/24", f"fd02::{number}/64")]))
        cls.client.ip("route add default via 10.1.0.2", "route add default via fd01::2")
        cls.server.ip("route add default via 10.2.0.2", "route add default via fd02::2")
        cls.router.forward()
        cls.numbers = iter(ADDRESSES)

    def setUp(self):
        self.narrow(1500)

    def narrow(self, mtu):
        """Makes the far cable carry packets up to this size."""
        self.router.ip(f"link set out mtu {mtu}")
        self.server.ip(f"link set eth0 mtu {mtu}")

    def targets(self):
        """(IP version, server) of an address in each family that the client's kernel knows nothing of yet."""
        number = next(self.numbers)
        return (4, f"10.2.0.{number}:{PORT}"), (6, f"[fd02::{number}]:{PORT}")

    def found(self, target):
        done = run_on(self.client, "mtu", "--kernel", "--json", target)
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)["mtu"]

    def listen(self):
        listener = self.enterContext(start_on(self.server, "listen", "--json", f"*:{PORT}"))
        listener.listening()
        return listener

    def test_found_behind_a_router(self):
        self.enterContext(serve_on(self.server, f"*:{PORT}"))
        for mtu in (1500, 1400, 1280):
            self.narrow(mtu)
            for version, target in self.targets():
                with self.subTest(mtu=mtu, version=version):
                    self.assertEqual(self.found(target), mtu)

    def test_found_where_nobody_listens(self):
        self.narrow(1400)
        for _, target in self.targets():
            done = run_on(self.client, "mtu", "--kernel", target)
            self.assertEqual(done.code, 0, done.err)
            self.assertIn(b"1400", done.out)

    def test_a_path_that_shrinks_is_noticed_by_the_next_search(self):
        self.enterContext(serve_on(self.server, f"*:{PORT}"))
        for version, target in self.targets():
            for mtu in (1500, 1400, 1280):
                with self.subTest(mtu=mtu, version=version):
                    self.narrow(mtu)
                    self.assertEqual(self.found(target), mtu)
            self.narrow(1500)

    def test_a_path_that_shrinks_is_noticed_by_the_next_datagram_too_large(self):
        listener = self.listen()
        for version, target in self.targets():
            large = 1400 - HEADERS[version]
            with (self.subTest(version=version),
                  start_on(self.client, "send", "--dont-fragment", "--lines", target) as sender):
                sender.write(b"A" * large + b"\n")
                listener.await_out(f'"A{{{large}}}"')
                self.narrow(1300)
                # The first too large for it is lost on the way, and brings the router's word. That is
                # no word about what fits.
                sender.write(b"B" * large + b"\n" + f"fits {version}\n".encode())
                listener.await_out(f'"fits {version}"')

                def noticed():
                    sender.write(b"C" * large + b"\n")
                    return not sender.running()

                # The word does not travel in step with the datagrams: so go on until it is here.
                eventually(noticed, what="the smaller path MTU to be noticed")
                done = sender.wait()
                self.assertEqual(done.code, 3, done.err)
                self.assertIn("1300", done.err)
                self.assertNotRegex(listener.out, b'"[BC]{1000}')
            self.narrow(1500)

    def test_what_is_too_large_for_the_path_arrives_in_fragments(self):
        # Unless --dont-fragment says otherwise: the first few are lost, until the kernel has learned.
        self.narrow(1400)
        listener = self.listen()
        for version, target in self.targets():
            with self.subTest(version=version):
                letter = "v" if version == 4 else "w"
                done = run_on(self.client, "send", "--count", 20, "--rate", "100/s", "--file", "-", target,
                              stdin=letter.encode() * 5000)
                self.assertEqual(done.code, 0, done.err)
                listener.await_out(f'"{letter}{{5000}}"')

    def test_requests_and_replies_larger_than_the_path_are_answered(self):
        # The first attempts teach the two kernels; a retry then goes in fragments.
        self.enterContext(serve_on(self.server, f"*:{PORT}"))
        self.narrow(1400)
        for version, target in self.targets():
            with self.subTest(version=version):
                body = b"r" * (1500 - HEADERS[version])
                done = run_on(self.client, "request", "--raw", "--timeout", "20s", "--file", "-", target, stdin=body)
                self.assertEqual((done.code, done.out), (0, body), done.err)

    def test_too_large_for_the_interface(self):
        for version, target in self.targets():
            with self.subTest(version=version):
                done = run_on(self.client, "send", "--dont-fragment", "--file", "-", target, stdin=b"x" * 65000)
                self.assertEqual((done.code, done.out), (3, b""), done.err)
                self.assertIn(target, done.err)
                self.assertIn("1500", done.err)


if __name__ == "__main__":
    main()
