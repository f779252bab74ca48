"""From an empty or older database to this version: forward only, a backup first."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

HEAD = "0001"
SCRIPTS = Path(__file__).parent / "migrations"


class DatabaseTooNew(Exception):
    """The database was made by a later version; the text is for the operator."""


@dataclass(frozen=True, kw_only=True)
class MigrationResult:
    from_revision: str | None
    to_revision: str
    backup: Path | None


def migrate(database_url: str, *, engine: Engine, backup_to: Path | None) -> MigrationResult:
    """Idempotent; all steps in one transaction. Raises `DatabaseTooNew`."""
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
        _upgrade(connection)
    return MigrationResult(from_revision=current, to_revision=HEAD, backup=backup)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    """Alembic without its environment script: the connection and its transaction are ours."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(SCRIPTS))
    with EnvironmentContext(
        Config(), scripts, fn=lambda current, _context: scripts._upgrade_revs(HEAD, current)
    ) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()


def _backup(database_url: str, to: Path | None) -> Path | None:
    if to is None or not database_url.startswith("sqlite"):
        return None
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = to / f"before-{HEAD}.db"
    old, new = sqlite3.connect(database_url.removeprefix("sqlite:///")), sqlite3.connect(target)
    try:
        old.backup(new)
    finally:
        old.close()
        new.close()
    os.chmod(target, 0o600)
    return target
