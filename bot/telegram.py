"""Telegram: cards out, messages and taps in by long polling. Confirmed only after the commit."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
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
from bot.telegram_webhook import Accept, callback_id_of, inbound_of, update_id_of
from graph.inbound import Accepted
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
    """The Chat port. A message id names every part of a card: "12" or "12,13"."""

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
            await self._send_documents(chat_id, sent[0], card, files)
        except ChatError:
            for one in sent:
                with suppress(refusals.TelegramError):
                    await self._bot.delete_message(chat_id, one)
            raise
        return ",".join(map(str, sent))

    async def edit(
        self, chat_id: str, message_id: str, card: CardContent, files: dict[str, bytes]
    ) -> None:
        """A part no longer needed says so. A card that outgrew its messages is `MessageGone`."""
        _refuse_large(files)
        try:
            ids = [int(one) for one in message_id.split(",")]
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
    ) -> None:
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
                await self._call(chat_id, send)

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


class TelegramPolling:
    """Our own loop: python-telegram-bot's updater confirms updates before they are handled."""

    def __init__(
        self,
        connection: TelegramConnection,
        *,
        long_poll_s: int = 25,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._connection = connection
        self._long_poll_s = long_poll_s
        self._jitter = jitter
        self._offset: int | None = None
        self._failures = 0
        self._conflicts = 0
        self._known: set[str] = set()
        self._courtesies: set[asyncio.Task[None]] = set()
        self.skipped = 0

    async def run(self, accept: Accept, stopping: asyncio.Event) -> None:
        """Until `stopping`. `accept` returning means committed; raising means asked for again.

        Raises `TelegramRefused` for a bad token and nothing else.
        """
        stop = asyncio.ensure_future(stopping.wait())
        try:
            while not stopping.is_set():
                pause_s = await self._round(accept, stop)
                if pause_s:
                    await asyncio.wait({stop}, timeout=pause_s)
        finally:
            for task in (stop, *self._courtesies):
                task.cancel()

    async def _round(self, accept: Accept, stop: asyncio.Future[Any]) -> float:
        """Fetch once and take what came. Returns the seconds to wait before the next."""
        try:
            fetched = await self._fetch(stop)
        except refusals.InvalidToken:
            raise _refused() from None
        except refusals.Conflict as error:
            return await self._conflict(error)
        except refusals.TelegramError as error:
            return self._backoff(f"Telegram is out of reach ({type(error).__name__})", error)
        self._conflicts = 0
        before = self._offset
        for update in fetched:
            if stop.done():
                return 0.0
            try:
                await self._take(update, accept)
            except Exception as error:  # The loop outlives whatever the commit met.
                return self._backoff(f"A message could not be stored ({type(error).__name__})")
        if fetched and self._offset == before:
            return self._backoff("Telegram sends updates without a number")
        self._failures = 0
        return 0.0

    async def _fetch(self, stop: asyncio.Future[Any]) -> list[object]:
        poll = asyncio.ensure_future(
            self._connection.bot.get_updates(
                offset=self._offset, timeout=self._long_poll_s, allowed_updates=ALLOWED_UPDATES
            )
        )
        try:
            await asyncio.wait({poll, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not poll.done():
                return []
            poll.result()
            return self._connection.updates.received
        finally:
            poll.cancel()

    async def _take(self, update: object, accept: Accept) -> None:
        """Have one update committed, then count it as received. What is not for us is skipped."""
        inbound = inbound_of(update)
        if inbound is None:
            self.skipped += 1
        else:
            callback_id = callback_id_of(update)
            known = inbound.user_id in self._known
            if callback_id is not None and known:
                self._answer(callback_id)
            accepted = await accept(inbound)
            if accepted is Accepted.STRANGER:  # gets nothing, not even that
                self._known.discard(inbound.user_id)
            else:
                self._known.add(inbound.user_id)
                if callback_id is not None and not known:
                    self._answer(callback_id)
        update_id = update_id_of(update)
        if update_id is not None:
            self._offset = max(self._offset or 0, update_id + 1)

    def _answer(self, callback_id: str) -> None:
        task = asyncio.ensure_future(self._connection.answer(callback_id))
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)

    async def _conflict(self, error: refusals.Conflict) -> float:
        """Somebody else takes our updates: a second Steward, or a webhook set in the past."""
        self._conflicts += 1
        pause_s = min(5.0 * 2.0 ** min(self._conflicts - 1, 4), 60.0)
        if "webhook" in error.message.lower():
            log.warning("Telegram still posts to a webhook; I switch that off and fetch instead.")
            with suppress(refusals.TelegramError):
                await self._connection.bot.delete_webhook(drop_pending_updates=False)
                return 0.0 if self._conflicts == 1 else pause_s
        log.error(
            "Another program fetches the messages of this bot (409). Stop it, or give it a bot of "
            "its own. I try again in %.0f s.",
            pause_s,
        )
        return pause_s

    def _backoff(self, what: str, error: Exception | None = None) -> float:
        """1 s to 30 s with jitter, or the pause Telegram named."""
        self._failures += 1
        pause_s = min(2.0 ** min(self._failures - 1, 5), 30.0) * (0.5 + self._jitter() / 2)
        if isinstance(error, refusals.RetryAfter):
            pause_s = _seconds(error)
        log.warning("%s. I try again in %.1f s.", what, pause_s)
        return pause_s


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
        raise _refused() from None
    except refusals.TelegramError as error:
        raise _chat_error(error) from error


def _refused() -> TelegramRefused:
    return TelegramRefused(
        "Telegram refuses the token of this bot. Nothing was received or sent. Check "
        "STEWARD_TELEGRAM_TOKEN against @BotFather, and telegram.api_base_url if you set it."
    )


def _seconds(error: refusals.RetryAfter) -> float:
    pause = error.retry_after
    return float(pause) if isinstance(pause, int) else pause.total_seconds()


def _chat_error(error: refusals.TelegramError) -> ChatError:
    """Who acts next: we later, or nobody. BadRequest is a NetworkError there, so it comes first."""
    match error:
        case refusals.RetryAfter():
            return ChatError("Telegram asks for a pause", retry_after_s=_seconds(error))
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
