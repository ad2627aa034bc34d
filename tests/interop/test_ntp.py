"""The command against chronyd."""

import unittest

from servers import HOST, chronyd, ntp_query, serving
from support import main, run, volley
from trial import ask_a_thousand


class Ntp(unittest.TestCase):
    def test_one_question_has_the_servers_answer(self):
        query = ntp_query()
        with serving(chronyd, query) as port:
            flags = ("--raw", "--hex", "--match", "id@40:8=24")
            done = run(volley("request", *flags, f"{HOST}:{port}", query.hex()))
        self.assertEqual(done.code, 0, done)
        answer = bytes.fromhex(done.out.decode())
        self.assertEqual(len(answer), 48)
        self.assertEqual((answer[0] & 0o7, answer[1]), (4, 8), "a server's mode, and the stratum configured")
        self.assertEqual(answer[24:32], query[40:48])

    def test_chronyd_answers_a_thousand_over_a_bad_network(self):
        ask_a_thousand(self, chronyd, ntp_query(), "40:8=24")


if __name__ == "__main__":
    main()
