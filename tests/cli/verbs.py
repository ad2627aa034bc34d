"""What the tests of the command say often: its raw verbs, and what every failure must look like."""

import contextlib
import os
import socket
import tempfile
import unittest

from support import run, start, volley

CHAPTER_REPLY = "Your data was {} bytes long"


def request(*args, **options):
    """Runs `volley request --raw` to its end; its standard input is empty unless `stdin` says otherwise."""
    return run(volley("request", "--raw", *args), **options)


def serving(*args, where="127.0.0.1:0", **options):
    """A running `volley serve --raw`, by default on a free port of loopback."""
    return start(volley("serve", "--raw", *args, where), **options)


def ask(*args, **options):
    """Runs `volley request` in clear mode to its end."""
    return run(volley("request", *args), **options)


def answering(*args, where="127.0.0.1:0", **options):
    """A running `volley serve` in clear mode, by default on a free port of loopback."""
    return start(volley("serve", *args, where), **options)


def listening(*args, where="127.0.0.1:0", **options):
    """A running `volley listen`, by default on a free port of loopback."""
    return start(volley("listen", *args, where), **options)


def bound(host="127.0.0.1", port=0):
    """A bound UDP socket: a server that is silent until the test makes it speak."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, port))
    sock.settimeout(10)
    return sock


def address_of(sock):
    """`ADDR:PORT` of a bound IPv4 socket."""
    return "{}:{}".format(*sock.getsockname())


@contextlib.contextmanager
def hosts(**homes):
    """What to put before a command, so that it finds hosts in `homes` only (name_test=["127.0.0.2"]) and asks a
    name server that is not there. Skips the test where the kernel allows no mount namespace."""
    lists = {
        "hosts": "".join(f"{home} {name.replace('_', '.')}\n" for name in homes for home in homes[name]),
        "nsswitch.conf": "hosts: files dns\n",
        "resolv.conf": "nameserver 127.9.9.53\noptions timeout:1 attempts:1\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in lists.items():
            with open(f"{folder}/{name}", "w", encoding="ascii") as file:
                file.write(text)
        mounts = " && ".join(f"mount --bind {folder}/{name} /etc/{name}" for name in lists)
        inside = ["unshare", "-m", *([] if os.geteuid() == 0 else ["-r"]), "sh", "-c",
                  f'{mounts} && exec "$@"', "sh"]
        if run([*inside, "true"]).code != 0:
            raise unittest.SkipTest("this kernel lets the test have no mount namespace")
        yield inside


class CommandTest(unittest.TestCase):
    maxDiff = None

    def assert_done(self, done, out=None):
        self.assertEqual(done.code, 0, done)
        if out is not None:
            self.assertEqual(done.out, out, done)

    def assert_fails(self, done, code, *patterns):
        """It ended with `code`, printed no data, and one `error:` line says each of `patterns`."""
        self.assertEqual(done.code, code, done)
        self.assertEqual(done.out, b"", done)
        self.assert_explains(done, *patterns)

    def assert_usage(self, done, verb, *patterns):
        """What was typed is wrong, and the words say where to read more."""
        self.assert_fails(done, 2, *patterns)
        self.assertIn(f"see: volley {verb} --help\n", done.err)

    def assert_explains(self, done, *patterns):
        errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
        self.assertEqual(len(errors), 1, done)
        for pattern in patterns:
            self.assertRegex(errors[0], pattern)
        self.assertNotIn("error: error:", done.err)
