"""Signals: who finishes with 0, who with 1, and what SIGUSR1 makes a program say."""

import fcntl
import json
import os
import signal
import time
from pathlib import Path

from verbs import CommandTest, address_of, bound, listening, request, serving

from support import eventually, main, start, volley


class Ends(CommandTest):
    def test_servers_finish_with_zero(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            for flags in ((), ("--workers", "3"), ("--reply", "exec:cat")):
                with self.subTest(number=number, flags=flags), serving(*flags) as server:
                    self.assert_done(request(server.listening().text, "hi"), b"hi")
                    begun = time.monotonic()
                    ended = server.stop(number)
                    self.assertEqual((ended.code, ended.out), (0, b""), ended)
                    self.assertNotIn("error", ended.err)
                    self.assertLess(time.monotonic() - begun, 3)

    def test_listeners_finish_with_zero_and_keep_what_they_printed(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), listening() as listener, bound() as sender:
                where = listener.listening()
                sender.sendto(b"hello", (where.host, where.port))
                listener.await_out("hello")
                ended = listener.stop(number)
                self.assertEqual(ended.code, 0, ended)
                self.assertNotIn("error", ended.err)

    def test_an_interrupted_request_reports_and_fails(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), bound() as server:
                with start(volley("request", "--raw", "--timeout", "50s", address_of(server), "hi")) as client:
                    server.recv(10)
                    ended = client.stop(number)
                    self.assert_fails(ended, 1, "interrupted", address_of(server))

    def test_interrupted_in_json(self):
        with bound() as server:
            command = volley("request", "--raw", "--json", "--timeout", "50s", address_of(server), "hi")
            with start(command) as client:
                server.recv(10)
                ended = client.stop(signal.SIGINT)
        self.assertEqual(ended.code, 1, ended)
        answer = json.loads(ended.out)
        self.assertEqual((answer["outcome"], answer["body"]), ("no_answer", None))
        self.assertRegex(answer["reason"], "interrupted")
        self.assertGreaterEqual(answer["attempts"], 1)

    def test_many_requests_interrupted_report_those_that_were_answered(self):
        with bound() as server:
            flags = ("--raw", "--json", "--count", "100", "--window", "1", "--timeout", "50s")
            command = volley("request", *flags, address_of(server), "hi")
            with start(command) as client:
                for _ in range(3):
                    data, peer = server.recvfrom(10)
                    server.sendto(data, peer)
                server.recv(10)
                ended = client.stop(signal.SIGINT)
        self.assertEqual(ended.code, 1, ended)
        self.assertEqual(json.loads(ended.out)["answered"], 3)

    def test_a_request_interrupted_while_it_reads_its_body(self):
        with bound() as server, start(volley("request", "--raw", address_of(server))) as client:
            client.write(b"half a body")
            # Standard input stays open: it is still being read.
            eventually(client.running)
            time.sleep(0.2)
            ended = client.stop(signal.SIGINT, timeout=5)
        self.assertNotEqual(ended.code, 0, ended)

    def test_a_second_signal_ends_it_at_once(self):
        # A listener that waits for a reader of its output cannot finish, however it is asked.
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        with listening(stdout=writer) as listener, bound() as sender:
            where = listener.listening()
            for _ in range(20):
                sender.sendto(b"x" * 1000, (where.host, where.port))
            # Its main thread sleeps in the kernel's pipe code once the pipe is full.
            eventually(lambda: "pipe" in Path(f"/proc/{listener.pid}/wchan").read_text(), what="a full pipe")
            listener.send_signal(signal.SIGINT)
            # Two of one kind might become one before they are seen.
            listener.send_signal(signal.SIGTERM)
            self.assertEqual(listener.wait(5).code, 130)
        os.close(reader)
        os.close(writer)


class Reports(CommandTest):
    def test_a_server_reports_and_goes_on(self):
        with serving() as server:
            where = server.listening().text
            for _ in range(3):
                self.assert_done(request(where, "hi"), b"hi")
            before = len(server.err)
            server.send_signal(signal.SIGUSR1)
            eventually(lambda: len(server.err) > before)
            eventually(lambda: "3" in server.err[before:])
            self.assert_done(request(where, "hi"), b"hi")
            self.assertEqual(server.stop().code, 0)

    def test_a_listener_reports(self):
        with listening() as listener:
            listener.listening()
            before = len(listener.err)
            listener.send_signal(signal.SIGUSR1)
            eventually(lambda: len(listener.err) > before)
            self.assertTrue(listener.running())

    def test_a_request_reports_and_goes_on(self):
        with bound() as server:
            with start(volley("request", "--raw", "--timeout", "20s", address_of(server), "hi")) as client:
                _, peer = server.recvfrom(10)
                client.send_signal(signal.SIGUSR1)
                client.await_err(r"\d")
                server.sendto(b"there", peer)
                ended = client.wait(10)
        self.assertEqual((ended.code, ended.out), (0, b"there"))


if __name__ == "__main__":
    main()
