"""Signals: who finishes with 0, who with 1, and what SIGUSR1 makes a program say."""

import json
import signal
import time

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
            command = volley("request", "--raw", "--json", "--count", "100", "--window", "1", "--timeout", "50s",
                             address_of(server), "hi")
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
        with serving("--reply", "exec:sleep 20") as server, bound() as client:
            where = server.listening()
            client.sendto(b"hi", (where.host, where.port))
            # Both wait while the process is stopped, so the second is there before the first can finish it.
            server.send_signal(signal.SIGSTOP)
            server.send_signal(signal.SIGINT)
            server.send_signal(signal.SIGTERM)
            server.send_signal(signal.SIGCONT)
            self.assertEqual(server.wait(5).code, 130)


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
