"""Help, the version, and what a slip of the keyboard gets."""

from verbs import CommandTest

from support import main, run, volley

VERBS = ("serve", "request", "send", "listen", "mtu", "port")


class Help(CommandTest):
    def test_help_lists_every_verb(self):
        for args in (["help"], ["--help"]):
            with self.subTest(args):
                done = run(volley(*args))
                self.assert_done(done)
                for verb in VERBS:
                    self.assertRegex(done.out.decode(), rf"(?m)^\s+(volley )?{verb}\b")

    def test_each_verbs_help_leads_with_examples(self):
        for verb in VERBS:
            with self.subTest(verb):
                done = run(volley(verb, "--help"))
                self.assert_done(done)
                text = done.out.decode()
                first_example = text.find(f"volley {verb}")
                first_flag = text.find("  --")
                self.assertTrue(0 <= first_example < first_flag, text)
                self.assertEqual(run(volley("help", verb)).out, done.out)
                self.assertEqual(done.err, "")

    def test_raw_modes_limits_are_said_in_the_help(self):
        self.assertRegex(run(volley("request", "--help")).out.decode(), r"--raw")

    def test_version_is_one_line_of_data(self):
        done = run(volley("--version"))
        self.assert_done(done)
        self.assertRegex(done.out.decode(), r"\Avolley \d+\.\d+\.\d+\n\Z")

    def test_nothing_at_all_is_a_usage_error_with_help(self):
        done = run(volley())
        self.assertEqual((done.code, done.out), (2, b""), done)
        for verb in VERBS:
            self.assertIn(verb, done.err)

    def test_help_for_help_and_for_flags_ends(self):
        for words in ("help help", "help --help", "help -h", "-h -h"):
            with self.subTest(words):
                self.assert_done(run(volley(*words.split())))
        self.assert_fails(run(volley("help", "--version")), 2, "volley --version")

    def test_a_word_too_many(self):
        self.assert_fails(run(volley("--version", "extra")), 2, "'extra'")
        self.assert_fails(run(volley("help", "serve", "extra")), 2, "'extra'")

    def test_defaults_are_told(self):
        for verb, default in (("request", r"default 3\.1s"), ("request", r"0\.1s\.\.2s"), ("mtu", "default 30s"),
                              ("send", r"default:\s+never"), ("listen", r"default:\s+never"),
                              ("serve", r"default:\s+never"), ("serve", r"on the port\s+\(default 1\)")):
            self.assertRegex(run(volley(verb, "--help")).out.decode(), default)

    def test_an_empty_verb(self):
        self.assert_fails(run(volley("")), 2, "''")

    def test_help_for_what_is_no_verb(self):
        self.assert_fails(run(volley("help", "serv")), 2, r"serv\b", r"did you mean .*serve")


class Slips(CommandTest):
    def test_a_misspelt_verb(self):
        slips = {"serv": "serve", "reqest": "request", "lsiten": "listen", "prot": "port"}
        for typed, meant in slips.items():
            with self.subTest(typed):
                self.assert_fails(run(volley(typed)), 2, typed, f"did you mean .*{meant}")

    def test_a_verb_like_no_other_gets_no_silly_guess(self):
        done = run(volley("xyzzyplugh"))
        self.assert_fails(done, 2, "xyzzyplugh")
        self.assertNotIn("did you mean", done.err)

    def test_a_misspelt_flag(self):
        for verb, typed, meant in (
            ("request", "--timout", "--timeout"),
            ("request", "--jsn", "--json"),
            ("serve", "--wokers", "--workers"),
            ("listen", "--grup", "--group"),
            ("send", "--brodcast", "--broadcast"),
        ):
            with self.subTest(typed):
                self.assert_fails(run(volley(verb, typed)), 2, typed, f"did you mean .*{meant}")

    def test_a_verb_of_a_later_version(self):
        for verb in ("relay", "bench", "keygen", "discover"):
            self.assert_fails(run(volley(verb, "127.0.0.1")), 2, verb, "not in this version yet")

    def test_a_shared_flag_that_a_verb_does_not_take(self):
        for args, words in (
            (("serve", "--raw", "--source", "::1"), "serve takes no --source; say serve ADDR:PORT"),
            (("listen", "--source=::1"), "listen takes no --source; say listen ADDR:PORT"),
            (("port", "-4", "53"), "port takes no -4"),
            (("port", "--timeout", "1s", "53"), "port takes no --timeout"),
            (("mtu", "--kernel", "--hex", "127.0.0.1"), "mtu takes no --hex"),
        ):
            with self.subTest(args):
                self.assert_usage(run(volley(*args)), args[0], f"{words}$")

    def test_a_flag_that_takes_no_value(self):
        for value in ("true", "false"):
            done = run(volley("port", f"--json={value}", "53"))
            self.assertEqual(done.code, 2)
            self.assertIn("--json takes no value", done.err)

    def test_flags_that_contradict_each_other(self):
        for args in (("--loop", "--no-loop"), ("--no-loop", "--loop"), ("-q", "-v")):
            self.assert_usage(run(volley("send", *args, "239.1.2.3:9", "hi")), "send", *args)

    def test_a_huge_value_is_not_echoed_whole(self):
        for reply in ("text:" + "x" * 70000, "x" * 70000):
            done = run(volley("serve", "--raw", "--reply", reply))
            self.assert_usage(done, "serve", "--reply")
            self.assertLess(len(done.err), 2000)

    def test_a_flag_of_another_verb(self):
        self.assert_fails(run(volley("request", "--raw", "--workers", "2", "127.0.0.1:9")), 2, "--workers")

    def test_a_flag_without_its_value(self):
        self.assert_fails(run(volley("request", "--raw", "127.0.0.1:9", "hi", "--timeout")), 2, "--timeout")

    def test_one_argument_too_many(self):
        done = run(volley("request", "--raw", "127.0.0.1:9", "hi", "again"))
        self.assert_usage(done, "request", "again", "quotes")
        # No verb without a body needs that advice.
        self.assert_usage(run(volley("port", "1060", "1061")), "port", r"unexpected argument '1061'$")

    def test_one_argument_too_few(self):
        self.assert_fails(run(volley("request", "--raw")), 2, "HOST")
        self.assert_fails(run(volley("send")), 2, "HOST")


if __name__ == "__main__":
    main()
