"""Telegram: the account of the bot, and cards out."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

# Must stand before an error is built: without it python-telegram-bot warns at every 429.
os.environ.setdefault("PTB_TIMEDELTA", "1")

from aiolimiter import AsyncLimiter
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram import ReplyParameters as Under
from telegram import error as refusals
from telegram.request import HTTPXRequest

from adapters.ports.chat import CardContent, ChatError, MessageGone
from bot.menu import MENU
from bot.render import visible
from bot.render_telegram import TelegramMessage, render_telegram
from stores.types import Clock

Result = TypeVar("Result")

API_BASE_URL: Final = "https://api.telegram.org"
ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query")
MAX_DOCUMENT_BYTES: Final = 50_000_000  # core.telegram.org/bots/api#senddocument

_NETWORK_PAUSE_S = 2.0
_TOKEN_PAUSE_S = 60.0
_SPENT = TelegramMessage(html="⚪ This part is no longer needed; all is said above.")
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")

log = logging.getLogger("steward.telegram")


class TelegramRefused(Exception):
    """Only the operator can repair it; the text is safe to show."""


class TelegramConnection:
    """One bot account. Retries are ours alone: a call here is one request."""

    def __init__(self, token: str, *, api_base_url: str = API_BASE_URL) -> None:
        if not token:
            raise TelegramRefused("There is no Telegram token. Set STEWARD_TELEGRAM_TOKEN.")
        # These print addresses, and the address holds the token.
        for name in ("httpx", "httpcore", "telegram"):
            logging.getLogger(name).setLevel(logging.WARNING)
        root = api_base_url.rstrip("/")
        timeouts: dict[str, Any] = {
            "connect_timeout": 10.0,
            "read_timeout": 20.0,
            "write_timeout": 20.0,
            "pool_timeout": 10.0,
        }
        self.updates = _UpdatesRequest(connection_pool_size=2, **timeouts)
        self._request = HTTPXRequest(connection_pool_size=16, media_write_timeout=120.0, **timeouts)
        self.bot = Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._request,
            get_updates_request=self.updates,
        )

    async def username(self) -> str:
        """Who we are there. `TelegramRefused` for a bad token, `ChatError` if out of reach."""
        return (await _asked(self.bot.get_me())).username or ""

    async def announce(self) -> None:
        """Show the menu of commands. A courtesy: a failure is logged, not raised."""
        try:
            await self.bot.set_my_commands(MENU)
        except refusals.TelegramError as error:
            log.warning("The menu of commands could not be shown: %s", type(error).__name__)

    async def listen_by_webhook(self, url: str, secret: str) -> None:
        """Have updates posted to `url`. Errors as in `username`."""
        await _asked(
            self.bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
        )

    async def answer(self, callback_id: str) -> None:
        """Stop the spinner on a tapped button; promises nothing, and may fail."""
        with suppress(refusals.TelegramError):
            await self.bot.answer_callback_query(callback_id)

    async def aclose(self) -> None:
        await self.updates.shutdown()
        await self._request.shutdown()


class TelegramChat:
    """The Chat port. A message id names every part of a card: "12" or "12,13", "12/14" with a file."""

    def __init__(self, connection: TelegramConnection, *, clock: Clock, burst: int = 20) -> None:
        self._bot = connection.bot
        self._clock = clock
        self._burst = burst
        self._paces: dict[str, AsyncLimiter] = {}
        self._held_until: dict[str, float] = {}

    async def post(self, chat_id: str, card: CardContent, files: dict[str, bytes]) -> str:
        """All of the card or nothing: parts already sent are taken back if a later one fails."""
        _refuse_large(files)
        sent: list[int] = []
        try:
            for message in _render(card):
                sent.append(await self._send(chat_id, message))
            documents = await self._send_documents(chat_id, sent[0], card, files)
        except ChatError:
            for one in sent:
                with suppress(refusals.TelegramError):
                    await self._bot.delete_message(chat_id, one)
            raise
        parts = [",".join(map(str, ids)) for ids in (sent, documents) if ids]
        return "/".join(parts)

    async def edit(
        self, chat_id: str, message_id: str, card: CardContent, files: dict[str, bytes]
    ) -> None:
        """A part no longer needed says so. A card that outgrew its messages is `MessageGone`."""
        _refuse_large(files)
        try:
            ids = [int(one) for one in message_id.partition("/")[0].split(",")]
        except ValueError:
            raise MessageGone("not a message of Telegram") from None
        messages = _render(card)
        try:
            if len(messages) > len(ids):
                raise MessageGone("the card became longer than its messages")
            spent = (_SPENT,) * (len(ids) - len(messages))
            for one, message in zip(ids, (*messages, *spent), strict=True):
                await self._call(chat_id, partial(self._edit_one, chat_id, one, message))
        except MessageGone:
            for one in ids:  # The buttons stand under the new message from now on.
                with suppress(refusals.TelegramError):
                    await self._bot.edit_message_reply_markup(chat_id, one)
            raise
        await self._send_documents(chat_id, ids[0], card, files)

    async def _send(self, chat_id: str, message: TelegramMessage) -> int:
        send = partial(self._bot.send_message, chat_id, message.html, **_manner(message))
        return (await self._call(chat_id, send)).message_id

    async def _edit_one(self, chat_id: str, message_id: int, message: TelegramMessage) -> None:
        try:
            await self._bot.edit_message_text(message.html, chat_id, message_id, **_manner(message))
        except refusals.BadRequest as error:
            if "message is not modified" not in error.message.lower():
                raise

    async def _send_documents(
        self, chat_id: str, under: int, card: CardContent, files: dict[str, bytes]
    ) -> list[int]:
        sent = []
        for face in card.files:
            if face.sha256 in files:
                send = partial(
                    self._bot.send_document,
                    chat_id,
                    files[face.sha256],
                    filename=visible(face.filename).replace("/", "_"),
                    disable_content_type_detection=True,
                    reply_parameters=Under(under, allow_sending_without_reply=True),
                )
                sent.append((await self._call(chat_id, send)).message_id)
        return sent

    async def _call(self, chat_id: str, call: Callable[[], Awaitable[Result]]) -> Result:
        """One paced request with its refusal translated. A pause asked for is kept by all calls."""
        held_s = self._held_until.get(chat_id, 0.0) - self._clock.monotonic()
        if held_s > 0:
            raise ChatError("Telegram asked for a pause", retry_after_s=held_s)
        if chat_id not in self._paces:
            self._paces[chat_id] = AsyncLimiter(self._burst, self._burst)  # then one a second
        await self._paces[chat_id].acquire()
        try:
            return await call()
        except refusals.TelegramError as error:
            failed = _chat_error(error)
            if isinstance(error, refusals.RetryAfter) and failed.retry_after_s is not None:
                self._held_until[chat_id] = self._clock.monotonic() + failed.retry_after_s
            raise failed from error


class _UpdatesRequest(HTTPXRequest):
    """Keeps updates as they came: one the library cannot read must not hide the others."""

    received: list[object]

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        self.received = []
        code, body = await super().do_request(*args, **kwargs)
        if code != 200:
            return code, body
        try:
            result = json.loads(body)["result"]
        except (ValueError, RecursionError, LookupError, TypeError):
            raise refusals.NetworkError("the answer is not one of Telegram") from None
        self.received = result if isinstance(result, list) else []
        return code, b'{"ok": true, "result": []}'


def _render(card: CardContent) -> tuple[TelegramMessage, ...]:
    try:
        return render_telegram(card)
    except ValueError as error:
        raise ChatError(str(error)) from error


def _manner(message: TelegramMessage) -> dict[str, Any]:
    rows = [
        [InlineKeyboardButton(key.label, callback_data=key.callback) for key in row]
        for row in message.keyboard
    ]
    return {
        "parse_mode": "HTML",
        "reply_markup": InlineKeyboardMarkup(rows) if rows else None,
        "link_preview_options": LinkPreviewOptions(is_disabled=True),
    }


def _refuse_large(files: dict[str, bytes]) -> None:
    if any(len(content) > MAX_DOCUMENT_BYTES for content in files.values()):
        raise ChatError("a file is larger than the 50 MB Telegram takes")


async def _asked(request: Awaitable[Result]) -> Result:
    try:
        return await request
    except refusals.InvalidToken:
        raise refused() from None
    except refusals.TelegramError as error:
        raise _chat_error(error) from error


def refused() -> TelegramRefused:
    return TelegramRefused(
        "Telegram refuses the token of this bot. Nothing was received or sent. Check "
        "STEWARD_TELEGRAM_TOKEN against @BotFather, and telegram.api_base_url if you set it."
    )


def seconds_of(error: refusals.RetryAfter) -> float:
    pause = error.retry_after
    return float(pause) if isinstance(pause, int) else pause.total_seconds()


def _chat_error(error: refusals.TelegramError) -> ChatError:
    """Who acts next: we later, or nobody. BadRequest is a NetworkError there, so it comes first."""
    match error:
        case refusals.RetryAfter():
            return ChatError("Telegram asks for a pause", retry_after_s=seconds_of(error))
        case refusals.InvalidToken():
            return ChatError("Telegram refuses the token", retry_after_s=_TOKEN_PAUSE_S)
        case refusals.BadRequest() if any(sign in error.message.lower() for sign in _GONE):
            return MessageGone(error.message)
        case refusals.BadRequest() | refusals.Forbidden() | refusals.ChatMigrated():
            return ChatError(error.message)
        case _:
            return ChatError(
                f"Telegram is out of reach ({type(error).__name__})",
                retry_after_s=_NETWORK_PAUSE_S,
            )
