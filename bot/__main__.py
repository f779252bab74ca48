"""The command line. Heavy rooms are imported by the command that needs them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # before langgraph is ever imported
os.umask(0o077)

import typer  # noqa: E402  # the two lines above must come first

if TYPE_CHECKING:
    from bot.config import Config
    from stores.ownership import DataFolder
    from stores.types import SystemClock

app = typer.Typer(
    help="Steward: the chat-first operating system of a one-person company.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class _Chosen:
    config: Path | None = None
    data: Path | None = None
    now: str | None = None


@app.callback()
def options(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    now: Annotated[str | None, typer.Option(help="Start of business time, ISO.")] = None,
) -> None:
    """Options that stand before the command."""
    _Chosen.config, _Chosen.data, _Chosen.now = config, data, now


def _fail(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(2)


def _config() -> Config:
    from bot.config import ConfigError, load

    try:
        return load(_Chosen.config, os.environ, _Chosen.data)
    except ConfigError as error:
        raise _fail(str(error)) from error


def _folder(config: Config) -> DataFolder:
    from stores.ownership import DataFolder

    return DataFolder(config.data_dir)


def _clock() -> SystemClock:
    from stores.types import SystemClock

    if _Chosen.now is None:
        return SystemClock()
    try:
        start = datetime.fromisoformat(_Chosen.now)
    except ValueError as error:
        raise _fail(f"--now wants an ISO moment, not {_Chosen.now!r}") from error
    return SystemClock(start if start.tzinfo else start.replace(tzinfo=UTC))


def _own(folder: DataFolder) -> None:
    from stores.ownership import AlreadyOwned

    try:
        folder.acquire()
    except AlreadyOwned as owner:
        raise _fail(f"{owner}. Stop that one first.") from owner


@app.command()
def chat(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Talk in this terminal; everything runs in this one process."""
    from bot.bootstrap import open_steward
    from bot.console import converse, converse_json

    config = _config()
    folder = _folder(config)
    _own(folder)

    async def go() -> None:
        async with open_steward(config, folder, clock=_clock()) as steward:
            await (converse_json if as_json else converse)(steward)

    asyncio.run(go())


@app.command()
def run() -> None:
    """Serve the channels that are configured until stopped."""
    from bot.bootstrap import open_steward
    from bot.serve import serve

    config = _config()
    folder = _folder(config)
    _own(folder)

    async def go() -> None:
        async with open_steward(config, folder, clock=_clock()) as steward:
            await serve(steward)

    asyncio.run(go())


@app.command()
def migrate() -> None:
    """Bring the database to this version, backing it up first."""
    from bot.bootstrap import open_database

    config = _config()
    folder = _folder(config)
    _own(folder)
    open_database(config, folder).close()
    typer.echo("The database is up to date.")


@app.command()
def interpret(
    text: Annotated[str, typer.Argument(help="What she would say.")],
    now: Annotated[str | None, typer.Option(help="Frozen moment, ISO.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Show how a sentence is understood, without acting."""
    from zoneinfo import ZoneInfo

    from bot.bootstrap import open_database
    from graph.directory import TableDirectory
    from graph.interpret.offline import interpret as read

    config = _config()
    folder = _folder(config)
    _own(folder)
    zone = ZoneInfo(config.company.timezone)
    moment = datetime.fromisoformat(now).replace(tzinfo=zone) if now else datetime.now(zone)
    database = open_database(config, folder)
    with database.reading() as session:
        reading = read(text, now=moment, directory=TableDirectory(session))
    database.close()
    shown = {
        "intent": reading.intent,
        "slots": reading.slots,
        "missing": list(reading.missing),
        "confidence": round(reading.confidence, 2),
        "via": reading.via,
    }
    typer.echo(json.dumps(shown, ensure_ascii=False, indent=None if as_json else 2))


@app.command()
def verify(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Check every invariant by reading the files; exit 1 on a breach."""
    from stores.verify import verify as check

    config = _config()
    folder = _folder(config)
    breaches = check(config.database.url or folder.database_url, folder.path)
    if as_json:
        listed = [{"invariant": one.invariant, "detail": one.detail} for one in breaches]
        typer.echo(json.dumps({"ok": not breaches, "breaches": listed}))
    else:
        for one in breaches:
            typer.echo(f"{one.invariant}: {one.detail}")
        typer.echo("All invariants hold." if not breaches else f"{len(breaches)} breach(es).")
    if breaches:
        raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m bot")
    sys.exit(0)
