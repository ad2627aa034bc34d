"""Datagrams of no bytes and of as many as IPv4 can carry, and limits on answers."""

import os

from verbs import CommandTest, listening, request, serving

from support import UdpServer, main, run, volley

MOST = 65507
BIG = os.urandom(MOST)


class Sizes(CommandTest):
    def test_nothing_at_all_is_a_datagram(self):
        with serving("--reply", "length") as server:
            where = server.listening().text
            self.assert_done(request(where, ""), b"Your data was 0 bytes long")
            self.assert_done(run(volley("send", where, "")))
        with UdpServer(lambda data, peer: b"") as server:
            self.assert_done(request(server.text, "hi"), b"")

    def test_the_most_that_fits(self):
        with serving() as server:
            self.assert_done(request(server.listening().text, stdin=BIG), BIG)
        with UdpServer() as server:
            self.assert_done(request(server.text, stdin=BIG), BIG)

    def test_the_most_that_fits_in_ipv6(self):
        with serving(where="[::1]:0") as server:
            self.assert_done(request(server.listening().text, stdin=BIG), BIG)

    def test_one_byte_more(self):
        with UdpServer() as server:
            for verb in (["request", "--raw"], ["send"]):
                done = run(volley(*verb, server.text), stdin=BIG + b"x")
                self.assert_fails(done, 2, "65,?507")
            self.assertEqual(server.received, [])

    def test_far_more(self):
        self.assert_fails(request("127.0.0.1:9", stdin=bytes(5_000_000)), 2, "65,?507")

    def test_sizes_in_between(self):
        with serving() as server:
            where = server.listening().text
            for size in (1, 1472, 1473, 9000, 65506):
                self.assert_done(request(where, stdin=BIG[:size]), BIG[:size])

    def test_a_body_of_a_given_size(self):
        with UdpServer() as server:
            for size in (0, 1, 1200, MOST):
                self.assert_done(request("--size", size, server.text))
            self.assertEqual([len(data) for data, _ in server.received], [0, 1, 1200, MOST])
            for contradiction in (["BODY"], ["--file", "/dev/null"]):
                self.assert_fails(request("--size", "9", server.text, *contradiction), 2, "--size")
            self.assert_fails(request("--size", MOST + 1, server.text), 2, "65,?507")

    def test_listen_takes_all_of_it(self):
        with listening("--hex", "--count", "1") as listener:
            done = run(volley("send", listener.listening().text), stdin=BIG)
            self.assert_done(done)
            self.assertIn(BIG.hex().encode(), listener.wait().out)


class Amplification(CommandTest):
    def test_an_answer_within_the_limit(self):
        with serving("--reply", "text:" + "x" * 30, "--max-amplification", "3") as server:
            where = server.listening().text
            self.assert_done(request(where, "y" * 10), b"x" * 30)
            self.assert_fails(request("--timeout", "200ms", where, "y" * 9), 1)

    def test_a_fraction(self):
        with serving("--reply", "length", "--max-amplification", "1.5") as server:
            where = server.listening().text
            self.assert_done(request(where, "y" * 20), b"Your data was 20 bytes long")
            self.assertEqual(request("--timeout", "200ms", where, "y" * 17).code, 1)

    def test_without_one_there_is_no_limit(self):
        with serving("--reply", "text:" + "x" * 3000) as server:
            self.assert_done(request(server.listening().text, ""), b"x" * 3000)

    def test_the_body_of_nothing_gets_nothing(self):
        with serving("--reply", "text:x", "--max-amplification", "3") as server:
            self.assertEqual(request("--timeout", "200ms", server.listening().text, "").code, 1)


if __name__ == "__main__":
    main()
