"""Requests that get nothing: how long they wait, how often they ask, and what they say in the end."""

import time

from verbs import CommandTest, address_of, bound, request

from support import UdpServer, free_port, main, start, volley


def heard(sock):
    """The datagrams that wait in a socket's queue."""
    sock.setblocking(False)
    found = []
    try:
        while True:
            found.append(sock.recv(65535))
    except BlockingIOError:
        return found


def waits(words):
    """The waits that `-v` announced, as it wrote them."""
    prefix, suffix = "waiting up to ", " seconds for a reply"
    lines = [line for line in words.splitlines() if line.startswith("waiting")]
    assert all(line.startswith(prefix) and line.endswith(suffix) for line in lines), words
    return [line[len(prefix):-len(suffix)] for line in lines]


class Refused(CommandTest):
    def test_a_port_without_a_server(self):
        port = free_port()
        begun = time.monotonic()
        done = request(f"127.0.0.1:{port}", "hi")
        self.assertEqual((done.code, done.out), (4, b""))
        self.assertEqual(done.err, f"error: 127.0.0.1:{port} refused: nothing listens on that port\n")
        self.assertLess(time.monotonic() - begun, 2, "a refusal needs no waiting")

    def test_the_same_by_ipv6(self):
        port = free_port("::1")
        done = request(f"[::1]:{port}", "hi")
        self.assertEqual((done.code, done.out), (4, b""))
        self.assertEqual(done.err, f"error: [::1]:{port} refused: nothing listens on that port\n")

    def test_the_chapters_port_is_the_default(self):
        # Nobody is at home at this address of loopback.
        done = request("127.9.9.9", "hi")
        self.assertEqual((done.code, done.err),
                         (4, "error: 127.9.9.9:1060 refused: nothing listens on that port\n"))

    def test_a_server_that_goes_away_while_asked(self):
        with bound() as server:
            with start(volley("request", "--raw", address_of(server), "hi")) as client:
                server.recv(10)
                server.close()
                done = client.wait(10)
        self.assertEqual(done.code, 4, done)

    def test_each_of_many(self):
        port = free_port()
        done = request("-v", "--count", "3", "--window", "1", f"127.0.0.1:{port}", "hi")
        for number in (1, 2, 3):
            self.assertIn(f"request {number}: 127.0.0.1:{port} refused", done.err)
        done = request("--count", "20", "--window", "4", f"127.0.0.1:{port}", "hi")
        self.assertEqual(done.code, 4, done)


class Silent(CommandTest):
    def test_the_waits_are_the_chapters(self):
        with bound() as server:
            begun = time.monotonic()
            done = request("--backoff", "100ms..2s", "-v", address_of(server), "hi")
            took = time.monotonic() - begun
            self.assert_fails(done, 1, address_of(server), "may be down")
            self.assertEqual(waits(done.err), ["0.1", "0.2", "0.4", "0.8", "1.6"])
            self.assertTrue(3.0 < took < 4.5, took)
            self.assertEqual(heard(server), [b"hi"] * 5)

    def test_so_they_are_by_default(self):
        with bound() as server:
            begun = time.monotonic()
            done = request(address_of(server), "hi")
            took = time.monotonic() - begun
            self.assert_fails(done, 1, address_of(server), "may be down")
            self.assertTrue(3.0 < took < 4.5, took)

    def test_a_backoff_whose_last_wait_is_its_bound(self):
        with bound() as server:
            done = request("--backoff", "50ms..200ms", "-v", address_of(server), "hi")
            self.assertEqual(done.code, 1)
            self.assertEqual(waits(done.err), ["0.05", "0.1", "0.2"])

    def test_a_backoff_of_one_wait(self):
        with bound() as server:
            done = request("--backoff", "100ms..100ms", "-v", address_of(server), "hi")
            self.assertEqual((done.code, waits(done.err)), (1, ["0.1"]))

    def test_tries_repeat_the_longest_wait(self):
        with bound() as server:
            done = request("--backoff", "20ms..50ms", "--tries", "6", "-v", address_of(server), "hi")
            self.assertEqual(done.code, 1)
            self.assertEqual(waits(done.err), ["0.02", "0.04", "0.05", "0.05", "0.05", "0.05"])
            self.assertEqual(len(heard(server)), 6)

    def test_waits_too_short_for_seconds(self):
        with bound() as server:
            done = request("--backoff", "1us..4us", "-v", address_of(server), "hi")
            self.assertEqual(done.code, 1)
            self.assertRegex(done.err, "^waiting up to 1 µs for a reply\nwaiting up to 2 µs for a reply\n")

    def test_tries_may_end_it_early(self):
        with bound() as server:
            done = request("--backoff", "20ms..2s", "--tries", "2", "-v", address_of(server), "hi")
            self.assertEqual((done.code, waits(done.err)), (1, ["0.02", "0.04"]))

    def test_tries_alone(self):
        with bound() as server:
            self.assertEqual(request("--tries", "1", address_of(server), "hi").code, 1)
            self.assertEqual(len(heard(server)), 1)

    def test_a_timeout_repeats_the_longest_wait_until_it_passes(self):
        with bound() as server:
            begun = time.monotonic()
            done = request("--backoff", "20ms..50ms", "--timeout", "500ms", address_of(server), "hi")
            took = time.monotonic() - begun
            self.assertEqual(done.code, 1)
            self.assertTrue(0.5 <= took < 2, took)
            self.assertTrue(9 <= len(heard(server)) <= 11)

    def test_a_timeout_cuts_the_last_wait(self):
        with bound() as server:
            begun = time.monotonic()
            done = request("--backoff", "100ms..2s", "--timeout", "450ms", "-v", address_of(server), "hi")
            took = time.monotonic() - begun
            self.assertEqual(done.code, 1)
            self.assertTrue(0.45 <= took < 1.5, took)
            # What is left of the deadline is all that the third wait may promise.
            self.assertEqual(waits(done.err)[:2], ["0.1", "0.2"])
            self.assertLess(float(waits(done.err)[2]), 0.2)

    def test_an_answer_just_before_the_end_counts(self):
        with UdpServer() as server:
            answered = []
            server.answer = lambda data, peer: data if len(answered.append(1) or answered) == 4 else None
            done = request("--backoff", "20ms..160ms", "-v", server.text, "hi")
            self.assert_done(done, b"hi")
            self.assertEqual(waits(done.err), ["0.02", "0.04", "0.08", "0.16"])

    def test_unconnected_hears_no_refusal(self):
        port = free_port()
        done = request("--unconnected", "--timeout", "200ms", f"127.0.0.1:{port}", "hi")
        self.assert_fails(done, 1, f"127.0.0.1:{port}")

    def test_some_of_many(self):
        turn = []
        with UdpServer(lambda data, peer: data if len(turn.append(1) or turn) <= 5 else None) as server:
            many = ("--count", "10", "--window", "1", "--timeout", "50ms", "--tries", "1")
            self.assertEqual(request(*many, server.text, "hi").code, 1)


if __name__ == "__main__":
    main()
