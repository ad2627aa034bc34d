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
        for words in ("help help", "help --help", "help -h", "help --version", "-h -h"):
            with self.subTest(words):
                self.assertIn(run(volley(*words.split())).code, (0, 2))

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

    def test_a_flag_of_another_verb(self):
        self.assert_fails(run(volley("request", "--raw", "--workers", "2", "127.0.0.1:9")), 2, "--workers")

    def test_a_flag_without_its_value(self):
        self.assert_fails(run(volley("request", "--raw", "127.0.0.1:9", "hi", "--timeout")), 2, "--timeout")

    def test_one_argument_too_many(self):
        self.assert_fails(run(volley("request", "--raw", "127.0.0.1:9", "hi", "again")), 2, "again")

    def test_one_argument_too_few(self):
        self.assert_fails(run(volley("request", "--raw")), 2, "HOST")
        self.assert_fails(run(volley("send")), 2, "HOST")


if __name__ == "__main__":
    main()
