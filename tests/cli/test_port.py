"""`volley port`: names, numbers, IANA's ranges, and who listens here."""

import os

from verbs import CommandTest, bound

from support import main, run, volley


def port(*args, **options):
    return run(volley("port", *args), **options)


class Names(CommandTest):
    def setUp(self):
        if not os.path.exists("/etc/services"):
            self.skipTest("this machine has no database of services (/etc/services)")

    def test_a_name(self):
        self.assertRegex(port("domain").out.decode(), r"\b53\b")
        self.assertRegex(port("ntp").out.decode(), r"\b123\b")
        # RFC 6335: capitals do not count.
        self.assertEqual(port("DOMAIN").out, port("domain").out)

    def test_a_number(self):
        self.assertRegex(port("53").out.decode(), r"\bdomain\b")
        self.assertRegex(port("123").out.decode(), r"\bntp\b")

    def test_a_name_stands_for_its_number_in_an_address(self):
        done = run(volley("request", "--raw", "127.9.9.9:ntp", "hi"))
        self.assertIn("127.9.9.9:123", done.err)


class Ranges(CommandTest):
    def test_the_three_by_name(self):
        for number, name in (
            (0, "well-known"), (1, "well-known"), (1023, "well-known"), (1024, "registered"),
            (1060, "registered"), (49151, "registered"), (49152, "dynamic"), (65535, "dynamic"),
        ):
            with self.subTest(number):
                done = port(number)
                self.assert_done(done)
                self.assertRegex(done.out.decode().lower(), name)


class Unknown(CommandTest):
    def test_a_name_nobody_registered(self):
        self.assert_fails(port("nosuchservice"), 1, "nosuchservice")

    def test_numbers_that_are_no_ports(self):
        for text in ("65536", "-1", "99999999999999999999", ""):
            with self.subTest(text):
                self.assert_usage(port("--", text), "port", r"out of range|missing")

    def test_nothing(self):
        self.assert_fails(port(), 2)


class Listeners(CommandTest):
    def test_who_listens(self):
        with bound() as server:
            number = server.getsockname()[1]
            done = port("--listening", number)
            self.assert_done(done)
            self.assertRegex(done.out.decode(), rf"\b127\.0\.0\.1:{number}\b")
            # We may look into our own processes: this one is named.
            self.assertRegex(done.out.decode(), rf"\b{os.getpid()}\b")

    def test_who_listens_by_ipv6(self):
        with bound("::1") as server:
            number = server.getsockname()[1]
            self.assertIn(f"[::1]:{number}", port("--listening", number).out.decode())

    def test_everyone(self):
        with bound() as server:
            done = port("--listening")
            self.assert_done(done)
            self.assertIn(f"127.0.0.1:{server.getsockname()[1]}", done.out.decode())

    def test_nobody(self):
        with bound() as server:
            number = server.getsockname()[1]
        done = port("--listening", number)
        self.assertEqual((done.code, done.err), (1, f"nobody here has UDP port {number}\n"))
        self.assertNotIn(f"127.0.0.1:{number}", done.out.decode())


if __name__ == "__main__":
    main()
