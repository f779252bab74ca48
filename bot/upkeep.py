"""Commands that look after the data: set up, bring in, look at, check, save and bring back."""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot import options

Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    for command in (init, migrate, status, interpret, verify, replay, backup, restore, bench):
        app.command()(command)
    app.command(name="import")(bring_in)


def init(
    sample: Annotated[bool, typer.Option("--sample", help="Load the sample company.")] = False,
) -> None:
    """Ask what only you know and write config.toml; or load a sample company."""
    from bot.bootstrap import NotNow, open_database, seed_company
    from bot.setup import ask_company, write_config
    from graph.sample import load_sample

    if sample:
        config = options.config()
        folder = options.folder(config)
        options.own(folder)
        database = None
        try:
            database = open_database(config, folder, clock=options.clock())
            database.write_now(partial(seed_company, config=config))
            database.write_now(load_sample)
        except (ValueError, NotNow) as error:
            raise options.fail(f"The sample company was not loaded: {error}.") from error
        finally:
            if database is not None:
                database.close()
        typer.echo("Loaded: Acme GmbH, Globex SARL, Hooli Inc. Talk with `python -m bot chat`.")
        return
    file = options.Chosen.config or Path("config.toml")
    if file.exists():
        raise options.fail(f"{file} is there already; edit it, or move it away first.")
    if not sys.stdin.isatty():
        raise options.fail(
            "init asks questions and wants a terminal. Without one, copy config.example.toml, "
            "or try `init --sample`."
        )
    answers = ask_company(lambda text, usual: typer.prompt(text, default=usual))
    write_config(file, answers)
    options.Chosen.config = file
    options.config()  # says what is wrong with an answer, by its name
    typer.echo(f"Wrote {file} (readable by you alone). Talk with `python -m bot chat`.")


def migrate() -> None:
    """Bring the database to this version, backing it up first."""
    from bot.bootstrap import NotNow, open_database

    config = options.config()
    folder = options.folder(config)
    options.own(folder)
    try:
        open_database(config, folder).close()
    except NotNow as error:
        raise options.fail(str(error)) from error
    typer.echo("The database is up to date.")


def status(as_json: Json = False) -> None:
    """How things stand, also beside a running Steward."""
    from bot import standing

    config = options.config()
    folder = options.folder(config)
    try:
        now = standing.standing_of(config, folder, options.clock())
    except FileNotFoundError as error:
        raise options.fail(_nothing_yet(folder.path)) from error
    if as_json:
        typer.echo(json.dumps(standing.as_json(now, folder)))
    else:
        typer.echo(standing.as_text(now, folder))


def interpret(
    text: Annotated[str | None, typer.Argument(help="What she would say.")] = None,
    now: Annotated[str | None, typer.Option(help="Frozen moment, ISO.")] = None,
    as_json: Json = False,
    jsonl: Annotated[
        Path | None, typer.Option(help='A file of {"text", "now"?} lines; answers one a line.')
    ] = None,
) -> None:
    """Show how a sentence is understood, without acting."""
    from bot.understanding import read_file, read_one

    config = options.config()
    folder = options.folder(config)
    moment = options.moment(now, "--now") if now else options.clock().now()
    if jsonl is not None:
        try:
            for answer in read_file(config, folder, jsonl, moment):
                typer.echo(json.dumps(answer, ensure_ascii=False))
        except OSError as error:
            raise options.fail(f"{jsonl} cannot be read: {error.strerror}.") from error
        return
    if text is None:
        raise options.fail('Say what to read: interpret "Acme paid 500".')
    shown = read_one(config, folder, text, moment)
    typer.echo(json.dumps(shown, ensure_ascii=False, indent=None if as_json else 2))


def verify(as_json: Json = False) -> None:
    """Check every invariant by reading the files; exit 1 on a breach."""
    from stores.verify import verify as check

    config = options.config()
    folder = options.folder(config)
    if config.database.url is None and not folder.database.exists():
        raise options.fail(_nothing_yet(folder.path))
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


def replay(
    check: Annotated[bool, typer.Option("--verify", help="Compare with the tables.")] = True,
    as_json: Json = False,
) -> None:
    """Rebuild everything from the events and compare; exit 1 if anything differs."""
    import time

    from stores.replay import replay as rebuild

    config = options.config()
    folder = options.folder(config)
    if config.database.url is None and not folder.database.exists():
        raise options.fail(_nothing_yet(folder.path))
    started = time.monotonic()
    result = rebuild(config.database.url or folder.database_url)
    took_s = time.monotonic() - started
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "ok": not result.differences,
                    "events": result.events,
                    "seconds": round(took_s, 3),
                    "differences": result.differences,
                }
            )
        )
    else:
        for one in result.differences:
            typer.echo(one)
        typer.echo(
            f"{result.events} events replayed in {took_s:.2f} s; "
            + ("every table follows." if not result.differences else "the tables differ.")
        )
    if result.differences:
        raise typer.Exit(1)


def bring_in(
    kind: Annotated[str, typer.Argument(help="customers")],
    file: Annotated[Path, typer.Argument(help="A CSV file.")],
) -> None:
    """Bring in clients from a CSV file, also beside a running Steward."""
    if kind != "customers":
        raise options.fail(f"I can import customers, not {kind}.")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise options.fail(f"{file} cannot be read: {error.strerror}.") from error
    config = options.config()
    folder = options.folder(config)
    if not options.is_ours(folder):
        from bot.importing import import_there

        try:
            asyncio.run(import_there(folder.socket, file.name, data, typer.echo))
        except OSError as error:
            raise options.fail(
                f"{folder.path} is in use by process {folder.owner()}, which does not answer."
            ) from error
        return
    from bot.bootstrap import NotNow, open_database, seed_company
    from graph.imports import ImportRefused, import_customers

    try:
        database = open_database(config, folder, clock=options.clock())
    except NotNow as error:
        raise options.fail(str(error)) from error
    try:
        database.write_now(partial(seed_company, config=config))
        result, _ = database.write_now(lambda uow: import_customers(uow, data))
    except ImportRefused as error:
        raise options.fail(f"Nothing was imported from {file}: {error}") from error
    finally:
        database.close()
    for problem in result.problems:
        typer.echo(problem, err=True)
    typer.echo(result.headline())
    if result.problems:
        raise typer.Exit(1)


def backup(target: Annotated[Path, typer.Argument(help="The .tar.gz to write.")]) -> None:
    """Save database, documents and mail in one file, also beside a running Steward."""
    from stores.backup import BackupRefused
    from stores.backup import backup as save

    config = options.config()
    if config.database.url is not None:
        raise options.fail(
            "With PostgreSQL use pg_dump for the database, and copy the data folder."
        )
    try:
        size = save(options.folder(config).path, target)
    except BackupRefused as error:
        raise options.fail(str(error)) from error
    typer.echo(f"Saved to {target} ({size / 1e6:.1f} MB).")


def restore(source: Annotated[Path, typer.Argument(help="A file made by backup.")]) -> None:
    """Bring a backup back into an empty data folder. Everything is stopped until you resume."""
    from bot.bootstrap import NotNow, open_database
    from graph.control import switch
    from stores.backup import BackupRefused
    from stores.backup import restore as bring_back

    config = options.config()
    folder = options.folder(config)
    if config.database.url is not None:
        raise options.fail("With PostgreSQL use pg_restore, and copy the data folder back.")
    options.own(folder)
    try:
        files = bring_back(source, folder.path)
        database = open_database(config, folder, clock=options.clock())
    except (BackupRefused, NotNow) as error:
        raise options.fail(str(error)) from error
    database.write_now(lambda uow: switch(uow, stopping=True, by="restore"))
    database.close()
    typer.echo(
        f"{files} files are back. Everything is stopped: look at `status` and the chat, "
        "then say resume."
    )


def bench(
    turns: Annotated[int, typer.Option(help="Approved invoices to measure.")] = 60,
    quick: Annotated[bool, typer.Option("--quick", help="Without the filled store.")] = False,
) -> None:
    """Measure, beside floors of the same run; JSON on standard output."""
    from bot.bench import bench as measure

    typer.echo(json.dumps(measure(turns=turns, full=not quick), indent=2))


def _nothing_yet(path: Path) -> str:
    return f"There is nothing in {path} yet. Start with `python -m bot chat`."
