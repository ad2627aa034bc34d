"""The end of every test file: runs its tests, and tells ctest apart passed, failed and skipped."""

import sys
import unittest

SKIPPED = 77  # What tests/CMakeLists.txt calls SKIP_RETURN_CODE.


def main():
    """Runs the tests of the calling file. Exits with 77, and the reasons, if every single one was skipped."""
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    # A class or module that is skipped as a whole is listed, but not counted among the tests that
    # ran.
    skipped = sum(type(test).__name__ not in ("_SubTest", "_ErrorHolder") for test, _ in result.skipped)
    ran = result.testsRun - skipped
    if not result.wasSuccessful():
        sys.exit(1)
    if ran == 0:
        for reason in sorted({reason for _, reason in result.skipped}):
            print("skipped:", reason)
        sys.exit(SKIPPED if result.skipped else "no tests were found")
    sys.exit(0)
