"""`python -m tests.clients.together MODULE`: a unittest module's tests, side by side.

They wait for a server most of the time. Runs in the reference server's environment, so nothing of
ours is imported.
"""

from __future__ import annotations

import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 4


def main(module: str) -> int:
    """Runs the tests and says how each went; 1 when one did not pass."""
    tests = list(_tests(unittest.defaultTestLoader.loadTestsFromName(module)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failures = [failure for failure in pool.map(_failure, tests) if failure]
    print(*failures, f"passed {len(tests) - len(failures)} of {len(tests)}", sep="\n")  # noqa: T201
    return 1 if failures else 0


def _tests(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _tests(test)
        else:
            yield test


def _failure(test: unittest.TestCase) -> str:
    result = unittest.TestResult()
    test.run(result)
    causes = [text for _, text in (*result.errors, *result.failures, *result.skipped)]
    return f"{test.id()} did not pass:\n{causes}" if causes else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
