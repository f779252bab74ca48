"""Set before any room is imported: closed deserialisation and private files, as in `bot`.

No test reaches the network: a connection to anything but this machine is refused.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def every_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a test on the SQLite file and, where .ci/run started it, on PostgreSQL."""
    if request.param == "sqlite":
        yield
        return
    import psycopg

    from tests.fakes import desk

    server = os.environ["STEWARD_TEST_POSTGRES"]
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    plain = server.replace("postgresql+psycopg", "postgresql", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    monkeypatch.setattr(desk._Chosen, "postgres", server.rpartition("/")[0] + f"/{name}")
    yield
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
