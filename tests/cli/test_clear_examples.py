"""The clear mode's example programs, each as a user would run it: with a server, without one, and with one that dies."""

import json
import re
import signal
import unittest

from support import example, free_port, main, run, start, volley

OUTCOMES = ("reply", "not_executed", "executed_reply_lost", "unknown")


def serving(*args, **options):
    return start(volley("serve", *args, "127.0.0.1:0"), **options)


def slow_server():
    return start(example("slow_server", "127.0.0.1:0"))


def where_it_listens(server):
    return server.await_out(r"^Listening at (127\.0\.0\.1:\d+)\n").group(1)


def nowhere():
    return f"127.0.0.1:{free_port()}"


def counts(done):
    """What ask_many counted, by outcome."""
    return {name: int(count) for name, count in re.findall(r"^(\w+): (\d+)$", done.out.decode(), re.MULTILINE)}


class ClearExamples(unittest.TestCase):
    def test_ask(self):
        with serving("--reply", "length") as server:
            done = run(example("ask", server.listening().text, "a question"))
        self.assertEqual((done.code, done.out, done.err), (0, b"Your data was 10 bytes long\n", ""))

    def test_own_loop(self):
        with serving() as server:
            where = server.listening().text
            done = run(example("own_loop", where, "a question"))
        self.assertEqual((done.code, done.err), (0, ""), done)
        self.assertRegex(done.out.decode(), rf"^{re.escape(where)} answered after 1 attempt in .*\na question\n$")

    def test_through_half_loss(self):
        with serving("--drop", "50%", "--seed", "1") as server:
            where = server.listening().text
            for name in ("ask", "own_loop") * 3:
                done = run(example(name, where, "a question"))
                self.assertEqual((done.code, done.out.splitlines()[-1]), (0, b"a question"), done)

    # The tests of servers that are gone wait for several deadlines at once: each is 3.1 s.

    def test_without_a_server_nothing_is_executed(self):
        with slow_server() as deaf:
            where = where_it_listens(deaf)
            self.assertEqual(run(example("ask", where, "hello")).code, 0)
            deaf.send_signal(signal.SIGSTOP)
            with start(example("ask", nowhere(), "?")) as one, start(example("own_loop", nowhere(), "?")) as other, \
                    start(example("ask", where, "?")) as unheard:
                refused, ended = (one.wait(), other.wait()), unheard.wait()
        for done in refused:
            self.assertEqual(done.code, 1, done)
            self.assertIn("not executed: the request was not sent", done.err + done.out.decode())
            self.assertIn("nothing listens on that port", done.err + done.out.decode())
        # It has never heard the server, so it has not asked.
        self.assertEqual((ended.code, ended.out), (1, b""), ended)
        self.assertIn("not executed", ended.err)

    def test_a_server_that_dies_while_it_works(self):
        with serving("--reply", "exec:sleep 3", "-v") as server, \
                start(example("ask", server.listening().text, "a question")) as asking:
            server.await_err("says 'a question'")
            server.kill()
            done = asking.wait()
        self.assertEqual((done.code, done.out), (1, b""), done)
        # It depends on whether the server still came to say that it was working.
        self.assertRegex(done.err, "^(executed by .*, but no reply came in time|perhaps executed: .*)$")

    def test_ask_many(self):
        with serving() as server:
            done = run(example("ask_many", server.listening().text))
        self.assertEqual((done.code, done.err), (0, ""), done)
        self.assertEqual(counts(done), {"reply": 100_000, "not_executed": 0, "executed_reply_lost": 0, "unknown": 0})

    def test_ask_many_gives_up_where_nobody_is_or_was_lately(self):
        with serving("--reply", "exec:cat") as server, start(example("ask_many", nowhere())) as lonely, \
                start(example("ask_many", server.listening().text)) as deserted:
            server.kill()
            done = lonely.wait(), deserted.wait()
        counted = [counts(one) for one in done]
        for one, count in zip(done, counted):
            self.assertEqual((one.code, tuple(count)), (1, OUTCOMES), one)
            # A few more may have been asked before the last of a thousand had failed.
            self.assertTrue(1_000 <= sum(count.values()) - count["reply"] < 3_000, one)
        self.assertEqual(sum(counted[0].values()), counted[0]["not_executed"], done[0])

    def test_slow_server_answers_everybody_before_it_ends(self):
        with slow_server() as server:
            where = where_it_listens(server)
            asking = [start(example("ask", where, f"question {i}")) for i in range(6)]
            try:
                answers = sorted(program.wait().out for program in asking)
            finally:
                for program in asking:
                    program.kill()
            self.assertEqual(answers, sorted(f"slowly: question {i}\n".encode() for i in range(6)))
            done = run(volley("request", "--count", 100, "--window", 50, "--json", where, "x"))
            self.assertEqual(json.loads(done.out)["answered"], 100, done)
            server.write(b"\n")  # Enter drains it.
            self.assertEqual(server.wait().code, 0)

    def test_slow_server_finishes_what_runs_when_it_is_drained(self):
        with slow_server() as server, \
                start(volley("request", "--count", 20, "--window", 20, "--json", where_it_listens(server), "x")) as asking:
            server.write(b"\n")
            self.assertEqual(server.wait().code, 0)
            done = asking.wait()
        summary = json.loads(done.out)
        # Those that came when it was gone may not know that it was; but none has begun and lost its reply.
        self.assertEqual(summary["answered"] + summary["not_executed"] + summary["unknown"], 20, done)

    def test_slow_server_on_a_taken_address(self):
        with slow_server() as server:
            where = where_it_listens(server)
            done = run(example("slow_server", where))
        self.assertEqual((done.code, done.out), (1, b""), done)
        self.assertRegex(done.err, rf"^error: .*{re.escape(where)}.*in use")

    def test_wrong_arguments(self):
        for name in ("ask", "ask_many", "own_loop"):
            done = run(example(name))
            self.assertEqual((done.code, done.out), (2, b""), done)
            self.assertRegex(done.err, f"^usage: {name} ")
        for name, more in (("ask", ["?"]), ("ask_many", []), ("own_loop", ["?"]), ("slow_server", [])):
            done = run(example(name, "no address", *more))
            self.assertEqual((done.code, done.out), (1, b""), done)
            self.assertRegex(done.err, "^error: .*no address")


if __name__ == "__main__":
    main()
