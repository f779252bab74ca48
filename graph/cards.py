"""Cards as rows: what is shown, with which buttons, in which places, and how it later ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select, update

from adapters.ports.chat import ButtonFace, CardContent, Sign
from stores.tables.governance import OperatorIdentity
from stores.tables.plumbing import Button, CardRow, Delivery
from stores.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Place:
    """A chat in a channel."""

    channel: str
    chat_id: str

    @property
    def id(self) -> str:
        return f"{self.channel}:{self.chat_id}"


@dataclass(frozen=True)
class Offer:
    """A button before it has a token."""

    label: str
    verb: str
    subject_id: str
    argument: Any = None


Rows = Sequence[Sequence[Offer]]


def post(
    uow: UnitOfWork,
    content: CardContent,
    places: Sequence[Place],
    *,
    rows: Rows = (),
    subject_id: str | None = None,
    run_id: str | None = None,
) -> CardRow:
    """Show a new card in the places given; delivered after the commit."""
    card_id = uow.ids.new()
    shown = content.model_copy(update={"rows": _faces(uow, card_id, rows)})
    card = CardRow(
        id=card_id,
        kind=content.kind,
        subject_id=subject_id,
        run_id=run_id,
        content=shown.model_dump(mode="json"),
        created_at=uow.now,
    )
    uow.session.add(card)
    for place in dict.fromkeys(places):
        uow.session.add(
            Delivery(
                id=uow.ids.new(),
                card_id=card_id,
                channel=place.channel,
                chat_id=place.chat_id,
                wanted_revision=1,
                not_before=uow.now,
            )
        )
    uow.wake("cards")
    return card


def change(uow: UnitOfWork, card: CardRow, content: CardContent, *, rows: Rows = ()) -> None:
    """Show the card differently everywhere it stands."""
    shown = content.model_copy(update={"rows": _faces(uow, card.id, rows)})
    card.content = shown.model_dump(mode="json")
    card.revision += 1
    uow.session.add(card)
    uow.session.exec(
        update(Delivery)
        .where(col(Delivery.card_id) == card.id)
        .values(wanted_revision=card.revision, not_before=uow.now)
    )
    uow.wake("cards")


def settle(
    uow: UnitOfWork,
    subject_id: str,
    sign: Sign,
    outcome: str,
    *,
    rows: Rows = (),
    struck: bool = False,
    keep: bool = False,
) -> None:
    """Every card about `subject_id` keeps its text and gains an outcome line (`keep` adds to it).

    One shown again later stands in the chat twice; only the newest keeps buttons.
    """
    for number, card in enumerate(_about(uow, subject_id)):
        content = CardContent.model_validate(card.content)
        lines = (*content.outcome, outcome) if keep else (outcome,)
        told = content.model_copy(update={"sign": sign, "outcome": lines, "struck": struck})
        change(uow, card, told, rows=() if number else rows)


def about(uow: UnitOfWork, subject_id: str) -> CardRow | None:
    """The newest card on a subject."""
    return next(iter(_about(uow, subject_id)), None)


def _about(uow: UnitOfWork, subject_id: str) -> Sequence[CardRow]:
    return uow.session.exec(
        select(CardRow)
        .where(CardRow.subject_id == subject_id)
        .order_by(col(CardRow.created_at).desc(), col(CardRow.id).desc())
    ).all()


def say(
    uow: UnitOfWork,
    place: Place,
    headline: str,
    lines: Sequence[str] = (),
    *,
    rows: Rows = (),
    kind: str = "answer",
    sign: Sign = Sign.NONE,
    run_id: str | None = None,
    subject_id: str | None = None,
) -> CardRow:
    """A plain answer, notice or question in one chat."""
    content = CardContent(kind=kind, sign=sign, headline=headline, lines=tuple(lines))
    return post(uow, content, [place], rows=rows, run_id=run_id, subject_id=subject_id)


def everywhere(uow: UnitOfWork, origin: Place) -> list[Place]:
    """Where an approval is shown: where the wish came from and every chat she has switched on.

    The terminal counts only as an origin: it shows what is waiting when it is opened.
    """
    known = uow.session.exec(
        select(OperatorIdentity).where(
            col(OperatorIdentity.revoked_at).is_(None), OperatorIdentity.channel != "console"
        )
    ).all()
    return [origin, *(Place(channel=one.channel, chat_id=one.chat_id) for one in known)]


def _faces(uow: UnitOfWork, card_id: str, rows: Rows) -> tuple[tuple[ButtonFace, ...], ...]:
    faces = []
    for row in rows:
        line = []
        for offer in row:
            token = uow.ids.token()
            uow.session.add(
                Button(
                    token=token,
                    card_id=card_id,
                    verb=offer.verb,
                    subject_id=offer.subject_id,
                    argument=offer.argument,
                )
            )
            line.append(ButtonFace(label=offer.label, verb=offer.verb, token=token))
        faces.append(tuple(line))
    return tuple(faces)
