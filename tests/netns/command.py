"""The command under test, run on a host of a network."""

import json

from support import eventually, run, start, volley


def run_on(host, *args, stdin=b""):
    """Runs `volley ARGS` on a host to its end."""
    with host:
        return run(volley(*args), stdin=stdin)


def start_on(host, *args):
    """Starts `volley ARGS` on a host; use it in `with`."""
    with host:
        return start(volley(*args))


def serve_on(host, *args):
    """Starts `volley serve --raw ARGS` on a host, and waits until it listens."""
    server = start_on(host, "serve", "--raw", *args)
    server.listening()
    return server


class Listener:
    """`volley listen --json ARGS` on a host, within `with`."""

    def __init__(self, host, *args):
        self._name = f"listener on {host.name}"
        self._program = start_on(host, "listen", "--json", *args)
        self._program.listening()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self._program.kill()

    @property
    def datagrams(self):
        """What it printed of each datagram so far."""
        events = [json.loads(line) for line in self._program.out.split(b"\n")[:-1]]
        return [event for event in events if event["event"] == "datagram"]

    @property
    def heard(self):
        """The bodies of the datagrams so far."""
        return [datagram["body"] for datagram in self.datagrams]

    def await_heard(self, *bodies):
        """Waits until it heard as many datagrams; AssertionError unless they are these, in this order."""
        eventually(lambda: len(self.heard) >= len(bodies), what=f"{len(bodies)} datagrams at {self._name}")
        if self.heard != list(bodies):
            raise AssertionError(f"{self._name} heard {self.heard}, not {list(bodies)}")
