"""Standard output that is closed, full or slow."""

from verbs import CommandTest, bound, listening, request, serving

from support import UdpServer, main, run, start, volley


def into(redirection, *args):
    """The command with its standard output somewhere else, by the shell."""
    return ["sh", "-c", f'exec "$@" {redirection}', "sh", *volley(*args)]


class Full(CommandTest):
    def test_a_device_that_is_full(self):
        with UdpServer() as server:
            for args in (
                ("request", "--raw", server.text, "hi"), ("request", "--raw", "--json", server.text, "hi"), ("--version",), ("help",),
                ("help", "serve"), ("request", "--help"), ("port", "53"),
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
