"""Values that make no sense: exit code 2, before anything is sent, and words that name them."""

from verbs import CommandTest, address_of, bound, request

from support import main, run, start, volley


class Units(CommandTest):
    def refuses(self, flag, values, verb=("request", "--raw")):
        for value in values:
            with self.subTest(flag=flag, value=value):
                where = ["127.0.0.1:9", "hi"] if verb[0] in ("request", "send") else ["127.0.0.1:0"]
                done = run(volley(*verb, f"{flag}={value}", *where), timeout=10)
                self.assert_fails(done, 2, flag)

    def test_durations(self):
        self.refuses("--timeout", ("", "5", "-1s", "1 parsec", "s", "1s2", "1e99s", "nan", "infs", "99999999999h",
                                   "0x1s", "5.", "5.s"))

    def test_backoff(self):
        self.refuses("--backoff", ("", "100ms", "..", "1s..", "..1s", "2s..1s", "0s..1s", "-1s..1s", "1..2",
                                   "1s..2s..3s"))

    def test_counts(self):
        for flag in ("--tries", "--count", "--window"):
            self.refuses(flag, ("", "0", "-1", "1.5", "many", "99999999999999999999", "1x"))

    def test_probabilities(self):
        self.refuses("--drop", ("", "101%", "-1%", "nan%", "half", "%", "1e400%"), ("serve", "--raw"))

    def test_workers(self):
        self.refuses("--workers", ("0", "-1", "65", "two", ""), ("serve", "--raw"))

    def test_seed(self):
        self.refuses("--seed", ("", "-1", "x", "1.5", "99999999999999999999999"), ("serve", "--raw"))

    def test_rates(self):
        self.refuses("--rate", ("", "0/s", "-1/s", "fast", "10", "nan/s", "1e400/s", "0bit", "50Mb"), ("send",))

    def test_replies(self):
        self.refuses("--reply", ("", "ecko", "text", "exec", "exec:", "length:1"), ("serve", "--raw"))

    def test_matchers(self):
        self.refuses("--match", ("", "id", "id@", "id@0", "id@0:0", "id@0:17", "id@-1:2", "id@a:b", "id@0:2=",
                                 "id@0:2,rnd", "id@99999999999999999999:2"))

    def test_time_to_live(self):
        self.refuses("--ttl", ("", "-1", "256", "x"), ("send",))


class Addresses(CommandTest):
    def test_addresses_that_are_none(self):
        for text in ("", ":", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "[::1", "[::1]x:1",
                     "[127.0.0.1]:x"):
            with self.subTest(text):
                self.assert_usage(request(text, "hi"), "request")

    def test_nothing_answers_on_port_zero(self):
        self.assert_fails(request("127.0.0.1:0", "hi"), 4, r"127\.0\.0\.1:0")

    def test_families_that_contradict_the_address(self):
        for flag, host, family in (("-4", "[::1]:9", "IPv4"), ("-6", "127.0.0.1:9", "IPv6")):
            for verb in (["request", "--raw"], ["send"]):
                with self.subTest(flag=flag, verb=verb):
                    self.assert_fails(run(volley(*verb, flag, host, "hi")), 2, family, host.strip("[]:9"))
        self.assert_fails(run(volley("serve", "--raw", "-4", "[::1]:0")), 2, "IPv4", "::1")
        self.assert_fails(run(volley("listen", "-6", "127.0.0.1:0")), 2, "IPv6", r"127\.0\.0\.1")
        self.assert_fails(request("-4", "-6", "127.0.0.1:9", "hi"), 2, "-4", "-6")

    def test_a_source_of_the_other_family(self):
        self.assert_fails(request("--source", "::1", "127.0.0.1:9", "hi"), 2, "::1", "127.0.0.1")


class Modes(CommandTest):
    def test_flags_of_the_other_mode(self):
        for args, words in (
            (("request", "--match", "id@0:2", "127.0.0.1:9", "hi"), "--match .*add --raw"),
            (("request", "--unconnected", "127.0.0.1:9", "hi"), "--unconnected .*add --raw"),
            (("request", "--raw", "--idempotent", "127.0.0.1:9", "hi"), "--idempotent .*drop it, or --raw"),
            (("serve", "--max-amplification", "1", "127.0.0.1:0"), "--max-amplification is for raw mode"),
            (("ping", "--raw", "127.0.0.1:9"), "drop --raw"),
        ):
            with self.subTest(args):
                self.assert_usage(run(volley(*args)), args[0], words)

    def test_more_than_a_request_or_reply_carries(self):
        many = "x" * 65460
        self.assert_usage(run(volley("request", "127.0.0.1:9"), stdin=many.encode()), "request", "65,459 at most")
        self.assert_usage(run(volley("request", "--size", "65460", "127.0.0.1:9")), "request", "65,459 at most")
        self.assert_usage(run(volley("serve", "--reply", "text:" + many)), "serve", "65,459 at most")

    def test_raw_is_implied_where_there_is_nothing_else(self):
        with bound() as server:
            for flags in ([], ["--raw"]):
                self.assert_done(run(volley("send", *flags, address_of(server), "hi")))
                self.assertEqual(server.recv(10), b"hi")


class Contradictions(CommandTest):
    def test_hex_that_is_none(self):
        for text in ("0", "0g", "zz", "0x00", "abc"):
            with self.subTest(text):
                self.assert_fails(request("--hex", "127.0.0.1:9", text), 2, "hex")

    def test_two_bodies(self):
        self.assert_fails(request("--file", "/dev/null", "127.0.0.1:9", "hi"), 2, "--file")

    def test_hex_and_text(self):
        self.assert_fails(request("--hex", "--text", "127.0.0.1:9", "00"), 2, "--hex", "--text")

    def test_a_file_that_is_not_there(self):
        self.assert_fails(request("--file", "/no/such/file", "127.0.0.1:9"), 3, "/no/such/file")

    def test_they_are_found_before_standard_input_is_read(self):
        for args in (
            ("request", "--raw", "-4", "[::1]:9"), ("request", "--raw", "127.0.0.1:99999"),
            ("request", "--raw", "--option", "IPV6_V6ONLY=1", "127.0.0.1:9"), ("request", "--raw", "239.1.2.3:9"),
            ("request", "--raw", "--count", "2", "--source", "127.0.0.1:7777", "127.0.0.1:9"),
            ("request", "--raw", "--count", "999", "--window", "999", "127.0.0.1:9"),
            ("send", "-4", "-6", "localhost:9"), ("send", "--ttl", "0", "127.0.0.1:9"), ("send", "[::1"),
        ):
            with self.subTest(args), start(volley(*args)) as command:
                # Nobody closes its standard input.
                self.assert_usage(command.wait(10), args[0])

    def test_a_seed_goes_with_a_loss(self):
        done = run(volley("serve", "--raw", "--seed", "1", "127.0.0.1:0"), timeout=10)
        self.assert_usage(done, "serve", "--seed", "--drop")

    def test_a_seed_goes_with_one_worker(self):
        flags = ("--drop", "50%", "--seed", "1", "--workers", "2")
        done = run(volley("serve", "--raw", *flags, "127.0.0.1:0"), timeout=10)
        self.assert_fails(done, 2, "--seed", "worker")


if __name__ == "__main__":
    main()
