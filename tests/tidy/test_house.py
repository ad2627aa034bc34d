"""The house rules hold in this repository; and each of them is shown to fail where it is broken."""

import os
import sys
import tempfile
import unittest

import cpp
import house
from support import main

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Repository(unittest.TestCase):
    def test_keeps_the_rules(self):
        findings = list(house.all_checks(ROOT))
        self.assertEqual(findings, [], "\n" + "\n".join(map(str, findings)))

    def test_is_looked_at(self):
        # Rules that nothing is held against would hold for ever.
        paths = [path for path, _ in house.files(ROOT)]
        for room in house.ARROWS:
            self.assertTrue(any(path.startswith(f"src/{room}/") for path in paths), room)
        measured = [name for _, text in house.files(ROOT, ".cpp") for _, _, name in cpp.functions(text)]
        self.assertTrue(any(name.startswith("void check_failed(") for name in measured))

    def test_warnings(self):
        # Not failures: what is worth a second look.
        for finding in (*house.file_lengths(ROOT, house.FILE_LINES_WARN),
                        *house.function_lengths(ROOT, house.FUNCTION_LINES_WARN)):
            print("warning:", finding, file=sys.stderr)


class PlantedBreach(unittest.TestCase):
    """A tiny house in order, then with one thing wrong."""

    HOUSE = {
        "include/volley/time.hpp": "#pragma once\n#include <chrono>\n",
        "include/volley/clock.hpp": "#pragma once\n#include <volley/time.hpp>\n",
        "include/volley/udp_socket.hpp": "#pragma once\n#include <volley/time.hpp>\n",
        "include/volley/raw_client.hpp": "#pragma once\n#include <volley/udp_socket.hpp>\n",
        "src/base/check.cpp": '#include "base/check.hpp"\n#include <cstdio>\n',
        "src/base/check.hpp": "#pragma once\n",
        "src/wire/frame.cpp": '#include <volley/time.hpp>\n#include "base/check.hpp"\n',
        "src/wire/frame.hpp": "#pragma once\n",
        "src/seal/mac.cpp": '#include <openssl/evp.h>\n#include "base/check.hpp"\n#include "seal/mac.hpp"\n',
        "src/seal/mac.hpp": "#pragma once\n",
        "src/core/rtt.cpp": '#include <volley/time.hpp>\n#include "base/check.hpp"\n#include "wire/frame.hpp"\n',
        "src/os/fd.cpp": '#include <unistd.h>\n#include <sys/socket.h>\n#include "base/check.hpp"\n',
        "src/runtime/loop.cpp": '#include <volley/clock.hpp>\n#include "core/rtt.hpp"\n#include "os/fd.hpp"\n',
        "src/cli/main.cpp": '#include <CLI/CLI.hpp>\n#include "os/fd.hpp"\n#include "runtime/loop.hpp"\n',
        "tests/unit/os/fd.cpp": '#include <unistd.h>\n#include <gtest/gtest.h>\n#include "os/fd.hpp"\n',
        "examples/one.cpp": "#include <iostream>\n#include <volley/udp_socket.hpp>\n",
        "bench/limit/ping.cpp": "#include <sys/socket.h>\n",
        "Makefile": "run:\n\t@true\n",
    }

    def findings(self, **breach):
        """What is found wrong in the house with these files written over it, as 'path:line' of each."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**self.HOUSE, **breach}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8", newline="") as file:
                    file.write(text)
            return [f"{finding.path}:{finding.line}" for finding in house.all_checks(root)]

    def plant(self, path, text, expected_line=1):
        found = self.findings(**{path: text})
        self.assertEqual(found, [f"{path}:{expected_line}"], text[:200])

    def test_no_breach_no_finding(self):
        self.assertEqual(self.findings(), [])

    def test_arrows_between_rooms(self):
        self.plant("src/core/a.cpp", '#include <vector>\n\n#include "os/fd.hpp"\n', 3)
        self.plant("src/core/a.cpp", '#include "runtime/loop.hpp"\n')
        self.plant("src/os/a.cpp", '#include "core/rtt.hpp"\n')
        self.plant("src/os/a.cpp", '#include "wire/frame.hpp"\n')
        self.plant("src/wire/a.cpp", '#include "core/rtt.hpp"\n')
        self.plant("src/wire/a.cpp", '#include "os/fd.hpp"\n')
        self.plant("src/wire/a.cpp", '#include "seal/mac.hpp"\n')
        self.plant("src/seal/a.cpp", '#include "wire/frame.hpp"\n')
        self.plant("src/runtime/a.cpp", '#include "seal/mac.hpp"\n')
        self.plant("src/base/a.hpp", '  #  include "os/fd.hpp"\n')
        self.plant("src/runtime/a.cpp", '#include "cli/verbs.hpp"\n')
        self.plant("src/cli/a.cpp", '#include "core/rtt.hpp"\n')
        self.plant("src/cli/a.cpp", '#include "verbs.hpp"\n')
        self.plant("tests/unit/core/a.cpp", '#include "os/fd.hpp"\n')

    def test_public_headers(self):
        self.plant("src/core/a.cpp", "#include <volley/raw_server.hpp>\n")
        self.plant("src/os/a.cpp", "#include <volley/raw_client.hpp>\n")
        self.plant("src/cli/a.cpp", "#include <volley/volley.hpp>\n")
        self.plant("src/cli/a.cpp", '#include "volley/time.hpp"\n')
        self.plant("include/volley/error.hpp", "#include <volley/clock.hpp>\n")
        self.plant("include/volley/clock.hpp", '#include "os/fd.hpp"\n')

    def test_core_reaches_no_clock_and_no_socket(self):
        self.assertEqual(self.findings(**{"src/core/a.cpp": "#include <volley/clock.hpp>\n"}),
                         ["src/core/a.cpp:1", "src/core/a.cpp:1"])
        sly = {"src/core/a.cpp": '#include "base/way.hpp"\n', "src/base/way.hpp": "#include <volley/clock.hpp>\n"}
        self.assertIn("src/core/a.cpp:1", self.findings(**sly))

    def test_system_headers(self):
        for header in ("sys/socket.h", "netinet/in.h", "arpa/inet.h", "linux/errqueue.h", "unistd.h", "poll.h",
                       "fcntl.h", "net/if.h", "netdb.h", "signal.h", "csignal", "ifaddrs.h", "spawn.h", "errno.h"):
            self.plant("src/runtime/a.cpp", f"#include <{header}>\n")
        self.plant("include/volley/clock.hpp", "#include <time.h>\n")
        self.plant("examples/one.cpp", "#include <unistd.h>\n")
        self.plant("tests/unit/core/a.cpp", "#include <sys/socket.h>\n")
        self.plant("src/core/a.cpp", "#include <thread>\n")
        self.plant("src/wire/a.cpp", "#include <chrono>\n#include <ctime>\n", 2)

    def test_libraries(self):
        self.plant("src/core/a.cpp", "#include <nlohmann/json.hpp>\n")
        self.plant("src/core/a.cpp", "#include <openssl/evp.h>\n")
        self.plant("src/seal/a.hpp", "#include <openssl/evp.h>\n")
        self.plant("tests/unit/seal/a.cpp", "#include <openssl/evp.h>\n")
        self.plant("src/os/a.cpp", "#include <CLI/CLI.hpp>\n")
        self.plant("examples/one.cpp", "#include <fmt/format.h>\n")

    def test_examples_stand_alone(self):
        self.plant("examples/one.cpp", '#include "base/check.hpp"\n')

    def test_file_length(self):
        self.plant("src/os/a.cpp", "int a;\n" * 601, 601)
        self.plant("scripts/build", "true\n" * 601, 601)
        self.assertEqual(self.findings(**{"src/os/a.cpp": "int a;\n" * 600}), [])

    def test_function_length(self):
        def function(head, lines, before=""):
            return before + head + " {\n" + "  call(1'000, \"{\", '}');  // }\n" * (lines - 2) + "}\n"

        heads = (
            "int f(int a)", "template <class T> auto f(T a) -> int", "Foo::Foo(int a) : a_{a}, b_(a)",
            "void f(Options options = {}, int a)", "TEST(Suite, Name)", "bool operator=(const Foo& foo) noexcept",
            "struct in_addr f(int a)", "const auto kFunction = [](int a)",
        )
        for head in heads:
            self.plant("src/os/a.cpp", function(head, 121))
            self.assertEqual(self.findings(**{"src/os/a.cpp": function(head, 120) + function(head, 119)}), [])
        before = ("namespace volley {\nclass [[nodiscard]] A : public B<int> {\n public:\n  A() = default;\n"
                  "  int a{3};\n  int g() const { return 1; }\n\n  // Says {.\n")
        self.plant("src/os/a.cpp", function("int f(int a)", 121, before) + "};\n}\n", 9)
        # A table is not a function.
        self.assertEqual(self.findings(**{"src/os/a.cpp": "int k[] = {\n" + "  f(1),\n" * 200 + "};\n"}), [])
        self.plant("tests/cli/test_a.py", "import os\n\n\ndef f():\n" + "    os.getpid()\n" * 120, 4)

    def test_words_and_places_of_ours(self):
        self.plant("docs/a.md", "Built\nin /wo" + "rk/main\n", 2)
        self.plant("README.md", "see /ro" + "ot/x\n")
        self.plant("src/os/a.cpp", "// As iss" + "ue 12 asks.\n")
        self.assertEqual(self.findings(**{"docs/a.md": "Each session has a key; network/route.\n"}), [])

    def test_layout(self):
        self.plant("src/os/a.cpp", "int a;\n\tint b;\n", 2)
        self.plant("src/os/a.cpp", "int a;\r\n")
        self.plant("docs/a.md", "words")


if __name__ == "__main__":
    main()
