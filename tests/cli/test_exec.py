"""`serve --reply exec:CMD`: a program makes each answer, and none can hold up the others."""

import os
import tempfile
import time

from verbs import CommandTest, bound, request, serving

from support import eventually, main

# The body says what to do, so that one server can be both fast and slow.
FAST_AND_SLOW = 'exec:read body; if [ "$body" = slow ]; then sleep 3; fi; echo "$body"'


class Exec(CommandTest):
    def test_the_body_goes_in_and_the_answer_comes_out(self):
        with serving("--reply", "exec:tr a-z A-Z") as server:
            where = server.listening().text
            self.assert_done(request(where, "hello"), b"HELLO")
            self.assert_done(request(where, ""), b"")

    def test_bytes_of_every_kind_pass_unchanged(self):
        body = bytes(range(256)) * 16
        with serving("--reply", "exec:cat") as server:
            self.assert_done(request(server.listening().text, stdin=body), body)

    def test_a_command_that_does_not_read_its_body(self):
        with serving("--reply", "exec:echo no") as server:
            self.assert_done(request(server.listening().text, stdin=b"x" * 60000), b"no\n")
            self.assertTrue(server.running())

    def test_a_slow_one_does_not_hold_up_the_others(self):
        with serving("--reply", FAST_AND_SLOW) as server, bound() as slow:
            where = server.listening()
            slow.connect((where.host, where.port))
            slow.send(b"slow\n")
            begun = time.monotonic()
            for _ in range(3):
                self.assert_done(request(where.text, "fast\n"), b"fast\n")
            self.assertLess(time.monotonic() - begun, 2.5)
            self.assertEqual(slow.recv(100), b"slow\n")

    def test_their_number_is_bounded(self):
        with tempfile.TemporaryDirectory() as folder:
            # Each leaves a file while it runs.
            command = f'exec:f=$(mktemp {folder}/XXXXXX); sleep 0.5; rm "$f"'
            with serving("--reply", command) as server, bound() as client:
                where = server.listening()
                for _ in range(600):
                    client.sendto(b"hi", (where.host, where.port))
                most = 0
                deadline = time.monotonic() + 3
                while time.monotonic() < deadline:
                    most = max(most, len(os.listdir(folder)))
                    time.sleep(0.01)
                self.assertTrue(0 < most < 200, most)
                server.stop()

    def test_a_command_that_fails_gives_no_answer_and_is_counted(self):
        for command, status in (("echo nothing found; exit 1", 1), ("/no/such/program", 127)):
            with self.subTest(command), serving("-v", "--stats", "--reply", "exec:" + command) as server:
                done = request("--backoff", "300ms..300ms", server.listening().text, "hi")
                self.assertEqual((done.code, done.out), (1, b""))
                server.await_err(rf"^no answer to 127\.0\.0\.1:\d+: .* status {status}$")
                self.assertRegex(server.stop().err, "commands failed 1")

    def test_a_command_that_is_killed_gives_no_answer_and_harms_no_one(self):
        command = 'exec:read b; echo partly; [ "$b" = good ] || kill -9 $$; echo well'
        with serving("--reply", command) as server:
            where = server.listening().text
            self.assertEqual(request("--timeout", "300ms", where, "bad\n").code, 1)
            self.assert_done(request(where, "good\n"), b"partly\nwell\n")

    def test_an_answer_too_long_for_a_datagram_is_not_sent(self):
        with serving("--reply", 'exec:read b; [ "$b" = long ] && exec yes; echo short') as server:
            where = server.listening().text
            self.assertEqual(request("--timeout", "500ms", where, "long\n").code, 1)
            self.assert_done(request(where, "short\n"), b"short\n")

    def test_no_command_outlives_the_server(self):
        self.outlived("echo $$ > {}/pid; exec sleep 30")

    def test_nor_does_what_it_started(self):
        self.outlived("sleep 30 & echo $! > {}/pid; wait")

    def outlived(self, command_line):
        with tempfile.TemporaryDirectory() as folder:
            with serving("--reply", "exec:" + command_line.format(folder)) as server, bound() as client:
                where = server.listening()
                client.sendto(b"hi", (where.host, where.port))

                def command():
                    try:
                        with open(f"{folder}/pid", encoding="ascii") as file:
                            return int(file.read() or 0)
                    except FileNotFoundError:
                        return 0

                pid = eventually(command)
                self.assertEqual(server.stop().code, 0)
            eventually(lambda: not os.path.exists(f"/proc/{pid}") or defunct(pid), timeout=5)

    def test_a_command_that_takes_too_long_is_ended(self):
        with tempfile.TemporaryDirectory() as folder:
            with serving("--reply", f"exec:sleep 40 & echo $! > {folder}/pid; wait", "--stats") as server:
                done = request("--timeout", "10s", "--tries", "1", server.listening().text, "hi")
                self.assertEqual(done.code, 1)
                with open(f"{folder}/pid", encoding="ascii") as file:
                    pid = int(file.read())
                eventually(lambda: not os.path.exists(f"/proc/{pid}") or defunct(pid), timeout=10)
                self.assertRegex(server.stop().err, "over their time 1")

    def test_several_workers_share_the_commands(self):
        with serving("--reply", "exec:cat", "--workers", "3") as server:
            self.assert_done(request("--count", "30", "--window", "10", server.listening().text, "hi"))

    def test_the_commands_own_words_are_shown_with_v_and_cannot_drive_the_terminal(self):
        command = r"exec:printf 'oops \033[2J\nagain' >&2; echo fine"
        for flags, words in (((), ""), (("-v",), "exec: oops \\x1b[2J\nexec: again\n")):
            with self.subTest(flags), serving("--reply", command, *flags) as server:
                self.assert_done(request(server.listening().text, "hi"), b"fine\n")
                ended = server.stop()
                self.assertEqual(ended.out, b"")
                self.assertIn(words, ended.err)
                self.assertNotIn("\x1b", ended.err)
                self.assertEqual("oops" in ended.err, bool(flags))

    def test_a_command_that_writes_too_many_words_is_not_held_up(self):
        with serving("--reply", "exec:head -c 1000000 /dev/zero >&2 || true; echo fine") as server:
            self.assert_done(request("--timeout", "3s", server.listening().text, "hi"), b"fine\n")


def defunct(pid):
    """Whether it has ended and only waits for whoever adopted it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


if __name__ == "__main__":
    main()
