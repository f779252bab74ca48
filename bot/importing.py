"""A file handed to the Steward that is running already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from adapters.ports.chat import CardContent
from bot.terminals import connect


class _Listener:
    """Says the first thing that is shown after the file was sent."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.sent = False

    def show(self, message_id: str, card: CardContent) -> None:
        if self.sent:
            self._say(card.text())

    def change(self, message_id: str, card: CardContent) -> None:
        pass

    def idle(self) -> None:
        pass


async def import_there(socket: Path, name: str, data: bytes, say: Callable[[str], None]) -> None:
    """Send the file to the owner and say what became of it. Raises `OSError` if nobody listens."""
    line = await connect(socket)
    listener = _Listener(say)
    showing = asyncio.create_task(line.show_on(listener))
    await line.finish(close=False)
    listener.sent = True
    await line.send({"file": name, "data": data})
    await line.finish()
    showing.cancel()
