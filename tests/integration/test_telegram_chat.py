"""TelegramChat against the fake Bot API, over HTTP, in another process."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from adapters.ports.chat import ButtonFace, CardContent, ChatError, FileFace, MessageGone, Sign
from bot import telegram as telegram_chat
from bot.menu import MENU
from bot.telegram import TelegramChat, TelegramConnection, TelegramRefused
from stores.types import SystemClock
from tests.fakes.telegram_person import Control, Person, telegram_server

pytestmark = pytest.mark.asyncio

TOKEN = "7000001:fake-token"
BUTTON = "b" * 22
PDF = b"%PDF-1.7 not really\x00\xff"
ADA = 42


class SteppedClock(SystemClock):
    """Monotonic seconds that move only when told."""

    at = 1000.0

    def monotonic(self) -> float:
        return self.at


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


@pytest_asyncio.fixture
async def connection(root: str) -> AsyncIterator[TelegramConnection]:
    connection = TelegramConnection(TOKEN, api_base_url=root)
    yield connection
    await connection.aclose()


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def chat(connection: TelegramConnection, clock: SteppedClock) -> TelegramChat:
    return TelegramChat(connection, clock=clock)


def card(headline: str = "Invoice to Acme <GmbH>", lines: int = 1, **more: object) -> CardContent:
    button = ButtonFace(label="Approve", verb="approve", token=BUTTON)
    content = CardContent(
        kind="approval",
        sign=Sign.WAITING,
        headline=headline,
        lines=tuple(f"line {n} of the card, with some & words" for n in range(lines)),
        rows=((button,),),
    )
    return content.model_copy(update=more)


def with_file() -> tuple[CardContent, dict[str, bytes]]:
    sha256 = hashlib.sha256(PDF).hexdigest()
    face = FileFace(sha256=sha256, filename="2026-0007.pdf", media_type="application/pdf")
    return card(files=(face,)), {sha256: PDF}


async def test_a_card_arrives_with_its_button(chat: TelegramChat, ada: Person) -> None:
    message_id = await chat.post(str(ADA), card(), {})
    (seen,) = await ada.sees()
    assert str(seen.message_id) == message_id
    assert seen.text == "🟡 Invoice to Acme <GmbH>\nline 0 of the card, with some & words"
    assert seen.data("approve") == f"s1:{BUTTON}"


async def test_an_edit_changes_text_and_buttons(chat: TelegramChat, ada: Person) -> None:
    message_id = await chat.post(str(ADA), card(), {})
    await chat.edit(str(ADA), message_id, card("Sent", sign=Sign.DONE, rows=()), {})
    (seen,) = await ada.sees()
    assert seen.text.startswith("✅ Sent")
    assert seen.buttons == ()
    assert len(seen.edits) == 1


async def test_an_edit_that_changes_nothing_is_fine(chat: TelegramChat, ada: Person) -> None:
    message_id = await chat.post(str(ADA), card(), {})
    await chat.edit(str(ADA), message_id, card(), {})
    state = await ada.control.state()
    assert state["refusals"] == {"editmessagetext": 1}


async def test_an_edit_of_a_message_that_is_gone_says_so(chat: TelegramChat, ada: Person) -> None:
    for missing in ("999", "", "C123.45"):
        with pytest.raises(MessageGone):
            await chat.edit(str(ADA), missing, card(), {})


async def test_a_long_card_is_several_messages_with_buttons_under_the_last(
    chat: TelegramChat, ada: Person
) -> None:
    message_id = await chat.post(str(ADA), card(lines=250), {})
    seen = await ada.sees()
    assert ",".join(str(one.message_id) for one in seen) == message_id
    assert len(seen) == 3
    assert [bool(one.buttons) for one in seen] == [False, False, True]
    assert "\n".join(one.text for one in seen) == card(lines=250).text()


async def test_a_card_may_become_shorter_and_long_again(chat: TelegramChat, ada: Person) -> None:
    message_id = await chat.post(str(ADA), card(lines=250), {})
    await chat.edit(str(ADA), message_id, card("Short"), {})
    seen = await ada.sees()
    assert seen[0].text.startswith("🟡 Short")
    assert [bool(one.buttons) for one in seen] == [True, False, False]
    assert seen[1].text == seen[2].text == "⚪ This part is no longer needed; all is said above."
    await chat.edit(str(ADA), message_id, card(lines=250), {})
    assert "\n".join(one.text for one in await ada.sees()) == card(lines=250).text()


async def test_a_card_that_outgrows_its_message_is_posted_anew_and_the_old_loses_its_buttons(
    chat: TelegramChat, ada: Person
) -> None:
    message_id = await chat.post(str(ADA), card(), {})
    with pytest.raises(MessageGone):
        await chat.edit(str(ADA), message_id, card(lines=250), {})
    (seen,) = await ada.sees()
    assert seen.buttons == ()


async def test_a_file_follows_as_a_document_under_the_card(chat: TelegramChat, ada: Person) -> None:
    content, files = with_file()
    message_id = await chat.post(str(ADA), content, files)
    text, document = await ada.sees()
    assert (document.file_name, document.content) == ("2026-0007.pdf", PDF)
    assert document.reply_to == text.message_id
    assert message_id == f"{text.message_id}/{document.message_id}"


async def test_an_edit_sends_only_the_files_it_is_given(chat: TelegramChat, ada: Person) -> None:
    content, files = with_file()
    message_id = await chat.post(str(ADA), content, {})
    await chat.edit(str(ADA), message_id, content, {})
    assert len(await ada.sees()) == 1
    await chat.edit(str(ADA), message_id, content, files)
    assert [one.file_name for one in await ada.sees()] == [None, "2026-0007.pdf"]


async def test_a_file_telegram_would_not_take_is_refused_before_anything_is_sent(
    chat: TelegramChat, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_chat, "MAX_DOCUMENT_BYTES", 10)
    content, files = with_file()
    with pytest.raises(ChatError, match="50 MB") as caught:
        await chat.post(str(ADA), content, files)
    assert caught.value.retry_after_s is None
    assert await ada.sees() == []


async def test_a_card_whose_file_fails_is_taken_back(chat: TelegramChat, ada: Person) -> None:
    await ada.control.do("fault", method="sendDocument", kind="error", code=500)
    content, files = with_file()
    with pytest.raises(ChatError) as caught:
        await chat.post(str(ADA), content, files)
    assert caught.value.retry_after_s == 2.0
    assert await ada.sees() == []


async def test_a_pause_asked_for_is_kept(
    chat: TelegramChat, ada: Person, clock: SteppedClock
) -> None:
    await ada.control.do("fault", method="sendMessage", kind="flood", retry_after=7)
    with pytest.raises(ChatError) as caught:
        await chat.post(str(ADA), card(), {})
    assert caught.value.retry_after_s == 7.0
    clock.at += 3
    with pytest.raises(ChatError) as caught:
        await chat.post(str(ADA), card(), {})
    assert caught.value.retry_after_s == 4.0
    assert (await ada.control.state())["calls"]["sendmessage"] == 1
    clock.at += 4
    await chat.post(str(ADA), card(), {})
    assert len(await ada.sees()) == 1


async def test_a_flood_is_refused_by_the_service_and_named(chat: TelegramChat, ada: Person) -> None:
    await ada.control.do("settings", burst=3)
    with pytest.raises(ChatError) as caught:
        for _ in range(5):
            await chat.post(str(ADA), card(), {})
    assert caught.value.retry_after_s is not None
    assert caught.value.retry_after_s >= 1.0
    assert 3 <= len(await ada.sees()) <= 4


@pytest.mark.parametrize("kind", ["drop", "error"])
async def test_a_lost_answer_is_for_later_and_never_retried_by_the_library(
    chat: TelegramChat, ada: Person, kind: str
) -> None:
    await ada.control.do("fault", method="sendMessage", kind=kind, code=502)
    with pytest.raises(ChatError) as caught:
        await chat.post(str(ADA), card(), {})
    assert caught.value.retry_after_s == 2.0
    assert (await ada.control.state())["calls"]["sendmessage"] == 1


async def test_a_person_who_blocked_the_bot_is_not_tried_again(
    chat: TelegramChat, ada: Person
) -> None:
    await ada.control.do("block", chat_id=ADA, blocked=True)
    with pytest.raises(ChatError, match="blocked") as caught:
        await chat.post(str(ADA), card(), {})
    assert caught.value.retry_after_s is None
    with pytest.raises(ChatError, match=r"(?i)chat not found"):
        await chat.post("777", card(), {})


async def test_no_server_is_for_later() -> None:
    connection = TelegramConnection(TOKEN, api_base_url="http://127.0.0.1:9")
    with pytest.raises(ChatError) as caught:
        await TelegramChat(connection, clock=SystemClock()).post(str(ADA), card(), {})
    assert caught.value.retry_after_s == 2.0
    await connection.aclose()


async def test_a_bad_token_is_for_the_operator_and_is_not_repeated(root: str) -> None:
    with pytest.raises(TelegramRefused, match="STEWARD_TELEGRAM_TOKEN"):
        TelegramConnection("")
    connection = TelegramConnection("1:stolen", api_base_url=root)
    with pytest.raises(TelegramRefused) as caught:
        await connection.username()
    assert "stolen" not in str(caught.value)
    with pytest.raises(ChatError) as later:
        await TelegramChat(connection, clock=SystemClock()).post(str(ADA), card(), {})
    assert later.value.retry_after_s == 60.0
    await connection.aclose()


async def test_the_menu_is_shown_and_the_account_named(
    connection: TelegramConnection, ada: Person
) -> None:
    assert await connection.username() == "steward_bot"
    await connection.announce()
    shown = (await ada.control.state())["commands"]
    assert [one["command"] for one in shown] == [entry.name for entry in MENU]


async def test_the_token_is_in_no_log(
    chat: TelegramChat, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await ada.control.do("fault", method="sendMessage", kind="error", code=502)
    with pytest.raises(ChatError):
        await chat.post(str(ADA), card(), {})
    await chat.post(str(ADA), card(), {})
    assert "fake-token" not in caplog.text
