"""The other side of the fake Telegram: what people do there, and what goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.telegram_markup import Refusal
from tests.fakes.telegram_methods import METHODS
from tests.fakes.telegram_world import Chat, Fault, World, number, person


class Control:
    """Routes under /_control/. Every POST takes and gives a JSON object."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        posts = (
            self.open,
            self.text,
            self.tap,
            self.update,
            self.redeliver,
            self.block,
            self.fault,
            self.settings,
            self.reset,
        )
        return [
            *(Route(f"/_control/{one.__name__}", one, methods=["POST"]) for one in posts),
            Route("/_control/state", self.state, methods=["GET"]),
        ]

    async def open(self, request: Request) -> Response:
        """A chat the person has started before: {chat_id, chat_type}."""
        given = await request.json()
        self._chat(given["chat_id"], given.get("chat_type", "private"))
        return JSONResponse({})

    async def text(self, request: Request) -> Response:
        """Somebody writes: {user_id, text, chat_id, chat_type, reply_to, fields}.

        `fields` replaces the text by other content, such as {"photo": []}.
        """
        given = await request.json()
        chat = self._chat(given.get("chat_id", given["user_id"]), given.get("chat_type", "private"))
        message = self.world.add(
            chat, given["user_id"], given.get("text", ""), reply_to=given.get("reply_to")
        )
        shown = self.world.as_json(message)
        if "fields" in given:
            del shown["text"]
            shown |= given["fields"]
        update = self.world.queue({given.get("update_kind", "message"): shown})
        return JSONResponse({"message_id": message.message_id, "update_id": number(update)})

    async def tap(self, request: Request) -> Response:
        """Somebody taps: {user_id, chat_id, message_id, data}. The data may be forged."""
        given = await request.json()
        chat = self._chat(given.get("chat_id", given["user_id"]), "private")
        message = chat.messages.get(given["message_id"])
        tap = self.world.new_tap()
        query: dict[str, Any] = {
            "id": tap,
            "from": person(given["user_id"]),
            "chat_instance": "1",
            "data": given["data"],
            "message": self.world.as_json(message)
            if message and not message.deleted
            else {
                "chat": {"id": chat.chat_id, "type": chat.kind},
                "message_id": given["message_id"],
                "date": 0,
            },
        }
        update = self.world.queue({"callback_query": query})
        return JSONResponse({"callback_id": tap, "update_id": number(update)})

    async def update(self, request: Request) -> Response:
        """Any JSON value as an update: {update, numbered}."""
        given = await request.json()
        update = self.world.queue(given["update"], numbered=given.get("numbered", False))
        return JSONResponse({"update_id": number(update)})

    async def redeliver(self, request: Request) -> Response:
        """Deliver an update once more, confirmed or not: {update_id}."""
        wanted = (await request.json())["update_id"]
        again = [one for one in self.world.history if number(one) == wanted]
        if self.world.webhook_url:
            self.world.pending = [*again, *self.world.pending]
        else:
            self.world.forced += again
        self.world.touch()
        return JSONResponse({"found": len(again)})

    async def block(self, request: Request) -> Response:
        """The person blocks the bot, or no longer: {chat_id, blocked}."""
        given = await request.json()
        self._chat(given["chat_id"], "private").blocked = given["blocked"]
        return JSONResponse({})

    async def fault(self, request: Request) -> Response:
        """The next calls go wrong: {method, kind, times, code, seconds, retry_after}."""
        given = await request.json()
        method = given.pop("method").lower()
        self.world.faults[method] = Fault(**given)
        return JSONResponse({})

    async def settings(self, request: Request) -> Response:
        """Flood limits: {burst, per_second}."""
        given = await request.json()
        self.world.burst = given.get("burst", self.world.burst)
        self.world.per_second = given.get("per_second", self.world.per_second)
        return JSONResponse({})

    async def reset(self, _request: Request) -> Response:
        """As if new. Ends a waiting poller."""
        old, fresh = self.world, World(self.world.token)
        fresh.version = old.version + 1
        changed = old.changed
        old.__dict__.update(fresh.__dict__)
        changed.set()
        return JSONResponse({})

    async def state(self, request: Request) -> Response:
        """Everything to be seen. ?after=N waits for a newer version, at most ?timeout=S."""
        world = self.world
        after = int(request.query_params.get("after", -1))
        end = asyncio.get_running_loop().time() + float(request.query_params.get("timeout", 0))
        while world.version <= after and (left := end - asyncio.get_running_loop().time()) > 0:
            await world.wait_change(left)
        return JSONResponse(
            {
                "version": world.version,
                "chats": {
                    str(chat.chat_id): [one.seen() for one in chat.messages.values()]
                    for chat in world.chats.values()
                },
                "calls": dict(world.calls),
                "refusals": dict(world.refusals),
                "pending": [number(one) for one in world.pending],
                "offset": world.offset,
                "answered": world.answered,
                "open_taps": sorted(world.open_taps),
                "commands": world.commands,
                "polling": world.poller is not None,
                "webhook_url": world.webhook_url,
                "webhook_statuses": world.webhook_statuses,
            }
        )

    def _chat(self, chat_id: int, kind: str) -> Chat:
        return self.world.chats.setdefault(chat_id, Chat(chat_id, kind))


async def deliver_to_webhook(world: World) -> None:
    """Post what is owed, in order, again and again until a 2xx. Runs as long as the server."""
    async with httpx.AsyncClient(timeout=10.0, trust_env=False) as client:
        pause_s = 0.02
        while True:
            if not world.webhook_url or not world.pending:
                await world.wait_change(3600.0)
                continue
            update = world.pending[0]
            secret = world.webhook_secret
            headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
            try:
                answer = await client.post(world.webhook_url, json=update, headers=headers)
                status = answer.status_code
            except httpx.HTTPError:
                status, answer = 0, httpx.Response(599)
            world.webhook_statuses.append(status)
            if 200 <= status < 300:
                if world.pending and world.pending[0] is update:
                    world.pending.pop(0)
                await _perform_reply(world, answer)
                pause_s = 0.02
            world.touch()
            if not 200 <= status < 300:
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 1.0)


async def _perform_reply(world: World, answer: httpx.Response) -> None:
    """A webhook may answer with a method to perform."""
    try:
        wanted = answer.json()
        method = wanted.pop("method").lower()
        world.calls[method] += 1
        await METHODS[method](world, wanted)
    except (ValueError, LookupError, AttributeError, TypeError):
        return
    except Refusal:
        world.refusals[method] += 1
