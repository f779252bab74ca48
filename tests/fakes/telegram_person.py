"""A scripted person at the fake Telegram, and the server process as a context manager."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

Found = TypeVar("Found")
State = dict[str, Any]

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def telegram_server(token: str, port: int = 0) -> Iterator[str]:
    """A fake Telegram in its own process; gives its root address."""
    command = [sys.executable, "-m", "tests.fakes.telegram_server"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--token", token],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield f"http://127.0.0.1:{json.loads(line)['port']}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Control:
    """The control side of the fake Telegram."""

    def __init__(self, root: str) -> None:
        self._http = httpx.AsyncClient(base_url=root, timeout=40.0, trust_env=False)

    async def __aenter__(self) -> Control:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.aclose()

    async def do(self, verb: str, **given: Any) -> State:
        """One of the POSTs of `telegram_control.Control`."""
        answer = await self._http.post(f"/_control/{verb}", json=given)
        answer.raise_for_status()
        result: State = answer.json()
        return result

    async def state(self, after: int = -1, timeout_s: float = 0.0) -> State:
        answer = await self._http.get(
            "/_control/state", params={"after": after, "timeout": timeout_s}
        )
        answer.raise_for_status()
        result: State = answer.json()
        return result

    async def wait_state(
        self, wanted: Callable[[State], Found | None], timeout_s: float = 10.0
    ) -> Found:
        """What `wanted` finds as soon as it finds something true; `TimeoutError` with the state."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        state = await self.state()
        while not (found := wanted(state)):
            left = end - loop.time()
            if left <= 0:
                raise TimeoutError(f"not seen within {timeout_s} s in {json.dumps(state)[:4000]}")
            state = await self.state(state["version"], left)
        return found


@dataclass(frozen=True)
class Seen:
    """A message as she sees it in her chat."""

    message_id: int
    from_bot: bool
    text: str
    buttons: tuple[tuple[tuple[str, str], ...], ...]  # rows of (label, data)
    edits: tuple[str, ...]
    reply_to: int | None
    file_name: str | None
    content: bytes

    def data(self, label: str) -> str | None:
        """The data of the button with this label."""
        wanted = label.casefold()
        found = (data for row in self.buttons for shown, data in row if shown.casefold() == wanted)
        return next(found, None)

    def lines(self) -> str:
        """As in a transcript."""
        who = "Steward" if self.from_bot else "She"
        keys = "".join(f"\n   {'  '.join(f'[{key[0]}]' for key in row)}" for row in self.buttons)
        file = f"\n   ({self.file_name}, {len(self.content)} bytes)" if self.file_name else ""
        return f"{who}: {self.text}{file}{keys}"


class Person:
    """She writes, taps and waits. Never sleeps: waiting is the server's long poll."""

    def __init__(self, control: Control, user_id: int, chat_id: int | None = None) -> None:
        self.control = control
        self.user_id = user_id
        self.chat_id = user_id if chat_id is None else chat_id

    async def open(self) -> None:
        """She has started the bot before; nothing is sent."""
        await self.control.do("open", chat_id=self.chat_id)

    async def say(self, text: str, *, reply_to: int | None = None, **more: Any) -> State:
        """Returns message_id and update_id."""
        given = {"user_id": self.user_id, "chat_id": self.chat_id, "text": text, **more}
        return await self.control.do("text", reply_to=reply_to, **given)

    async def tap(self, label: str, *, timeout_s: float = 10.0) -> State:
        """Tap the newest button with this label, waiting for it. Returns callback_id, update_id."""
        message = await self.wait_for(
            lambda seen: next((one for one in reversed(seen) if one.data(label)), None), timeout_s
        )
        return await self.forge(message.message_id, message.data(label) or "")

    async def forge(self, message_id: int, data: str) -> State:
        """Tap with any data under any message."""
        return await self.control.do(
            "tap", user_id=self.user_id, chat_id=self.chat_id, message_id=message_id, data=data
        )

    async def sees(self) -> list[Seen]:
        """Her chat now, oldest first."""
        return _seen(await self.control.state(), self.chat_id)

    async def wait_for(
        self, wanted: Callable[[list[Seen]], Found | None], timeout_s: float = 10.0
    ) -> Found:
        """What `wanted` finds in her chat as soon as it is there."""
        return await self.control.wait_state(
            lambda state: wanted(_seen(state, self.chat_id)), timeout_s
        )

    async def wait_text(self, fragment: str, timeout_s: float = 10.0) -> Seen:
        """The newest message of the bot that contains `fragment`."""
        return await self.wait_for(
            lambda seen: next(
                (one for one in reversed(seen) if one.from_bot and fragment in one.text), None
            ),
            timeout_s,
        )

    async def transcript(self) -> str:
        return "\n".join(one.lines() for one in await self.sees())


def _seen(state: State, chat_id: int) -> list[Seen]:
    return [
        Seen(
            message_id=one["message_id"],
            from_bot=one["from_bot"],
            text=one["text"],
            buttons=tuple(
                tuple((key["label"], key["data"]) for key in row) for row in one["buttons"]
            ),
            edits=tuple(one["edits"]),
            reply_to=one["reply_to"],
            file_name=one["document"] and one["document"]["file_name"],
            content=base64.b64decode(one["document"]["base64"]) if one["document"] else b"",
        )
        for one in state["chats"].get(str(chat_id), [])
        if not one["deleted"]
    ]
