"""The terminal: a conversation for a person, or one JSON object a line for a program."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from adapters.ports.chat import CardContent
from bot.render import render_plain
from graph.inbound import Inbound

if TYPE_CHECKING:
    from bot.bootstrap import Steward

CHANNEL, CHAT, PERSON = "console", "terminal", "operator"
GREETING = (
    'Say what you want, for example "Invoice Acme 1,200 EUR for October, due in 14 days",',
    '"Acme paid 500", "who owes me money?" or "status". Buttons are numbered: type the number.',
    'Nothing goes out before you approve it. "help" shows more, "quit" ends.',
)


class ConsoleChat:
    """Shows cards as text with numbered buttons; the newest numbers count."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._next = 0
        self.tokens: list[str] = []

    async def post(self, chat_id: str, card: CardContent, files: dict[str, bytes]) -> str:
        self._next += 1
        self._show(card)
        return str(self._next)

    async def edit(
        self, chat_id: str, message_id: str, card: CardContent, files: dict[str, bytes]
    ) -> None:
        if card.struck:
            self._write(f"{card.sign} {card.headline} — {' '.join(card.outcome)}\n")
            return
        short = card.model_copy(update={"lines": ()}) if card.outcome else card
        self._show(short)

    def _show(self, card: CardContent) -> None:
        text = render_plain(card.model_copy(update={"rows": ()}), 100)
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


class JsonChat:
    """The same cards as JSON objects, one a line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._next = 0

    async def post(self, chat_id: str, card: CardContent, files: dict[str, bytes]) -> str:
        self._next += 1
        kind = "card" if card.rows or card.approval else "message"
        self._emit(kind, str(self._next), card)
        for face in card.files:
            self._line({"type": "file", **face.model_dump()})
        return str(self._next)

    async def edit(
        self, chat_id: str, message_id: str, card: CardContent, files: dict[str, bytes]
    ) -> None:
        self._emit("card_update", message_id, card)

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

    def idle(self) -> None:
        self._line({"type": "idle"})

    def _line(self, what: dict[str, Any]) -> None:
        self._write(json.dumps(what, ensure_ascii=False) + "\n")


def write_out(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


async def lines_in() -> AsyncIterator[str]:
    """Lines of standard input without blocking the loop."""
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        yield line.rstrip("\n")


async def converse(steward: Steward) -> None:
    """A person at a terminal."""
    chat = ConsoleChat(write_out)
    steward.chats[CHANNEL] = chat
    stopping = asyncio.Event()
    working = asyncio.create_task(steward.worker.run(stopping))
    write_out("\n".join(GREETING) + "\n\n> ")
    async for line in lines_in():
        text = line.strip()
        if text in {"quit", "exit"}:
            break
        if text.isdigit() and 1 <= int(text) <= len(chat.tokens):
            await steward.accept(_inbound(steward, token=chat.tokens[int(text) - 1]))
        elif text:
            await steward.accept(_inbound(steward, text=text))
        await _settle(steward, patience_s=1.5)
        write_out("> ")
    await steward.worker.until_idle()
    stopping.set()
    await working


async def converse_json(steward: Steward) -> None:
    """A program: objects in, objects out; `idle` whenever nothing is left to do."""
    chat = JsonChat(write_out)
    steward.chats[CHANNEL] = chat
    stopping = asyncio.Event()
    working = asyncio.create_task(steward.worker.run(stopping))
    await steward.worker.until_idle()
    chat.idle()
    waiter: asyncio.Task[None] | None = None

    async def tell_idle() -> None:
        await steward.worker.until_idle()
        chat.idle()

    async for line in lines_in():
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            inbound = _inbound(
                steward, text=str(said.get("text", "")), token=str(said.get("tap", ""))
            )
        except (ValueError, AttributeError):
            problem = 'Each line is one JSON object: {"text": "…"} or {"tap": "TOKEN"}.'
            card = CardContent(kind="notice", headline=problem)
            await chat.post(CHAT, card, {})
            chat.idle()
            continue
        if waiter is not None:
            waiter.cancel()
        await steward.accept(inbound)
        waiter = asyncio.create_task(tell_idle())
    if waiter is not None:
        await waiter
    stopping.set()
    await working


def _inbound(steward: Steward, *, text: str = "", token: str = "") -> Inbound:
    return Inbound(
        channel=CHANNEL,
        provider_id=steward.office.db.ids.new(),
        chat_id=CHAT,
        user_id=PERSON,
        kind="tap" if token else "text",
        text=text,
        token=token,
    )


async def _settle(steward: Steward, *, patience_s: float) -> None:
    """Wait for the answer, but not for an undo window to pass."""
    try:
        async with asyncio.timeout(patience_s):
            await steward.worker.until_idle()
    except TimeoutError:
        return
