"""The command against coturn's turnserver."""

import socket
import unittest

from servers import HOST, serving, stun_query, turnserver
from support import free_port, main, run, volley
from trial import ask_a_thousand

BINDING_SUCCESS = b"\x01\x01"
MAGIC = 0x2112A442


class Stun(unittest.TestCase):
    def test_one_question_has_our_own_address_for_an_answer(self):
        query = stun_query()
        source = free_port()
        with serving(turnserver, query) as port:
            done = run(volley(
                "request", "--raw", "--hex", "--match", "id@8:12", "--source", f"{HOST}:{source}",
                f"{HOST}:{port}", query.hex()))
        self.assertEqual(done.code, 0, done)
        answer = bytes.fromhex(done.out.decode())
        self.assertEqual(answer[:2], BINDING_SUCCESS)
        self.assertEqual(answer[8:20], query[8:20])
        # XOR-MAPPED-ADDRESS comes first: type, length, 0, family, port, address (RFC 8489 §14.2).
        self.assertEqual(answer[20:22], b"\x00\x20")
        self.assertEqual(int.from_bytes(answer[26:28], "big") ^ (MAGIC >> 16), source)
        address = int.from_bytes(answer[28:32], "big") ^ MAGIC
        self.assertEqual(address.to_bytes(4, "big"), socket.inet_aton(HOST))

    def test_turnserver_answers_a_thousand_over_a_bad_network(self):
        ask_a_thousand(self, turnserver, stun_query(), "8:12")


if __name__ == "__main__":
    main()
