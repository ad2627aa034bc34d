"""What the archives of core, wire and seal need from outside: memory, text, exceptions and checks, and seal the
crypto library. No socket, no clock, no thread and no file, however they may have come in: a call that no include
betrays is betrayed by its symbol.
"""

import os
import re
import shutil
import subprocess
import unittest

from support import main

ALLOWED = re.compile("|".join((
    r"operator (new|delete)", r"std::nothrow$", r"mem(cpy|move|set|cmp|chr)$", r"strlen$",  # Memory.
    r"std::(__cxx11::)?basic_string", r"fmt::v\d+::", r"std::_Hash_bytes", r"std::__detail::_Prime_rehash",  # Text, tables.
    r"std::__throw_", r"__cxa_", r"_Unwind_Resume$", r"__gxx_personality_v0$", r"std::terminate",  # Exceptions.
    r"(typeinfo|vtable) for (std|__cxxabiv1)::",
    r"(round|floor|ceil|pow|exp|log)$",  # Arithmetic.
    r"_GLOBAL_OFFSET_TABLE_$", r"__stack_chk_fail$", r"__(asan|ubsan)_", r"__dso_handle$",  # The compiler's own.
)))
# How seal finds OpenSSL's libcrypto, whose functions go from bytes to bytes.
CRYPTO = re.compile(r"(dlopen|dlsym)$")
# A broken check says so, and ends the program.
ALLOWED_IN_BASE = re.compile(r"(fprintf|fputs|fwrite|stderr|abort)$")


def symbols(archive):
    """(defined, undefined) symbols of an archive, by their names in C++."""
    listing = subprocess.run(["nm", "-C", archive], capture_output=True, text=True, check=True).stdout
    defined, undefined = set(), set()
    for kind, name in re.findall(r"^[0-9a-f ]{16} (\w) (.+)$", listing, re.MULTILINE):
        (undefined if kind in "Uw" else defined).add(name)
    return defined, undefined - defined


@unittest.skipUnless(shutil.which("nm"), "nm is not installed (package binutils)")
class CoreSymbols(unittest.TestCase):
    def setUp(self):
        self.base_defined, self.base_undefined = symbols(self.archive("base"))

    @staticmethod
    def archive(room):
        return os.path.join(os.environ["VOLLEY_BUILD"], f"libvolley_{room}.a")

    def test_core_needs_wire_seal_base_and_memory_only(self):
        wire_defined, wire_undefined = symbols(self.archive("wire"))
        seal_defined, seal_undefined = symbols(self.archive("seal"))
        defined, undefined = symbols(self.archive("core"))
        self.assertTrue(any(name.startswith("volley::RttEstimator::") for name in defined), "an empty archive")
        self.assertTrue(wire_defined and seal_defined, "an empty archive")
        self.assert_allowed(wire_undefined - self.base_defined)
        self.assert_allowed(name for name in seal_undefined - self.base_defined if not CRYPTO.match(name))
        self.assert_allowed(undefined - wire_defined - seal_defined - self.base_defined)

    def assert_allowed(self, names):
        self.assertEqual([name for name in names if not ALLOWED.match(name)], [])

    def test_base_needs_memory_and_a_way_to_end(self):
        outside = [name for name in self.base_undefined if not ALLOWED.match(name)]
        self.assertEqual([name for name in outside if not ALLOWED_IN_BASE.match(name)], [])

    def test_the_list_can_tell(self):
        # os is the room of everything that is forbidden here.
        _, undefined = symbols(self.archive("os"))
        found = {name for name in undefined - self.base_defined if not ALLOWED.match(name)}
        self.assertLessEqual({"socket", "clock_gettime", "poll"}, found)


if __name__ == "__main__":
    main()
