"""`demo`: a sample company's morning through the real path: real rows, real files, a real PDF.

The sentences are typed, the buttons tapped, as a person would; nothing here knows their outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from adapters.ports.chat import CardContent
from bot.bootstrap import Steward, open_steward
from bot.config import Config
from bot.console import ConsoleScreen
from bot.terminals import Terminals
from graph.sample import load_sample
from stores.ownership import DataFolder
from stores.replay import replay
from stores.types import Clock
from stores.verify import verify

# What she types; "[…]" taps the newest button whose label starts so.
STORY = (
    "status",
    "Invoice Acme 1,200 EUR for October, due in 14 days",
    "[Details",
    "make it 1,350, due Dec 20",
    "[Approve",
    "Invoice Globex 800 EUR for the workshop",
    "[Reject",
    "they asked for it in January",
    "invoice Hooli 2,500 USD for the audit",
    "[Approve",
    "who owes me money?",
    "Acme paid 500",
    "[Approve",
    "why",
    "status",
)


class DemoFailed(Exception):
    """The day did not go as it must; the text says where."""


async def demo(config: Config, folder: DataFolder, clock: Clock, say: Callable[[str], None]) -> int:
    """Play the day and check it. Returns the number of breaches found (0 is right)."""
    async with open_steward(config, folder, clock=clock) as steward:
        await steward.office.db.write(load_sample)
        stopping = asyncio.Event()
        working = asyncio.create_task(steward.worker.run(stopping))
        try:
            await _play(steward, say)
        finally:
            stopping.set()
            await working
    url = config.database.url or folder.database_url
    breaches = verify(url, folder.path)
    result = replay(url)
    say("\n— What lies where —\n")
    for name, path in _artefacts(folder):
        say(f"{name:<22} {path}\n")
    problems = [one.detail for one in breaches] + result.differences
    say(f"\n{result.events} events replayed; every table follows from them, every invariant holds.\n"
        if not problems else "\n" + "\n".join(problems) + "\n")  # fmt: skip
    return len(problems)


async def _play(steward: Steward, say: Callable[[str], None]) -> None:
    screen = ConsoleScreen(say)
    labels = _Labels(screen)
    terminals = Terminals(steward)
    line = terminals.join(labels)
    for said in STORY:
        if said.startswith("["):
            label, token = labels.find(said[1:])
            say(f"\n> [{label}]\n")
            await line.send({"tap": token})
        else:
            say(f"\n> {said}\n")
            await line.send({"text": said})
        async with asyncio.timeout(30):
            await line.finish()
    terminals.leave(labels)


class _Labels:
    """A screen that also remembers which buttons were offered, newest last."""

    def __init__(self, inner: ConsoleScreen) -> None:
        self._inner = inner
        self._offered: list[tuple[str, str]] = []

    def show(self, message_id: str, card: CardContent) -> None:
        self._note(card)
        self._inner.show(message_id, card)

    def change(self, message_id: str, card: CardContent) -> None:
        self._note(card)
        self._inner.change(message_id, card)

    def idle(self) -> None:
        self._inner.idle()

    def _note(self, card: CardContent) -> None:
        rows = card.rows
        self._offered += [(face.label, face.token) for row in rows for face in row]

    def find(self, start: str) -> tuple[str, str]:
        for label, token in reversed(self._offered):
            if label.startswith(start):
                return label, token
        raise DemoFailed(f"there is no button {start!r} to tap")


def _artefacts(folder: DataFolder) -> list[tuple[str, Path]]:
    mails = sorted((folder.outbox / "new").glob("*.eml"))
    blobs = [path for path in sorted(folder.blobs.rglob("*")) if path.is_file()]
    return [
        ("database", folder.path / "steward.db"),
        *(("mail sent", path) for path in mails),
        *(("PDF", path) for path in blobs if path.read_bytes()[:5] == b"%PDF-"),
    ]
