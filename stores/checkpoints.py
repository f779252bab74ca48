"""The graph's checkpoints: a second file that may be deleted at any time.

`synchronous=NORMAL`, closed-list deserialisation, and a self-test that a forged row runs nothing.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver


class ForgeryAccepted(Exception):
    """The checkpoint reader would run code from a forged row; starting is refused."""


@asynccontextmanager
async def open_checkpoints(path: Path) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """Raises `ForgeryAccepted` if the live serde is not closed."""
    import aiosqlite
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    serde = JsonPlusSerializer(pickle_fallback=False)
    self_test(serde)
    async with aiosqlite.connect(path) as connection:
        await connection.execute("PRAGMA journal_mode=WAL")
        await connection.execute("PRAGMA synchronous=NORMAL")
        saver = AsyncSqliteSaver(connection, serde=serde)
        await saver.setup()
        yield saver
    os.chmod(path, 0o600)


def self_test(serde: Any) -> None:
    """Feed the live serde a forged constructor call; fail closed if it is carried out."""
    import ormsgpack

    call = ormsgpack.packb(("fractions", "Fraction", 7))  # harmless, and never on the list
    forged = ormsgpack.packb(ormsgpack.Ext(0, call))
    quiet = logging.getLogger("langgraph.checkpoint.serde.jsonplus")
    quiet.disabled = True  # it warns about the forgery it is meant to refuse
    try:
        revived = serde.loads_typed(("msgpack", forged))
    except Exception:  # refusing by raising is refusing
        return
    finally:
        quiet.disabled = False
    if type(revived).__module__ == "fractions":
        raise ForgeryAccepted("LANGGRAPH_STRICT_MSGPACK must be set before langgraph is imported")
