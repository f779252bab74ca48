"""Where units of work run: one writing thread on SQLite, a pool on PostgreSQL.

Work is a plain function of a unit of work; it runs off the event loop, commits once and wakes
whoever waits for what it changed. See docs/decisions/0001.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session as Session  # readers name the type
from sqlmodel import col, select

from stores.crashpoints import reach
from stores.tables.plumbing import EventRow
from stores.types import Clock, Ids
from stores.unit_of_work import UnitOfWork

T = TypeVar("T")

_WRITE_TRIES = 5


class DiskTrouble(Exception):
    """The database could not be written (disk full, read-only). Nothing of this unit was kept."""


def open_engine(url: str, *, writing: bool, durable: bool = True) -> Engine:
    """An engine with the pragmas the promises rest on: WAL, FULL, foreign keys, no mmap."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)
    engine = create_engine(
        url,
        pool_size=1 if writing else 4,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": 10, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        if writing:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA mmap_size=0")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


class Database:
    """`write` commits a unit of work, `read` sees a consistent snapshot and changes nothing."""

    def __init__(self, url: str, *, clock: Clock, ids: Ids) -> None:
        self.url = url
        self.clock = clock
        self.ids = ids
        self.is_sqlite = url.startswith("sqlite")
        self.commits = 0
        self._writer = open_engine(url, writing=True)
        self._reader = open_engine(url, writing=False) if self.is_sqlite else self._writer
        self._write_threads = ThreadPoolExecutor(
            1 if self.is_sqlite else 8, thread_name_prefix="store-write"
        )
        self._read_threads = ThreadPoolExecutor(4, thread_name_prefix="store-read")
        self._listeners: list[Callable[[set[str]], None]] = []
        self._deferred: list[Callable[[UnitOfWork], None]] = []

    def on_commit(self, listener: Callable[[set[str]], None]) -> None:
        """`listener` gets the topics of every commit, on the event loop."""
        self._listeners.append(listener)

    async def write(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run `work` in one transaction. Raises what it raises, after a rollback."""
        loop = asyncio.get_running_loop()
        result, topics = await loop.run_in_executor(self._write_threads, self.write_now, work)
        if topics:
            for listener in self._listeners:
                listener(topics)
        return result

    def write_now(self, work: Callable[[UnitOfWork], T]) -> tuple[T, set[str]]:
        """The same from a thread; serialisation failures on PostgreSQL are tried again."""
        for last in (False,) * (_WRITE_TRIES - 1) + (True,):
            try:
                return self._write_once(work)
            except OperationalError as error:
                if self.is_sqlite or last:
                    raise DiskTrouble(str(error.orig)) from error
            except DBAPIError as error:
                if last or getattr(error.orig, "sqlstate", "") not in {"40001", "40P01"}:
                    raise
        raise AssertionError("unreachable")

    def _write_once(self, work: Callable[[UnitOfWork], T]) -> tuple[T, set[str]]:
        with Session(self._writer, expire_on_commit=False) as session:
            uow = UnitOfWork(session=session, now=self.clock.now(), ids=self.ids)
            deferred, self._deferred = self._deferred, []
            for later in deferred:
                later(uow)
            result = work(uow)
            uow.append_events()
            if session.new or session.dirty or session.deleted or session.in_transaction():
                reach("commit")
                session.commit()
                self.commits += 1
        return result, uow.woken

    def with_next_write(self, work: Callable[[UnitOfWork], None]) -> None:
        """Let `work` ride on the next commit; lost in a crash, so only for what may be repeated."""
        self._deferred.append(work)

    async def read(self, work: Callable[[Session], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._read_threads, self.read_now, work)

    def read_now(self, work: Callable[[Session], T]) -> T:
        with self.reading() as session:
            return work(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self._reader) as session:
            yield session

    @property
    def writer(self) -> Engine:
        """For migrations only."""
        return self._writer

    def close(self) -> None:
        self._write_threads.shutdown()
        self._read_threads.shutdown()
        self._writer.dispose()
        if self._reader is not self._writer:
            self._reader.dispose()


def newest_event(session: Session) -> datetime | None:
    """When the last event was recorded; business time never goes behind it."""
    at = session.exec(select(EventRow.at).order_by(col(EventRow.seq).desc()).limit(1)).first()
    return None if at is None else datetime.fromisoformat(at)
