"""`--option`: any socket option by its system name, set and read back."""

from verbs import CommandTest, listening, request, serving

from support import UdpServer, main, run, volley


class Options(CommandTest):
    def setUp(self):
        self.server = self.enterContext(UdpServer())

    def request(self, *options):
        return request(*(word for option in options for word in ("--option", option)), self.server.text, "hi")

    def shown(self, *options):
        """What `--option NAME` printed, as a dict."""
        done = self.request(*options)
        self.assert_done(done, b"hi")
        return dict(line.replace(" ", "").split("=", 1) for line in done.err.splitlines() if "=" in line)

    def test_one_is_set_and_read_back(self):
        self.assertEqual(self.shown("IP_TOS=0x10", "IP_TOS"), {"IP_TOS": "16"})
        # The kernel keeps twice what was asked for, and says so.
        self.assertEqual(self.shown("SO_RCVBUF=40000", "SO_RCVBUF"), {"SO_RCVBUF": "80000"})

    def test_all_are_set_before_any_is_read(self):
        self.assertEqual(self.shown("IP_TTL", "IP_TTL=7"), {"IP_TTL": "7"})

    def test_reading_without_setting(self):
        self.assertEqual(self.shown("SO_TYPE", "SO_BROADCAST"), {"SO_TYPE": "2", "SO_BROADCAST": "0"})

    def test_values_are_data_for_people_not_for_pipes(self):
        done = self.request("SO_TYPE")
        self.assertEqual(done.out, b"hi")
        self.assertIn("SO_TYPE", done.err)

    def test_a_string(self):
        self.assertEqual(self.shown("SO_BINDTODEVICE=lo", "SO_BINDTODEVICE"), {"SO_BINDTODEVICE": "lo"})

    def test_numbers_for_what_has_no_name(self):
        # IPPROTO_IP is 0 and IP_TTL is 2.
        self.assertEqual(self.shown("0:2=9", "IP_TTL"), {"IP_TTL": "9"})
        self.assertEqual(self.shown("IP_TTL=8", "0:2"), {"0:2": "8"})

    def test_the_older_option_of_the_chapter(self):
        self.assertEqual(self.shown("SO_DONTROUTE=1", "SO_DONTROUTE"), {"SO_DONTROUTE": "1"})

    def test_one_that_does_not_exist(self):
        self.assert_fails(self.request("SO_RCVBUFF=1"), 2, "SO_RCVBUFF", "did you mean .*SO_RCVBUF")
        self.assert_fails(self.request("SO_RCVBUFF"), 2, "SO_RCVBUFF")
        self.assertEqual(self.server.received, [])

    def test_values_that_are_none(self):
        for option in ("IP_TTL=", "IP_TTL=x", "IP_TTL=1x", "IP_TTL=99999999999", "0:2=", "0:x=1", ":=1", "="):
            with self.subTest(option):
                self.assert_usage(self.request(option), "request", "IP_TTL|0:|'?:|called ''")
        self.assertEqual(self.server.received, [])

    def test_a_value_that_the_kernel_refuses(self):
        self.assert_usage(self.request("IP_TTL=256"), "request", "IP_TTL")

    def test_one_that_holds_a_struct_is_refused_by_name(self):
        for option in ("SO_LINGER=1", "IP_ADD_MEMBERSHIP=1", "SO_RCVTIMEO=1", "IP_ADD_MEMBERSHIP"):
            with self.subTest(option):
                self.assert_usage(self.request(option), "request", option.split("=")[0])

    def test_one_of_the_other_family(self):
        self.assert_usage(self.request("IPV6_UNICAST_HOPS=5"), "request", "IPV6_UNICAST_HOPS", "use IP_TTL")

    def test_one_that_counts_only_before_the_socket_is_bound(self):
        for name, instead in (("SO_REUSEADDR", "listen --reuse"), ("SO_REUSEPORT", "--workers"),
                              ("IP_FREEBIND", r"\*"), ("IPV6_FREEBIND", r"\*"), ("IPV6_V6ONLY", "-6")):
            for verb, where in ((("request", "--raw"), self.server.text), (("send",), self.server.text),
                                (("serve", "--raw"), "127.0.0.1:0"), (("listen",), "127.0.0.1:0"),
                                (("mtu", "--kernel"), self.server.text)):
                with self.subTest(name=name, verb=verb):
                    done = run(volley(*verb, "--option", f"{name}=1", where), timeout=10)
                    self.assert_usage(done, verb[0], name, instead)
        self.assertEqual(self.shown("SO_REUSEADDR"), {"SO_REUSEADDR": "0"})
        self.assertEqual([data for data, _ in self.server.received], [b"hi"])

    def test_the_other_verbs_take_them_too(self):
        done = run(volley("send", "--option", "IP_TTL=9", "--option", "IP_TTL", self.server.text, "hi"))
        self.assert_done(done, b"")
        self.assertRegex(done.err, r"IP_TTL ?= ?9")
        with serving("--option", "IP_TOS=16", "--option", "IP_TOS") as server:
            server.await_err(r"IP_TOS ?= ?16")
            self.assert_done(request(server.listening().text, "hi"), b"hi")
        with listening("--option", "SO_RCVBUF=40000", "--option", "SO_RCVBUF") as listener:
            listener.await_err(r"SO_RCVBUF ?= ?80000")

    def test_every_socket_of_many_gets_them(self):
        done = request("--count", "5", "--window", "2", "--option", "IP_TTL=9", self.server.text, "hi")
        self.assert_done(done)


if __name__ == "__main__":
    main()
