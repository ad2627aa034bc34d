"""The command against dnsmasq and unbound."""

import socket
import unittest

from servers import ADDRESS, HOST, dns_query, dnsmasq, serving, unbound
from support import main, run, volley
from trial import ask_a_thousand


class Dns(unittest.TestCase):
    def test_one_question_has_the_servers_answer(self):
        for server in (dnsmasq, unbound):
            query = dns_query(identifier=b"\xbe\xef")
            with self.subTest(server.__name__), serving(server, query) as port:
                done = run(volley(
                    "request", "--raw", "--hex", "--match", "id@0:2", f"{HOST}:{port}", query.hex()))
                self.assertEqual(done.code, 0, done)
                answer = bytes.fromhex(done.out.decode())
                self.assertEqual(answer[:2], query[:2])
                self.assertTrue(answer.endswith(socket.inet_aton(ADDRESS)), answer)

    def test_dnsmasq_answers_a_thousand_over_a_bad_network(self):
        ask_a_thousand(self, dnsmasq, dns_query(), "0:2")

    def test_unbound_answers_a_thousand_while_strangers_lie(self):
        summary, network = ask_a_thousand(self, unbound, dns_query(), "0:2", "--unconnected", strangers=True)
        self.assertGreater(network["strangers"], 50)
        self.assertEqual(summary["strangers"], network["strangers"])

    def test_strangers_cannot_reach_a_connected_socket(self):
        summary, network = ask_a_thousand(self, dnsmasq, dns_query(), "0:2", strangers=True)
        self.assertGreater(network["strangers"], 50)
        # The kernel drops them uncounted: what is not known is null.
        self.assertIsNone(summary["strangers"])


if __name__ == "__main__":
    main()
