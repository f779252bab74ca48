"""Long polling: an update is confirmed only after its commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from adapters.ports.chat import CardContent
from bot.callbacks import pack
from bot.telegram import TelegramChat, TelegramConnection, TelegramRefused
from bot.telegram_polling import TelegramPolling
from graph.inbound import Accepted, Inbound
from stores.types import SystemClock
from tests.fakes.telegram_person import Control, Person, State, telegram_server

pytestmark = pytest.mark.asyncio

TOKEN = "7000001:fake-token"
BUTTON = "b" * 22
ADA, EVE = 42, 666


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with telegram_server(TOKEN) as address:
        yield address


@pytest_asyncio.fixture
async def ada(root: str) -> AsyncIterator[Person]:
    async with Control(root) as control:
        await control.do("reset")
        person = Person(control, ADA)
        await person.open()
        yield person


class Inbox:
    """An `accept` that remembers. Raises `fails` times, and once for the text `refuses_once`."""

    def __init__(self) -> None:
        self.refuses_once: str | None = None
        self.taken: list[Inbound] = []
        self.fails = 0
        self.grew = asyncio.Event()

    async def accept(self, inbound: Inbound) -> Accepted:
        if self.fails:
            self.fails -= 1
            self.grew.set()
            raise OSError("disk full")
        if inbound.text == self.refuses_once:
            self.refuses_once = None
            raise OSError("disk full")
        seen = any(one.provider_id == inbound.provider_id for one in self.taken)
        self.taken.append(inbound)
        self.grew.set()
        if inbound.user_id != str(ADA):
            return Accepted.STRANGER
        return Accepted.DUPLICATE if seen else Accepted.ACCEPTED

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not done():
                self.grew.clear()
                await self.grew.wait()


@asynccontextmanager
async def polling(
    root: str, inbox: Inbox, token: str = TOKEN
) -> AsyncIterator[tuple[TelegramPolling, asyncio.Event]]:
    connection = TelegramConnection(token, api_base_url=root)
    poller = TelegramPolling(connection, jitter=lambda: -0.99)  # pauses of milliseconds
    stopping = asyncio.Event()
    running = asyncio.create_task(poller.run(inbox.accept, stopping))
    try:
        yield poller, stopping
    finally:
        stopping.set()
        await asyncio.wait_for(running, 2)
        await connection.aclose()


def confirmed(update_id: int) -> Callable[[State], bool]:
    return lambda state: bool(state["offset"] == update_id + 1)


async def test_a_message_becomes_an_inbound_and_is_then_confirmed(root: str, ada: Person) -> None:
    inbox = Inbox()
    async with polling(root, inbox):
        first = await ada.say("Invoice Acme 1,200 EUR")
        second = await ada.say("make it 1,300", reply_to=first["message_id"])
        await ada.control.wait_state(confirmed(second["update_id"]))
    assert inbox.taken == [
        Inbound(
            channel="telegram",
            provider_id=str(first["update_id"]),
            chat_id="42",
            user_id="42",
            kind="text",
            text="Invoice Acme 1,200 EUR",
        ),
        Inbound(
            channel="telegram",
            provider_id=str(second["update_id"]),
            chat_id="42",
            user_id="42",
            kind="text",
            text="make it 1,300",
            reply_to=str(first["message_id"]),
        ),
    ]


async def test_nothing_is_confirmed_before_the_commit(root: str, ada: Person) -> None:
    inbox = Inbox()
    inbox.fails = 3
    told = await ada.say("hello")
    async with polling(root, inbox):
        await inbox.until(lambda: inbox.fails == 0)
        assert (await ada.control.state())["offset"] <= told["update_id"]
        await ada.control.wait_state(confirmed(told["update_id"]))
    assert [one.text for one in inbox.taken] == ["hello"]


async def test_what_was_committed_before_a_failure_is_not_asked_for_again(
    root: str, ada: Person
) -> None:
    inbox = Inbox()
    told = [await ada.say(str(n)) for n in range(3)]
    inbox.refuses_once = "1"
    async with polling(root, inbox):
        await ada.control.wait_state(confirmed(told[2]["update_id"]))
    assert [one.text for one in inbox.taken] == ["0", "1", "2"]


async def test_a_redelivered_update_keeps_its_id(root: str, ada: Person) -> None:
    inbox = Inbox()
    async with polling(root, inbox):
        told = await ada.say("once")
        await ada.control.wait_state(confirmed(told["update_id"]))
        await ada.control.do("redeliver", update_id=told["update_id"])
        await inbox.until(lambda: len(inbox.taken) == 2)
    assert inbox.taken[0] == inbox.taken[1]


async def test_a_tap_carries_its_token_and_is_answered_without_text(root: str, ada: Person) -> None:
    inbox = Inbox()
    async with polling(root, inbox):
        message = await ada.say("hi")
        tapped = await ada.forge(message["message_id"], pack(BUTTON))
        await ada.control.wait_state(lambda state: tapped["callback_id"] in state["answered"])
    tap = inbox.taken[-1]
    assert (tap.kind, tap.token, tap.text) == ("tap", BUTTON, "")
    assert (tap.user_id, tap.chat_id) == ("42", "42")


async def test_forged_taps_reach_the_gateway_without_a_token(root: str, ada: Person) -> None:
    inbox = Inbox()
    forged = ["", "approve:1", "s1:short", f"s2:{BUTTON}", "s1:" + "x" * 44]
    async with polling(root, inbox):
        for data in forged:
            await ada.forge(999, data)
        await inbox.until(lambda: len(inbox.taken) == len(forged))
    assert {(one.kind, one.token) for one in inbox.taken} == {("tap", "")}


async def test_a_failing_courtesy_stops_nothing(root: str, ada: Person) -> None:
    inbox = Inbox()
    await ada.control.do("fault", method="answerCallbackQuery", kind="error", times=9)
    async with polling(root, inbox):
        await ada.forge(1, pack(BUTTON))
        await ada.forge(1, pack(BUTTON))
        last = await ada.say("still here")
        await ada.control.wait_state(confirmed(last["update_id"]))
    assert len(inbox.taken) == 3


async def test_strangers_get_nothing_from_the_front_end(root: str, ada: Person) -> None:
    inbox = Inbox()
    eve = Person(ada.control, EVE)
    async with polling(root, inbox):
        await eve.say("/start")
        await eve.forge(1, pack(BUTTON))
        last = await ada.say("me")
        state = await ada.control.wait_state(
            lambda state: state if confirmed(last["update_id"])(state) else None
        )
    assert [one.user_id for one in inbox.taken] == ["666", "666", "42"]
    assert set(state["calls"]) <= {"getupdates"}
    assert [one.text for one in await eve.sees()] == ["/start"]


async def test_only_private_chats_and_people_are_served(root: str, ada: Person) -> None:
    inbox = Inbox()
    async with polling(root, inbox) as (poller, _stopping):
        group = Person(ada.control, ADA, chat_id=-100500)
        await group.say("Invoice Acme 5 EUR", chat_type="supergroup")
        await ada.say("changed my mind", update_kind="edited_message")
        await ada.say("", fields={"pinned_message": {}})
        last = await ada.say("private")
        await ada.control.wait_state(confirmed(last["update_id"]))
        assert poller.skipped == 3
    assert [one.text for one in inbox.taken] == ["private"]


async def test_what_is_not_text_is_named(root: str, ada: Person) -> None:
    inbox = Inbox()
    async with polling(root, inbox):
        await ada.say("", fields={"photo": [{"file_id": "x"}]})
        await ada.say("", fields={"voice": {"file_id": "x"}})
        await ada.say("", fields={"document": {"file_id": "x"}, "caption": "the receipt"})
        await inbox.until(lambda: len(inbox.taken) == 3)
    assert [one.text for one in inbox.taken] == ["[photo]", "[voice]", "the receipt"]


async def test_malformed_updates_are_counted_and_do_not_stick(root: str, ada: Person) -> None:
    inbox = Inbox()
    odd: list[Any] = [
        {"message": None},
        {"message": {"chat": 5, "from": [], "text": {}}},
        {"message": {"chat": {"id": "42", "type": "private"}, "from": {"id": True}}},
        {"callback_query": {"id": 5, "from": None, "message": "x", "data": ["s1:"]}},
        {"some_future_kind": {"id": 1}},
        {},
    ]
    async with polling(root, inbox) as (poller, _stopping):
        for update in odd:
            await ada.control.do("update", update=update, numbered=True)
        last = await ada.say("after")
        await ada.control.wait_state(confirmed(last["update_id"]))
        assert poller.skipped == len(odd)
    assert [one.text for one in inbox.taken] == ["after"]


async def test_a_webhook_of_the_past_is_switched_off(root: str, ada: Person) -> None:
    connection = TelegramConnection(TOKEN, api_base_url=root)
    await connection.listen_by_webhook("http://127.0.0.1:9/telegram/webhook", "secret")
    stopping = asyncio.Event()
    poller = TelegramPolling(connection)
    running = asyncio.create_task(poller.run(Inbox().accept, stopping))
    await ada.control.wait_state(lambda state: not state["webhook_url"])
    stopping.set()
    await asyncio.wait_for(running, 2)
    await connection.aclose()


async def test_a_second_poller_is_told_apart_in_the_log(
    root: str, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox()
    async with polling(root, inbox):
        await ada.control.wait_state(lambda state: state["polling"])
        other = TelegramConnection(TOKEN, api_base_url=root)
        assert await other.bot.get_updates(timeout=0) == ()
        await ada.control.wait_state(lambda state: state["refusals"].get("getupdates"))
        await other.aclose()
    assert "Another program fetches the messages" in caplog.text
    assert TOKEN not in caplog.text


async def test_a_refused_token_ends_the_loop_with_a_clear_sentence(root: str, ada: Person) -> None:
    connection = TelegramConnection("1:wrong", api_base_url=root)
    with pytest.raises(TelegramRefused, match="refuses the token") as caught:
        await TelegramPolling(connection).run(Inbox().accept, asyncio.Event())
    assert "1:wrong" not in str(caught.value)
    await connection.aclose()


async def test_outages_are_waited_out(root: str, ada: Person) -> None:
    inbox = Inbox()
    await ada.control.do("fault", method="getUpdates", kind="error", code=502, times=2)
    async with polling(root, inbox):
        told = await ada.say("patience")
        await ada.control.wait_state(confirmed(told["update_id"]))
    await ada.control.do("fault", method="getUpdates", kind="drop", times=2)
    async with polling(root, inbox):
        again = await ada.say("and again")
        await ada.control.wait_state(confirmed(again["update_id"]))
    assert [one.text for one in inbox.taken if one.text == "and again"]


async def test_stopping_ends_a_long_poll_at_once(root: str, ada: Person) -> None:
    inbox = Inbox()
    async with polling(root, inbox) as (_poller, stopping):
        await ada.control.wait_state(lambda state: state["polling"])
        stopping.set()  # the context then waits two seconds at most


async def test_polling_does_not_hold_up_posting(root: str, ada: Person) -> None:
    connection = TelegramConnection(TOKEN, api_base_url=root)
    stopping = asyncio.Event()
    running = asyncio.create_task(TelegramPolling(connection).run(Inbox().accept, stopping))
    await ada.control.wait_state(lambda state: state["polling"])
    chat = TelegramChat(connection, clock=SystemClock())
    await chat.post(str(ADA), CardContent(kind="answer", headline="meanwhile"), {})
    assert (await ada.wait_text("meanwhile")).from_bot
    stopping.set()
    await asyncio.wait_for(running, 2)
    await connection.aclose()
