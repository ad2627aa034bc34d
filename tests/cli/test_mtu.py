"""`volley mtu --kernel` without a network: loopback, and what is wrong. Real paths are the namespaces' tests."""

import json

from verbs import CommandTest

from support import free_port, main, run, volley


def mtu(*args):
    return run(volley("mtu", *args))


class Mtu(CommandTest):
    def test_loopback(self):
        done = mtu("--kernel", f"127.0.0.1:{free_port()}")
        self.assert_done(done)
        # Its interface takes 65,536 bytes, but no IPv4 packet is longer than 65,535.
        self.assertRegex(done.out.decode(), r"\b65,?53[56]\b")

    def test_loopback_by_ipv6(self):
        done = mtu("--kernel", f"[::1]:{free_port('::1')}")
        self.assert_done(done)
        self.assertRegex(done.out.decode(), r"\b65,?53[56]\b")

    def test_json(self):
        where = f"127.0.0.1:{free_port()}"
        done = mtu("--kernel", "--json", where)
        self.assert_done(done)
        found = json.loads(done.out)
        self.assertEqual((found["payload"], found["peer"]), (65507, where))
        self.assertIn(found["mtu"], (65535, 65536))

    def test_a_path_that_takes_more_than_we_try(self):
        where = f"127.0.0.1:{free_port()}"
        done = mtu("--kernel", "--max", 1000, where)
        self.assert_done(done)
        self.assertIn(b"at least 1000 bytes", done.out)
        found = json.loads(mtu("--kernel", "--json", "--max", 1000, where).out)
        self.assertEqual((found["mtu"], found["payload"], found["capped"]), (1000, 972, True))
        self.assertFalse(json.loads(mtu("--kernel", "--json", where).out)["capped"])

    def test_a_path_that_takes_too_little(self):
        done = mtu("--kernel", "--json", "--min", 65575, f"127.0.0.1:{free_port()}")
        self.assertEqual(done.code, 1)
        self.assertIn(json.loads(done.out)["error"], done.err)
        self.assertIn("below --min 65575", done.err)

    def test_what_it_sets_itself_is_not_an_option(self):
        for name in ("IP_MTU_DISCOVER", "IPV6_MTU_DISCOVER"):
            self.assert_usage(mtu("--kernel", "--option", f"{name}=0", "127.0.0.1"), "mtu", name)

    def test_the_other_way_is_not_there_yet(self):
        self.assert_fails(mtu("127.0.0.1"), 2, "--kernel")

    def test_what_is_missing_or_wrong(self):
        self.assert_fails(mtu("--kernel"), 2, "HOST")
        self.assert_fails(mtu("--kernel", "-6", "127.0.0.1"), 2, "IPv6")
        self.assert_fails(mtu("--kernel", "--source", "192.0.2.1", "127.0.0.1"), 3, r"192\.0\.2\.1")
        self.assert_fails(mtu("--kernel", "-i", "nosuchdevice", "127.0.0.1"), 3, "nosuchdevice")


if __name__ == "__main__":
    main()
