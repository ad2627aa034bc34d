"""What a server is bound to decides who it hears, and which address its answers come from.

               10.1.0.0/24, fd01::/64                          10.2.0.0/24, fd02::/64
    client eth0 .1 ──────── eth0 .2, .3   server   eth1 .2 ──────── eth0 .1 neighbour
                             lo 10.9.9.9, fd09::9
"""

import socket
import unittest

import hosts
from command import run_on, serve_on
from support import PATIENCE, main

PORT = 5000
ADDRESSES_V4 = ("10.1.0.2", "10.1.0.3", "10.2.0.2", "10.9.9.9")
ADDRESSES_V6 = ("fd01::2", "fd01::3", "fd02::2", "fd09::9")


def setUpModule():
    hosts.enter()


def target(address):
    return f"[{address}]:{PORT}" if ":" in address else f"{address}:{PORT}"


class Binding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        net = cls.enterClassContext(hosts.Network())
        cls.client, cls.server, cls.neighbour = (net.host(name) for name in ("client", "server", "neighbour"))
        net.wire((cls.client, "eth0", ["10.1.0.1/24", "fd01::1/64"]),
                 (cls.server, "eth0", ["10.1.0.2/24", "10.1.0.3/24", "fd01::2/64", "fd01::3/64"]))
        net.wire((cls.neighbour, "eth0", ["10.2.0.1/24", "fd02::1/64"]),
                 (cls.server, "eth1", ["10.2.0.2/24", "fd02::2/64"]))
        cls.server.ip("addr add 10.9.9.9/32 dev lo", "addr add fd09::9/128 dev lo")
        cls.client.ip("route add default via 10.1.0.2", "route add default via fd01::2")
        cls.neighbour.ip("route add default via 10.2.0.2", "route add default via fd02::2")

    def serve(self, *args):
        return self.enterContext(serve_on(self.server, *args))

    def ask(self, address, host=None):
        return run_on(host or self.client, "request", "--raw", target(address), "hello")

    def assert_answers(self, address, answer, host=None):
        done = self.ask(address, host)
        self.assertEqual((done.code, done.out), (0, answer), f"{address}: {done.err}")

    def assert_refuses(self, address, host=None):
        done = self.ask(address, host)
        self.assertEqual((done.code, done.out), (4, b""), f"{address}: {done.err}")

    def test_two_servers_share_a_port_on_two_addresses(self):
        for one, other in ((ADDRESSES_V4[0], ADDRESSES_V4[1]), (ADDRESSES_V6[0], ADDRESSES_V6[1])):
            self.serve("--reply", "text:one", target(one))
            self.serve("--reply", "text:other", target(other))
            self.assert_answers(one, b"one")
            self.assert_answers(other, b"other")
        self.assert_refuses(ADDRESSES_V4[2])

    def test_a_taken_address_is_refused(self):
        self.serve(target(ADDRESSES_V4[0]))
        for taken in (target(ADDRESSES_V4[0]), f"0.0.0.0:{PORT}", f"*:{PORT}"):
            second = run_on(self.server, "serve", "--raw", taken)
            self.assertEqual((second.code, second.out), (3, b""), f"{taken}: {second.err}")
            self.assertRegex(second.err, f":{PORT}.*in use")

    def wildcard_answers_from_the_address_asked(self, local, addresses):
        self.serve(local)
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            # An unconnected socket shows where the answer came from ...
            with self.client:
                sock = socket.socket(family, socket.SOCK_DGRAM)
            with sock:
                sock.settimeout(PATIENCE)
                sock.sendto(b"from where?", (address, PORT))
                data, peer = sock.recvfrom(100)
            self.assertEqual((data, peer[:2]), (b"from where?", (address, PORT)))
            # ... and a client that believes only whom it asked must hear it.
            self.assert_answers(address, b"hello")

    def test_wildcard_of_both_families(self):
        self.wildcard_answers_from_the_address_asked(f"*:{PORT}", ADDRESSES_V4 + ADDRESSES_V6)

    def test_wildcard_of_ipv4(self):
        self.wildcard_answers_from_the_address_asked(f"0.0.0.0:{PORT}", ADDRESSES_V4)
        self.assert_refuses(ADDRESSES_V6[0])

    def test_wildcard_of_ipv6(self):
        self.wildcard_answers_from_the_address_asked(f"[::]:{PORT}", ADDRESSES_V6)

    def test_wildcard_answers_from_a_link_local_address(self):
        self.serve(f"*:{PORT}")
        with self.server:
            shown = hosts.addresses("eth0")
        link_local = next(address.split("/")[0] for address in shown if address.startswith("fe80:"))
        done = run_on(self.client, "request", "--raw", f"[{link_local}%eth0]:{PORT}", "hello")
        self.assertEqual((done.code, done.out), (0, b"hello"), done.err)

    def test_several_workers_answer_from_the_address_asked(self):
        self.serve("--workers", 3, f"*:{PORT}")
        for address in ADDRESSES_V4 + ADDRESSES_V6:
            self.assert_answers(address, b"hello")

    def test_one_interface_is_not_heard_on_another(self):
        self.serve("-i", "eth0", f"*:{PORT}")
        for address in (ADDRESSES_V4[0], ADDRESSES_V6[0]):
            self.assert_answers(address, b"hello")
            # Not by its own address either: what counts is the wire.
            self.assert_refuses(address, self.neighbour)
        for address in (ADDRESSES_V4[2], ADDRESSES_V6[2]):
            self.assert_refuses(address, self.neighbour)

    def test_two_servers_share_a_port_on_two_interfaces(self):
        self.serve("-i", "eth0", "--reply", "text:eth0", f"*:{PORT}")
        self.serve("-i", "eth1", "--reply", "text:eth1", f"*:{PORT}")
        for address in (ADDRESSES_V4[3], ADDRESSES_V6[3]):
            self.assert_answers(address, b"eth0")
            self.assert_answers(address, b"eth1", self.neighbour)

    def test_one_address_is_not_heard_on_another(self):
        self.serve(target(ADDRESSES_V4[1]))
        self.assert_answers(ADDRESSES_V4[1], b"hello")
        self.assert_refuses(ADDRESSES_V4[0])

    def test_loopback_is_not_heard_by_others(self):
        self.serve(str(PORT))
        done = run_on(self.server, "request", "--raw", f"127.0.0.1:{PORT}", "hello")
        self.assertEqual((done.code, done.out), (0, b"hello"), done.err)
        self.assert_refuses(ADDRESSES_V4[0])

    def test_an_address_of_nobody_is_an_error_that_names_it(self):
        wrong = run_on(self.server, "serve", "--raw", f"10.1.0.77:{PORT}")
        self.assertEqual((wrong.code, wrong.out), (3, b""), wrong.err)
        self.assertIn("10.1.0.77", wrong.err)

    def test_a_client_sends_from_the_source_it_chose(self):
        self.serve("--reply", "echo", f"*:{PORT}")
        with self.client:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("10.1.0.1", 0))
        with sock:
            sock.settimeout(PATIENCE)
            for source in ("10.1.0.3", "10.9.9.9"):
                sent = run_on(self.server, "send", "--source", f"{source}:7777", f"10.1.0.1:{sock.getsockname()[1]}",
                              "from where?")
                self.assertEqual(sent.code, 0, sent.err)
                self.assertEqual(sock.recvfrom(100), (b"from where?", (source, 7777)))


if __name__ == "__main__":
    main()
