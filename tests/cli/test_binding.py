"""Where a server listens, and where it may not."""

import os

from verbs import CommandTest, address_of, bound, request, serving

from support import free_port, main, run, start, volley

UNPRIVILEGED_START = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
LOOPBACK_ONLY = r"\(loopback only: other machines cannot reach it\)"


class Listening(CommandTest):
    def test_it_says_what_its_binding_means(self):
        for where, meaning in (
            ("127.0.0.1:0", rf"listening on 127\.0\.0\.1:\d+ {LOOPBACK_ONLY}"),
            ("[::1]:0", rf"listening on \[::1\]:\d+ {LOOPBACK_ONLY}"),
            ("*:0", r"listening on .*:\d+ \(everyone"),
            ("0.0.0.0:0", r"listening on 0\.0\.0\.0:\d+ \(everyone"),
        ):
            with self.subTest(where), serving(where=where) as server:
                server.await_err(meaning)
                self.assertEqual(server.out, b"")

    def test_a_bare_port_is_loopbacks(self):
        port = free_port()
        with serving(where=str(port)) as server:
            self.assertEqual(server.listening().text, f"127.0.0.1:{port}")
            self.assert_done(request(f"127.0.0.1:{port}", "hi"), b"hi")

    def test_a_name_is_its_ipv4_address_first(self):
        for verb in (("serve", "--raw"), ("listen",)):
            with self.subTest(verb), start(volley(*verb, "localhost:0")) as server:
                self.assertEqual(server.listening().host, "127.0.0.1")

    def test_quiet_says_nothing_not_even_the_port(self):
        for verb in (("serve", "--raw"), ("listen",)):
            with self.subTest(verb), start(volley(*verb, "-q", "--timeout", "200ms", "127.0.0.1:0")) as server:
                ended = server.wait(10)
                self.assertEqual((ended.code, ended.out, ended.err), (0, b"", ""))

    def test_everyone_is_both_families(self):
        with serving(where="*:0") as server:
            port = server.listening().port
            self.assert_done(request(f"127.0.0.1:{port}", "four"), b"four")
            self.assert_done(request(f"[::1]:{port}", "six"), b"six")

    def test_everyone_of_one_family(self):
        with serving("-4", where="*:0") as server:
            port = server.listening().port
            self.assert_done(request(f"127.0.0.1:{port}", "four"), b"four")
            self.assertEqual(request(f"[::1]:{port}", "six").code, 4)
        with serving("-6", where="*:0") as server:
            port = server.listening().port
            self.assert_done(request(f"[::1]:{port}", "six"), b"six")
            self.assertEqual(request(f"127.0.0.1:{port}", "four").code, 4)

    def test_everyones_server_answers_from_the_address_it_was_asked_at(self):
        for flags in ((), ("--workers", "2")):
            with self.subTest(flags), serving(*flags, where="*:0") as server, bound() as client:
                port = server.listening().port
                for host in ("127.0.0.1", "127.0.0.2", "127.1.2.3"):
                    client.sendto(b"hi", (host, port))
                    self.assertEqual(client.recvfrom(10), (b"hi", (host, port)))

    def test_one_interface(self):
        with serving("-i", "lo", where="*:0") as server:
            server.await_err(r"listening on .*\blo\b")
            self.assert_done(request(f"127.0.0.1:{server.listening().port}", "hi"), b"hi")

    def test_two_servers_share_a_port_on_two_addresses(self):
        with serving("--reply", "text:one") as one:
            port = one.listening().port
            with serving("--reply", "text:two", where=f"127.0.0.2:{port}") as two:
                two.listening()
                self.assert_done(request(f"127.0.0.1:{port}", "hi"), b"one")
                self.assert_done(request(f"127.0.0.2:{port}", "hi"), b"two")


class Refusals(CommandTest):
    def fails_to_serve(self, code, where, *patterns, flags=()):
        self.assert_fails(run(volley("serve", "--raw", *flags, where), timeout=10), code, *patterns)

    def test_a_taken_port(self):
        with bound() as holder:
            for flags in ((), ("--workers", "2")):
                with self.subTest(flags):
                    self.fails_to_serve(3, address_of(holder), address_of(holder), "in use", flags=flags)

    def test_a_port_that_everyones_server_holds(self):
        with serving(where="*:0") as server:
            port = server.listening().port
            self.fails_to_serve(3, f"127.0.0.1:{port}", "in use")
            self.fails_to_serve(3, f"*:{port}", "in use")

    def test_a_second_server_is_never_a_silent_sharer(self):
        for first, second in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 2)):
            with self.subTest(first=first, second=second), serving("--workers", first) as server:
                where = server.listening().text
                self.fails_to_serve(3, where, where, "in use", flags=("--workers", str(second)))
                self.assert_done(request(where, "still here"), b"still here")

    def test_the_port_is_free_again_at_once(self):
        port = free_port()
        for workers in ("1", "2", "1"):
            with serving("--workers", workers, where=f"127.0.0.1:{port}") as server:
                server.listening()
                self.assertEqual(server.stop().code, 0)

    def test_an_address_of_another_machine(self):
        self.fails_to_serve(3, "192.0.2.1:0", "192.0.2.1")

    def test_an_interface_that_is_not_there(self):
        self.fails_to_serve(3, "*:0", "nosuchdevice", flags=("-i", "nosuchdevice"))

    def test_a_privileged_port_says_what_to_do(self):
        with open(UNPRIVILEGED_START, encoding="ascii") as file:
            start_of_free = int(file.read())
        if start_of_free <= 1:
            self.skipTest("on this machine everyone may bind every port")
        port = min(start_of_free, 1024) - 1
        options = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            done = run(volley("serve", "--raw", f"127.0.0.1:{port}"), timeout=10, **options)
        except PermissionError:
            self.skipTest("the nobody user may not run the command where it was built")
        self.assert_fails(done, 3, f"127.0.0.1:{port}", "(?i)permission", "CAP_NET_BIND_SERVICE", "1024")

    def test_a_listener_is_refused_too(self):
        with bound() as holder:
            port = holder.getsockname()[1]
            done = run(volley("listen", address_of(holder)), timeout=10)
            self.assert_fails(done, 3, address_of(holder), "in use", f"volley port {port} --listening", "--reuse")
            self.fails_to_serve(3, address_of(holder), f"volley port {port} --listening")

    def test_no_time_to_serve_is_a_failure(self):
        self.assert_fails(run(volley("serve", "--raw", "--timeout", "1ns", "127.0.0.1:0")), 1, "no time")


if __name__ == "__main__":
    main()
