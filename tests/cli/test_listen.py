"""`volley listen`: every datagram, shown."""

import json
import os
import socket

from verbs import CommandTest, bound, listening

from support import free_port, main, run, volley


class Listen(CommandTest):
    def heard(self, datagrams, *flags, host="127.0.0.1"):
        """What `listen` prints, once it has heard all of `datagrams`."""
        where = "[::1]:0" if host == "::1" else f"{host}:0"
        with listening("--count", len(datagrams), *flags, where=where) as listener, bound(host) as sender:
            to = listener.listening()
            for datagram in datagrams:
                sender.sendto(datagram, (to.host, to.port))
            done = listener.wait(10)
        self.assertEqual(done.code, 0, done)
        return done.out.decode(), sender

    def test_who_said_what(self):
        with listening("--count", "1") as listener, bound() as sender:
            to = listener.listening()
            sender.sendto(b"hello there", (to.host, to.port))
            done = listener.wait(10)
            out = done.out.decode()
            self.assertIn("127.0.0.1:{}".format(sender.getsockname()[1]), out)
        self.assertEqual(done.code, 0)
        self.assertIn("hello there", out)
        self.assertRegex(out, r"\b11\b")
        self.assertRegex(out, r"\blo\b")
        self.assertRegex(out, r"\b64\b")
        self.assertRegex(out, r"\d\d:\d\d:\d\d")

    def test_a_datagram_a_line(self):
        out, _ = self.heard([b"one", b"two\nlines\r\x1b[2J", b"", b"\xff\x00"])
        self.assertEqual(len(out.splitlines()), 4, out)
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\x00", out)
        self.assertIn(r"\x1b[2J", out)

    def test_a_datagram_cannot_forge_a_line_of_another(self):
        forged = b"x\n2026-01-01 00:00:00 192.0.2.1:53 lo ttl=64 2 'hi'"
        out, _ = self.heard([forged])
        self.assertEqual(len(out.splitlines()), 1, out)

    def test_hex(self):
        out, _ = self.heard([b"\x00\xff\x1b"], "--hex")
        self.assertIn("00ff1b", out)

    def test_json(self):
        out, _ = self.heard([b"hello", b"\xff", b'"'], "--json")
        first, second, third = [json.loads(line) for line in out.splitlines()][1:]
        self.assertEqual((first["body"], first["length"]), ("hello", 5))
        self.assertEqual((first["ttl"], first["interface"]), (64, "lo"))
        self.assertRegex(first["peer"], r"^127\.0\.0\.1:\d+$")
        self.assertTrue(first["time"])
        self.assertEqual((second["body"], second["body_hex"]), (None, "ff"))
        self.assertEqual(third["body"], '"')

    def test_ipv6(self):
        out, _ = self.heard([b"hello"], host="::1")
        self.assertRegex(out, r"\[::1\]:\d+")

    def test_everyone_is_the_default(self):
        port = free_port()
        with listening(where=str(port)) as listener:
            listener.await_err(r"listening on .*everyone")
            for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
                with socket.socket(family, socket.SOCK_DGRAM) as sender:
                    sender.sendto(b"by " + host.encode(), (host, port))
                listener.await_out(f"by {host}")
            # An IPv4 sender is shown as one.
            self.assertNotIn("ffff", listener.out.decode())

    def test_the_count_ends_it(self):
        out, _ = self.heard([b"%d" % number for number in range(50)])
        self.assertEqual(len(out.splitlines()), 50)

    def test_a_timeout_ends_it(self):
        done = run(volley("listen", "--timeout", "200ms", "127.0.0.1:0"), timeout=10)
        self.assert_done(done, b"")

    def test_a_count_that_the_timeout_cuts_short(self):
        done = run(volley("listen", "--timeout", "200ms", "--count", "3", "127.0.0.1:0"), timeout=10)
        self.assertEqual(done.code, 1, done)

    def test_several_share_a_port_when_told(self):
        port = free_port()
        where = f"0.0.0.0:{port}"
        with listening("--reuse", where=where) as one, listening("--reuse", where=where) as two:
            one.listening()
            two.listening()
            with bound() as sender:
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                sender.sendto(b"all of you", ("127.255.255.255", port))
            one.await_out("all of you")
            two.await_out("all of you")

    def test_a_group_within_loopback(self):
        port = free_port()
        with listening("--group", "239.255.7.7@lo", "--count", "1", where=f"*:{port}") as listener:
            listener.listening()
            done = run(volley("send", "-i", "lo", "--ttl", "1", f"239.255.7.7:{port}", "to the group"))
            self.assert_done(done)
            self.assertIn("to the group", listener.wait(10).out.decode())

    def test_a_group_that_is_none(self):
        done = run(volley("listen", "--group", "127.0.0.1", "127.0.0.1:0"), timeout=10)
        self.assert_fails(done, 2, r"127\.0\.0\.1", "multicast")
        done = run(volley("listen", "--group", "239.1.2.3@nosuchdevice", "0"), timeout=10)
        self.assert_fails(done, 3, "nosuchdevice")

    def test_an_address_that_never_hears_its_group(self):
        for group, where in (("239.1.2.3", "127.0.0.1:0"), ("239.1.2.3", "[::1]:0"), ("239.1.2.3", "239.1.2.4:0"),
                             ("ff02::1", "0.0.0.0:0"), ("ff02::1", "localhost:0")):
            with self.subTest(group=group, where=where):
                done = run(volley("listen", "--group", group, where), timeout=10)
                self.assert_usage(done, "listen", group, r"hears nothing", r"\*:0")

    def test_a_group_on_another_interface_than_the_one_chosen(self):
        names = sorted(set(os.listdir("/sys/class/net")) - {"lo"})
        if not names:
            self.skipTest("this machine has one interface")
        done = run(volley("listen", "-i", names[0], "--group", "239.1.2.3@lo", "0"), timeout=10)
        self.assert_usage(done, "listen", "-i", "@lo", "contradict")

    def test_a_large_one_is_shown_whole(self):
        text = "".join(chr(ord("a") + number % 26) for number in range(20000))
        out, _ = self.heard([text.encode()])
        self.assertIn(text, out)

    def test_a_burst_is_all_there(self):
        datagrams = [b"%04d" % number + os.urandom(4).hex().encode() for number in range(100)]
        out, _ = self.heard(datagrams)
        for line, datagram in zip(out.splitlines(), datagrams):
            self.assertIn(datagram.decode(), line)


if __name__ == "__main__":
    main()
