"""What a chat is talking about, as a row: the question open, the card being edited, the last Run."""

from __future__ import annotations

from typing import Any

from adapters.ports.chat import Sign
from graph import cards
from graph.cards import Place
from graph.office import company, zone
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


def begin(uow: UnitOfWork, place: Place, inbox_id: str, kind: str, slots: dict[str, Any]) -> Run:
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


def side_step(
    uow: UnitOfWork, run: Run, intent: Intent, kind: str, slots: dict[str, Any]
) -> Intent:
    """A wish inside a wish (a client added on the way); the Run keeps its own Intent."""
    row = Intent(
        id=uow.ids.new(),
        run_id=run.id,
        inbox_id=intent.inbox_id,
        kind=kind,
        slots=slots,
        confidence_ppm=1_000_000,
        via="answer",
        created_at=uow.now,
    )
    uow.session.add(row)
    return row


def amend(uow: UnitOfWork, run: Run, changes: dict[str, Any], *, via: str = "answer") -> Intent:
    """The Run's Intent with some slots changed: a new row, and the Run points at it."""
    old = uow.session.get_one(Intent, run.intent_id)
    slots = {**old.slots, **changes}
    if "amount" in changes:
        slots.pop("lines", None)
        slots.pop("gross", None)
    row = Intent(
        id=uow.ids.new(),
        run_id=run.id,
        inbox_id=old.inbox_id,
        kind=old.kind,
        slots=slots,
        confidence_ppm=old.confidence_ppm,
        via=via,
        amends=old.id,
        created_at=uow.now,
    )
    uow.session.add(row)
    run.intent_id = row.id
    uow.session.add(run)
    uow.wake("runs")
    return row


def is_changing(uow: UnitOfWork, action: Action) -> bool:
    """Whether the wish behind a pending Action was amended and its new card is still to come."""
    run = uow.session.get_one(Run, action.run_id)
    intent = uow.session.get(Intent, run.intent_id) if run.intent_id else None
    while intent is not None and intent.amends is not None:
        if intent.amends == action.intent_id:
            return True
        intent = uow.session.get(Intent, intent.amends)
    return False


def repeat(uow: UnitOfWork, action: Action, place: Place) -> None:
    """The Intent behind an Action once more."""
    intent = uow.session.get_one(Intent, action.intent_id)
    begin(uow, place, f"again:{action.id}", intent.kind, dict(intent.slots))


def answer(uow: UnitOfWork, question: Question, value: Any, place: Place) -> None:
    """Answer once; the Run that asked goes on."""
    question.state, question.answer = "answered", value
    uow.session.add(question)
    if question.field.startswith("company."):
        ours = company(uow)
        year = uow.now.astimezone(zone(ours)).year
        from graph.agents import letterhead  # agents import the talk, so late

        letterhead.learn(uow, ours, question.field.removeprefix("company."), value, year)
    else:
        amend(uow, uow.session.get_one(Run, question.run_id), {question.field: value})
    cards.settle(uow, question.id, Sign.NONE, f"Your answer: {value or 'none'}")
    row = conversation(uow, place)
    if row.expects_id == question.id:
        row.expects = row.expects_id = None
        uow.session.add(row)
    uow.wake("runs")
