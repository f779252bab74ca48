"""`interpret`: how sentences are read, beside whoever owns the data; nothing is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.bootstrap import reading_database
from bot.config import Config
from graph.directory import EmptyDirectory, TableDirectory
from graph.interpret.offline import interpret
from graph.interpret.reading import Directory
from stores.ownership import DataFolder
from stores.types import SystemClock


def read_one(config: Config, folder: DataFolder, text: str, moment: datetime) -> dict[str, Any]:
    """Intent, slots, missing, confidence, via. Without a database, nobody is known."""
    if config.database.url is None and not folder.database.exists():
        return _shown(text, moment, EmptyDirectory(config.company.currency), config)
    with reading_database(config, folder, SystemClock()) as session:
        return _shown(text, moment, TableDirectory(session), config)


def read_file(
    config: Config, folder: DataFolder, file: Path, moment: datetime
) -> Iterator[dict[str, Any]]:
    """One answer a line of the file, with its `id` if it had one. A bad line says so."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            at = datetime.fromisoformat(said["now"]) if said.get("now") else moment
            answer = read_one(config, folder, str(said["text"]), at)
            kept = {key: said[key] for key in ("id", "text") if key in said}
            yield {**kept, **answer}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            yield {"error": f"not a line with a text: {type(error).__name__}"}


def _shown(text: str, moment: datetime, directory: Directory, config: Config) -> dict[str, Any]:
    zone = ZoneInfo(config.company.timezone)
    now = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    reading = interpret(text, now=now, directory=directory)
    return {
        "intent": reading.intent,
        "slots": reading.slots,
        "missing": list(reading.missing),
        "confidence": round(reading.confidence, 2),
        "via": reading.via,
    }
