"""The terminals of this machine: one conversation, shown on every one that is open.

The owner of the data folder listens on a Unix socket (0600) in it. A second `chat`, and commands
that write, go there instead of opening the data a second time. One JSON object a line.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from adapters.ports.chat import CardContent
from graph.cards import Place
from graph.imports import take_file
from graph.inbound import Inbound
from stores.database import DiskTrouble

if TYPE_CHECKING:
    from bot.bootstrap import Steward

CHANNEL, CHAT, PERSON = "console", "terminal", "operator"
_MOST_LINE = 40_000_000
_NO_ROOM = "I could not write that down ({}). Nothing was done; please say it again later."

log = logging.getLogger("steward.terminals")


class Screen(Protocol):
    """Where one terminal shows what it is told."""

    def show(self, message_id: str, card: CardContent) -> None: ...

    def change(self, message_id: str, card: CardContent) -> None: ...

    def idle(self) -> None: ...


class Line(Protocol):
    """What a terminal says: `{"text"}`, `{"tap"}` or `{"file", "data", "text"}`."""

    async def send(self, said: dict[str, Any]) -> None: ...

    async def finish(self) -> None:
        """Return once nothing that was said is left to do."""
        ...


class Terminals:
    """The Chat of this channel; it is there while a terminal is."""

    def __init__(self, steward: Steward) -> None:
        self._steward = steward
        self._screens: list[Screen] = []

    def join(self, screen: Screen) -> LocalLine:
        self._screens.append(screen)
        self._steward.chats[CHANNEL] = self
        return LocalLine(self._steward, screen)

    def leave(self, screen: Screen) -> None:
        self._screens.remove(screen)
        if not self._screens:
            self._steward.chats.pop(CHANNEL, None)

    async def post(self, chat_id: str, card: CardContent, files: dict[str, bytes]) -> str:
        message_id = self._steward.office.db.ids.new()
        for screen in tuple(self._screens):
            screen.show(message_id, card)
        return message_id

    async def edit(
        self, chat_id: str, message_id: str, card: CardContent, files: dict[str, bytes]
    ) -> None:
        for screen in tuple(self._screens):
            screen.change(message_id, card)


class LocalLine:
    """A terminal whose words are accepted in this process."""

    def __init__(self, steward: Steward, screen: Screen) -> None:
        self._steward = steward
        self._screen = screen
        self._waiter: asyncio.Task[None] | None = None

    async def send(self, said: dict[str, Any]) -> None:
        if self._waiter is not None:
            self._waiter.cancel()
        try:
            await self._accept(said)
        except DiskTrouble as trouble:
            self._screen.show("", CardContent(kind="notice", headline=_NO_ROOM.format(trouble)))
        self.tell_idle()

    async def _accept(self, said: dict[str, Any]) -> None:
        if "file" in said:
            name, data = str(said["file"]), bytes(said["data"])
            place = Place(channel=CHANNEL, chat_id=CHAT)
            await self._steward.office.db.write(lambda uow: take_file(uow, place, name, data))
        else:
            await self._steward.accept(self._inbound(said))

    def tell_idle(self) -> None:
        """Say so once nothing is left to do."""
        self._waiter = asyncio.create_task(self._idle())

    async def finish(self) -> None:
        if self._waiter is not None:
            await self._waiter

    async def _idle(self) -> None:
        await self._steward.worker.until_idle()
        self._screen.idle()

    def _inbound(self, said: dict[str, Any]) -> Inbound:
        token = said.get("tap")
        return Inbound(
            channel=CHANNEL,
            provider_id=self._steward.office.db.ids.new(),
            chat_id=CHAT,
            user_id=PERSON,
            kind="text" if token is None else "tap",
            text=str(said.get("text", "")),
            token="" if token is None else str(token),
        )


@asynccontextmanager
async def listen(terminals: Terminals, path: Path) -> AsyncIterator[None]:
    """Let other terminals of this user in while this process owns the data folder."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        screen = _WireScreen(writer)
        line = terminals.join(screen)
        try:
            line.tell_idle()
            while raw := await reader.readline():
                said = json.loads(raw)
                if "data" in said:
                    said["data"] = base64.b64decode(said["data"])
                await line.send(said)
        except asyncio.CancelledError:
            return  # we are closing; the task of a connection has nobody to tell
        except (ValueError, OSError) as error:
            log.warning("a terminal was let go: %s", type(error).__name__)
        finally:
            terminals.leave(screen)
            writer.close()

    with _near(path) as near:
        with suppress(FileNotFoundError):
            os.unlink(near)
        server = await asyncio.start_unix_server(serve, near, limit=_MOST_LINE)
        os.chmod(near, 0o600)
    try:
        yield
    finally:
        server.close()
        with suppress(FileNotFoundError):
            os.unlink(path)


class _WireScreen:
    """A screen at the other end of the socket."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def show(self, message_id: str, card: CardContent) -> None:
        self._line({"show": message_id, "card": card.model_dump(mode="json")})

    def change(self, message_id: str, card: CardContent) -> None:
        self._line({"change": message_id, "card": card.model_dump(mode="json")})

    def idle(self) -> None:
        self._line({"idle": True})

    def _line(self, what: dict[str, Any]) -> None:
        if not self._writer.is_closing():
            self._writer.write(json.dumps(what).encode() + b"\n")


class RemoteLine:
    """A terminal whose words go to the owner of the data folder."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._calm = asyncio.Event()
        self.gone = asyncio.Event()

    async def send(self, said: dict[str, Any]) -> None:
        if self.gone.is_set():
            raise ConnectionError("the process that owns the data has ended")
        if "data" in said:
            said = {**said, "data": base64.b64encode(said["data"]).decode()}
        self._calm.clear()
        self._writer.write(json.dumps(said).encode() + b"\n")
        await self._writer.drain()

    async def finish(self, *, close: bool = True) -> None:
        await self._calm.wait()
        if close:
            self._writer.close()

    async def show_on(self, screen: Screen) -> None:
        """Show what comes until the other end is gone."""
        try:
            while raw := await self._reader.readline():
                told = json.loads(raw)
                if "idle" in told:
                    self._calm.set()
                    screen.idle()
                    continue
                card = CardContent.model_validate(told["card"])
                if "show" in told:
                    screen.show(told["show"], card)
                else:
                    screen.change(told["change"], card)
        finally:
            self.gone.set()
            self._calm.set()


async def connect(path: Path) -> RemoteLine:
    """To the owner's socket. Raises `OSError` if nobody listens there."""
    with _near(path) as near:
        reader, writer = await asyncio.open_unix_connection(near, limit=_MOST_LINE)
    return RemoteLine(reader, writer)


class _near:
    """The path by a name short enough for a socket (108 bytes), whatever the folder is called."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder: int | None = None

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) < 100 or not Path("/proc/self/fd").exists():
            return str(self._path)
        self._folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            os.close(self._folder)
