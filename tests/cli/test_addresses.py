"""Where requests go to and come from: names, sources, interfaces, families."""

import os
import socket
import tempfile

from verbs import CommandTest, address_of, bound, request, serving

from support import UdpServer, free_port, main, run, volley


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
        names = {"two.test": ("127.0.0.2", "127.0.0.3"), "both.test": ("127.0.0.2", "::1")}
        nobody = {"none.test": ("127.0.0.4", "127.0.0.5")}
        with tempfile.NamedTemporaryFile("w", suffix=".hosts") as file:
            for name, homes in {**names, **nobody}.items():
                file.writelines(f"{home} {name}\n" for home in homes)
            file.flush()
            # A namespace of its own, where that file is the machine's list of hosts.
            inside = ["unshare", "-m", *([] if os.geteuid() == 0 else ["-r"]), "sh", "-c",
                      f'mount --bind {file.name} /etc/hosts && exec "$@"', "sh"]
            if run([*inside, "true"]).code != 0:
                self.skipTest("this kernel lets the test have no mount namespace")
            homes = [(name, home) for name in names for home in names[name]]
            for name, home in homes:
                for flags in ((), ("--count", "5")):
                    with self.subTest(name=name, home=home, flags=flags), UdpServer(host=home) as server:
                        where = f"{name}:{server.port}"
                        done = run([*inside, *volley("request", "--raw", *flags, where, "hi")])
                        self.assert_done(done, None if flags else b"hi")
            port = free_port("127.0.0.4")
            done = run([*inside, *volley("request", "--raw", f"none.test:{port}", "hi")])
            self.assert_fails(done, 4, r"127\.0\.0\.[45]:\d+ refused")

    def test_a_family_picks_among_a_names_addresses(self):
        with UdpServer() as server:
            self.assert_done(request("-4", f"localhost:{server.port}", "hi"), b"hi")
            self.assertNotEqual(request("-6", "--timeout", "1s", f"localhost:{server.port}", "hi").code, 0)

    def test_names_that_do_not_exist(self):
        # RFC 6761: nothing is ever called so, and resolvers know it without asking.
        done = request("--timeout", "5s", "nosuchhost.invalid:9", "hi", timeout=15)
        self.assertIn(done.code, (1, 3), done)
        self.assert_explains(done, r"nosuchhost\.invalid")

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
            # An address that needs no scope may have one, or be refused, but never silently.
            done = request(f"[::1%lo]:{server.port}", "hi")
            self.assertIn(done.code, (0, 2, 3), done)
        self.assert_fails(request("[fe80::1%nosuchdevice]:9", "hi"), 3, "nosuchdevice")

    def test_an_ipv4_address_in_ipv6_clothes(self):
        with UdpServer() as server:
            self.assert_done(request(f"[::ffff:127.0.0.1]:{server.port}", "hi"), b"hi")


class Nobodys(CommandTest):
    def test_the_address_of_everyone_is_this_machine_or_an_error(self):
        with UdpServer() as server:
            done = request("--timeout", "1s", f"0.0.0.0:{server.port}", "hi")
            # The system sends it to loopback, from where the answer comes. Silence would be a lie.
            self.assertIn(done.code, (0, 2), done)


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
