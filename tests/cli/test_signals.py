"""Signals: who finishes with 0, who with 1, and what SIGUSR1 makes a program say."""

import fcntl
import json
import os
import re
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

    def test_sending_interrupted(self):
        with bound() as server:
            command = volley("send", "--json", "--lines", address_of(server))
            with start(command) as sender:
                sender.write(b"one\ntwo\nhalf a line")
                server.recv(10)
                server.recv(10)
                ended = sender.stop(signal.SIGINT)
            told = json.loads(ended.out)
            self.assertEqual((ended.code, told["sent"], told["bytes"], told["refused"], told["peer"]),
                             (1, 2, 6, 0, address_of(server)))
            self.assertIn("interrupted", told["error"])
            self.assertEqual(ended.err, f"error: {told['error']}\n")

    def test_sending_interrupted_before_it_begins(self):
        command = volley("send", "--json", "127.0.0.1:9")
        with start(command) as sender:
            sender.write(b"half a body")
            until_it_reads(sender)
            ended = sender.stop(signal.SIGTERM)
        told = json.loads(ended.out)
        self.assertEqual((ended.code, told["sent"], told["peer"]), (1, 0, None))
        self.assertEqual(ended.err, f"error: {told['error']}\n")

    def test_sending_at_a_slow_pace_interrupted(self):
        with bound() as server:
            with start(volley("send", "--count", "2", "--rate", "0.01/s", address_of(server), "hi")) as sender:
                server.recv(10)
                self.assert_fails(sender.stop(signal.SIGINT, timeout=5), 1, "interrupted", address_of(server))

    def test_many_requests_interrupted_report_those_that_were_answered(self):
        with bound() as server:
            # A busy machine may be late to answer: a second attempt would be taken for the next request.
            flags = ("--raw", "--json", "--count", "100", "--window", "1", "--backoff", "20s..20s")
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
            until_it_reads(client)
            self.assert_fails(client.stop(signal.SIGINT, timeout=5), 1, "interrupted")

    def test_a_second_signal_ends_it_at_once(self):
        # A listener that waits for a reader of its output cannot finish, however it is asked.
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        with listening(stdout=writer) as listener, bound() as sender:
            where = listener.listening()
            for _ in range(20):
                sender.sendto(b"x" * 1000, (where.host, where.port))
            # Its main thread sleeps in the kernel's pipe code once the pipe is full.
            eventually(lambda: "pipe" in sleeps_in(listener), what="a full pipe")
            listener.send_signal(signal.SIGINT)
            # Two of one kind might become one before they are seen.
            listener.send_signal(signal.SIGTERM)
            self.assertEqual(listener.wait(5).code, 130)
        os.close(reader)
        os.close(writer)


class Reports(CommandTest):
    """SIGUSR1: words on standard error, but in a stream of JSON (serve, listen) one more object."""

    def test_a_server_reports_and_goes_on(self):
        with serving() as server, bound() as client:
            where = server.listening()
            for _ in range(3):
                client.sendto(b"hi", (where.host, where.port))
                client.recv(10)
            words = "received 3, answered 3, simulated losses 0"
            # What is heard here may not be counted there yet.
            eventually(lambda: server.send_signal(signal.SIGUSR1) or words in server.err.splitlines())
            client.sendto(b"on", (where.host, where.port))
            self.assertEqual(client.recv(10), b"on")
            ended = server.stop()
            self.assertEqual((ended.code, ended.out), (0, b""))

    def test_a_listener_reports(self):
        with listening() as listener, bound() as sender:
            where = listener.listening()
            sender.sendto(b"hi", (where.host, where.port))
            listener.await_out("hi")
            listener.send_signal(signal.SIGUSR1)
            listener.await_err("^1 datagram so far, at least 0 dropped by the kernel$")
            self.assertTrue(listener.running())

    def test_streams_of_json_report_in_json(self):
        for stream, count in ((serving, "received"), (listening, "datagrams")):
            with self.subTest(stream), stream("--json") as program:
                program.await_out('"event":"listening"')
                program.send_signal(signal.SIGUSR1)
                report = json.loads(program.await_out('^.*"event":"stats".*$').group(0))
                self.assertEqual((report["final"], report[count]), (False, 0))
                words = program.stop().err.splitlines()
                self.assertEqual(len(words), 1, words)

    def test_a_request_reports_and_goes_on(self):
        self.reports("no answer yet, after 1 attempt", "request", "--raw", "--json", "--backoff", "20s..20s")

    def test_many_requests_report_and_go_on(self):
        self.reports("0 of 2 requests ended: 0 answered, 0 without an answer, 0 refused", "request", "--raw",
                     "--json", "--count", "2", "--window", "1", "--backoff", "20s..20s")

    def test_a_sender_reports_and_goes_on(self):
        self.reports("so far: sent 1 datagram, 3 bytes", "send", "--json", "--lines")

    def test_a_search_for_the_mtu_reports_and_goes_on(self):
        self.reports("not settled yet, after [12] datagrams?", "mtu", "--kernel", "--json", body=())

    def reports(self, words, verb, *flags, body=("hi",)):
        body = () if "--lines" in flags else body
        with bound() as server, start(volley(verb, *flags, address_of(server), *body)) as program:
            program.write(b"hi,\n")
            data, peer = server.recvfrom(65535)
            # What is heard here may not be counted there yet.
            eventually(lambda: program.send_signal(signal.SIGUSR1) or re.search(f"(?m)^{words}$", program.err))
            program.close_stdin()
            if verb == "request":
                server.sendto(b"there", peer)
            if "--count" in flags:
                server.sendto(b"there", server.recvfrom(100)[1])
            ended = program.wait(10)
        self.assertEqual(ended.code, 0, ended)
        self.assertEqual(ended.out.count(b"\n"), 1, "one object, and no other")

    def test_before_there_is_anything_to_report(self):
        with start(volley("send", "127.0.0.1:9")) as sender:
            until_it_reads(sender)
            sender.send_signal(signal.SIGUSR1)
            sender.await_err("nothing to report yet")


def sleeps_in(program):
    """Where in the kernel a program's main thread sleeps."""
    return Path(f"/proc/{program.pid}/wchan").read_text(encoding="ascii")


def until_it_reads(program):
    """Waits until it waits for more on its standard input, with its signals taken care of."""
    eventually(lambda: "poll" in sleeps_in(program), what="a poll of standard input")


if __name__ == "__main__":
    main()
