"""Programs under test: started, watched, and certain to end.

Every process has a bounded life, and dies with the thread that started it: start from the main thread.
"""

import ctypes
import os
import re
import select
import signal
import subprocess
import threading
from typing import NamedTuple

from support.waiting import PATIENCE

LIFE = 60.0  # Seconds, of a process started here, whatever happens.

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Finished(NamedTuple):
    """How a program ended. `code` is negative for a signal."""

    code: int
    out: bytes
    err: str


class Endpoint(NamedTuple):
    """An address and port as a program printed them; `text` is both, as every verb takes them."""

    host: str
    port: int
    text: str


def _built(*path):
    return os.path.join(os.environ["VOLLEY_BUILD"], *path)


def volley(*args):
    """The command line of the command under test."""
    return [_built("volley"), *map(str, args)]


def example(name, *args):
    """The command line of one of the examples."""
    return [_built("examples", name), *map(str, args)]


def run(command, stdin=b"", timeout=LIFE, **options):
    """Runs a program to its end. AssertionError, with all that it said, if it does not end in time."""
    with start(command, timeout=timeout, **options) as program:
        program.write(stdin)
        program.close_stdin()
        return program.wait()


def start(command, timeout=LIFE, **options):
    """Starts a program; use it in `with`, which ends it. `options` are subprocess.Popen's."""
    return Running(command, timeout, options)


class Running:
    """A program that runs, its output collected as it comes."""

    def __init__(self, command, timeout, options):
        self.command = list(map(str, command))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen(
            self.command, preexec_fn=_die_with_parent, bufsize=0, **{**pipes, **options})
        self._said = {"out": bytearray(), "err": bytearray()}
        self._changed = threading.Condition()
        self._open = 0  # Streams that may still say something.
        self._late = False
        streams = ((self._process.stdout, "out"), (self._process.stderr, "err"))
        self._readers = [self._collect(pipe, name) for pipe, name in streams if pipe is not None]
        self._watchdog = threading.Timer(timeout, self._too_late)
        self._watchdog.daemon = True
        self._watchdog.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.kill()

    @property
    def pid(self):
        return self._process.pid

    @property
    def out(self):
        """What it wrote to standard output so far."""
        with self._changed:
            return bytes(self._said["out"])

    @property
    def err(self):
        """What it wrote to standard error so far."""
        with self._changed:
            return self._said["err"].decode(errors="replace")

    def running(self):
        return self._process.poll() is None

    def await_text(self, pattern, stream="err", timeout=PATIENCE):
        """Waits until `pattern` (a regular expression) is in what it said, and returns the match."""
        expression = re.compile(pattern, re.MULTILINE)

        def found():
            return expression.search(self._said[stream].decode(errors="replace"))

        with self._changed:
            self._changed.wait_for(lambda: found() or self._open == 0, timeout)
            match = found()
        if match is None:
            raise AssertionError(f"never said {pattern!r} on std{stream}\n{self._story()}")
        return match

    def await_err(self, pattern, timeout=PATIENCE):
        return self.await_text(pattern, "err", timeout)

    def await_out(self, pattern, timeout=PATIENCE):
        return self.await_text(pattern, "out", timeout)

    def listening(self, timeout=PATIENCE):
        """Waits for `listening on ADDR:PORT` on standard error, and returns that Endpoint."""
        # The whole line must be there: half a line may hold half a port.
        match = self.await_err(r"listening on (\[[^]]+\]|[^\s:]+):(\d+)\b.*\n", timeout)
        host, port = match.group(1), int(match.group(2))
        return Endpoint(host.strip("[]"), port, f"{host}:{port}")

    def write(self, data):
        """Writes to its standard input. A program that no longer reads is no error."""
        if self._process.stdin is None:
            return
        try:
            view = memoryview(data)
            while view:
                view = view[self._process.stdin.write(view):]
        except BrokenPipeError:
            pass

    def close_stdin(self):
        if self._process.stdin is not None:
            self._process.stdin.close()

    def send_signal(self, number):
        self._process.send_signal(number)

    def wait(self, timeout=LIFE):
        """Waits for its end. AssertionError if it does not come."""
        if self.running():
            # Popen.wait() would poll, with pauses that add up over a test's many programs.
            end = os.pidfd_open(self.pid)
            select.select([end], [], [], timeout)
            os.close(end)
            self._too_late()
        self.kill()
        if self._late:
            raise AssertionError(f"did not end in time\n{self._story()}")
        return Finished(self._process.returncode, self.out, self.err)

    def stop(self, number=signal.SIGTERM, timeout=PATIENCE):
        """Asks it to end, as a user would, and waits for it."""
        self._process.send_signal(number)
        return self.wait(timeout)

    def kill(self):
        """Ends it whatever it does. What `with` does at its end."""
        if self.running():
            self._process.kill()
        self._process.wait()
        self._close()

    def _close(self):
        self._watchdog.cancel()
        # A grandchild may hold the pipes open for longer than the program lived: don't wait for ever.
        for reader in self._readers:
            reader.join(PATIENCE)
        if self._process.stdin is not None and not self._process.stdin.closed:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                pass

    def _collect(self, pipe, stream):
        def read():
            while data := pipe.read(65536):
                with self._changed:
                    self._said[stream] += data
                    self._changed.notify_all()
            with self._changed:
                self._open -= 1
                self._changed.notify_all()
            pipe.close()

        self._open += 1
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        return reader

    def _too_late(self):
        if self.running():
            self._late = True
            self._process.kill()

    def _story(self):
        return (f"command: {' '.join(self.command)}\nexit code: {self._process.poll()}\n"
                f"stdout: {self.out!r}\nstderr: {self.err}")


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
