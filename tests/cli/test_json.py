"""`--json`: one object, on success and on failure, and nothing in it that JSON does not know."""

import json
import os
import re

from verbs import CommandTest, address_of, bound, listening, request, serving

from support import UdpServer, free_port, main, run, volley

FIELDS = {"outcome", "reason", "attempts", "rtt_us", "peer", "status", "body", "strangers", "duplicates"}
SUMMARY = {"requests", "answered", "not_executed", "executed_reply_lost", "unknown", "attempts", "seconds",
           "rate", "rtt_us"}


def strict(text):
    """The one object that is the whole of `text`; NaN and Infinity are errors, as in any other reader."""

    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")

    assert text.endswith(b"\n") and text.count(b"\n") == 1, text
    return json.loads(text.decode("utf-8"), parse_constant=refuse)


class OneRequest(CommandTest):
    def test_a_reply(self):
        with UdpServer() as server:
            done = request("--json", server.text, "größer")
            self.assert_done(done)
            answer = strict(done.out)
        self.assertLessEqual(FIELDS, set(answer))
        self.assertEqual((answer["outcome"], answer["body"]), ("reply", "größer"))
        self.assertEqual(answer["peer"], server.text)
        self.assertEqual(answer["attempts"], 1)
        self.assertIsNone(answer["duplicates"], "without an ID nobody can tell")
        self.assertTrue(0 < answer["rtt_us"] < 5e6, answer)
        self.assertIsNone(answer["strangers"], "the kernel of a connected socket does not count them")
        self.assertIsNone(answer["status"], "raw mode has none")
        self.assertEqual(done.err, "")

    def test_replies_that_are_not_text(self):
        # The last three look like UTF-8: an overlong form, half of a surrogate pair, and beyond Unicode.
        for body in (b"\xff\x00\x80", b"abc\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"):
            with self.subTest(body), UdpServer(lambda data, peer, body=body: body) as server:
                answer = strict(request("--json", server.text, "hi").out)
                self.assertEqual(answer["body_hex"], body.hex())
                self.assertIsNone(answer["body"])

    def test_bodies_that_need_escapes(self):
        for body in ('"', "\\", "\x1b[2J", "\x00", "\u2028", "\x7f", "line\nline", ""):
            with self.subTest(body), UdpServer(lambda data, peer, body=body: body.encode()) as server:
                self.assertEqual(strict(request("--json", server.text, "hi").out)["body"], body)

    def test_a_reply_to_a_second_attempt_has_no_round_trip(self):
        seen = []
        with UdpServer(lambda data, peer: data if len(seen.append(1) or seen) > 1 else None) as server:
            answer = strict(request("--json", server.text, "hi").out)
        # Nobody knows which attempt was answered (Karn's rule).
        self.assertEqual((answer["attempts"], answer["rtt_us"]), (2, None))

    def test_no_answer(self):
        with bound() as server:
            done = request("--json", "--timeout", "150ms", address_of(server), "hi")
        answer = strict(done.out)
        self.assertEqual((done.code, answer["outcome"]), (1, "no_answer"))
        self.assertIn("may be down", answer["reason"])
        self.assertGreaterEqual(answer["attempts"], 1)
        self.assertEqual((answer["rtt_us"], answer["body"]), (None, None))
        self.assertLessEqual(FIELDS, set(answer))

    def test_refused(self):
        port = free_port()
        done = request("--json", f"127.0.0.1:{port}", "hi")
        answer = strict(done.out)
        self.assertEqual((done.code, answer["outcome"]), (4, "refused"))
        self.assertIn(f"127.0.0.1:{port}", answer["reason"])
        self.assertLessEqual(FIELDS, set(answer))

    def test_failures_of_this_side(self):
        for code, args in (
            (3, ("--source", "192.0.2.1", "127.0.0.1:9", "hi")),
            (3, ("--file", "/no/such/file", "127.0.0.1:9")),
            (3, ("-i", "nosuchdevice", "127.0.0.1:9", "hi")),
            (2, ("--option", "SO_NONSENSE=1", "127.0.0.1:9", "hi")),
            (2, ("--timeout", "nonsense", "127.0.0.1:9", "hi")),
        ):
            with self.subTest(args):
                done = request("--json", *args)
                self.assertEqual(done.code, code, done)
                answer = strict(done.out)
                self.assertLessEqual(FIELDS, set(answer))
                # What was wrong on this side of the wire is told with the same words.
                self.assertIn(answer["reason"], done.err)
                self.assertEqual((answer["outcome"], answer["attempts"]), (None, 0))

    def test_a_host_that_is_not_text(self):
        done = request("--json", os.fsdecode(b"\xff\xfehost"), "hi")
        self.assertEqual(done.code, 2, done)
        self.assertTrue(strict(done.out)["reason"])


class ManyRequests(CommandTest):
    def test_all_answered(self):
        with serving() as server:
            done = request("--json", "--count", "200", "--window", "8", server.listening().text, "hi")
        self.assert_done(done)
        summary = strict(done.out)
        self.assertLessEqual(SUMMARY, set(summary))
        self.assertEqual((summary["requests"], summary["answered"]), (200, 200))
        self.assertGreaterEqual(summary["attempts"], 200)
        times = [summary["rtt_us"][name] for name in ("min", "p50", "p90", "p99", "max")]
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[0], 0)
        self.assertAlmostEqual(summary["rate"], 200 / summary["seconds"], delta=summary["rate"] / 10)

    def test_none_answered(self):
        with bound() as server:
            done = request("--json", "--count", "4", "--timeout", "100ms", address_of(server), "hi")
        self.assertEqual(done.code, 1)
        summary = strict(done.out)
        self.assertEqual((summary["requests"], summary["answered"]), (4, 0))
        self.assertEqual(set(summary["rtt_us"].values()), {None})
        self.assertEqual(summary["rate"] or 0, 0)

        self.assertIn(summary["reason"], done.err)

    def test_refused(self):
        done = request("--json", "--count", "3", f"127.0.0.1:{free_port()}", "hi")
        summary = strict(done.out)
        self.assertEqual((done.code, summary["refused"], summary["attempts"]), (4, 3, 3))
        self.assertIn(summary["reason"], done.err)

    def test_failures_of_this_side(self):
        for code, args in (
            (3, ("--source", "192.0.2.1", "127.0.0.1:9", "hi")),
            (3, ("--file", "/no/such/file", "127.0.0.1:9")),
            (2, ("--match", "id@0:4", "127.0.0.1:9", "hi")),
            (2, ("--source", "127.0.0.1:7777", "127.0.0.1:9", "hi")),
            (1, ("--timeout", "1ns", "nosuchhost.invalid:9", "hi")),
        ):
            with self.subTest(args):
                done = request("--json", "--count", "3", *args)
                self.assertEqual(done.code, code, done)
                summary = strict(done.out)
                self.assertLessEqual(SUMMARY, set(summary))
                self.assertIn(summary["reason"], done.err)
                self.assertEqual((summary["requests"], summary["answered"], summary["attempts"]), (0, 0, 0))

    def test_the_window_is_the_one_there_was(self):
        # One byte tells 256 requests apart, and half of the IDs stay free for the next ones.
        with serving() as server:
            done = request("--count", "1000", "--window", "300", "--match", "id@0:1", server.listening().text, "hi")
        self.assert_done(done)
        window = int(re.search(r", (\d+) at a time", done.out.decode()).group(1))
        self.assertTrue(1 <= window <= 128, done)

    def test_one_is_not_many(self):
        with UdpServer() as server:
            self.assertEqual(strict(request("--json", "--count", "1", server.text, "hi").out)["body"], "hi")


class OtherVerbs(CommandTest):
    def test_send(self):
        with bound() as server:
            done = run(volley("send", "--json", address_of(server), "hi"))
        self.assert_done(done)
        self.assertIsInstance(strict(done.out), dict)

    def test_port(self):
        self.assertEqual(strict(run(volley("port", "--json", "domain")).out)["port"], 53)

    def test_serve(self):
        with serving("--json", "--stats") as server:
            port = server.listening().port
            self.assert_done(request(f"127.0.0.1:{port}", "hi"), b"hi")
            ended = server.stop()
        self.assertEqual(ended.code, 0, ended)
        first, last = [strict(line) for line in ended.out.splitlines(keepends=True)]
        self.assertEqual((first["event"], first["port"]), ("listening", port))
        self.assertEqual((last["event"], last["received"], last["answered"]), ("stats", 1, 1))

    def test_a_listener(self):
        with listening("--json", "--count", "1") as listener, bound() as sender:
            where = listener.listening()
            sender.sendto(b"hi", (where.host, where.port))
            first, second = [strict(line) for line in listener.wait(10).out.splitlines(keepends=True)]
        self.assertEqual((first["event"], first["address"], first["port"]), ("listening", where.host, where.port))
        self.assertEqual(first["reach"], "loopback only: other machines cannot reach it")
        self.assertEqual((second["event"], second["body"]), ("datagram", "hi"))

    def test_who_listens(self):
        with bound() as server:
            number = server.getsockname()[1]
            found = strict(run(volley("port", "--json", "--listening")).out)
            self.assertIn(("127.0.0.1", number), [(each["address"], each["port"]) for each in found["listening"]])
            self.assertEqual((found["name"], found["port"]), (None, None))
        done = run(volley("port", "--json", "--listening", number))
        self.assertEqual((done.code, strict(done.out)["listening"]), (1, []))
        self.assertIsNone(strict(run(volley("port", "--json", number)).out)["listening"], "it was not asked")

    def test_failures(self):
        for code, args in ((1, ("port", "nosuchservice")), (3, ("listen", "192.0.2.1:0")), (2, ("send", "-4", "::1")),
                           (3, ("mtu", "--kernel", "-i", "nosuchdevice", "127.0.0.1")), (2, ("serve", "-4", "::1"))):
            with self.subTest(args):
                done = run(volley(*args, "--json"))
                self.assertEqual(done.code, code)
                self.assertIn(strict(done.out)["error"], done.err)

    def test_a_server_that_cannot_be(self):
        with bound() as holder:
            where = address_of(holder)
            done = run(volley("serve", "--raw", "--json", where))
        self.assertEqual(done.code, 3)
        self.assertIn(where, strict(done.out)["error"])


if __name__ == "__main__":
    main()
