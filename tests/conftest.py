"""Set before any room is imported: closed deserialisation and private files, as in `bot`.

No test reaches the network: a connection to anything but this machine is refused.
"""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.umask(0o077)

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class NetworkRefused(Exception):
    """A test tried to leave this machine."""


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and address[0] not in _LOOPBACK:
            raise NetworkRefused(f"a test tried to connect to {address[0]}")
        return connect(self, address)

    return guarded
