"""Named places where a test may kill the process; compiled to nothing unless asked for.

`STEWARD_CRASH_AT=name` or `name#3` (the third time) sends a real SIGKILL to this process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

_WANTED, _, _nth = os.environ.get("STEWARD_CRASH_AT", "").partition("#")
_left = int(_nth or "1")


def _nothing(name: str) -> None:
    """Production: a call that does nothing."""


def _armed(name: str) -> None:
    global _left
    if name == _WANTED:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


reach: Callable[[str], None] = _armed if _WANTED else _nothing
