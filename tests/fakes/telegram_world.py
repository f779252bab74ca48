"""The state of the fake Telegram: chats, messages, updates, taps, floods. No HTTP here."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.telegram_markup import Refusal

BOT_ID = 7_000_001


@dataclass
class Message:
    message_id: int
    chat_id: int
    sender_id: int
    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    reply_to: int | None = None
    document: dict[str, Any] | None = None
    content: bytes = b""
    edits: list[str] = field(default_factory=list)
    deleted: bool = False
    at: int = field(default_factory=lambda: int(time.time()))

    def seen(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {
            "message_id": self.message_id,
            "chat_id": self.chat_id,
            "from_bot": self.sender_id == BOT_ID,
            "text": self.text,
            "entities": self.entities,
            "buttons": [
                [{"label": one["text"], "data": one.get("callback_data", "")} for one in row]
                for row in self.keyboard
            ],
            "edits": self.edits,
            "deleted": self.deleted,
            "reply_to": self.reply_to,
            "document": self.document and {**self.document, "base64": _encoded(self.content)},
        }


@dataclass
class Chat:
    chat_id: int
    kind: str = "private"
    blocked: bool = False
    messages: dict[int, Message] = field(default_factory=dict)
    level: float = 0.0  # of the flood bucket
    level_at: float = field(default_factory=time.monotonic)


@dataclass
class Fault:
    """`drop` acts and loses the answer, `error` answers `code`, `delay` waits, `flood` says 429."""

    kind: str
    times: int = 1
    code: int = 500
    seconds: float = 0.0
    retry_after: int = 1


@dataclass
class World:
    token: str
    burst: float = 20.0
    per_second: float = 1.0
    chats: dict[int, Chat] = field(default_factory=dict)
    pending: list[dict[str, Any]] = field(default_factory=list)
    forced: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    open_taps: set[str] = field(default_factory=set)
    answered: list[str] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_statuses: list[int] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    offset: int = 0
    poller: object = None
    version: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _update_id: int = 100_000
    _message_id: int = 10
    _tap_id: int = 5_000

    def touch(self) -> None:
        """Wake everybody who waits for a change."""
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()

    async def wait_change(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self.changed.wait(), max(timeout_s, 0.0))
        except TimeoutError:
            return

    def chat(self, chat_id: object) -> Chat:
        """A chat the bot may write to."""
        try:
            chat = self.chats[int(str(chat_id))]
        except (KeyError, ValueError):
            raise Refusal(400, "Bad Request: chat not found") from None
        if chat.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        return chat

    def flow(self, chat: Chat) -> None:
        """The flood bucket of a chat: `burst` at once, then `per_second`."""
        now = time.monotonic()
        chat.level = max(0.0, chat.level - (now - chat.level_at) * self.per_second)
        chat.level_at = now
        if chat.level + 1 > self.burst:
            wait = int((chat.level + 1 - self.burst) / self.per_second) + 1
            raise Refusal(429, f"Too Many Requests: retry after {wait}", wait)
        chat.level += 1

    def add(self, chat: Chat, sender_id: int, text: str, **more: Any) -> Message:
        self._message_id += 1
        message = Message(self._message_id, chat.chat_id, sender_id, text, **more)
        chat.messages[message.message_id] = message
        return message

    def queue(self, update: Any, *, numbered: bool = True) -> Any:
        """Owe the bot an update."""
        if numbered:
            self._update_id += 1
            update = {"update_id": self._update_id, **update}
        self.pending.append(update)
        self.history.append(update)
        self.touch()
        return update

    def new_tap(self) -> str:
        self._tap_id += 1
        self.open_taps.add(str(self._tap_id))
        return str(self._tap_id)

    def confirm(self, offset: int) -> None:
        """Updates below `offset` are received; a negative one keeps only the last ones."""
        if offset < 0:
            self.pending = self.pending[offset:]
        elif offset > 0:
            self.offset = max(self.offset, offset)
            self.pending = [one for one in self.pending if number(one) >= offset]

    def as_json(self, message: Message) -> dict[str, Any]:
        """As the Bot API gives it."""
        chat = self.chats[message.chat_id]
        out: dict[str, Any] = {
            "message_id": message.message_id,
            "date": message.at,
            "chat": {"id": chat.chat_id, "type": chat.kind, "first_name": "Ada"},
            "from": person(message.sender_id),
        }
        if message.document:
            out["document"] = message.document
            out["caption"] = message.text
        else:
            out["text"] = message.text
        if message.entities:
            out["entities"] = message.entities
        if message.keyboard:
            out["reply_markup"] = {"inline_keyboard": message.keyboard}
        if message.reply_to in chat.messages:
            out["reply_to_message"] = self.as_json_flat(chat.messages[message.reply_to])
        return out

    def as_json_flat(self, message: Message) -> dict[str, Any]:
        """Without the message it answers: Telegram nests one level only."""
        return {k: v for k, v in self.as_json(message).items() if k != "reply_to_message"}


def number(update: Any) -> int:
    """Malformed updates have no number and are never confirmed."""
    value = update.get("update_id") if isinstance(update, dict) else None
    return value if isinstance(value, int) else 1 << 62


def person(user_id: int) -> dict[str, Any]:
    if user_id == BOT_ID:
        return {"id": BOT_ID, "is_bot": True, "first_name": "Steward", "username": "steward_bot"}
    return {"id": user_id, "is_bot": False, "first_name": "Ada", "language_code": "en"}


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
