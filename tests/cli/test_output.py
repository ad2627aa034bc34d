"""Standard output that is closed, full or slow."""

import contextlib
import os

from verbs import CommandTest, bound, listening, request, serving

from support import UdpServer, eventually, main, run, start, volley


def into(redirection, *args):
    """The command with its standard output somewhere else, by the shell."""
    return ["sh", "-c", f'exec "$@" {redirection}', "sh", *volley(*args)]


class Full(CommandTest):
    def test_a_device_that_is_full(self):
        with UdpServer() as server:
            for args in (
                ("request", "--raw", server.text, "hi"), ("request", "--raw", "--json", server.text, "hi"),
                ("--version",), ("help",), ("help", "serve"), ("request", "--help"), ("port", "53"),
            ):
                with self.subTest(args):
                    done = run(into(">/dev/full", *args))
                    self.assert_fails(done, 3, "standard output|stdout", "(?i)no space")

    def test_a_listener_ends_when_it_cannot_print(self):
        with start(into(">/dev/full", "listen", "127.0.0.1:0")) as listener, bound() as sender:
            where = listener.listening()
            sender.sendto(b"hi", (where.host, where.port))
            self.assert_fails(listener.wait(10), 3, "standard output|stdout", "(?i)no space")

    def test_closed_from_the_beginning(self):
        with UdpServer() as server:
            done = run(into(">&-", "request", "--raw", server.text, "hi"))
            self.assert_fails(done, 3, "standard output|stdout")
            # The socket did not become standard output.
            self.assertEqual([data for data, _ in server.received], [b"hi"])


    def test_nothing_that_is_opened_takes_the_place_of_a_closed_stream(self):
        with UdpServer(lambda data, peer: b"8 bytes!") as server:
            for redirection in ("2>&-", "<&- >&-", "<&- >&- 2>&-"):
                with self.subTest(redirection):
                    server.received.clear()
                    done = run(into(redirection, "request", "--raw", server.text, "hi"), timeout=10)
                    self.assertEqual(done.code, 0 if redirection == "2>&-" else 3, done)
                    self.assertEqual([data for data, _ in server.received], [b"hi"])
        with start(into("<&- >&- 2>/dev/null", "serve", "--raw", "127.0.0.1:0"), timeout=10) as server:
            # It has no use for the streams it lacks.
            eventually(lambda: udp_ports(server.pid))
            self.assert_done(request(f"127.0.0.1:{udp_ports(server.pid)[0]}", "hi"), b"hi")
            self.assertEqual(server.stop().code, 0)


def udp_ports(pid):
    """The UDP ports of loopback that a process has bound."""
    inodes = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            inodes.add(os.readlink(f"/proc/{pid}/fd/{number}"))
    with open("/proc/net/udp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return [int(row[1].split(":")[1], 16) for row in rows if f"socket:[{row[9]}]" in inodes]


class Pipes(CommandTest):
    def test_a_reader_that_leaves_is_no_error(self):
        with UdpServer() as server:
            script = '"$@" | true; exit 0'
            for _ in range(5):
                done = run(["sh", "-c", script, "sh", *volley("request", "--raw", server.text, "hi")])
                self.assertEqual((done.code, done.err), (0, ""))

    def test_a_listener_ends_silently_after_head(self):
        with start(["sh", "-c", '"$@" | head -n 1', "sh", *volley("listen", "127.0.0.1:0")]) as pipeline:
            where = pipeline.listening()
            with bound() as sender:
                sender.sendto(b"first", (where.host, where.port))
                pipeline.await_out("first")
                # The next one finds nobody to read it.
                for _ in range(100):
                    sender.sendto(b"second", (where.host, where.port))
                    if not pipeline.running():
                        break
                done = pipeline.wait(10)
            self.assertEqual(done.code, 0)
            self.assertNotIn("error", done.err)
            self.assertNotIn("second", done.out.decode())

    def test_help_into_head(self):
        done = run(["sh", "-c", '"$@" | head -n 1', "sh", *volley("help")])
        self.assertEqual((done.code, done.err), (0, ""))


class Lines(CommandTest):
    def test_a_listeners_lines_come_as_they_are_heard(self):
        with listening() as listener, bound() as sender:
            where = listener.listening()
            for word in (b"one", b"two"):
                sender.sendto(word, (where.host, where.port))
                listener.await_out(word.decode())

    def test_words_do_not_mix_with_data(self):
        with serving("-v", "--stats") as server:
            done = request("-v", server.listening().text, "hi")
            self.assertEqual(done.out, b"hi")
            ended = server.stop()
            self.assertEqual((ended.code, ended.out), (0, b""))


if __name__ == "__main__":
    main()
