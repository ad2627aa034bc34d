"""Where requests go to and come from: names, sources, interfaces, families."""

import socket
import tempfile

from verbs import CommandTest, address_of, bound, hosts, request, serving

from support import UdpServer, eventually, free_port, main, run, volley


class Names(CommandTest):
    def test_localhost(self):
        with UdpServer() as server:
            self.assert_done(request("-4", f"localhost:{server.port}", "hi"), b"hi")

    def test_the_next_address_of_a_name_when_one_refuses(self):
        families = {info[0] for info in socket.getaddrinfo("localhost", 0, type=socket.SOCK_DGRAM)}
        if families != {socket.AF_INET, socket.AF_INET6}:
            self.skipTest("localhost has one family of addresses here")
        for host in ("127.0.0.1", "::1"):
            with self.subTest(host), UdpServer(host=host) as server:
                done = request(f"localhost:{server.port}", "hi")
                self.assert_done(done, b"hi")

    def test_all_addresses_of_a_name_are_tried(self):
        names = {"two_test": ("127.0.0.2", "127.0.0.3"), "both_test": ("127.0.0.2", "::1")}
        with hosts(**names, none_test=("127.0.0.4", "127.0.0.5")) as inside:
            for name, home in ((name, home) for name in names for home in names[name]):
                for verb, out in ((("request", "--raw"), b"hi"), (("request", "--raw", "--count", "5"), None),
                                  (("send",), b""), (("send", "--count", "3"), b"")):
                    with self.subTest(name=name, home=home, verb=verb), UdpServer(host=home) as server:
                        where = f"{name.replace('_', '.')}:{server.port}"
                        self.assert_done(run([*inside, *volley(*verb, where, "hi")]), out)
                        count = int(verb[-1]) if verb[-1].isdigit() else 1
                        eventually(lambda: [data for data, _ in server.received] == [b"hi"] * count)
            port = free_port("127.0.0.4")
            for verb in (("request", "--raw"), ("send",)):
                done = run([*inside, *volley(*verb, f"none.test:{port}", "hi")])
                self.assert_fails(done, 4, r"127\.0\.0\.[45]:\d+ refused")

    def test_a_family_picks_among_a_names_addresses(self):
        with UdpServer() as server:
            self.assert_done(request("-4", f"localhost:{server.port}", "hi"), b"hi")
            self.assert_fails(request("-6", f"localhost:{server.port}", "hi"), 4, r"\[::1\]:\d+ refused")

    def test_names_that_do_not_exist(self):
        # RFC 6761: nothing is ever called so.
        with hosts() as inside, tempfile.NamedTemporaryFile("w") as file:
            file.write("hosts: files\n")
            file.flush()
            known = [*inside, "sh", "-c", f'mount --bind {file.name} /etc/nsswitch.conf && exec "$@"', "sh"]
            for verb in (("request", "--raw"), ("send",), ("mtu", "--kernel"), ("listen",), ("serve", "--raw")):
                with self.subTest(verb):
                    done = run([*known, *volley(*verb, "nosuchhost.invalid:9")])
                    self.assert_fails(done, 3, r"nosuchhost\.invalid")

    def test_a_name_that_nobody_tells_is_no_answer_to_a_request_and_a_failure_elsewhere(self):
        verbs = (("request", "--raw"), 1), (("send",), 3), (("mtu", "--kernel"), 3), (("listen",), 3), \
            (("serve", "--raw"), 3)
        with hosts() as inside:
            for verb, code in verbs:
                with self.subTest(verb):
                    done = run([*inside, *volley(*verb, "--timeout", "9s", "nosuchhost.invalid:9")])
                    self.assert_fails(done, code, r"nosuchhost\.invalid")
        for verb, code in verbs:
            with self.subTest(verb, deadline=True):
                done = run(volley(*verb, "--timeout", "1ns", "nosuchhost.invalid:9"))
                self.assert_fails(done, code, r"nosuchhost\.invalid")

    def test_refused_by_name_names_the_address(self):
        done = request("-4", f"localhost:{free_port()}", "hi")
        self.assertEqual(done.code, 4)
        self.assertRegex(done.err, r"127\.0\.0\.1:\d+ refused")


class Ipv6(CommandTest):
    def test_brackets(self):
        with UdpServer(host="::1") as server:
            self.assert_done(request(f"[::1]:{server.port}", "hi"), b"hi")

    def test_a_scope_by_name(self):
        with UdpServer(host="::1") as server:
            self.assert_done(request(f"[::1%lo]:{server.port}", "hi"), b"hi")
        self.assert_fails(request("[fe80::1%nosuchdevice]:9", "hi"), 3, "nosuchdevice")

    def test_an_ipv4_address_in_ipv6_clothes(self):
        with UdpServer() as server:
            self.assert_done(request(f"[::ffff:127.0.0.1]:{server.port}", "hi"), b"hi")


class Nobodys(CommandTest):
    def test_the_address_of_everyone_is_this_machine(self):
        with UdpServer() as server:
            self.assert_done(request(f"0.0.0.0:{server.port}", "hi"), b"hi")

    def test_everyone_at_once_cannot_be_asked(self):
        for where, kind in (("239.1.2.3:9", "multicast"), ("[ff02::1]:9", "multicast"),
                            ("255.255.255.255:9", "broadcast"), ("127.255.255.255:9", "broadcast")):
            with self.subTest(where):
                self.assert_usage(request(where, "hi"), "request", kind, "send")


class Sources(CommandTest):
    def test_an_address(self):
        with UdpServer() as server:
            self.assert_done(request("--source", "127.0.0.5", server.text, "hi"), b"hi")
            self.assertEqual(server.received[-1][1][0], "127.0.0.5")

    def test_an_address_and_a_port(self):
        with UdpServer() as server:
            port = free_port("127.0.0.5")
            for flags in ((), ("--unconnected",)):
                self.assert_done(request("--source", f"127.0.0.5:{port}", *flags, server.text, "hi"), b"hi")
                self.assertEqual(server.received[-1][1], ("127.0.0.5", port))

    def test_a_source_without_a_port_is_not_the_default_port(self):
        with UdpServer() as server:
            self.assert_done(request("--source", "127.0.0.1", server.text, "hi"), b"hi")
            self.assertNotEqual(server.received[-1][1][1], 1060)

    def test_a_name_stands_for_its_address_of_the_targets_family(self):
        for host in ("127.0.0.1", "::1"):
            with self.subTest(host), UdpServer(host=host) as server:
                self.assert_done(request("--source", "localhost", server.text, "hi"), b"hi")
                self.assert_done(run(volley("send", "--source", "localhost", server.text, "hi")))

    def test_one_port_for_many_requests_needs_an_id(self):
        with UdpServer() as server:
            source = f"127.0.0.5:{free_port('127.0.0.5')}"
            done = request("--source", source, "--count", "3", server.text, "hi")
            self.assert_usage(done, "request", "--source", "--match", "--count")
            self.assertEqual(server.received, [])
            self.assert_done(request("--source", source, "--count", "3", "--match", "id@0:2", server.text, "hi"))

    def test_one_that_is_taken(self):
        with UdpServer() as server, bound() as holder:
            taken = address_of(holder)
            self.assert_fails(request("--source", taken, server.text, "hi"), 3, taken, "in use")

    def test_one_of_another_machine(self):
        self.assert_fails(request("--source", "192.0.2.1", "127.0.0.1:9", "hi"), 3, r"192\.0\.2\.1")

    def test_send_has_one_too(self):
        with bound() as server:
            self.assert_done(run(volley("send", "--source", "127.0.0.5", address_of(server), "hi")))
            self.assertEqual(server.recvfrom(10)[1][0], "127.0.0.5")


class Interfaces(CommandTest):
    def test_the_right_one(self):
        with UdpServer() as server:
            self.assert_done(request("-i", "lo", server.text, "hi"), b"hi")
            self.assert_done(request("--interface", "lo", server.text, "hi"), b"hi")

    def test_one_that_is_not_there_names_those_that_are(self):
        self.assert_fails(request("-i", "nosuchdevice", "127.0.0.1:9", "hi"), 3, "nosuchdevice", r"\blo\b")


class Families(CommandTest):
    def test_the_flag_that_agrees(self):
        with serving("-4") as server:
            self.assert_done(request("-4", server.listening().text, "hi"), b"hi")
        with serving("-6", where="[::1]:0") as server:
            self.assert_done(request("-6", server.listening().text, "hi"), b"hi")


if __name__ == "__main__":
    main()
