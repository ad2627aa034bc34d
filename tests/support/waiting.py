"""Waiting for a condition instead of for time."""

import time

# How long a test waits for what should come at once, in seconds: enough for a busy machine. Only a
# test that is about to fail waits so long.
PATIENCE = 15.0


def eventually(condition, timeout=PATIENCE, what="the condition"):
    """Calls `condition` until it returns something true, and returns that. AssertionError at the timeout."""
    deadline = time.monotonic() + timeout
    pause = 0.001
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
