"""The store on both databases: schema, what is held, chain, units of work, replay, backup."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, func, select

from stores.backup import BackupRefused, backup, restore
from stores.database import Database, DiskTrouble
from stores.events import ControlChanged, PaymentRecorded
from stores.migrate import HEAD, SCRIPTS, DatabaseTooNew, migrate
from stores.replay import replay
from stores.tables.plumbing import EventRow
from stores.triggers import HELD
from stores.types import RandomIds
from stores.unit_of_work import Leg, UnitOfWork
from stores.verify import verify
from tests.fakes.desk import SteppedClock, store_url, working_day

pytestmark = pytest.mark.usefixtures("every_store")

WISH = "Invoice Acme 1,200 EUR for October, due in 14 days"


@pytest.fixture
def store(tmp_path: Path, every_store: None) -> Iterator[Database]:
    with closing(Database(store_url(tmp_path), clock=SteppedClock(), ids=RandomIds())) as database:
        migrate(database.url, engine=database.writer, backup_to=None)
        yield database


def switch(uow: UnitOfWork) -> None:
    uow.record(ControlChanged(stopped=False, by="test"), subject="control")


def test_the_migrations_make_what_the_tables_say(store: Database) -> None:
    assert ScriptDirectory(str(SCRIPTS)).get_current_head() == HEAD
    with store.writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_twice_changes_nothing(store: Database) -> None:
    result = migrate(store.url, engine=store.writer, backup_to=None)
    assert (result.from_revision, result.to_revision) == (HEAD, HEAD)


def test_a_later_database_is_refused_and_left_alone(store: Database) -> None:
    with store.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="Nothing was changed"):
        migrate(store.url, engine=store.writer, backup_to=None)


async def test_what_is_written_once_can_be_neither_changed_nor_deleted(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)
        await day.person.tap("Approve")
        await day.person.say("Acme paid 500")
        await day.person.tap("Approve")
        await day.person.say("void 2026-0001")
        await day.person.tap("Approve")
        for table in HELD:
            fixed = "subject" if table == "event" else "currency"
            for statement in (
                f'UPDATE "{table}" SET "{fixed}" = "{fixed}" || \'x\'',
                f'DELETE FROM "{table}"',
            ):
                with day.database.writer.connect() as connection:
                    count = connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar()
                    assert count, f"the test wants a row in {table}"
                    with pytest.raises(DBAPIError, match=f"{table} is append-only"):
                        connection.execute(text(statement))


def test_a_booking_that_does_not_balance_is_refused(store: Database) -> None:
    day = date(2026, 11, 26)
    event = PaymentRecorded(
        payment="p",
        customer="c",
        action="a",
        currency="EUR",
        amount_minor=100,
        received_on=day,
        allocations=[],
    )

    def unbalanced(uow: UnitOfWork) -> None:
        legs = [
            Leg(account=name, currency=unit, amount_minor=minor, customer_id="c", booked_on=day)
            for name, unit, minor in (("bank", "EUR", 100), ("receivable", "USD", -100))
        ]
        uow.record(event, subject="payment:p", legs=legs)

    with pytest.raises(ValueError, match="does not balance"):
        store.write_now(unbalanced)


def test_a_failed_unit_of_work_leaves_no_event(store: Database) -> None:
    def fails(uow: UnitOfWork) -> None:
        switch(uow)
        uow.append_events()
        raise RuntimeError("after the event was written")

    with pytest.raises(RuntimeError):
        store.write_now(fails)
    store.write_now(switch)
    with store.reading() as session:
        assert session.exec(select(EventRow.seq)).all() == [1]
    assert replay(store.url).differences == []


async def test_concurrent_units_leave_a_gapless_chain(store: Database, tmp_path: Path) -> None:
    import asyncio

    await asyncio.gather(*(store.write(switch) for _ in range(100)))
    with store.reading() as session:
        assert session.exec(select(func.max(EventRow.seq))).one() == 100
    result = replay(store.url)
    assert (result.events, result.differences) == (100, [])
    assert [one for one in verify(store.url, tmp_path) if one.invariant == "event_chain"] == []


BROKEN = (
    ("UPDATE approval SET state = 'rejected'", "approval"),
    ("UPDATE operation SET state = 'queued'", "operation"),
    ("UPDATE invoice SET settled_minor = 5", "invoice"),
    ("UPDATE invoice SET state = 'paid'", "invoice"),
    ("UPDATE document_number SET state = 'reserved'", "number"),
    ("UPDATE contract SET state = 'missed'", "contract"),
    ("UPDATE run SET state = 'failed'", "run"),
    ("UPDATE control SET stopped_at = '2026-11-26 00:00:00'", "stopped"),
    ("UPDATE event_head SET hash = 'x'", ""),
    ("DELETE FROM receipt", ""),
    ("UPDATE personal_text SET text = '{}'", ""),
)


async def test_every_broken_table_is_noticed(tmp_path: Path) -> None:
    """`replay` names the table that no longer follows, `verify` the invariant, for each break."""
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)
        await day.person.tap("Approve")
    url = store_url(tmp_path)
    database = Database(url, clock=SteppedClock(), ids=RandomIds())
    with closing(database):
        for statement, word in BROKEN:
            tables = statement.split()[1 if statement.startswith("UPDATE") else 2]
            with database.writer.begin() as connection:
                saved = connection.execute(text(f"SELECT * FROM {tables}")).mappings().all()
                connection.execute(text(statement))
            differences = replay(url).differences
            if word:
                assert any(one.startswith((word, "events say stopped")) for one in differences)
            else:
                assert verify(url, tmp_path), statement
            with database.writer.begin() as connection:
                for row in saved:
                    names = list(row)
                    if statement.startswith("DELETE"):
                        marks = ", ".join(f":{name}" for name in names)
                        query = f"INSERT INTO {tables} ({', '.join(names)}) VALUES ({marks})"
                    else:
                        sets = ", ".join(f"{name} = :{name}" for name in names)
                        query = f"UPDATE {tables} SET {sets} WHERE {names[0]} = :{names[0]}"
                    connection.execute(text(query), dict(row))
            assert replay(url).differences == [], statement
            assert verify(url, tmp_path) == [], statement


async def test_a_backup_brings_everything_back(tmp_path: Path) -> None:
    if not store_url(tmp_path).startswith("sqlite"):
        with pytest.raises(BackupRefused):
            backup(tmp_path, tmp_path / "none.tar.gz")
        return
    data = tmp_path / "data"
    async with working_day(data) as day:
        await day.person.say(WISH)
        await day.person.tap("Approve")
        backup(data, tmp_path / "saved.tar.gz")  # beside the owner
    assert stat.S_IMODE((tmp_path / "saved.tar.gz").stat().st_mode) == 0o600
    with pytest.raises(BackupRefused, match="holds a company already"):
        restore(tmp_path / "saved.tar.gz", data)
    restore(tmp_path / "saved.tar.gz", tmp_path / "back")
    url = f"sqlite:///{tmp_path / 'back' / 'steward.db'}"
    assert verify(url, tmp_path / "back") == []
    assert replay(url).differences == []
    whole = (tmp_path / "saved.tar.gz").read_bytes()
    for number in range(200):  # one bit anywhere: refused, or it was in what nobody reads
        damaged = bytearray(whole)
        damaged[len(whole) * number // 200] ^= 1 << (number % 8)
        (tmp_path / "bad.tar.gz").write_bytes(damaged)
        again = tmp_path / str(number)
        try:
            restore(tmp_path / "bad.tar.gz", again)
        except BackupRefused:
            assert not (again / "steward.db").exists()
        else:
            assert verify(f"sqlite:///{again / 'steward.db'}", again) == []


def test_a_full_disk_keeps_nothing_and_says_so(store: Database) -> None:
    if not store.is_sqlite:
        with pytest.raises(DBAPIError):
            store.write_now(lambda uow: uow.session.execute(text("SELECT nonsense")))
        return
    path = store.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as peek:
        pages = peek.execute("PRAGMA page_count").fetchone()[0]

    def large(uow: UnitOfWork) -> None:
        uow.session.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        uow.keep_text("x" * 5_000_000, subject="operator")

    with pytest.raises(DiskTrouble):
        store.write_now(large)
    store.writer.dispose()  # the limit goes with the connection
    store.write_now(switch)
    assert replay(store.url).events == 1
