"""Strings people and programs really send, through every text field, end to end."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, select

from stores.tables.plumbing import InboxMessage
from stores.tables.work import Run
from tests.fakes.desk import Day, working_day

NAUGHTY = (
    "",
    " ",
    "\0",
    "null\0byte",
    "\ud800",
    "a\udfffb",
    "\ufeff",
    "\u202etxt.exe",
    "\u2066\u2069",
    "\u200b\u200c\u200d",
    "\u2028\u2029",
    "Z\u0351\u036b\u0343a\u0302\u0353l\u0348g\u034fo",
    "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪",
    "佐藤 Müller Ærøskøbing Łódź",
    "שלום مرحبا",
    "' OR '1'='1'; DROP TABLE invoice;--",
    '"; DROP TABLE customer; --',
    "<b>bold</b><script>alert(1)</script>&amp;",
    "*bold* _it_ `code` [x](http://evil.example)",
    "@everyone <!channel> <@U123>",
    "{{7*7}} ${7*7} %s%n%x {0.__class__}",
    "../../etc/passwd",
    "C:\\con\\nul",
    "=?utf-8?q?Anna=0D=0ABcc=3A_x@z.example?=",
    "a\r\nBcc: evil@z.example",
    "=cmd|' /C calc'!A0",
    "1e309 EUR",
    "99999999999999999999999999 EUR",
    "-1 EUR",
    "0x10 NaN Infinity",
    "invoice invoice invoice invoice",
    "/stop@somebot extra",
    "/",
    "//",
    "#" * 300,
    "word " * 4000,
    "x" * 19_999,
    "🟡" * 5_000,
)


async def nothing_failed(day: Day, text: str) -> None:
    with day.database.reading() as session:
        stuck = session.exec(
            select(InboxMessage.state).where(col(InboxMessage.state).in_(("new", "failed")))
        ).all()
        failed = session.exec(select(Run.failure).where(col(Run.failure).is_not(None))).all()
    assert (stuck, failed) == ([], []), repr(text)


async def test_as_a_message_it_gets_an_answer(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        for text in NAUGHTY:
            before = len(day.person.shown)
            await day.person.say(text)
            assert len(day.person.shown) > before, repr(text)
            await nothing_failed(day, text)
            await day.person.say("/resume")
        assert day.mails() == []


@pytest.mark.parametrize("place", ["name", "answer", "line", "reason", "edit"])
async def test_in_every_text_field_it_is_kept_or_refused_in_words(
    tmp_path: Path, place: str
) -> None:
    async with working_day(tmp_path, company=place != "answer") as day:
        for number, text in enumerate(NAUGHTY):
            match place:
                case "name":
                    await day.person.say(f"add customer {text}, n{number}@naughty.example")
                case "answer":
                    await day.person.say("Invoice Acme 100 EUR for tea")
                    await day.person.say(text)
                case "line":
                    await day.person.say(f"Invoice Acme {number + 1} EUR for {text}")
                    if "Approve" in day.person.last.labels:
                        await day.person.tap("Approve", on=day.person.last)
                case "reason":
                    await day.person.say(f"Invoice Acme {number + 1} EUR for tea")
                    await day.person.tap("Reject")
                    await day.person.say(text)
                case "edit":
                    await day.person.say(f"Invoice Acme {number + 1} EUR for tea")
                    await day.person.say(f"description {text}")
                    await day.person.say("status")
            await nothing_failed(day, text)
            await day.person.say("/resume")
        if place in ("line", "edit"):
            for shown in day.person.shown:
                assert "\0" not in shown.text


async def test_names_of_any_script_reach_the_mail(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        for name in ("佐藤商店", "Müller & Söhne", "Żółw"):
            await day.person.say(f"add customer {name}, x@naughty.example")
            await day.person.say(f"Invoice {name} 100 EUR for tea")
            await day.person.tap("Approve")
        assert len(day.mails()) == 3
