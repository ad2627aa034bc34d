"""`volley send`: one-way datagrams."""

import json
import os
import signal
import socket
import time

from verbs import CommandTest, address_of, bound

from support import eventually, free_port, main, run, start, volley

IP_RECVTTL = 12


def send(*args, **options):
    return run(volley("send", *args), **options)


class Send(CommandTest):
    def setUp(self):
        self.server = self.enterContext(bound())
        self.where = address_of(self.server)

    def heard(self, count):
        return [self.server.recv(65535) for _ in range(count)]

    def assert_no_more(self):
        self.server.setblocking(False)
        self.assertRaises(BlockingIOError, self.server.recv, 10)
        self.server.settimeout(10)

    def test_one_datagram(self):
        done = send(self.where, "hello")
        self.assert_done(done, b"")
        self.assertEqual(self.heard(1), [b"hello"])
        self.assert_no_more()

    def test_a_refusal_that_comes_in_time_is_told(self):
        where = f"127.0.0.1:{free_port()}"
        done = send(where, "hello")
        words = f"error: {where} refused: nothing listens on that port\n"
        self.assertEqual((done.code, done.err), (4, words))

    def test_a_refusal_swallows_no_later_datagram(self):
        where = address_of(self.server)
        with start(volley("send", "--lines", where)) as sender:
            sender.write(b"somebody is there\n")
            self.assertEqual(self.heard(1), [b"somebody is there"])
            self.server.close()
            sender.write(b"nobody is there\n")
            # On loopback the refusal is back before the send call is.
            eventually(lambda: sender.send_signal(signal.SIGUSR1) or "sent 2 datagrams" in sender.err)
            with bound("127.0.0.1", int(where.split(":")[1])) as server:
                sender.write(b"now again\n")
                self.assertEqual(server.recv(100), b"now again")
                sender.close_stdin()
                self.assertEqual(sender.wait(10).code, 4)

    def test_bodies_come_from_everywhere(self):
        self.assert_done(send(self.where, stdin=b"\x00\xffpiped"))
        self.assert_done(send("--hex", self.where, "00ff"))
        self.assert_done(send("--file", "/dev/null", self.where))
        self.assertEqual(self.heard(3), [b"\x00\xffpiped", b"\x00\xff", b""])

    def test_a_count(self):
        self.assert_done(send("--count", "5", self.where, "again"))
        self.assertEqual(self.heard(5), [b"again"] * 5)
        self.assert_no_more()

    def test_lines_are_datagrams_each(self):
        self.assert_done(send("--lines", self.where, stdin=b"one\ntwo\n\nfour without an end"))
        self.assertEqual(self.heard(4), [b"one", b"two", b"", b"four without an end"])
        self.assert_no_more()

    def test_lines_of_hex(self):
        self.assert_done(send("--lines", "--hex", self.where, stdin=b"00ff\n1b\n"))
        self.assertEqual(self.heard(2), [b"\x00\xff", b"\x1b"])

    def test_lines_leave_as_they_come(self):
        with start(volley("send", "--lines", self.where)) as sender:
            sender.write(b"first\n")
            self.assertEqual(self.heard(1), [b"first"])
            sender.write(b"second\n")
            self.assertEqual(self.heard(1), [b"second"])
            sender.close_stdin()
            self.assertEqual(sender.wait().code, 0)

    def test_no_lines_no_datagrams(self):
        self.assert_done(send("--lines", self.where, stdin=b""))
        self.assert_no_more()

    def test_a_line_that_fits_in_no_datagram(self):
        done = send("--lines", self.where, stdin=b"short\n" + b"x" * 65508 + b"\n")
        self.assert_usage(done, "send", "line 2", "65,?507")

    def test_a_rate(self):
        begun = time.monotonic()
        self.assert_done(send("--count", "11", "--rate", "20/s", self.where, "tick"))
        took = time.monotonic() - begun
        # Ten pauses of 50 ms.
        self.assertTrue(0.45 <= took < 2, took)
        self.assertEqual(len(self.heard(11)), 11)

    def test_a_rate_of_bits(self):
        begun = time.monotonic()
        # 5,000 bytes at 10,000 a second, the last of them at once.
        self.assert_done(send("--count", "5", "--rate", "80kbit", self.where, stdin=b"x" * 1000))
        took = time.monotonic() - begun
        self.assertTrue(0.35 <= took < 2, took)
        self.assertEqual(len(self.heard(5)), 5)

    def test_many_datagrams_cost_little_each(self):
        before = os.times()
        self.assert_done(send("--count", "50000", self.where, "hi"))
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        # A system call or two each. To look for the machine's interfaces takes many more.
        self.assertLess(spent, 1)

    def test_what_is_for_groups_only(self):
        for flag in (("--loop",), ("--no-loop",), ("--ttl", "0")):
            self.assert_usage(send(*flag, self.where, "hi"), "send", f"^error: {' '.join(flag)} is for multicast")

    def test_a_time_to_live(self):
        self.server.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        self.assert_done(send("--ttl", "9", self.where, "hello"))
        _, details, _, _ = self.server.recvmsg(10, 100)
        self.assertEqual([int.from_bytes(data, "little") for _, kind, data in details], [9])

    def test_json(self):
        done = send("--json", "--count", "3", self.where, "hello")
        self.assert_done(done)
        self.assertEqual(json.loads(done.out)["sent"], 3)

    def test_broadcast_needs_its_flag(self):
        done = send("255.255.255.255:9", "hello")
        self.assert_fails(done, 3, r"255\.255\.255\.255", "--broadcast")

    def test_broadcast_within_loopback(self):
        with bound("0.0.0.0") as everyone:
            where = f"127.255.255.255:{everyone.getsockname()[1]}"
            self.assert_fails(send(where, "hello"), 3, "--broadcast")
            self.assert_done(send("--broadcast", where, "hello"))
            self.assertEqual(everyone.recv(10), b"hello")

    def test_a_datagram_too_large_for_the_device(self):
        # Loopback's MTU is 65,536: 65,507 bytes with DF just fit.
        self.assert_done(send("--dont-fragment", self.where, stdin=b"x" * 65507))
        self.assertEqual(len(self.heard(1)[0]), 65507)


if __name__ == "__main__":
    main()
