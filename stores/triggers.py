"""Triggers that hold what may never change once written, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, inspect

# Every table of this list is held after every migration; a new one is added here with its `hold`.
HELD = ("event", "ledger_entry", "credit_note", "invoice", "payment")


def hold(connection: Connection, table: str, movable: Sequence[str] = ()) -> None:
    """Refuse deletions and any change but of the movable columns."""
    columns = [str(column["name"]) for column in inspect(connection).get_columns(table)]
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


def assert_held(connection: Connection) -> None:
    """Raises `AssertionError` naming what is not held; every migration ends with it."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    there = {row[0] for row in connection.exec_driver_sql(query)}
    wanted = {f"hold_{table}_{verb}" for table in HELD for verb in ("update", "delete")}
    if not wanted <= there:
        raise AssertionError(f"not held: {sorted(wanted - there)}")
