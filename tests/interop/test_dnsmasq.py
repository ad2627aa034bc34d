"""The command against dnsmasq."""

import socket
import unittest

from servers import ADDRESS, HOST, dns_query, dnsmasq, serving
from support import main, run, volley
from trial import ask_a_thousand


class Dnsmasq(unittest.TestCase):
    def test_one_question_has_the_servers_answer(self):
        query = dns_query(identifier=b"\xbe\xef")
        with serving(dnsmasq, query) as port:
            flags = ("--raw", "--hex", "--match", "id@0:2")
            done = run(volley("request", *flags, f"{HOST}:{port}", query.hex()))
        self.assertEqual(done.code, 0, done)
        answer = bytes.fromhex(done.out.decode())
        self.assertEqual(answer[:2], query[:2])
        self.assertTrue(answer.endswith(socket.inet_aton(ADDRESS)), answer)

    def test_a_thousand_over_a_bad_network_while_strangers_lie(self):
        summary, network = ask_a_thousand(self, dnsmasq, dns_query(), "0:2", strangers=True)
        self.assertGreater(network["strangers"], 50)
        # The kernel kept them from the connected socket, uncounted: what is not known is null.
        self.assertIsNone(summary["strangers"])


if __name__ == "__main__":
    main()
