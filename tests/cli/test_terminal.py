"""On a terminal: a hostile reply must not drive it, and a newline ends what is shown."""

import os
import pty
import re
import select

from verbs import CommandTest, serving

from support import PATIENCE, UdpServer, main, start, volley

HOSTILE = b"\x1b]0;owned\x07\x1b[2J\x9b31m\x00\x08\x7f\r\xc2\x9b31m\xe2\x80\xaeabc\xff"


def on_terminal(command, env=None):
    """Runs `command` with a terminal for its standard input and output; what the terminal was sent."""
    master, slave = pty.openpty()
    options = {} if env is None else {"env": {**os.environ, **env}}
    with start(command, stdin=slave, stdout=slave, stderr=slave, **options) as program:
        os.close(slave)
        shown = b""
        try:
            while select.select([master], [], [], PATIENCE)[0]:
                shown += os.read(master, 65536)
        except OSError:  # EIO: nobody holds the other end any more.
            pass
        finally:
            os.close(master)
        return program.wait().code, shown.replace(b"\r\n", b"\n")


class Terminal(CommandTest):
    def shown(self, reply, *flags, body="hi"):
        with UdpServer(lambda data, peer: reply) as server:
            code, shown = on_terminal(volley("request", "--raw", *flags, server.text, body))
            self.assertEqual(code, 0, shown)
            return shown

    def test_a_newline_ends_a_reply(self):
        self.assertEqual(self.shown(b"hello"), b"hello\n")

    def test_only_one_newline(self):
        self.assertEqual(self.shown(b"hello\n"), b"hello\n")

    def test_nothing_hostile_reaches_it(self):
        shown = self.shown(HOSTILE)
        self.assertTrue(shown.endswith(b"\n"))
        self.assertTrue(all(byte >= 0x20 and byte < 0x7F for byte in shown[:-1]), shown)
        self.assertIn(rb"\x1b", shown)
        self.assertIn(b"abc", shown)

    def test_what_looks_escaped_is_told_from_what_is(self):
        self.assertEqual(self.shown(b"\\x1b \x1b"), b"\\\\x1b \\x1b\n")

    def test_characters_that_look_like_nothing_are_shown(self):
        hidden = "\u034f\u115f\u3164\u2800"
        self.assertEqual(self.shown(hidden.encode()), rb"\u034f\u115f\u3164\u2800" + b"\n")

    def test_ordinary_text_of_any_language_stays(self):
        text = "größer 大きい\tzwei\ndrei"
        self.assertEqual(self.shown(text.encode()), f"{text}\n".encode())

    def test_hex(self):
        self.assertEqual(self.shown(b"\x1b\x00", "--hex", body="00"), b"1b00\n")

    def test_json_escapes_too(self):
        shown = self.shown(HOSTILE, "--json")
        self.assertNotIn(b"\x1b", shown)
        self.assertNotIn(b"\x9b", shown)

    def test_no_body_on_a_terminal_is_an_empty_body(self):
        with UdpServer(lambda data, peer: b"%d bytes" % len(data)) as server:
            code, shown = on_terminal(volley("request", "--raw", server.text))
        self.assertEqual((code, shown), (0, b"0 bytes\n"))

    def test_a_name_in_an_error_is_escaped(self):
        code, shown = on_terminal(volley("request", "--raw", "\x1b[31mhost\x1b[2J", "hi"))
        self.assertEqual(code, 2)
        self.assertNotIn(b"\x1b[2J", shown)

    def test_listen_escapes_as_well(self):
        master, slave = pty.openpty()
        with start(volley("listen", "--count", "1", "127.0.0.1:0"), stdout=slave) as listener:
            os.close(slave)
            where = listener.listening()
            with UdpServer() as sender:
                sender.sock.sendto(HOSTILE, (where.host, where.port))
            listener.wait()
            shown = os.read(master, 65536)
        os.close(master)
        self.assertIn(rb"\x1b", shown)
        self.assertFalse(re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1a\x7f-\xff]", shown), shown)
        self.assertNotIn(b"\x1b]", shown)


class Color(CommandTest):
    def test_none_where_it_is_not_wanted(self):
        for env, flags in (({"NO_COLOR": "1"}, ()), ({"TERM": "dumb"}, ()), ({}, ("--no-color",))):
            with self.subTest(env=env, flags=flags), UdpServer() as server:
                code, shown = on_terminal(volley("request", "--raw", "-v", *flags, server.text, "hi"), env)
                self.assertEqual(code, 0)
                self.assertNotIn(b"\x1b", shown)

    def test_none_off_a_terminal(self):
        with serving() as server:
            server.listening()
            server.stop()
            self.assertNotIn("\x1b", server.err)


if __name__ == "__main__":
    main()
