"""The terminal: a conversation for a person, or one JSON object a line for a program.

A screen shows what a terminal is told; the words come over `bot.terminals`, from this process or
from the owner of the data folder.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from adapters.ports.chat import CardContent
from bot.render import render_plain
from bot.terminals import Line, Screen

GREETING = (
    'Say what you want, for example "Invoice Acme 1,200 EUR for October, due in 14 days",',
    '"Acme paid 500", "who owes me money?" or "status". Buttons are numbered: type the number.',
    'Nothing goes out before you approve it. "help" shows more, "quit" ends.',
)
_USAGE = 'Each line is one JSON object: {"text": "…"}, {"tap": "TOKEN"} or {"file": "PATH"}.'
_PATIENCE_S = 1.5
_MOST_BYTES = 20_000_000


class ConsoleScreen:
    """Cards as text with numbered buttons; the newest numbers count."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._files: set[str] = set()
        self.tokens: list[str] = []
        self.quiet = asyncio.Event()
        self.quiet.set()

    def show(self, message_id: str, card: CardContent) -> None:
        self._show(card)

    def change(self, message_id: str, card: CardContent) -> None:
        if card.struck:
            self._write(f"{card.sign} {card.headline} — {' '.join(card.outcome)}\n")
            return
        self._show(card.model_copy(update={"lines": ()}) if card.outcome else card)

    def idle(self) -> None:
        self.quiet.set()

    def _show(self, card: CardContent) -> None:
        fresh = tuple(one for one in card.files if one.sha256 not in self._files)
        self._files.update(one.sha256 for one in fresh)
        text = render_plain(card.model_copy(update={"rows": (), "files": fresh}), 100)
        rows = []
        if card.rows:
            self.tokens = [face.token for row in card.rows for face in row]
            number = 0
            for row in card.rows:
                labels = []
                for face in row:
                    number += 1
                    labels.append(f"[{number}] {face.label}")
                rows.append("   ".join(labels))
        self._write("\n".join((text.rstrip("\n"), *rows)) + "\n")


class JsonScreen:
    """The same cards as JSON objects, one a line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def show(self, message_id: str, card: CardContent) -> None:
        kind = "card" if card.rows or card.approval else "message"
        self._emit(kind, message_id, card)
        for face in card.files:
            self._line({"type": "file", **face.model_dump()})

    def change(self, message_id: str, card: CardContent) -> None:
        self._emit("card_update", message_id, card)

    def idle(self) -> None:
        self._line({"type": "idle"})

    def _emit(self, kind: str, message_id: str, card: CardContent) -> None:
        self._line(
            {
                "type": kind,
                "id": message_id,
                "kind": card.kind,
                "approval": card.approval,
                "fields": card.fields,
                "text": card.text(),
                "buttons": [face.model_dump() for row in card.rows for face in row],
                "superseded": card.struck,
            }
        )

    def _line(self, what: dict[str, Any]) -> None:
        self._write(json.dumps(what, ensure_ascii=False) + "\n")


def write_out(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


async def lines_in() -> AsyncIterator[str]:
    """Lines of standard input without blocking the loop; broken bytes become U+FFFD."""
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.buffer.readline)
        if not line:
            return
        yield line.decode("utf-8", errors="replace").rstrip("\r\n")


async def converse(line: Line, screen: ConsoleScreen) -> None:
    """A person at a terminal, until she quits or the other end is gone."""
    write_out("\n".join(GREETING) + "\n\n> ")
    async for said in lines_in():
        text = said.strip()
        if text in {"quit", "exit"}:
            break
        screen.quiet.clear()
        if text.isdigit() and 1 <= int(text) <= len(screen.tokens):
            await line.send({"tap": screen.tokens[int(text) - 1]})
        elif text:
            await line.send({"text": text})
        if text:
            await _settle(screen)
        write_out("> ")
    if not screen.quiet.is_set():
        write_out("Finishing what was approved …\n")
    await line.finish()


async def converse_json(line: Line, screen: JsonScreen) -> None:
    """A program: objects in, objects out; `idle` whenever nothing is left to do."""
    async for said in lines_in():
        if not said.strip():
            continue
        try:
            await line.send(_wish(json.loads(said)))
        except (ValueError, TypeError, AttributeError, RecursionError) as problem:
            _complain(screen, str(problem) if isinstance(problem, _Unusable) else _USAGE)
    await line.finish()


class _Unusable(ValueError):
    """A well-formed line that cannot be done; the text says why."""


def _wish(said: dict[str, Any]) -> dict[str, Any]:
    if "file" in said:
        path = Path(str(said["file"])).expanduser()
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise _Unusable(f"{path} is larger than 20 MB; nothing was taken.")
            data = path.read_bytes()
        except OSError as error:
            raise _Unusable(f"{path} cannot be read ({error.strerror}).") from error
        return {"file": path.name, "data": data, "text": str(said.get("text", ""))}
    if isinstance(said.get("tap"), str):
        return {"tap": said["tap"]}
    if isinstance(said.get("text"), str):
        return {"text": said["text"]}
    raise _Unusable(_USAGE)


def _complain(screen: Screen, problem: str) -> None:
    screen.show("", CardContent(kind="notice", headline=problem))
    screen.idle()


async def _settle(screen: ConsoleScreen) -> None:
    """Wait for the answer, but not for an undo window to pass."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await screen.quiet.wait()
    except TimeoutError:
        return
