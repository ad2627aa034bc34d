"""What a server survives that any stranger can send it.

    server eth0 10.0.0.1/24 ──── 10.0.0.2/24 eth0 stranger
"""

import json
import socket
import struct
import unittest

import hosts
from command import serve_on
from support import main

PORT = 5000
SERVER = ("10.0.0.1", PORT)

PARAMETER_PROBLEM, UNREACHABLE = 12, 3
PROTOCOL_UNREACHABLE, PORT_UNREACHABLE, FRAGMENTATION_NEEDED = 2, 3, 4  # Codes of the second.


def setUpModule():
    hosts.enter()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def icmp(kind, code, quoted_ports, info=0):
    """An ICMP error about a datagram from the server to the stranger, of `quoted_ports`."""
    quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 100, 0, 0, 64, socket.IPPROTO_UDP, 0, socket.inet_aton("10.0.0.1"),
                         socket.inet_aton("10.0.0.2")) + struct.pack("!HHHH", *quoted_ports, 80, 0)
    message = struct.pack("!BBHI", kind, code, 0, info) + quoted
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


class Hostile(unittest.TestCase):
    def setUp(self):
        net = self.enterContext(hosts.Network())
        self.server, self.stranger = net.host("server"), net.host("stranger")
        net.wire((self.server, "eth0", ["10.0.0.1/24"]), (self.stranger, "eth0", ["10.0.0.2/24"]))
        with self.stranger:
            self.client = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            self.icmp = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
            self.udp = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP))
        self.client.settimeout(1)
        self.client.bind(("10.0.0.2", 0))

    def assert_answers(self):
        # An answer may be lost to an ICMP error, as IP_RECVERR has it: a client asks again.
        for _ in range(10):
            self.client.sendto(b"still there?", SERVER)
            try:
                self.assertEqual(self.client.recv(100), b"still there?")
                return
            except TimeoutError:
                pass
        self.fail("no answer any more")

    def stats(self, program):
        done = program.stop()
        self.assertEqual(done.code, 0, done.err)
        return json.loads(done.out.splitlines()[-1])

    def test_forged_icmp_does_not_end_a_server(self):
        with serve_on(self.server, "--json", "--option", "IP_RECVERR=1", f"10.0.0.1:{PORT}") as program:
            self.assert_answers()
            forgeries = ((PARAMETER_PROBLEM, 0), (UNREACHABLE, PROTOCOL_UNREACHABLE), (UNREACHABLE, PORT_UNREACHABLE),
                         (UNREACHABLE, FRAGMENTATION_NEEDED))
            for kind, code in forgeries:
                about = icmp(kind, code, (PORT, self.client.getsockname()[1]), info=576)
                self.icmp.sendto(about, ("10.0.0.1", 0))
                self.assert_answers()
            self.assertGreater(self.stats(program)["failed_receives"], 0, "or the forgeries were not believed")

    def test_nobody_to_answer(self):
        with serve_on(self.server, "--json", f"10.0.0.1:{PORT}") as program:
            body = b"whom to answer?"
            for _ in range(3):
                self.udp.sendto(struct.pack("!HHHH", 0, PORT, 8 + len(body), 0) + body, SERVER)
            self.assert_answers()
            counted = self.stats(program)
            self.assertEqual({key: counted[key] for key in ("received", "answered", "unanswerable", "unsent")},
                             {"received": 4, "answered": 1, "unanswerable": 3, "unsent": 0})


if __name__ == "__main__":
    main()
