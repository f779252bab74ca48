"""An honest Bot API on loopback: `python -m tests.fakes.telegram_server --port 0 --token T`.

Prints {"port": N} as its first line, and ends when its parent process does. What people do is
steered under /_control/ (`telegram_control`); `telegram_person` is a client for that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes.telegram_control import Control, deliver_to_webhook
from tests.fakes.telegram_markup import Refusal
from tests.fakes.telegram_methods import METHODS
from tests.fakes.telegram_world import Fault, World


class _Lost(Response):
    """The connection breaks before the answer is complete."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


class _BotApi:
    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, request: Request) -> Response:
        token, name = request.path_params["token"], request.path_params["method"].lower()
        if token != self.world.token:
            return _refused(Refusal(401, "Unauthorized"))
        method = METHODS.get(name)
        if method is None:
            return _refused(Refusal(404, "Not Found"))
        self.world.calls[name] += 1
        fault = self._fault(name)
        try:
            if fault and fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
            if fault and fault.kind == "error":
                raise Refusal(fault.code, f"Fault {fault.code}")
            if fault and fault.kind == "flood":
                wait = fault.retry_after
                raise Refusal(429, f"Too Many Requests: retry after {wait}", wait)
            result = await method(self.world, await _params(request))
        except Refusal as refusal:
            self.world.refusals[name] += 1
            self.world.touch()
            return _refused(refusal)
        if name not in ("getupdates", "getme"):
            self.world.touch()
        if fault and fault.kind == "drop":
            return _Lost()
        return JSONResponse({"ok": True, "result": result})

    def _fault(self, name: str) -> Fault | None:
        fault = self.world.faults.get(name)
        if fault is None or fault.times <= 0:
            return None
        fault.times -= 1
        return fault


def _refused(refusal: Refusal) -> Response:
    answer: dict[str, Any] = {
        "ok": False,
        "error_code": refusal.code,
        "description": refusal.description,
    }
    if refusal.retry_after is not None:
        answer["parameters"] = {"retry_after": refusal.retry_after}
    return JSONResponse(answer, status_code=refusal.code)


async def _params(request: Request) -> dict[str, Any]:
    """Parameters from the query and the body, in each of the encodings the Bot API takes."""
    found: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "")
    try:
        if kind.startswith("application/json"):
            found |= json.loads(body or b"{}")
        elif kind.startswith("multipart/form-data"):
            found |= _multipart(kind, body)
        else:
            found |= dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False))
    except (ValueError, TypeError):
        raise Refusal(400, "Bad Request: can't parse the request") from None
    for name in ("reply_markup", "reply_parameters", "commands", "allowed_updates"):
        if isinstance(found.get(name), str):
            with suppress(ValueError):
                found[name] = json.loads(found[name])
    attached = found.get("document")
    if isinstance(attached, str) and attached.startswith("attach://"):
        found["document"] = found.get(attached.removeprefix("attach://"))
    return found


def _multipart(kind: str, body: bytes) -> dict[str, Any]:
    """Fields as text, files as (name, type, bytes)."""
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    found: dict[str, Any] = {}
    for part in BytesParser(policy=policy.HTTP).parsebytes(head + body).iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        file = part.get_filename()
        found[name] = (file, part.get_content_type(), content) if file else content.decode()
    return found


def application(world: World) -> Starlette:
    """The Bot API and its control side as one ASGI application."""

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        delivery = asyncio.create_task(deliver_to_webhook(world))
        yield
        delivery.cancel()

    bot_api = Route("/bot{token}/{method}", _BotApi(world).__call__, methods=["GET", "POST"])
    return Starlette(routes=[bot_api, *Control(world).routes()], lifespan=life)


async def serve(port: int, token: str) -> None:
    listening = socket.create_server(("127.0.0.1", port))
    world = World(token)
    server = uvicorn.Server(
        uvicorn.Config(
            application(world),
            log_level="critical",
            access_log=False,
            http="h11",
            timeout_graceful_shutdown=1,
        )
    )
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    parent = os.getppid()

    async def follow_parent() -> None:
        while os.getppid() == parent:
            await asyncio.sleep(1)
        server.should_exit = True

    following = asyncio.create_task(follow_parent())
    await server.serve(sockets=[listening])
    following.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.token))


if __name__ == "__main__":
    main()
