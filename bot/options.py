"""What every command starts with: the settings, the data folder, the clock, a way to say no."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.config import Config
    from stores.ownership import DataFolder
    from stores.types import SystemClock


class Chosen:
    """The options that stood before the command."""

    config: Path | None = None
    data: Path | None = None
    now: str | None = None


def fail(message: str) -> typer.Exit:
    """Say why on standard error; raise what this returns. Exit code 2."""
    typer.echo(message, err=True)
    return typer.Exit(2)


def config() -> Config:
    from bot.config import ConfigError, load

    try:
        return load(Chosen.config, os.environ, Chosen.data)
    except ConfigError as error:
        raise fail(str(error)) from error


def folder(settings: Config) -> DataFolder:
    from stores.ownership import DataFolder

    return DataFolder(settings.data_dir)


def clock() -> SystemClock:
    from stores.types import SystemClock

    return SystemClock() if Chosen.now is None else SystemClock(moment(Chosen.now, "--now"))


def moment(text: str, option: str) -> datetime:
    """Aware; UTC if the text names no zone."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise fail(f"{option} wants an ISO moment like 2026-11-26T09:30, not {text!r}.") from error
    return start if start.tzinfo else start.replace(tzinfo=UTC)


def is_ours(data: DataFolder) -> bool:
    """Become the owner of the data folder; False if another process is."""
    from stores.ownership import AlreadyOwned, FolderRefused

    try:
        data.acquire()
    except AlreadyOwned:
        return False
    except (FolderRefused, OSError) as error:
        raise fail(f"The data folder {data.path} cannot be used: {error}.") from error
    return True


def own(data: DataFolder) -> None:
    """The same for commands that cannot share."""
    if not is_ours(data):
        raise fail(f"{data.path} is in use by process {data.owner()}. Stop that one first.")
