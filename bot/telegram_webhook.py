"""What a Telegram update means to us, and the door through which Telegram posts updates itself."""

from __future__ import annotations

import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.callbacks import unpack
from graph.inbound import Accepted, Inbound

WEBHOOK_PATH: Final = "/telegram/webhook"
MAX_BODY_BYTES: Final = 1_000_000

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # a header's name
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)  # core.telegram.org/bots/api#setwebhook
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database takes them; they must not stick
_MEDIA = [
    "photo",
    "voice",
    "video",
    "video_note",
    "audio",
    "animation",
    "document",
    "sticker",
    "contact",
    "location",
    "venue",
    "poll",
    "dice",
    "story",
    "paid_media",
    "checklist",
]

log = logging.getLogger("steward.telegram")

Accept = Callable[[Inbound], Awaitable[Accepted]]
Answer = Callable[[str], Awaitable[None]]


def webhook_route(secret: str, accept: Accept, answer: Answer | None = None) -> Route:
    """POST /telegram/webhook. 200 only after `accept` returned; 500 makes Telegram try again.

    `answer` stops the spinner of a tapped button after the response; without it the response
    itself asks Telegram to do so.
    """
    if not secret:
        raise ValueError(
            "The Telegram webhook needs a secret. Set STEWARD_TELEGRAM_WEBHOOK_SECRET, "
            'or use telegram.mode = "polling".'
        )
    if not _SECRET.fullmatch(secret):
        raise ValueError(
            "STEWARD_TELEGRAM_WEBHOOK_SECRET may hold only letters, digits, _ and -, "
            "at most 256 of them; Telegram takes nothing else."
        )
    expected = secret.encode()

    async def receive(request: Request) -> Response:
        given = request.headers.get(_SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(given, expected):
            return Response(status_code=401)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        inbound = inbound_of(update)
        if inbound is None:
            return Response(status_code=200)
        try:
            accepted = await accept(inbound)
        except Exception as error:  # The door outlives whatever the commit met.
            log.error("A message could not be stored (%s); asked for again.", type(error).__name__)
            return Response(status_code=500)
        return _acknowledged(callback_id_of(update), accepted, answer)

    return Route(WEBHOOK_PATH, receive, methods=["POST"])


def _acknowledged(callback_id: str | None, accepted: Accepted, answer: Answer | None) -> Response:
    if callback_id is None or accepted is Accepted.STRANGER:
        return Response(status_code=200)
    if answer is not None:
        return Response(status_code=200, background=BackgroundTask(answer, callback_id))
    return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": callback_id})


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is larger than allowed."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)


def update_id_of(update: object) -> int | None:
    """The number by which an update is confirmed."""
    return _integer(_dict(update).get("update_id"))


def callback_id_of(update: object) -> str | None:
    """What a tap is answered by."""
    callback_id = _dict(_dict(update).get("callback_query")).get("id")
    return callback_id if isinstance(callback_id, str) else None


def inbound_of(update: object) -> Inbound | None:
    """The message or tap of one person in a private chat, or None. Never raises.

    None for groups, channels, bots, edited messages and kinds we do not know. The data of a tap
    that is not ours becomes the token "", so that the gateway can say so.
    """
    update_id = update_id_of(update)
    query = _dict(_dict(update).get("callback_query"))
    message = _dict(query.get("message") if query else _dict(update).get("message"))
    chat, sender = _dict(message.get("chat")), _dict((query or message).get("from"))
    chat_id, user_id = _integer(chat.get("id")), _integer(sender.get("id"))
    if update_id is None or chat_id is None or user_id is None:
        return None
    if chat.get("type") != "private" or sender.get("is_bot") is True:
        return None
    if query:
        kind, text, token = "tap", "", unpack(query.get("data")) or ""
        reply_to = _integer(message.get("message_id"))
    else:
        kind, text, token = "text", _text(message), ""
        reply_to = _integer(_dict(message.get("reply_to_message")).get("message_id"))
        if not text:
            return None
    return Inbound(
        channel="telegram",
        provider_id=str(update_id),
        chat_id=str(chat_id),
        user_id=str(user_id),
        kind="tap" if kind == "tap" else "text",
        text=text,
        token=token,
        reply_to=None if reply_to is None else str(reply_to),
    )


def _text(message: Mapping[str, Any]) -> str:
    """What was written, or what was sent instead: [photo]. Service messages say nothing."""
    for field in ("text", "caption"):
        written = message.get(field)
        if isinstance(written, str) and written:
            return _UNSTORABLE.sub("\ufffd", written)
    return next((f"[{kind}]" for kind in _MEDIA if kind in message), "")


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _integer(value: object) -> int | None:
    """A 64-bit integer and nothing that merely looks like one."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 1 << 63:
        return None
    return value
