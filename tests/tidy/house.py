"""The house rules that a machine can check. Each function takes the repository's folder, and yields a Finding
for each breach."""

import ast
import os
import re
from typing import NamedTuple

from cpp import functions, includes

# What a room may include of the other rooms: the arrows. Everyone may lean on base; core and os
# never see each other.
ARROWS = {
    "base": {"base"},
    "wire": {"wire", "base"},
    "seal": {"seal", "base"},
    "core": {"core", "wire", "seal", "base"},
    "os": {"os", "base"},
    "runtime": {"runtime", "core", "os", "base"},
    "cli": {"cli", "runtime", "os", "base"},
}

# Public headers that hold values and no resources: open to every room, and they include one another
# only.
VALUE_HEADERS = {"answer", "bytes", "datagram", "endpoint", "error", "matcher", "options", "raw_answer",
                 "time"}

# The other public headers are for those who implement or use them. What core decides of a raw
# request is told in raw_answer.hpp, so that it need not see raw_client.hpp, which comes with the
# socket.
API_HEADERS = {
    "batch": {"base", "core", "os", "runtime", "cli"},
    "client": {"runtime", "cli"},
    "client_core": {"core", "runtime"},
    "clock": {"os", "runtime", "cli"},
    "network": {"os", "runtime", "cli"},
    "udp_socket": {"os", "runtime", "cli"},
    "raw_client": {"runtime", "cli"},
    "raw_server": {"runtime", "cli"},
    "server": {"runtime", "cli"},
    "server_core": {"core", "runtime"},
    "volley": set(),  # The whole of it: for programs.
}

# Libraries of others, by how their headers' names begin, and the folders that may use them.
LIBRARIES = {
    "fmt/": ("src/", "tests/", "bench/"),
    "CLI/": ("src/cli/", "tests/unit/cli/"),
    "nlohmann/": ("src/cli/", "tests/unit/cli/", "bench/"),
    "gtest/": ("tests/",),
    "gmock/": ("tests/",),
    "benchmark/": ("bench/",),
    "openssl/": ("src/seal/",),
}

# Where the operating system's own headers may appear. Benchmarks are measured against bare system calls,
# and a test of what uses os may ask the system too.
SYSTEM_FOLDERS = ("src/os/", "tests/unit/os/", "tests/unit/runtime/", "tests/unit/cli/", "tests/clear/",
                  "bench/")

# The crypto library is loaded when it is needed, by the room that needs it.
SYSTEM_ELSEWHERE = {("src/seal/libcrypto.cpp", "dlfcn.h")}

# Standard headers that are the operating system under another name, and those that core and wire, which
# have no thread, no clock and no file, cannot need.
SYSTEM_IN_DISGUISE = {"csignal"}
NOT_FOR_CORE = {
    "atomic", "barrier", "cerrno", "condition_variable", "cstdio", "ctime", "filesystem", "fstream", "future",
    "iostream", "latch", "mutex", "semaphore", "shared_mutex", "stop_token", "thread",
}

FILE_LINES, FILE_LINES_WARN = 600, 400
FUNCTION_LINES, FUNCTION_LINES_WARN = 120, 70

FOLDERS = ("bench", "cmake", "docs", "examples", "include", "scripts", "src", "tests", ".ci")
CODE = (".cpp", ".hpp", ".py", ".sh")

# Written so that these lines do not match themselves.
_OUR_PLACES = re.compile(r"(?<![\w.])/(?:w[o]rk|r[o]ot)/")
_OUR_WORDS = re.compile(
    r"\b(?:s[e]ssion|a[g]ent)s?\b.*\b(?:developer|CEO|LLM|AI)\b|\bissue [0-9]+\b", re.IGNORECASE)


class Finding(NamedTuple):
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def all_checks(root):
    for check in (arrows, reachable_from_core, system_headers, file_lengths, function_lengths, workplace, layout):
        yield from check(root)


def files(root, *suffixes):
    """(path below root, text) of every text file of ours with such an ending, or of all, in order."""
    found = [name for name in os.listdir(root) if os.path.isfile(os.path.join(root, name))]
    for top in FOLDERS:
        for folder, below, names in os.walk(os.path.join(root, top)):
            below[:] = [name for name in below if name != "__pycache__"]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    for path in sorted(found):
        if not suffixes or path.endswith(suffixes):
            with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape", newline="") as file:
                text = file.read()
            if "\0" not in text:
                yield path, text


def arrows(root):
    """Includes between rooms, and of public headers, that DESIGN's drawing has no arrow for."""
    for path, text in files(root, ".cpp", ".hpp"):
        for line, name, quoted in includes(text):
            problem = _arrow_problem(path, name, quoted)
            if problem:
                yield Finding(path, line, problem)


def _arrow_problem(path, name, quoted):
    room = _room(path)
    public = re.fullmatch(r"volley/(\w+)\.hpp", name)
    if path.startswith(("examples/", "include/")) and quoted:
        return f"only <volley/...> and the standard library here, not \"{name}\""
    if public and quoted:
        return f"public headers are included as <{name}>"
    if public and path.startswith("include/"):
        here = os.path.splitext(os.path.basename(path))[0]
        if here in VALUE_HEADERS and public.group(1) not in VALUE_HEADERS:
            return f"a value header includes value headers only, not <{name}>"
    if room is None:
        return None
    if public:
        allowed = public.group(1) in VALUE_HEADERS or room in API_HEADERS.get(public.group(1), set())
        return None if allowed else f"{room} may not include <{name}>"
    if quoted:
        other = name.split("/")[0]
        in_test = path.startswith("tests/") and os.path.splitext(other)[0] not in ARROWS
        return None if other in ARROWS[room] or in_test else f"{room} may not include \"{name}\""
    return None


def reachable_from_core(root):
    """Headers of core that bring in a clock or a socket by way of others."""
    texts = dict(files(root, ".cpp", ".hpp"))
    closed = {"include/volley/clock.hpp", "include/volley/network.hpp", "include/volley/udp_socket.hpp"}
    for path in texts:
        if path.startswith(("src/core/", "src/wire/")):
            for way in _ways(texts, path):
                if way[-1] in closed:
                    yield Finding(path, 1, "core reaches " + " -> ".join(way[1:]))


def _ways(texts, start):
    """The chain of includes by which each file that `start` reaches is first reached."""
    seen, queue = {start}, [[start]]
    while queue:
        way = queue.pop(0)
        for _, name, quoted in includes(texts[way[-1]]):
            target = ("src/" if quoted else "include/") + name
            if target in texts and target not in seen:
                seen.add(target)
                queue.append(way + [target])
                yield way + [target]


def system_headers(root):
    """Headers of the operating system outside src/os, and of libraries where they do not belong."""
    for path, text in files(root, ".cpp", ".hpp"):
        for line, name, quoted in includes(text):
            if quoted or name.startswith("volley/"):
                continue
            problem = _foreign_problem(path, name)
            if problem:
                yield Finding(path, line, problem)


def _foreign_problem(path, name):
    if re.fullmatch(r"[a-z_0-9]+", name) and name not in SYSTEM_IN_DISGUISE:
        if path.startswith(("src/core/", "src/wire/")) and name in NOT_FOR_CORE:
            return f"core and wire have no thread, no clock and no file, so no <{name}>"
        return None
    for prefix, folders in LIBRARIES.items():
        if name.startswith(prefix):
            if prefix == "openssl/" and not path.endswith(".cpp"):
                return f"<{name}> belongs in .cpp files, so that no other room comes to see it"
            return None if path.startswith(folders) else f"<{name}> does not belong here"
    if path.startswith(SYSTEM_FOLDERS) or (path, name) in SYSTEM_ELSEWHERE:
        return None
    return f"system headers appear in src/os only, not <{name}> here"


def file_lengths(root, limit=FILE_LINES):
    for path, text in files(root):
        if path.endswith(CODE) or path.startswith("scripts/") or path.endswith("CMakeLists.txt"):
            lines = text.count("\n")
            if lines > limit:
                yield Finding(path, lines, f"{lines} lines, more than {limit}")


def function_lengths(root, limit=FUNCTION_LINES):
    for path, text in files(root, ".cpp", ".hpp", ".py"):
        for first, last, name in (_python_functions(text) if path.endswith(".py") else functions(text)):
            if last - first + 1 > limit:
                yield Finding(path, first, f"{name} has {last - first + 1} lines, more than {limit}")


def _python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno, node.name


def workplace(root):
    """What only means something on the machine, or among the people, that a file was written by."""
    for path, text in files(root):
        for number, line in enumerate(text.split("\n"), 1):
            if _OUR_PLACES.search(line):
                yield Finding(path, number, "a path of one machine")
            if _OUR_WORDS.search(line):
                yield Finding(path, number, "a word about how the work is organised")


def layout(root):
    for path, text in files(root):
        if not text.endswith("\n") and text:
            yield Finding(path, text.count("\n") + 1, "no newline at the end of the file")
        if os.path.basename(path) == "Makefile":
            continue  # Its recipes must begin with a tab.
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line or line.endswith("\r"):
                yield Finding(path, number, "a tab or a carriage return")


def _room(path):
    """The room whose rules a file lives by: its folder in src, or the one its unit test mirrors."""
    match = re.match(r"(?:src|tests/unit)/(\w+)/", path)
    return match.group(1) if match and match.group(1) in ARROWS else None
