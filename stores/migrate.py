"""From an empty or older database to this version: forward only, a backup first."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlmodel import SQLModel

from stores.events import GENESIS

HEAD = "0001"

# What may never change once written: (table, columns that may, whether rows may go).
_FROZEN = {
    "event": (),
    "ledger_entry": (),
    "credit_note": (),
    "invoice": ("settled_minor", "state"),
    "payment": ("reversed_at",),
}


class DatabaseTooNew(Exception):
    """The database was made by a later version; the text is for the operator."""


@dataclass(frozen=True, kw_only=True)
class MigrationResult:
    from_revision: str | None
    to_revision: str
    backup: Path | None


def migrate(database_url: str, *, engine: Engine, backup_to: Path | None) -> MigrationResult:
    """Idempotent. Raises `DatabaseTooNew`."""
    with engine.begin() as connection:
        current = _revision(connection)
        if current == HEAD:
            return MigrationResult(from_revision=HEAD, to_revision=HEAD, backup=None)
        if current is not None and current > HEAD:
            raise DatabaseTooNew(
                f"This database is at revision {current}; this version knows {HEAD}. "
                "Nothing was changed. Install the newer version."
            )
    backup = _backup(database_url, backup_to) if current is not None else None
    with engine.begin() as connection:
        _first(connection)
    return MigrationResult(from_revision=current, to_revision=HEAD, backup=backup)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _first(connection: Connection) -> None:
    SQLModel.metadata.create_all(connection)
    for table, movable in _FROZEN.items():
        _hold(connection, table, movable)
    connection.execute(
        text("INSERT INTO event_head (id, seq, hash) VALUES (1, 0, :genesis)"),
        {"genesis": GENESIS},
    )
    connection.execute(text("INSERT INTO control (id) VALUES (1)"))
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
    assert_triggers(connection)


def _hold(connection: Connection, table: str, movable: tuple[str, ...]) -> None:
    """A trigger that refuses deletes and any change but of the movable columns."""
    columns = [column.name for column in SQLModel.metadata.tables[table].columns]
    fixed = [name for name in columns if name not in movable]
    if connection.dialect.name == "sqlite":
        changed = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in fixed)
        for verb, when in (("UPDATE", f"WHEN {changed}"), ("DELETE", "")):
            connection.exec_driver_sql(
                f'CREATE TRIGGER hold_{table}_{verb.lower()} BEFORE {verb} ON "{table}" {when} '
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    changed = " OR ".join(f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in fixed)
    connection.exec_driver_sql(
        f"CREATE FUNCTION hold_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    connection.exec_driver_sql(
        f'CREATE TRIGGER hold_{table}_update BEFORE UPDATE ON "{table}" FOR EACH ROW '
        f"WHEN ({changed}) EXECUTE FUNCTION hold_{table}()"
    )
    connection.exec_driver_sql(
        f'CREATE TRIGGER hold_{table}_delete BEFORE DELETE ON "{table}" FOR EACH ROW '
        f"EXECUTE FUNCTION hold_{table}()"
    )


def assert_triggers(connection: Connection) -> None:
    """Raises `AssertionError` naming what is not held; every migration ends with it."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    there = {row[0] for row in connection.exec_driver_sql(query)}
    wanted = {f"hold_{table}_{verb}" for table in _FROZEN for verb in ("update", "delete")}
    if not wanted <= there:
        raise AssertionError(f"not held: {sorted(wanted - there)}")


def _backup(database_url: str, to: Path | None) -> Path | None:
    if to is None or not database_url.startswith("sqlite"):
        return None
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = Path(database_url.removeprefix("sqlite:///"))
    target = to / f"before-{HEAD}.db"
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    os.chmod(target, 0o600)
    return target
