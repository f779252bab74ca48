"""Buttons nobody offered, strangers' thumbs and altered Actions: refused, and nothing raises."""

from __future__ import annotations

import json
import random
import sqlite3
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlmodel import select

from graph.inbound import Accepted
from graph.intake import accept
from stores.tables.plumbing import InboxMessage
from stores.tables.work import Approval, Operation
from tests.fakes.desk import working_day

WISH = "Invoice Acme 1,200 EUR for October, due in 14 days"
FORGED = 10_000
SEED = 20261125


def forgeries(real: str, pick: random.Random) -> Iterator[str]:
    """Noise of every kind, and the real token with one thing wrong."""
    alphabet = string.ascii_letters + string.digits + "-_"
    yield from ("", " ", "\0", "null", "None", "{}", "[]", "../", "' OR '1'='1", real[:-1])
    yield from (real + "x", real.swapcase(), real[::-1], " " + real + "\0", "é" * 64, "🟡" * 16)
    while True:
        match pick.randrange(5):
            case 0:
                yield "".join(pick.choice(alphabet) for _ in range(22))
            case 1:
                yield "".join(chr(pick.randrange(0xD800)) for _ in range(pick.randint(1, 40)))
            case 2:
                place = pick.randrange(len(real))
                wrong = pick.choice([one for one in alphabet if one != real[place]])
                yield real[:place] + wrong + real[place + 1 :]
            case 3:
                yield real[: pick.randrange(len(real))]
            case _:
                yield "".join(chr(pick.randrange(256)) for _ in range(pick.randint(1, 64)))


async def test_forged_buttons_are_refused_and_never_raise(tmp_path: Path) -> None:
    pick = random.Random(SEED)
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)
        real = day.person.token("Approve")
        source = forgeries(real, pick)
        for _ in range(FORGED):
            await accept(day.office, day.person.inbound(token=next(source)))
        with day.database.reading() as session:
            assert session.exec(select(Approval)).one().state == "pending"
            assert session.exec(select(Operation)).all() == []
        await day.person.tap("Approve")
        assert len(day.mails()) == 1


async def test_a_stranger_with_the_real_token_gets_nothing(tmp_path: Path) -> None:
    async with working_day(tmp_path) as day:
        await day.person.say(WISH)
        real = day.person.token("Approve")
        for user_id in ("someone", "", "operator ", "OPERATOR"):
            tap = day.person.inbound(token=real, user_id=user_id)
            assert await day.person.send(tap) is Accepted.STRANGER
        with day.database.reading() as session:
            assert session.exec(select(Approval)).one().state == "pending"
            rows = session.exec(select(InboxMessage).where(InboxMessage.kind == "tap")).all()
            assert rows == []
        assert day.mails() == []


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field in a frozen Command."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def altered(command: Any, path: tuple[Any, ...]) -> Any:
    copy = json.loads(json.dumps(command))
    place = copy
    for key in path[:-1]:
        place = place[key]
    old = place[path[-1]]
    if isinstance(old, bool):
        place[path[-1]] = not old
    elif isinstance(old, int):
        place[path[-1]] = old + 1
    else:
        place[path[-1]] = f"{old or ''}x"
    return copy


def stored_command(file: Path) -> tuple[str, Any]:
    with sqlite3.connect(file) as db:
        text_id, text = db.execute(
            "SELECT t.id, t.text FROM personal_text t JOIN action a ON a.command_text_id = t.id"
        ).fetchone()
    return text_id, json.loads(text)


async def test_every_field_altered_before_or_after_the_tap_is_refused(tmp_path: Path) -> None:
    """One office a field: the Command is changed between the card and the execution."""
    async with working_day(tmp_path / "first") as day:
        await day.person.say(WISH)
        _, command = stored_command(tmp_path / "first" / "steward.db")
    paths = list(leaves(command))
    assert len(paths) > 40
    for number, path in enumerate(paths):
        folder = tmp_path / str(number)
        late = number % 2 == 1  # every other one is altered after the tap, in the undo window
        async with working_day(folder, undo_window_s=20 if late else 0, checked=False) as day:
            await day.person.say(WISH)
            tap = day.person.inbound(token=day.person.token("Approve"))
            if late:
                await accept(day.office, tap)
            text_id, mine = stored_command(folder / "steward.db")
            with sqlite3.connect(folder / "steward.db") as db:
                db.execute(
                    "UPDATE personal_text SET text = ? WHERE id = ?",
                    (json.dumps(altered(mine, path)), text_id),
                )
            if late:
                day.clock.step(seconds=30)
                await day.person.settled()
            else:
                await day.person.send(tap)
            assert day.mails() == [], path
            assert "no longer what you approved" in day.person.shown[0].text if late else True
