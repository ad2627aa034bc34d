"""`ping`: what came back, how soon, and what did not."""

import json
import signal

from verbs import CommandTest, address_of, answering, bound

from support import UdpServer, free_port, main, run, start, volley


def ping(*args):
    return run(volley("ping", *args))


def events(done):
    return [json.loads(line) for line in done.out.splitlines()]


class Echoes(CommandTest):
    def test_words(self):
        with answering() as server:
            where = server.listening().text
            done = ping("-c", "3", "--interval", "10ms", where)
        self.assert_done(done)
        lines = done.out.decode().splitlines()
        self.assertEqual(len(lines), 5, lines)
        for number, line in enumerate(lines[:3], 1):
            self.assertRegex(line, rf"^64 bytes from {where}: number {number}, [\d.]+ ")
        self.assertEqual(lines[3], f"3 sent to {where}, 3 came back: 0% lost, 0 duplicates, 0 out of order")
        self.assertRegex(lines[4], "^round trip: least .*, median .*, 90% .*, 99% .*, most ")

    def test_json(self):
        with answering("--json") as server:
            where = server.listening().text
            found = events(ping("-c", "5", "--interval", "5ms", "--size", "1400", "--json", where))
            stats = json.loads(server.stop().out.splitlines()[-1])
        self.assertEqual([event["event"] for event in found], ["pong"] * 5 + ["summary"])
        self.assertEqual([event["number"] for event in found[:5]], [1, 2, 3, 4, 5])
        self.assertEqual({event["bytes"] for event in found[:5]}, {1400})
        summary = found[-1]
        self.assertEqual((summary["sent"], summary["received"], summary["lost"], summary["loss"]), (5, 5, 0, 0.0))
        self.assertEqual((summary["duplicates"], summary["reordered"], summary["peer"]), (0, 0, where))
        self.assertLessEqual(summary["rtt_us"]["min"], summary["rtt_us"]["max"])
        self.assertEqual((stats["pongs"], stats["executed"], stats["contexts"]), (5, 0, 0), "it leaves nothing behind")

    def test_quiet_is_the_summary_only(self):
        with answering() as server:
            done = ping("-q", "-c", "2", "--interval", "5ms", server.listening().text)
        self.assertEqual(len(done.out.splitlines()), 2, done)

    def test_more_at_once_than_one_round_trip_takes(self):
        with answering("--drop", "20%", "--seed", "5") as server:
            summary = events(ping("-c", "500", "--interval", "1ms", "--json", server.listening().text))[-1]
        self.assertEqual(summary["sent"], 500)
        self.assertEqual(summary["received"] + summary["lost"], 500)
        self.assertTrue(0.1 < summary["loss"] < 0.32, summary)

    def test_interrupted_it_says_what_it_knows(self):
        with answering() as server, start(volley("ping", "--interval", "20ms", server.listening().text)) as program:
            program.await_out("number 3")
            program.send_signal(signal.SIGUSR1)
            program.await_err(r"\d+ sent, \d+ came back")
            ended = program.stop(signal.SIGINT)
        self.assertEqual(ended.code, 0, ended)
        self.assertIn(b"round trip:", ended.out)

    def test_time_to_end(self):
        with answering() as server:
            done = ping("--timeout", "300ms", "--interval", "50ms", server.listening().text)
        self.assert_done(done)


class Failures(CommandTest):
    def test_nobody_there(self):
        where = f"127.0.0.1:{free_port()}"
        done = ping("-c", "1", where)
        self.assertEqual(done.code, 4, done)
        self.assert_explains(done, where, "nothing listens on that port")

    def test_no_echo(self):
        with bound() as silent, UdpServer() as other:
            for where in (address_of(silent), other.text):
                with self.subTest(where):
                    done = ping("-c", "1", "--json", where)
                    summary = events(done)[-1]
                    self.assertEqual((done.code, summary["lost"], summary["rtt_us"]["p99"]), (1, 1, None))
                    self.assertIn("may be down", summary["reason"])

    def test_thresholds(self):
        with answering("--drop", "50%", "--seed", "2") as server:
            where = server.listening().text
            lossy = ping("-c", "50", "--interval", "2ms", "--max-loss", "1%", where)
            self.assertEqual(lossy.code, 1)
            self.assert_explains(lossy, "were lost, more than 1%")
            self.assertEqual(ping("-c", "50", "--interval", "2ms", "--max-loss", "99%", where).code, 0)
        with answering() as server:
            where = server.listening().text
            slow = ping("-c", "3", "--interval", "2ms", "--p99", "1ns", where)
            self.assertEqual(slow.code, 1)
            self.assert_explains(slow, "99% of the round trips")
            self.assertEqual(ping("-c", "3", "--interval", "2ms", "--p99", "20s", where).code, 0)

    def test_what_cannot_be_asked(self):
        for args, words in ((("--size", "43", "127.0.0.1"), "--size"), (("--count", "0", "127.0.0.1"), "--count"),
                            (("--interval", "5", "127.0.0.1"), "--interval"), ((), "HOST")):
            with self.subTest(args):
                self.assert_usage(ping(*args), "ping", words)


if __name__ == "__main__":
    main()
