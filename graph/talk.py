"""What a chat is talking about, as a row: the question open, the card being edited, the last Run."""

from __future__ import annotations

from typing import Any

from graph.cards import Place
from stores.tables.work import Action, Conversation, Intent, Question, Run
from stores.types import RunState
from stores.unit_of_work import UnitOfWork


def conversation(uow: UnitOfWork, place: Place) -> Conversation:
    row = uow.session.get(Conversation, place.id)
    if row is None:
        row = Conversation(id=place.id)
        uow.session.add(row)
    return row


def expect(
    uow: UnitOfWork,
    place: Place,
    what: str | None,
    subject_id: str | None,
    *,
    run_id: str | None = None,
) -> None:
    """Say what the next sentence of this chat answers; None for nothing in particular."""
    row = conversation(uow, place)
    row.expects, row.expects_id = what, subject_id
    if run_id is not None:
        row.run_id = run_id
    uow.session.add(row)


def begin(
    uow: UnitOfWork, place: Place, inbox_id: str, kind: str, slots: dict[str, Any]
) -> Run:
    """A Run whose Intent is known already (a button, a repeated wish)."""
    run = Run(
        id=uow.ids.new(),
        inbox_id=inbox_id,
        channel=place.channel,
        chat_id=place.chat_id,
        state=RunState.RUNNING,
        started_at=uow.now,
    )
    intent = Intent(
        id=uow.ids.new(),
        run_id=run.id,
        inbox_id=inbox_id,
        kind=kind,
        slots=slots,
        confidence_ppm=1_000_000,
        via="button",
        created_at=uow.now,
    )
    run.intent_id = intent.id
    uow.session.add(run)
    uow.session.add(intent)
    uow.wake("runs")
    return run


def repeat(uow: UnitOfWork, action: Action, place: Place) -> None:
    """The Intent behind an Action once more."""
    intent = uow.session.get_one(Intent, action.intent_id)
    begin(uow, place, f"again:{action.id}", intent.kind, dict(intent.slots))


def answer(uow: UnitOfWork, question: Question, value: Any, place: Place) -> None:
    """Answer once; the Run that asked goes on."""
    question.state, question.answer = "answered", value
    uow.session.add(question)
    row = conversation(uow, place)
    if row.expects_id == question.id:
        row.expects = row.expects_id = None
        uow.session.add(row)
    uow.wake("runs")
