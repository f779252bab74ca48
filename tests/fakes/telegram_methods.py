"""The Bot API methods Steward uses, each with the refusals of the real one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from tests.fakes.telegram_markup import Parsed, Refusal, parse_keyboard, parse_text
from tests.fakes.telegram_world import BOT_ID, Chat, Message, World, person

Params: TypeAlias = Mapping[str, Any]

_MAX_TEXT, _MAX_CAPTION, _MAX_DOCUMENT = 4096, 1024, 50_000_000
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


async def get_me(_world: World, _params: Params) -> Any:
    return person(BOT_ID)


async def get_updates(world: World, params: Params) -> Any:
    """Long poll. A newer poller ends the older one, as at Telegram."""
    if world.webhook_url:
        raise Refusal(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    me = world.poller = object()
    world.touch()
    world.confirm(_int(params, "offset", 0))
    limit = min(max(_int(params, "limit", 100), 1), 100)
    end = asyncio.get_running_loop().time() + _int(params, "timeout", 0)
    while True:
        forced, world.forced = world.forced, []
        found = [*forced, *world.pending][:limit]
        left = end - asyncio.get_running_loop().time()
        if found or left <= 0:
            world.poller = None
            return found
        await world.wait_change(left)
        if world.poller is not me:
            raise Refusal(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )


async def send_message(world: World, params: Params) -> Any:
    chat = world.chat(params.get("chat_id"))
    parsed = _text(params)
    keyboard = parse_keyboard(params.get("reply_markup"))
    reply_to = _reply(chat, params)
    world.flow(chat)
    message = world.add(
        chat,
        BOT_ID,
        parsed.text,
        entities=parsed.entities,
        keyboard=keyboard,
        reply_to=reply_to,
    )
    return world.as_json(message)


async def send_document(world: World, params: Params) -> Any:
    chat = world.chat(params.get("chat_id"))
    upload = params.get("document")
    if not isinstance(upload, tuple):
        raise Refusal(400, "Bad Request: there is no document in the request")
    name, kind, content = upload
    if not content:
        raise Refusal(400, "Bad Request: file must be non-empty")
    if len(content) > _MAX_DOCUMENT:
        raise Refusal(413, "Request Entity Too Large")
    parsed = parse_text(str(params.get("caption", "")), params.get("parse_mode"), _MAX_CAPTION)
    keyboard = parse_keyboard(params.get("reply_markup"))
    reply_to = _reply(chat, params)
    world.flow(chat)
    message = world.add(
        chat,
        BOT_ID,
        parsed.text,
        entities=parsed.entities,
        keyboard=keyboard,
        reply_to=reply_to,
        content=content,
    )
    message.document = {
        "file_id": f"file-{message.message_id}",
        "file_unique_id": f"f{message.message_id}",
        "file_name": name,
        "mime_type": kind,
        "file_size": len(content),
    }
    return world.as_json(message)


async def edit_message_text(world: World, params: Params) -> Any:
    chat, message = _own(world, params, "edit")
    parsed = _text(params)
    keyboard = parse_keyboard(params.get("reply_markup"))
    if message.document:
        raise Refusal(400, "Bad Request: there is no text in the message to edit")
    before = (message.text, message.entities, message.keyboard)
    if before == (parsed.text, parsed.entities, keyboard):
        raise _not_modified()
    world.flow(chat)
    message.edits.append(message.text)
    message.text, message.entities, message.keyboard = parsed.text, parsed.entities, keyboard
    return world.as_json(message)


async def edit_message_reply_markup(world: World, params: Params) -> Any:
    chat, message = _own(world, params, "edit")
    keyboard = parse_keyboard(params.get("reply_markup"))
    if keyboard == message.keyboard:
        raise _not_modified()
    world.flow(chat)
    message.keyboard = keyboard
    return world.as_json(message)


async def delete_message(world: World, params: Params) -> Any:
    _chat, message = _own(world, params, "delete")
    message.deleted = True
    return True


async def answer_callback_query(world: World, params: Params) -> Any:
    """Once for each tap."""
    tap = str(params.get("callback_query_id", ""))
    if tap not in world.open_taps:
        raise Refusal(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        )
    if len(str(params.get("text", ""))) > 200:
        raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
    world.open_taps.discard(tap)
    world.answered.append(tap)
    return True


async def set_my_commands(world: World, params: Params) -> Any:
    commands = params.get("commands")
    if not isinstance(commands, list) or len(commands) > 100:
        raise Refusal(400, "Bad Request: can't parse commands")
    for one in commands:
        if not _COMMAND.fullmatch(str(one.get("command", ""))):
            raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(str(one.get("description", ""))) <= 256:
            raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands = commands
    return True


async def set_webhook(world: World, params: Params) -> Any:
    secret = str(params.get("secret_token", ""))
    if secret and not _SECRET.fullmatch(secret):
        raise Refusal(400, "Bad Request: secret token contains unallowed characters")
    world.webhook_url, world.webhook_secret = str(params.get("url", "")), secret
    return True


async def delete_webhook(world: World, params: Params) -> Any:
    world.webhook_url = world.webhook_secret = ""
    if params.get("drop_pending_updates"):
        world.pending.clear()
    return True


METHODS: dict[str, Callable[[World, Params], Awaitable[Any]]] = {
    method.__name__.replace("_", ""): method
    for method in (
        get_me,
        get_updates,
        send_message,
        send_document,
        edit_message_text,
        edit_message_reply_markup,
        delete_message,
        answer_callback_query,
        set_my_commands,
        set_webhook,
        delete_webhook,
    )
}


def _text(params: Params) -> Parsed:
    parsed = parse_text(str(params.get("text", "")), params.get("parse_mode"), _MAX_TEXT)
    if not parsed.text:
        raise Refusal(400, "Bad Request: message text is empty")
    return parsed


def _own(world: World, params: Params, verb: str) -> tuple[Chat, Message]:
    """A message of the bot itself that still stands."""
    chat = world.chat(params.get("chat_id"))
    message = chat.messages.get(_int(params, "message_id", 0))
    if message is None or message.deleted:
        raise Refusal(400, f"Bad Request: message to {verb} not found")
    if message.sender_id != BOT_ID and verb == "edit":
        raise Refusal(400, "Bad Request: message can't be edited")
    return chat, message


def _reply(chat: Chat, params: Params) -> int | None:
    reply = params.get("reply_parameters")
    if not isinstance(reply, dict):
        return None
    message = chat.messages.get(int(reply.get("message_id", 0)))
    if message is not None and not message.deleted:
        return message.message_id
    if reply.get("allow_sending_without_reply"):
        return None
    raise Refusal(400, "Bad Request: message to be replied not found")


def _int(params: Params, name: str, default: int) -> int:
    try:
        return int(params.get(name, default))
    except (TypeError, ValueError):
        raise Refusal(400, f"Bad Request: {name} must be an integer") from None


def _not_modified() -> Refusal:
    return Refusal(
        400,
        "Bad Request: message is not modified: specified new message content and reply markup are "
        "exactly the same as a current content and reply markup of the message",
    )
