"""Whoever answers first is not believed unless it is who was asked, and said what was asked.

                switch, 10.0.0.0/24, fd00::/64
        ┌──────────────────┬──────────────────┐
      eth0 .1            eth0 .2            eth0 .3
      client             server             stranger
"""

import collections
import json
import socket
import unittest

import hosts
from command import run_on
from support import UdpServer, main

PORT = 5000
IP_TRANSPARENT = 19
IPV6_TRANSPARENT = 75


def setUpModule():
    hosts.enter()


def udp_socket(host, address, port=0, *, forged=False):
    """A socket on `host`. `forged`: bound to an address that is another host's."""
    v6 = ":" in address
    with host:
        sock = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
    if forged:
        sock.setsockopt(*((socket.IPPROTO_IPV6, IPV6_TRANSPARENT) if v6 else (socket.IPPROTO_IP, IP_TRANSPARENT)), 1)
    sock.bind((address, port))
    return sock


class Strangers(unittest.TestCase):
    REPLY_AT = 3  # The attempt that the server answers. Liars answer every earlier one, before its end.

    @classmethod
    def setUpClass(cls):
        net = cls.enterClassContext(hosts.Network())
        cls.client, cls.server, cls.stranger = (net.host(name) for name in ("client", "server", "stranger"))
        net.lan(*((host, "eth0", [f"10.0.0.{number}/24", f"fd00::{number}/64"])
                  for number, host in ((1, cls.client), (2, cls.server), (3, cls.stranger))))

    def ask(self, address, liars, *args, lie=lambda request: b"a lie", truth=lambda request: b"the truth"):
        """Asks a server that is silent at first, while `liars`, sockets, answer. Returns what JSON says."""
        attempts = collections.Counter()  # Of each request.

        def answer(request, peer):
            attempts[request] += 1
            if attempts[request] >= self.REPLY_AT:
                return truth(request)
            for liar in liars:
                liar.sendto(lie(request), peer)
            return None

        target = f"[{address}]:{PORT}" if ":" in address else f"{address}:{PORT}"
        with UdpServer(answer, sock=udp_socket(self.server, address, PORT)):
            done = run_on(self.client, "request", "--raw", "--json", "--backoff", "100ms..100ms", "--tries", 30, *args,
                          target, "id: who are you?")
        for liar in liars:
            liar.close()
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out)

    def assert_truth(self, answer, **counted):
        expected = {"outcome": "reply", "body": "the truth", **counted}
        self.assertEqual({key: answer[key] for key in expected}, expected)
        self.assertGreaterEqual(answer["attempts"], self.REPLY_AT)

    def strangers_of(self, server, stranger):
        """Another port of the server's, the server's port at another address, and something else altogether."""
        return [udp_socket(self.server, server), udp_socket(self.stranger, stranger, PORT),
                udp_socket(self.stranger, stranger)]

    def test_connected(self):
        for server, stranger in (("10.0.0.2", "10.0.0.3"), ("fd00::2", "fd00::3")):
            answer = self.ask(server, self.strangers_of(server, stranger))
            # The kernel drops them, and does not tell how many there were.
            self.assert_truth(answer, strangers=None)

    def test_unconnected_counts_them(self):
        for server, stranger in (("10.0.0.2", "10.0.0.3"), ("fd00::2", "fd00::3")):
            answer = self.ask(server, self.strangers_of(server, stranger), "--unconnected")
            self.assert_truth(answer, strangers=3 * (self.REPLY_AT - 1))

    def forge(self, *args):
        """Liars who forge the server's address and port, but cannot know the request's ID."""
        for server in ("10.0.0.2", "fd00::2"):
            liars = [udp_socket(self.stranger, server, PORT, forged=True)]
            yield self.ask(server, liars, "--match", "id@0:8", *args,
                           lie=lambda request: bytes([request[0] ^ 1]) + request[1:8] + b"a lie",
                           truth=lambda request: request[:8] + b"the truth")

    def test_a_forged_address_is_believed_without_an_id(self):
        # What raw mode cannot do, and why there are Matchers: without one, this shows that the
        # forgery works.
        liars = [udp_socket(self.stranger, "10.0.0.2", PORT, forged=True)]
        answer = self.ask("10.0.0.2", liars)
        self.assertEqual((answer["body"], answer["attempts"]), ("a lie", 1))

    def test_a_forged_address_is_not_believed_without_the_id(self):
        for args in ((), ("--unconnected",)):
            for answer in self.forge(*args):
                self.assert_truth(answer, body="id: who the truth")

    def test_forgeries_are_counted(self):
        for answer in self.forge("--count", 3):
            counted = {key: answer[key] for key in ("answered", "wrong_id")}
            self.assertEqual(counted, {"answered": 3, "wrong_id": 3 * (self.REPLY_AT - 1)})

    def test_neither_the_id_nor_the_address_alone(self):
        liars = self.strangers_of("10.0.0.2", "10.0.0.3")
        answer = self.ask("10.0.0.2", liars, "--match", "id@0:8", "--unconnected",
                          lie=lambda request: request[:8] + b"a lie", truth=lambda request: request[:8] + b"the truth")
        self.assert_truth(answer, body="id: who the truth", strangers=3 * (self.REPLY_AT - 1))


if __name__ == "__main__":
    main()
