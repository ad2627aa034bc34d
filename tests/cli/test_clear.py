"""`serve` and `request` in clear mode: every request ends with exactly one outcome, and the command says which."""

import json
import os
import re
import signal
import tempfile

from verbs import CommandTest, answering, ask, hosts, request

from support import UdpServer, eventually, free_port, main, run, start, volley

ALL_ANSWERED = {"not_executed": 0, "executed_reply_lost": 0, "unknown": 0}


def told(done):
    """The one object that a command printed."""
    return json.loads(done.out)


def runs_something(server):
    """Whether a command of its exec: runs."""
    return run(["pgrep", "-P", str(server.pid)]).code == 0


class Replies(CommandTest):
    def reply_to(self, reply, body, *flags):
        with answering("--reply", reply) as server:
            return ask(*flags, server.listening().text, body)

    def test_echo_is_the_default(self):
        with answering() as server:
            self.assert_done(ask(server.listening().text, "hello"), b"hello")

    def test_each_kind(self):
        for reply, out in (("echo", b"hello"), ("length", b"Your data was 5 bytes long"), ("text:go away", b"go away"),
                           ("discard", b""), ("exec:tr a-z A-Z", b"HELLO")):
            with self.subTest(reply):
                done = self.reply_to(reply, "hello")
                self.assert_done(done, out)
                self.assertEqual(done.err, "", "nothing to say without -v")

    def test_bodies_of_every_size(self):
        with answering() as server:
            where = server.listening().text
            for size in (0, 1, 1199, 1200, 9000, 65459):
                with self.subTest(size=size):
                    body = os.urandom(size)
                    self.assert_done(ask(where, stdin=body), body)

    def test_what_is_known_of_a_reply(self):
        with answering() as server:
            where = server.listening().text
            answer = told(ask("--json", where, "größer"))
        self.assertEqual((answer["outcome"], answer["body"], answer["status"]), ("reply", "größer", 0))
        self.assertEqual((answer["peer"], answer["reason"]), (where, None))
        self.assertGreaterEqual(answer["attempts"], 1)
        self.assertTrue(0 < answer["rtt_us"] < 5e6, answer)

    def test_verbose_tells_of_both_sides(self):
        with answering("-v") as server:
            where = server.listening().text
            done = ask("-v", where, "hello\x1b[2J")
            server.await_err(r"The client at 127\.0\.0\.1:\d+ says 'hello\\x1b\[2J'")
        self.assertRegex(done.err, f"^{re.escape(where)} answered after 1 attempt, in ")

    def test_ipv6(self):
        with answering(where="[::1]:0") as server:
            self.assert_done(ask(server.listening().text, "hello"), b"hello")

    def test_everyone(self):
        with answering(where="*:0") as server:
            port = server.listening().port
            self.assert_done(ask(f"127.0.0.1:{port}", "hello"), b"hello")
            self.assert_done(ask(f"127.9.9.9:{port}", "hello"), b"hello")
            self.assert_done(ask(f"[::1]:{port}", "hello"), b"hello")

    def test_the_second_address_of_a_name(self):
        with hosts(two_test=("127.0.0.4", "127.0.0.5")) as inside:
            for home in ("127.0.0.4", "127.0.0.5"):
                with self.subTest(home), answering("--drop", "30%", where=f"{home}:0") as server:
                    name = f"two.test:{server.listening().port}"
                    self.assert_done(run([*inside, *volley("request", "--timeout", "20s", name, "hi")]), b"hi")
                    done = run([*inside, *volley("request", "--count", "5", "--timeout", "20s", name, "hi")])
                    self.assert_done(done)


class Status(CommandTest):
    def test_a_status_is_the_applications(self):
        with answering("--reply", "exec:printf half; exit 3") as server:
            where = server.listening().text
            done = ask(where, "x")
            self.assertEqual((done.code, done.out), (1, b"half"))
            self.assertIn("status 3", done.err)
            answer = told(ask("--json", where, "x"))
            self.assertEqual((answer["outcome"], answer["status"], answer["body"]), ("reply", 3, "half"))

    def test_a_command_without_an_answer(self):
        with answering("--reply", "exec:kill -9 $$", "--stats") as server:
            done = ask("--json", server.listening().text, "x")
            self.assertEqual((done.code, told(done)["outcome"]), (1, "executed_reply_lost"))
            self.assertIn("executed", done.err)
            self.assertRegex(server.stop().err, "commands failed 1")

    def test_more_commands_than_there_is_room_for_are_refused(self):
        with answering("--reply", "exec:sleep 0.3", "--json") as server:
            done = ask("--json", "--count", "200", "--window", "200", "--timeout", "20s", server.listening().text, "x")
            summary, stats = told(done), json.loads(server.stop().out.splitlines()[-1])
        self.assertEqual(summary["answered"] + summary["not_executed"], 200, summary)
        self.assertGreater(summary["not_executed"], 0)
        self.assertEqual((stats["commands"]["crowded"], stats["executed"]), (0, summary["answered"]))
        self.assertEqual(done.code, 1)


class Loss(CommandTest):
    def test_half_of_it_lost(self):
        with answering("--drop", "50%", "--seed", "3", "--json") as server:
            done = ask("--json", "--count", "2000", "--window", "64", "--size", "100", "--timeout", "50s",
                       server.listening().text)
            self.assert_done(done)
            summary, stats = told(done), json.loads(server.stop().out.splitlines()[-1])
        self.assertLessEqual(ALL_ANSWERED.items(), summary.items())
        self.assertEqual((summary["requests"], summary["answered"]), (2000, 2000))
        self.assertEqual(stats["executed"], 2000, "each once, however often it was sent")
        self.assertGreater(summary["attempts"], 2000)
        self.assertGreater(stats["simulated_losses"], 0)

    def test_idempotent_requests(self):
        with answering("--drop", "30%", "--seed", "3", "--json") as server:
            done = ask("--idempotent", "--count", "200", "--timeout", "30s", server.listening().text, "x")
            self.assert_done(done)
            self.assertEqual(json.loads(server.stop().out.splitlines()[-1])["contexts"], 0, "nothing to remember")

    def test_a_summary_in_words(self):
        with answering("--workers", "2") as server:
            where = server.listening().text
            done = ask("--count", "5000", "--window", "128", "--size", "64", where)
        self.assert_done(done)
        self.assertRegex(
            done.out.decode(),
            rf"\A5,000 requests to {re.escape(where)}, 128 at a time: 5,000 answered, 0 not executed, "
            r"0 executed with the reply lost, 0 unknown\n5,\d{3} attempts in .*: \d+ answered a second\n"
            r"round trip: least .*, median .*, 90% .*, 99% .*, most .*\n\Z")


class NoReply(CommandTest):
    def test_nobody_there(self):
        where = f"127.0.0.1:{free_port()}"
        done = ask("--timeout", "300ms", where, "hi")
        self.assert_fails(done, 4, "not executed", "nothing listens on that port")
        answer = told(ask("--json", "--timeout", "300ms", where, "hi"))
        self.assertEqual((answer["outcome"], answer["attempts"]), ("not_executed", 0))
        many = ask("--json", "--count", "3", "--timeout", "300ms", where, "hi")
        self.assertEqual((many.code, told(many)["not_executed"]), (4, 3))

    def test_another_protocol(self):
        with UdpServer() as server:
            done = ask("--json", "--timeout", "300ms", server.text, "hi")
            self.assertEqual((done.code, told(done)["outcome"]), (1, "not_executed"))
            self.assertGreater(len(server.received), 0)
            self.assertNotIn(b"hi", b"".join(data for data, _ in server.received), "it never went out")

    def test_a_raw_client_is_dropped_and_counted(self):
        with answering("--stats") as server:
            self.assert_fails(request("--timeout", "300ms", server.listening().text, "hello"), 1)
            self.assertRegex(server.stop().err, "requests executed 0.*dropped as ")

    def test_a_server_that_goes_down_meanwhile(self):
        with answering("--reply", "exec:sleep 30") as server:
            where = server.listening().text
            with start(volley("request", "--json", "--timeout", "2s", where, "hi")) as asker:
                eventually(lambda: runs_something(server))
                server.kill()
                ended = asker.wait()
        answer = told(ended)
        self.assertIn(answer["outcome"], ("executed_reply_lost", "unknown"))
        self.assertIn(ended.code, (1, 4))


class Signals(CommandTest):
    def test_an_interrupted_request(self):
        with answering("--reply", "exec:sleep 30") as server:
            with start(volley("request", "--json", "--timeout", "50s", server.listening().text, "hi")) as asker:
                eventually(lambda: runs_something(server))
                asker.send_signal(signal.SIGUSR1)
                asker.await_err("no answer yet, after")
                ended = asker.stop(signal.SIGINT)
            server.kill()
        self.assertEqual((ended.code, told(ended)["outcome"]), (1, "unknown"))
        self.assertIn("interrupted", ended.err)

    def test_a_server_told_to_end_answers_what_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            command = f"touch {folder}/begun; sleep 1; echo done"
            with answering("--reply", f"exec:{command}") as server:
                with start(volley("request", server.listening().text, "hi")) as asker:
                    eventually(lambda: os.path.exists(f"{folder}/begun"))
                    ended = server.stop()
                    self.assert_done(asker.wait(), b"done\n")
        self.assertEqual(ended.code, 0)

    def test_a_server_reports(self):
        with answering() as server:
            self.assert_done(ask(server.listening().text, "hello"))
            eventually(lambda: server.send_signal(signal.SIGUSR1) or re.search(
                "(?m)^datagrams received [1-9].*, requests executed 1, replies sent 1", server.err))
            self.assertTrue(server.running())

    def test_time_to_end(self):
        with answering("--timeout", "300ms") as server:
            self.assertEqual(server.wait().code, 0)


if __name__ == "__main__":
    main()
