"""The command against unbound."""

import socket
import unittest

from servers import ADDRESS, HOST, NAME, dns_query, serving, unbound
from support import example, main, run, volley
from trial import ask_a_thousand


class Unbound(unittest.TestCase):
    def test_one_question_has_the_servers_answer(self):
        query = dns_query(identifier=b"\xbe\xef")
        with serving(unbound, query) as port:
            flags = ("--raw", "--hex", "--match", "id@0:2")
            done = run(volley("request", *flags, f"{HOST}:{port}", query.hex()))
        self.assertEqual(done.code, 0, done)
        answer = bytes.fromhex(done.out.decode())
        self.assertEqual(answer[:2], query[:2])
        self.assertTrue(answer.endswith(socket.inet_aton(ADDRESS)), answer)

    def test_the_example_program(self):
        with serving(unbound, dns_query()) as port:
            done = run(example("dns_query", f"{HOST}:{port}", NAME))
            self.assertEqual((done.code, done.out.decode()), (0, f"{ADDRESS}\n"), done)
            done = run(example("dns_query", f"{HOST}:{port}", f"no.{NAME}"))
            self.assertEqual((done.code, done.out), (1, b""), done)
            self.assertIn(f"no.{NAME}", done.err)

    def test_a_thousand_over_a_bad_network_while_strangers_lie(self):
        summary, network = ask_a_thousand(self, unbound, dns_query(), "0:2", "--unconnected", strangers=True)
        self.assertGreater(network["strangers"], 50)
        # The unconnected socket met every one, and counted it.
        self.assertEqual(summary["strangers"], network["strangers"])


if __name__ == "__main__":
    main()
