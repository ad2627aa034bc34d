"""Where a body comes from, and how a reply leaves: the exact bytes, whichever way."""

import json
import os
import tempfile
import time

from verbs import CommandTest, address_of, bound, request

from support import UdpServer, main, run, start, volley

EVERY_BYTE = bytes(range(256))


class Bodies(CommandTest):
    def setUp(self):
        self.server = self.enterContext(UdpServer())

    def asked(self):
        """What the server heard."""
        return self.server.received[-1][0]

    def test_an_argument(self):
        self.assert_done(request(self.server.text, "größer than\nlife"), "größer than\nlife".encode())
        self.assertEqual(self.asked(), "größer than\nlife".encode())

    def test_an_empty_argument(self):
        self.assert_done(request(self.server.text, "", stdin=b"not this"), b"")
        self.assertEqual(self.asked(), b"")

    def test_an_argument_like_a_flag(self):
        self.assert_done(request(self.server.text, "--", "--hello"), b"--hello")

    def test_an_argument_of_a_dash_is_only_text(self):
        self.assert_done(request(self.server.text, "-", stdin=b"not this"), b"-")

    def test_standard_input_when_it_is_no_terminal(self):
        self.assert_done(request(self.server.text, stdin=EVERY_BYTE), EVERY_BYTE)
        self.assertEqual(self.asked(), EVERY_BYTE)

    def test_standard_input_that_is_empty(self):
        self.assert_done(request(self.server.text, stdin=b""), b"")
        self.assertEqual(self.asked(), b"")

    def test_standard_input_that_is_closed(self):
        command = ["sh", "-c", 'exec "$@" <&-', "sh", *volley("request", "--raw", self.server.text)]
        done = run(command, timeout=10)
        self.assert_fails(done, 3, "standard input")

    def test_standard_input_that_is_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            request_there = volley("request", "--raw", self.server.text)
            done = run(["sh", "-c", f'exec "$@" <{folder}', "sh", *request_there], timeout=10)
            self.assert_fails(done, 3, "standard input", "directory")
        self.assertEqual(self.server.received, [])

    def test_an_argument_that_is_no_utf8(self):
        self.assert_done(request(self.server.text, os.fsdecode(b"\xff\xfe\x01")), b"\xff\xfe\x01")

    def test_a_file(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(EVERY_BYTE * 4)
            file.flush()
            self.assert_done(request("--file", file.name, self.server.text), EVERY_BYTE * 4)

    def test_an_empty_file(self):
        self.assert_done(request("--file", "/dev/null", self.server.text, stdin=b"not this"), b"")

    def test_a_dash_for_a_file_is_standard_input(self):
        self.assert_done(request("--file", "-", self.server.text, stdin=EVERY_BYTE), EVERY_BYTE)

    def test_a_folder_for_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assert_fails(request("--file", folder, self.server.text), 3, folder)
        self.assertEqual(self.server.received, [])

    def test_a_file_that_may_not_be_read(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        with tempfile.NamedTemporaryFile() as file:
            os.chmod(file.name, 0)
            self.assert_fails(request("--file", file.name, self.server.text), 3, file.name, "(?i)permission")

    def test_a_file_without_a_name(self):
        self.assert_usage(request("--file", "", self.server.text), "request", "--file needs a path")

    def test_a_pipe_that_nobody_writes_to(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkfifo(f"{folder}/pipe")
            done = request("--timeout", "200ms", "--file", f"{folder}/pipe", self.server.text, timeout=10)
            self.assert_fails(done, 1, "pipe", "--timeout")

    def test_a_file_without_end(self):
        done = request("--file", "/dev/zero", self.server.text, timeout=10)
        self.assert_fails(done, 2, "/dev/zero", "65,?507")
        self.assertEqual(self.server.received, [])


class Hex(CommandTest):
    def setUp(self):
        self.server = self.enterContext(UdpServer())

    def test_the_argument_and_the_reply_are_hex(self):
        done = request("--hex", self.server.text, "00ff1bAB")
        self.assert_done(done)
        self.assertEqual(self.server.received[-1][0], b"\x00\xff\x1b\xab")
        self.assertEqual(done.out.strip(), b"00ff1bab")

    def test_space_between_bytes(self):
        self.assert_done(request("--hex", self.server.text, "00 ff\n1b"))
        self.assertEqual(self.server.received[-1][0], b"\x00\xff\x1b")

    def test_every_byte(self):
        done = request("--hex", self.server.text, EVERY_BYTE.hex())
        self.assertEqual(bytes.fromhex(done.out.decode()), EVERY_BYTE)

    def test_standard_input_is_hex_too(self):
        self.assert_done(request("--hex", self.server.text, stdin=b"00ff\n"))
        self.assertEqual(self.server.received[-1][0], b"\x00\xff")

    def test_standard_input_that_is_no_hex(self):
        self.assert_fails(request("--hex", self.server.text, stdin=b"00fg\n"), 2)
        self.assertEqual(self.server.received, [])


class Slow(CommandTest):
    """Whoever writes the body slowly, or never ends, does not hold up a command that has a --timeout."""

    def ends(self, *args, limit):
        with start(volley(*args)) as command:
            begun = time.monotonic()
            command.write(b"first\nhalf a line")
            done = command.wait(10)
            self.assertLess(time.monotonic() - begun, limit)
        return done

    def test_a_request(self):
        with bound() as server:
            done = self.ends("request", "--raw", "--json", "--timeout", "300ms", address_of(server), limit=3)
            self.assertEqual(done.code, 1, done)
            answer = json.loads(done.out)
            self.assertEqual((answer["outcome"], answer["attempts"]), ("no_answer", 0))
            self.assertIn("standard input", answer["reason"])

    def test_the_clock_starts_with_the_command(self):
        with bound() as server, start(volley("request", "--raw", "--timeout", "1.5s", address_of(server))) as command:
            begun = time.monotonic()
            command.write(b"hi")
            time.sleep(1)
            command.close_stdin()
            self.assertEqual(command.wait(10).code, 1)
            # Had it begun with the body, this would have taken 2.5 s.
            self.assertLess(time.monotonic() - begun, 2.4)

    def test_lines(self):
        with bound() as server:
            done = self.ends("send", "--lines", "--timeout", "300ms", address_of(server), limit=3)
            self.assert_fails(done, 1, "standard input", "--timeout")
            self.assertEqual(server.recv(100), b"first")

    def test_a_body_to_send(self):
        with bound() as server:
            done = self.ends("send", "--timeout", "300ms", address_of(server), limit=3)
            self.assert_fails(done, 1, "standard input", "--timeout")


class Silence(CommandTest):
    def test_a_reply_leaves_as_it_came(self):
        for reply in (b"", b"\n", b"\x00", b"no newline", b"\x1b[2J", EVERY_BYTE):
            with self.subTest(reply), UdpServer(lambda data, peer, reply=reply: reply) as server:
                done = request(server.text, "hi")
                self.assert_done(done, reply)
                self.assertEqual(done.err, "")

    def test_quiet_keeps_the_data_and_the_exit_code(self):
        with UdpServer() as server:
            done = request("-q", server.text, "hi")
            self.assert_done(done, b"hi")
            self.assertEqual(done.err, "")
        with bound() as silent:
            done = request("-q", "--timeout", "100ms", address_of(silent), "hi")
            self.assertEqual((done.code, done.out), (1, b""))

    def test_the_reply_comes_before_standard_input_ends_its_life(self):
        # A body in an argument: whoever holds standard input open must not hold up the answer.
        with UdpServer() as server, start(volley("request", "--raw", server.text, "hi")) as client:
            self.assertEqual(client.wait(10).out, b"hi")


if __name__ == "__main__":
    main()
