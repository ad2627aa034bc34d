"""The command and the chapter's programs, each as the client and as the server of the other."""

import os
import re
import sys

from verbs import CommandTest, bound, listening, request, serving

from support import free_port, main, run, start, volley

CHAPTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "chapter.py")


def chapter(name, role, host="127.0.0.1", port=0, *flags):
    return [sys.executable, "-B", CHAPTER, name, role, host, "-p", str(port), *flags]


def where_it_listens(server):
    """`ADDR:PORT` of one of the chapter's servers."""
    return server.await_out(r"^Listening at (\S+)$").group(1)


class ChapterServers(CommandTest):
    def test_local(self):
        with start(chapter("local", "server")) as server:
            where = where_it_listens(server)
            self.assert_done(request(where, "The time is now"), b"Your data was 15 bytes long")
            server.await_out(r"The client at 127\.0\.0\.1:\d+ says 'The time is now'")

    def test_remote_through_half_loss(self):
        with start(chapter("remote", "server", "127.0.0.1", 0, "--seed", "6")) as server:
            where = where_it_listens(server)
            for number in range(6):
                done = request("--timeout", "20s", where, "x" * number)
                self.assert_done(done, b"Your data was %d bytes long" % number)
            self.assertIn(b"Pretending to drop", server.out)

    def test_remote_for_many_at_once(self):
        with start(chapter("remote", "server", "127.0.0.1", 0, "--seed", "6")) as server:
            many = ("--count", "100", "--window", "10", "--timeout", "20s")
            done = request(*many, where_it_listens(server), "hi")
            self.assert_done(done)
            self.assertGreater(server.out.count(b"Pretending to drop"), 50)

    def test_broadcast(self):
        for host, flags in (("127.0.0.1", ()), ("127.255.255.255", ("--broadcast",))):
            # Bound to everything, as the chapter's listener is when it is given an empty name.
            with self.subTest(host), start(chapter("broadcast", "server", "0.0.0.0")) as server:
                port = where_it_listens(server).rsplit(":", 1)[1]
                self.assert_done(run(volley("send", *flags, f"{host}:{port}", "Broadcast datagram!")), b"")
                server.await_out(r"The client at 127\.0\.0\.1:\d+ says: 'Broadcast datagram!'")

    def test_one_that_has_gone(self):
        with start(chapter("local", "server")) as server:
            where = where_it_listens(server)
        self.assertEqual(request(where, "anyone?").code, 4)


class ChapterClients(CommandTest):
    def test_local(self):
        with serving("--reply", "length") as server:
            done = run(chapter("local", "client", port=server.listening().port))
            self.assertEqual(done.code, 0, done)
            length = len("The time is 2026-01-01 00:00:00.000000")
            reply = f"The server {server.listening().text} replied 'Your data was {length} bytes long'"
            self.assertIn(reply, done.out.decode())

    def test_remote(self):
        with serving("--reply", "length") as server:
            done = run(chapter("remote", "client", "127.0.0.1", server.listening().port))
        self.assertEqual(done.code, 0, done)
        self.assertIn("The server says 'Your data was 23 bytes long'", done.out.decode())
        self.assertEqual(self.waits(done), ["0.1"])

    def test_remote_through_half_loss(self):
        # Whatever a seed loses: the waits are right, and the end is the one that the waits tell.
        retried = 0
        for seed in range(1, 7):
            with serving("--reply", "length", "--drop", "50%", "--seed", seed) as server:
                done = run(chapter("remote", "client", "127.0.0.1", server.listening().port))
            waits = self.waits(done)
            self.assertEqual(waits, ["0.1", "0.2", "0.4", "0.8", "1.6"][:len(waits)])
            if done.code == 0:
                self.assertIn("The server says 'Your data was 23 bytes long'", done.out.decode())
                retried += len(waits) > 1
            else:
                self.assertEqual((len(waits), "I think the server is down" in done.err), (5, True), done)
        self.assertGreater(retried, 0)

    def test_remote_gives_up_on_one_that_discards(self):
        with serving("--reply", "discard") as server:
            done = run(chapter("remote", "client", "127.0.0.1", server.listening().port))
        self.assertIn("I think the server is down", done.err)
        self.assertEqual(self.waits(done), ["0.1", "0.2", "0.4", "0.8", "1.6"])

    def test_broadcast(self):
        for host in ("127.0.0.1", "127.255.255.255"):
            with self.subTest(host), listening("--count", "1", where="0.0.0.0:0") as listener:
                run(chapter("broadcast", "client", host, listener.listening().port))
                done = listener.wait(10)
            self.assertEqual(done.code, 0, done)
            self.assertIn(b"Broadcast datagram!", done.out)

    @staticmethod
    def waits(done):
        return re.findall(r"Waiting up to (\S+) seconds", done.out.decode())


class BothHaveTheSameWords(CommandTest):
    def test_the_sample_conversation(self):
        with serving("--reply", "length") as server:
            where = server.listening().text
            server.await_err(r"^listening on \S+:\d+ \(loopback only: other machines cannot reach it\)$")
            done = request("-v", "--backoff", "100ms..2s", where, "This is another message")
        self.assert_done(done, b"Your data was 23 bytes long")
        self.assertEqual(done.err.splitlines()[0], "waiting up to 0.1 seconds for a reply")

    def test_the_sample_refusal(self):
        port = free_port()
        done = request(f"127.0.0.1:{port}", "hi")
        words = f"error: 127.0.0.1:{port} refused: nothing listens on that port\n"
        self.assertEqual((done.code, done.err), (4, words))

    def test_a_promiscuous_client_is_what_volley_is_not(self):
        # The chapter's own local client believes the first who speaks; here a stranger does.
        with bound() as real, bound() as stranger:
            port = real.getsockname()[1]
            with start(chapter("local", "client", port=port)) as client:
                _, peer = real.recvfrom(100)
                stranger.sendto(b"a lie", peer)
                self.assertIn("a lie", client.await_out("replied.*").group(0))
            with start(volley("request", "--raw", f"127.0.0.1:{port}", "hi")) as client:
                _, peer = real.recvfrom(100)
                stranger.sendto(b"a lie", peer)
                real.sendto(b"the truth", peer)
                self.assertEqual(client.wait(10).out, b"the truth")


if __name__ == "__main__":
    main()
