"""What `make install` puts below a prefix serves a project that knows nothing of this one: README's."""

import os
import re
import tempfile
import unittest

from support import main, run, start

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ["VOLLEY_BUILD"]
PATIENCE = 240  # Seconds, for a compiler on a busy machine: a few are enough on one at rest.

# The version asked for must be the version there, or the next one would break who uses this one.
ANOTHER_VERSION = """
find_package(volley 99 QUIET)
if(volley_FOUND)
  message(FATAL_ERROR "version 99 is not what was installed")
endif()
"""


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def block(language):
    """The only block of code in this language that README shows."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", read(ROOT, "README.md"), re.MULTILINE | re.DOTALL)
    return text


def as_this_build():
    """The compiler and the flags of the build that is tested: an archive with sanitizers links with them only."""
    cache = read(BUILD, "CMakeCache.txt")
    for name in ("CMAKE_CXX_COMPILER", "CMAKE_CXX_FLAGS"):
        yield f"-D{name}=" + re.search(rf"^{name}:\w+=(.*)$", cache, re.MULTILINE).group(1)


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder, cls.prefix = folder.name, os.path.join(folder.name, "prefix")
        cls.succeed("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.command = os.path.join(cls.prefix, "bin", "volley")

    @classmethod
    def succeed(cls, *command):
        done = run(command, cwd=cls.folder, timeout=PATIENCE)
        if done.code != 0:
            raise AssertionError(f"{' '.join(command)}\n{done.out.decode()}{done.err}")
        return done.out.decode()

    def write(self, name, text):
        with open(os.path.join(self.folder, "project", name), "w", encoding="utf-8") as file:
            file.write(text)

    def test_program_of_the_readme(self):
        serve = [self.command, "serve", "--reply", "length", "127.0.0.1:0"]
        with start(serve, timeout=PATIENCE) as server:
            # README has the port that it serves on; ours is one that is free.
            source, ports = re.subn(r"127\.0\.0\.1:1060", server.listening().text, block("cpp"))
            self.assertEqual(ports, 1)
            os.mkdir(os.path.join(self.folder, "project"))
            self.write("ask.cpp", source)
            self.write("CMakeLists.txt", block("cmake") + ANOTHER_VERSION)
            self.succeed("cmake", "-S", "project", "-B", "build", "-G", "Ninja",
                         f"-DCMAKE_PREFIX_PATH={self.prefix}", *as_this_build())
            self.succeed("cmake", "--build", "build")
            said = self.succeed(os.path.join(self.folder, "build", "ask"))
        self.assertEqual(said, "Your data was 17 bytes long (attempts: 1)\n")

    def test_headers(self):
        public = os.path.join(ROOT, "include", "volley")
        installed = os.path.join(self.prefix, "include", "volley")
        self.assertEqual(sorted(os.listdir(installed)), sorted(os.listdir(public)))

    def test_nothing_but_what_a_user_needs(self):
        found = {os.path.relpath(os.path.join(folder, name), self.prefix)
                 for folder, _, names in os.walk(self.prefix) for name in names}
        self.assertEqual(sorted(path for path in found if not path.startswith("include/volley/")), [
            "bin/volley", "lib/cmake/volley/volley-config-version.cmake", "lib/cmake/volley/volley-config.cmake",
            *(f"lib/cmake/volley/volley-targets{part}.cmake" for part in (f"-{self.configuration()}", "")),
            "lib/libvolley.a",
        ])

    @staticmethod
    def configuration():
        return re.search(r"^CMAKE_BUILD_TYPE:\w+=(.+)$", read(BUILD, "CMakeCache.txt"), re.MULTILINE).group(1).lower()


if __name__ == "__main__":
    main()
