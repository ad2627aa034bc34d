"""What Volley costs where nothing is to do: idle, for each client that is remembered, and at the start."""

import dataclasses
import json
import os
import signal
import statistics
import subprocess
import time

from programs import CouldNotRun

EMPTY_TARGET = 100  # Bytes a context.
MOST_CONTEXTS = 1_000_000


def wakes_and_ns(pid):
    """How often the threads of a process went to sleep so far, and how long they ran, in nanoseconds."""
    wakes = ran = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            wakes += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            ran += int(file.read().split()[0])
    return wakes, ran


def idle(programs, contexts, seconds):
    """Wake-ups a second and the part of a processor of a server that remembers so many clients."""
    with programs.serving(["volley", "serve", "127.0.0.1:0"]) as (server, port):
        if contexts:
            programs.run(["bench/contexts", str(port), str(contexts)], 10)
        time.sleep(0.3)  # What the last client left to do.
        wakes, ran = wakes_and_ns(server.pid)
        time.sleep(seconds)
        wakes_after, ran_after = wakes_and_ns(server.pid)
    return {"contexts": contexts, "wakes": (wakes_after - wakes) / seconds,
            "processor": (ran_after - ran) / 1e9 / seconds}


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def memory(programs, contexts, *kept):
    """Bytes a context: by the server's counter, and by what its resident set grew by."""
    server = programs.start(["bench/clear_echo", "blocking"], programs.server_cpu, stdout=subprocess.PIPE)
    try:
        port = programs.port_of(server, ["clear_echo"])
        before = resident(server.pid)
        made = programs.run(["bench/contexts", str(port), str(contexts), *kept], 45)
        after = resident(server.pid)
        os.kill(server.pid, signal.SIGTERM)
        told = server.stdout.read().decode()
    finally:
        programs.end(server)
    if made["contexts"] != contexts:
        raise CouldNotRun(f"the server refused {made['refused']} of {contexts} contexts")
    counted = json_line(told)
    return {"contexts": contexts, "kept": bool(kept), "counted": counted["bytes"] / counted["contexts"],
            "resident": (after - before) / contexts, "bytes": counted["bytes"], "limit": counted["limit"]}


def json_line(text):
    try:
        return json.loads(text)
    except ValueError as reason:
        raise CouldNotRun(f"the server said: {text.strip()}") from reason


def spawn_ms(command):
    """How long `command` took from its start to its end, in ms."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
    _, status = os.waitpid(pid, 0)
    took = (time.perf_counter() - begin) * 1e3
    if status != 0:
        raise CouldNotRun(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return took


@dataclasses.dataclass(frozen=True)
class StartUp:
    """The command's start-up, on the client's processor, some in each round; `/bin/true` is what the start itself
    costs."""
    name: str = "start-up"
    runs: int = 8

    def measure(self, programs, _seconds):
        volley = programs.path_of("volley")
        cpus = os.sched_getaffinity(0)
        with programs.serving(["volley", "serve", "127.0.0.1:0"]) as (_, port):
            commands = {"/bin/true": ["/bin/true"], "volley --version": [volley, "--version"],
                        "volley request": [volley, "request", f"127.0.0.1:{port}", "hello"]}
            os.sched_setaffinity(0, {programs.client_cpu})
            try:
                rounds = [{what: spawn_ms(command) for what, command in commands.items()} for _ in range(self.runs)]
            finally:
                os.sched_setaffinity(0, cpus)
        return {what: [took[what] for took in rounds] for what in commands}


def startup(samples):
    """Of all rounds' start-ups: the least and the median of each command, in ms."""
    took = {what: [ms for sample in samples for ms in sample[what]] for what in samples[0]}
    return {what: {"least": min(all_ms), "median": statistics.median(all_ms)} for what, all_ms in took.items()}


def measure(programs, quick):
    """All but the start-up, and what could not run."""
    counts = [10**n for n in (range(3, 6) if quick else range(3, 7))]
    wanted = {"idle": lambda: [idle(programs, contexts, 0.5 if quick else 2.0) for contexts in (0, 1_000)],
              "memory": lambda: [memory(programs, count) for count in counts] + [memory(programs, 100_000, "kept")]}
    found, failed = {}, {}
    for name, run in wanted.items():
        try:
            found[name] = run()
        except (CouldNotRun, OSError) as reason:
            failed[name] = str(reason)
    return found, failed
