"""What scripts/setup does before it is root: with nothing missing, on another system, and without the right to
install. The system is a folder of little scripts, the only ones that setup can find.
"""

import os
import tempfile
import unittest

from support import main, run

SETUP = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "scripts", "setup")

# dpkg-query is asked for `-W -f FORMAT PACKAGE...`.
ALL_INSTALLED = 'shift 3; for package; do echo "<$package installed>"; done'
ALL_REMOVED = 'shift 3; for package; do echo "<$package config-files>"; done'


class Setup(unittest.TestCase):
    def setup_on(self, *arguments, **programs):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in programs.items():
                path = os.path.join(folder, name.replace("_", "-"))
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f"#!/bin/sh\n{text}\n")
                os.chmod(path, 0o755)
            return run(["/bin/sh", SETUP, *arguments], env={"PATH": folder})

    def test_nothing_missing(self):
        for what in ((), ("build",), ("lint",), ("interop",), ("fuzz",), ("coverage",)):
            done = self.setup_on(*what, dpkg_query=ALL_INSTALLED, apt_get="echo no; exit 9", id="echo 0")
            self.assertEqual(done, (0, b"", ""), what)

    def test_another_distribution(self):
        done = self.setup_on(id="echo 0")
        self.assertEqual((done.code, done.out), (1, b""))
        self.assertRegex(done.err, r"Debian and Ubuntu only\. Install the equivalents of: g\+\+ cmake .*libfmt-dev")

    def test_neither_root_nor_sudo(self):
        done = self.setup_on("lint", dpkg_query=ALL_REMOVED, apt_get="echo no; exit 9", id="echo 1000")
        self.assertEqual((done.code, done.out), (1, b""))
        self.assertIn("As root, run: apt-get install --no-install-recommends clang-format-19 clang-tidy-19\n", done.err)

    def test_asks_sudo_to_run_it(self):
        done = self.setup_on("interop", dpkg_query=ALL_REMOVED, apt_get="echo no; exit 9", id="echo 1000",
                             sudo='echo "$@"; exit 5')
        self.assertEqual((done.code, done.out.decode()), (5, f"sh {SETUP} interop\n"))
        self.assertIn("to install dnsmasq-base unbound coturn chrony\n", done.err)

    def test_a_machine_keeps_its_time_daemon(self):
        for status, wanted in (("installed", "unbound coturn"), ("config-files", "unbound coturn chrony")):
            listed = f'if [ $# -gt 3 ]; then exit 1; fi; echo "adduser installed"; echo "timed {status} time-daemon"'
            done = self.setup_on("interop", dpkg_query=listed, apt_get="echo no; exit 9", id="echo 1000")
            self.assertEqual(done.code, 1)
            self.assertIn(f" dnsmasq-base {wanted}\n", done.err)
            self.assertEqual("leaves out chrony, as timed keeps" in done.err, status == "installed")

    def test_usage(self):
        done = self.setup_on("everything", dpkg_query=ALL_INSTALLED)
        self.assertEqual((done.code, done.err), (2, "usage: scripts/setup [build|lint|interop|fuzz|coverage|bench]\n"))


if __name__ == "__main__":
    main()
