"""A read-only connection to either database, plain SQL in, tuples out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Rows:
    """`?` marks a parameter on both databases."""

    def __init__(self, connection: Any, *, sqlite: bool) -> None:
        self._connection = connection
        self.sqlite = sqlite

    def execute(self, query: str, values: Sequence[object] = ()) -> Iterable[tuple[Any, ...]]:
        if self.sqlite:
            return self._connection.execute(query, values)  # type: ignore[no-any-return]
        return self._connection.execute(query.replace("?", "%s"), values)  # type: ignore[no-any-return]

    def one(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        return next(iter(self.execute(query, values)), None)


@contextmanager
def reading(database_url: str) -> Iterator[Rows]:
    """One snapshot of a SQLite file or of a PostgreSQL database."""
    if database_url.startswith("sqlite:///"):
        file = Path(database_url.removeprefix("sqlite:///"))
        connection: Any = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        connection.execute("BEGIN")
    else:
        import psycopg

        connection = psycopg.connect(database_url.replace("postgresql+psycopg", "postgresql", 1))
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
    try:
        yield Rows(connection, sqlite=database_url.startswith("sqlite"))
    finally:
        connection.close()
