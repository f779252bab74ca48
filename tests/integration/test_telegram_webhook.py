"""The webhook: secret first, 200 only after the commit."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette

from bot.callbacks import pack
from bot.telegram import TelegramConnection
from bot.telegram_webhook import MAX_BODY_BYTES, WEBHOOK_PATH, webhook_route
from graph.inbound import Accepted, Inbound
from tests.fakes.telegram_person import Control, Person, telegram_server

pytestmark = pytest.mark.asyncio

TOKEN, SECRET, BUTTON, ADA = "7000001:fake-token", "s3cret_-", "b" * 22, 42
HEADER = "X-Telegram-Bot-Api-Secret-Token"
MESSAGE: dict[str, Any] = {
    "update_id": 5,
    "message": {
        "message_id": 1,
        "date": 0,
        "chat": {"id": ADA, "type": "private"},
        "from": {"id": ADA, "is_bot": False},
        "text": "hello",
    },
}
TAP: dict[str, Any] = {
    "update_id": 6,
    "callback_query": {
        "id": "77",
        "from": {"id": ADA, "is_bot": False},
        "message": MESSAGE["message"],
        "data": pack(BUTTON),
    },
}


class Inbox:
    def __init__(self) -> None:
        self.taken: list[Inbound] = []
        self.fails = 0
        self.says = Accepted.ACCEPTED

    async def accept(self, inbound: Inbound) -> Accepted:
        if self.fails:
            self.fails -= 1
            raise OSError("disk full")
        self.taken.append(inbound)
        return self.says


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest_asyncio.fixture
async def client(inbox: Inbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=[webhook_route(SECRET, inbox.accept)]))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://steward", headers={HEADER: SECRET}
    ) as client:
        yield client


async def test_a_message_is_accepted(client: httpx.AsyncClient, inbox: Inbox) -> None:
    answer = await client.post(WEBHOOK_PATH, json=MESSAGE)
    assert (answer.status_code, answer.content) == (200, b"")
    assert [(one.provider_id, one.text) for one in inbox.taken] == [("5", "hello")]


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "\xff"])
async def test_a_wrong_secret_is_refused_before_the_body_is_read(
    client: httpx.AsyncClient, inbox: Inbox, secret: str
) -> None:
    headers = [(HEADER.encode(), secret.encode("latin-1"))]
    answer = await client.post(WEBHOOK_PATH, content=b"{", headers=headers)
    assert answer.status_code == 401
    assert inbox.taken == []


async def test_no_secret_at_all_is_refused(client: httpx.AsyncClient, inbox: Inbox) -> None:
    del client.headers[HEADER]
    assert (await client.post(WEBHOOK_PATH, json=MESSAGE)).status_code == 401
    assert inbox.taken == []


@pytest.mark.parametrize("secret", ["", "with space", "x" * 257, "ümlaut"])
async def test_without_a_usable_secret_there_is_no_webhook(inbox: Inbox, secret: str) -> None:
    with pytest.raises(ValueError, match="STEWARD_TELEGRAM_WEBHOOK_SECRET"):
        webhook_route(secret, inbox.accept)


async def test_a_failed_commit_makes_telegram_try_again(
    client: httpx.AsyncClient, inbox: Inbox
) -> None:
    inbox.fails = 1
    assert (await client.post(WEBHOOK_PATH, json=MESSAGE)).status_code == 500
    assert (await client.post(WEBHOOK_PATH, json=MESSAGE)).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
async def test_what_is_not_json_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    assert (await client.post(WEBHOOK_PATH, content=body)).status_code == 400


@pytest.mark.parametrize("update", [[], None, 5, {}, {"update_id": 1, "poll": {}}])
async def test_unknown_updates_are_done_with(
    client: httpx.AsyncClient, inbox: Inbox, update: Any
) -> None:
    answer = await client.post(WEBHOOK_PATH, content=json.dumps(update))
    assert answer.status_code == 200
    assert inbox.taken == []


async def test_a_large_body_is_refused(client: httpx.AsyncClient, inbox: Inbox) -> None:
    answer = await client.post(WEBHOOK_PATH, content=b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413


async def test_a_tap_is_answered_by_the_response(client: httpx.AsyncClient, inbox: Inbox) -> None:
    answer = await client.post(WEBHOOK_PATH, json=TAP)
    assert answer.json() == {"method": "answerCallbackQuery", "callback_query_id": "77"}
    assert inbox.taken[0].token == BUTTON


async def test_a_tap_is_answered_by_a_call_if_there_is_one(inbox: Inbox) -> None:
    answered: list[str] = []

    async def answer(callback_id: str) -> None:
        answered.append(callback_id)

    transport = httpx.ASGITransport(Starlette(routes=[webhook_route(SECRET, inbox.accept, answer)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://steward") as client:
        got = await client.post(WEBHOOK_PATH, json=TAP, headers={HEADER: SECRET})
        assert got.content == b""
        assert answered == ["77"]
        inbox.says = Accepted.STRANGER
        await client.post(WEBHOOK_PATH, json=TAP, headers={HEADER: SECRET})
        assert answered == ["77"]


async def test_a_stranger_gets_an_empty_answer(client: httpx.AsyncClient, inbox: Inbox) -> None:
    inbox.says = Accepted.STRANGER
    answer = await client.post(WEBHOOK_PATH, json=TAP)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with telegram_server(TOKEN) as address:
        yield address


@asynccontextmanager
async def served(inbox: Inbox) -> AsyncIterator[str]:
    """The webhook on a real port."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[webhook_route(SECRET, inbox.accept)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}{WEBHOOK_PATH}"
    finally:
        server.should_exit = True
        await running


async def test_telegram_delivers_until_it_is_committed(root: str, inbox: Inbox) -> None:
    inbox.fails = 2
    connection = TelegramConnection(TOKEN, api_base_url=root)
    async with Control(root) as control, served(inbox) as url:
        ada = Person(control, ADA)
        await connection.listen_by_webhook(url, SECRET)
        message = await ada.say("hello")
        tapped = await ada.forge(message["message_id"], pack(BUTTON))
        state = await control.wait_state(
            lambda state: state if tapped["callback_id"] in state["answered"] else None
        )
        assert state["webhook_statuses"] == [500, 500, 200, 200]
        assert state["pending"] == []
        await control.do("redeliver", update_id=message["update_id"])
        await control.wait_state(lambda state: len(state["webhook_statuses"]) == 5)
    assert [one.kind for one in inbox.taken] == ["text", "tap", "text"]
    assert inbox.taken[0] == inbox.taken[2]
    await connection.aclose()
