"""No promiscuous client: whoever answers first from elsewhere, or with another ID, is never believed."""

import contextlib
import json

from verbs import CommandTest, bound, request

from support import UdpServer, main

LIE = b"a lie"


@contextlib.contextmanager
def besieged_server(answer=lambda data, peer: b"the truth"):
    """A server that speaks only after three strangers lied: another port, another address, and the same port
    at another address."""
    with contextlib.ExitStack() as stack:
        real = stack.enter_context(bound())
        strangers = [
            stack.enter_context(bound()),
            stack.enter_context(bound("127.0.0.2")),
            stack.enter_context(bound("127.0.0.3", real.getsockname()[1])),
        ]

        def after_the_strangers(data, peer):
            for stranger in strangers:
                stranger.sendto(LIE, peer)
            return answer(data, peer)

        yield stack.enter_context(UdpServer(after_the_strangers, sock=real))


class Strangers(CommandTest):
    def test_a_connected_client_never_hears_them(self):
        with besieged_server() as server:
            done = request("--json", server.text, "hi")
        self.assert_done(done)
        answer = json.loads(done.out)
        self.assertEqual((answer["body"], answer["peer"], answer["attempts"]), ("the truth", server.text, 1))
        self.assertIsNone(answer["strangers"], "the kernel drops them uncounted")

    def test_and_says_why_it_cannot_count_them(self):
        with besieged_server() as server:
            done = request("-v", server.text, "hi")
        self.assert_done(done, b"the truth")
        self.assertRegex(done.err, "(?i)stranger.*kernel")

    def test_an_unconnected_client_counts_them(self):
        with besieged_server() as server:
            done = request("--json", "--unconnected", server.text, "hi")
        self.assert_done(done)
        answer = json.loads(done.out)
        self.assertEqual((answer["body"], answer["strangers"], answer["attempts"]), ("the truth", 3, 1))

    def test_lies_alone_are_no_answer(self):
        for flags, strangers in (((), None), (("--unconnected",), 3)):
            with self.subTest(flags), besieged_server(lambda data, peer: None) as server:
                done = request("--json", "--tries", "1", *flags, server.text, "hi")
            answer = json.loads(done.out)
            self.assertEqual((done.code, answer["outcome"], answer["strangers"]), (1, "no_answer", strangers))
            self.assertNotIn(LIE, done.out)

    def test_with_a_matcher_too(self):
        for flags in ((), ("--unconnected",)):
            with self.subTest(flags), besieged_server(lambda data, peer: data) as server:
                self.assert_done(request("--match", "id@0:2", *flags, server.text, "hi there"), b"hi there")

    def test_each_of_many(self):
        with besieged_server() as server:
            done = request("--json", "--count", "50", "--window", "5", "--unconnected", server.text, "hi")
        self.assert_done(done)
        summary = json.loads(done.out)
        self.assertEqual((summary["answered"], summary["strangers"]), (50, 3 * summary["attempts"]))

    def test_a_flood_of_lies_does_not_move_the_deadline(self):
        with bound() as stranger, bound() as silent:
            with UdpServer(sock=silent) as server:

                def lie(data, peer):
                    for _ in range(2000):
                        stranger.sendto(LIE, peer)

                server.answer = lie
                twice = ("--tries", "2", "--backoff", "50ms..100ms")
                done = request("--unconnected", *twice, server.text, "hi", timeout=10)
        self.assert_fails(done, 1, server.text)


class Ids(CommandTest):
    """The right address with the wrong ID: what a forger can do who does not see the request."""

    def test_a_wrong_id_is_not_the_answer(self):
        with bound() as socket, UdpServer(sock=socket) as server:

            def answer(data, peer):
                for lie in (b"XX lie", b"", b"A", b"A!", b"iA hi"):
                    socket.sendto(lie, peer)
                return data[:2] + b" true"

            server.answer = answer
            done = request("--match", "id@0:2", server.text, "ID asks")
            self.assert_done(done, b"ID true")
            self.assertEqual(len(server.received), 1)

    def test_wrong_ids_alone_are_no_answer(self):
        with UdpServer(lambda data, peer: b"XX lie") as server:
            self.assert_fails(request("--match", "id@0:2", "--timeout", "300ms", server.text, "ID asks"), 1)

    def test_a_reply_may_hold_it_elsewhere(self):
        with UdpServer(lambda data, peer: b"echo:" + data[3:5]) as server:
            self.assert_done(request("--match", "id@3:2=5", server.text, "xyzID"), b"echo:ID")

    def test_one_request_keeps_the_id_that_the_body_has(self):
        with UdpServer() as server:
            self.assert_done(request("--match", "id@0:4", server.text, "mine and more"), b"mine and more")

    def test_random_writes_a_fresh_one(self):
        with UdpServer() as server:
            for _ in range(2):
                done = request("--match", "id@1:8,random", server.text, "<--------> rest")
                self.assert_done(done)
            (first, _), (second, _) = server.received
        for data in (first, second):
            self.assertEqual((data[:1], data[9:]), (b"<", b"> rest"))
        self.assertNotEqual(first, second)

    def test_retries_keep_it(self):
        with UdpServer() as server:
            server.answer = lambda data, peer: data if len(server.received) == 3 else None
            done = request("--match", "id@0:8,random", "--backoff", "20ms..200ms", server.text, "-" * 12)
            self.assert_done(done)
            self.assertEqual(len({data for data, _ in server.received}), 1)

    def test_a_body_without_room_for_it(self):
        with UdpServer() as server:
            for body in ("", "x", "xyz"):
                self.assert_fails(request("--match", "id@2:2", server.text, body), 2, "id|ID")
            self.assertEqual(server.received, [])

    def test_duplicates_are_counted(self):
        with bound() as socket, UdpServer(sock=socket) as server:

            def twice(data, peer):
                socket.sendto(data, peer)
                return data

            server.answer = twice
            done = request("--json", "--match", "id@0:4", "--count", "20", server.text, "-" * 8)
        self.assert_done(done)
        summary = json.loads(done.out)
        self.assertEqual((summary["answered"], summary["wrong_id"]), (20, 0))
        # The last one may come after the command is gone.
        self.assertIn(summary["duplicates"], (19, 20))

    def test_late_answers_are_told_from_wrong_ones(self):
        with bound() as socket, UdpServer(sock=socket) as server:
            heard = []

            def one_behind(data, peer):
                # Each question is answered when the next one comes, after its own was given up.
                heard.append(data)
                return heard[-2] if len(heard) > 1 else None

            server.answer = one_behind
            done = request("--json", "--match", "id@0:4", "--count", "10", "--window", "1", "--tries", "1",
                           "--timeout", "50ms", server.text, "-" * 8)
        self.assertEqual(done.code, 1)
        summary = json.loads(done.out)
        self.assertEqual((summary["answered"], summary["late"], summary["wrong_id"]), (0, 9, 0))


class Ports(CommandTest):
    """Without an ID each request has a port of its own, and one that was asked twice is not used again."""

    def test_no_port_serves_two_requests_when_answers_are_late(self):
        requests = 30
        with UdpServer() as server:
            ports = {}

            def second_time(data, peer):
                ports[peer] = ports.get(peer, 0) + 1
                return data if ports[peer] == 2 else None

            server.answer = second_time
            many = ("--count", requests, "--window", "5", "--backoff", "40ms..1s")
            done = request("--json", *many, server.text, "hi")
        self.assert_done(done)
        self.assertEqual(json.loads(done.out)["attempts"], 2 * requests)
        # A closed port may be drawn again by chance, but a request never speaks from two.
        self.assertGreaterEqual(len(ports), requests - 2)

    def test_with_one_all_share_a_port(self):
        with UdpServer() as server:
            done = request("--match", "id@0:4", "--count", "30", "--window", "8", server.text, "-" * 8)
            self.assert_done(done)
            self.assertEqual(len({peer for _, peer in server.received}), 1)
            self.assertEqual(len({data for data, _ in server.received}), 30)


if __name__ == "__main__":
    main()
