"""The processes of a measurement: a server and a client, each on its processor."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import time


class CouldNotRun(Exception):
    """A program is missing, failed, or did not end. The words say which."""


class Programs:
    """Starts one server and one client at a time, each on its processor, and ends them whatever happens."""

    def __init__(self, build):
        self.build = build
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.client_cpu = cpus[0], cpus[1] if len(cpus) > 1 else cpus[0]

    def path_of(self, name):
        path = os.path.join(self.build, name)
        if not os.path.exists(path):
            raise CouldNotRun(f"{path} is not there: build it first")
        return path

    def start(self, command, cpu, **streams):
        path = self.path_of(command[0])
        # Before the program begins: its threads inherit the processor.
        return subprocess.Popen([path, *command[1:]], stdin=subprocess.DEVNULL,
                                preexec_fn=lambda: os.sched_setaffinity(0, {cpu}), **streams)

    @contextlib.contextmanager
    def serving(self, command):
        """A server that runs for as long as the block does: its process, and its port."""
        process = self.start(command, self.server_cpu, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            yield process, self.port_of(process, command)
        finally:
            self.end(process)

    def run(self, command, timeout):
        """What a client printed, as the JSON that it is."""
        client = self.start(command, self.client_cpu, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            out, err = client.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as late:
            raise CouldNotRun(f"{command[0]} did not end") from late
        finally:
            client.kill()
            client.wait()
        if client.returncode != 0:
            raise CouldNotRun(f"{command[0]} failed: {err.strip() or out.strip() or client.returncode}")
        try:
            return json.loads(out)
        except ValueError as reason:
            raise CouldNotRun(f"{command[0]} said: {out.strip()}") from reason

    def measure(self, server, client, seconds):
        """What the client printed, with `busy`: the part of its processor that the server used meanwhile."""
        process = self.start(server, self.server_cpu, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            port = self.port_of(process, server)
            begin = time.monotonic()
            answer = self.run([word.format(port=port, seconds=seconds) for word in client], seconds + 10)
            elapsed = time.monotonic() - begin
        finally:
            used = self.end(process)
        return {**answer, "busy": min(1.0, used / elapsed)}

    @staticmethod
    def port_of(process, command):
        if not select.select([process.stdout], [], [], 5)[0]:
            raise CouldNotRun(f"{command[0]} does not say where it listens")
        line = process.stdout.readline().decode(errors="replace").strip()
        found = re.search(r"listening on \S*:(\d+)", line)
        if not found:
            raise CouldNotRun(f"{command[0]} said: {line}")
        return int(found.group(1))

    @staticmethod
    def end(process):
        """Ends it with SIGTERM, by force if need be. Seconds of processor time that it used."""
        if process.returncode is not None:
            return 0.0
        # Not by terminate(), which may fetch the end of one that has ended, and with it what it used.
        os.kill(process.pid, signal.SIGTERM)
        until = time.monotonic() + 3
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                break
            if time.monotonic() > until:
                os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.002)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        return usage.ru_utime + usage.ru_stime
