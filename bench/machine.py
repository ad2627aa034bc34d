"""What the numbers were measured on, and what is to be known before they are believed."""

import os
import platform
import statistics
import time


def busy_already():
    """The part of all processors that other programs use while we wait."""
    def ticks():
        with open("/proc/stat", encoding="ascii") as file:
            numbers = [int(number) for number in file.readline().split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]  # All, and idle or waiting for a disk.
    total, idle = ticks()
    time.sleep(0.5)
    total_after, idle_after = ticks()
    return 1 - (idle_after - idle) / max(1, total_after - total)


def first_match(path, start):
    """What follows the colon or equals sign of the first line that begins so."""
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(start):
                    return line[len(start):].strip(" \t\n:=\"")
    except OSError:
        pass
    return "unknown"


def facts(programs):
    flags = first_match("/proc/cpuinfo", "flags").split()
    return {"processor": first_match("/proc/cpuinfo", "model name"), "processors": len(os.sched_getaffinity(0)),
            "virtual": "hypervisor" in flags, "kernel": f"Linux {platform.release()}",
            "system": first_match("/etc/os-release", "PRETTY_NAME"),
            "receive_room": int(first_match("/proc/sys/net/core/rmem_max", "")),
            "server_cpu": programs.server_cpu, "client_cpu": programs.client_cpu, "others": busy_already()}


def as_text(known):
    kind = "a virtual machine" if known["virtual"] else "a machine"
    shared = known["server_cpu"] == known["client_cpu"]
    ends = "both ends on one" if shared else \
        f"the server on processor {known['server_cpu']}, the client on {known['client_cpu']}"
    return (f"{known['kernel']}, {known['system']}, {known['processor']}: {kind} of {known['processors']} processors, "
            f"{ends}; all traffic over loopback. {known['how']}")


def notes(known, samples, failed, peers):
    """Sentences that belong below the table."""
    found = []
    if known["others"] > 0.05:
        found.append(f"Other programs used {known['others']:.0%} of the processors before the first round: "
                     "run this again alone.")
    if known["server_cpu"] == known["client_cpu"]:
        found.append("Both ends shared one processor: these numbers say little.")
    bare = samples.get("bare: 256 clients x 4")
    if bare:
        busy = statistics.median(sample["busy"] for sample in bare)
        found.append(f"With 256 clients x 4 the bare server used {busy:.0%} of its processor.")
    expired = sum(sample.get("lost", 0) for name, rounds in samples.items() if name.startswith("clear: ")
                  for sample in rounds)
    if expired:
        found.append(f"In the clear mode {expired} waits ended without an answer, in all rounds: a processor was taken "
                     "away for milliseconds, or a buffer was full.")
    found += [f"{peer.name} is left out: {peer.missing}" for peer in peers if peer.missing]
    found += [f"{name} did not run: {reason}" for name, reason in failed.items()]
    return found
