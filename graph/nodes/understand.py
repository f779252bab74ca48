"""A sentence becomes an Intent of a new Run, an answer, an edit or a reason. One commit."""

from __future__ import annotations

from dataclasses import asdict

from sqlmodel import col, select

from graph import cards, talk, verdicts
from graph.agents import roster
from graph.cards import Place
from graph.directory import TableDirectory
from graph.interpret.answers import read_answer
from graph.interpret.edits import read_edit
from graph.interpret.offline import interpret
from graph.interpret.reading import Context, Reading
from graph.office import Office, company, zone
from stores.tables.plumbing import CardRow, Delivery, InboxMessage
from stores.tables.work import Action, Approval, Conversation, Intent, Question, Run
from stores.types import ApprovalState, RunState
from stores.unit_of_work import UnitOfWork

_FREE_TEXT = {"client_change", "description", "name", "company.name", "company.address"}


def understand(uow: UnitOfWork, office: Office, run_id: str, inbox_id: str) -> None:
    """Reads the inbox row; leaves it `done`. Does nothing if somebody else already did."""
    inbox = uow.session.get_one(InboxMessage, inbox_id)
    if inbox.state != "new":
        return
    inbox.state = "done"
    uow.session.add(inbox)
    text = uow.text(inbox.text_id) or "" if inbox.text_id else ""
    place = Place(channel=inbox.channel, chat_id=inbox.chat_id)
    row = talk.conversation(uow, place)
    now = uow.now.astimezone(zone(company(uow)))
    directory = TableDirectory(uow.session)
    context = Context(client=_client_name(uow, row), invoice=row.invoice_number)
    reading = interpret(text, now=now, directory=directory, context=context)
    fresh = reading.intent != "unknown" and reading.confidence >= 0.9
    if row.expects == "answer" and _answers(uow, row, text, place, fresh=fresh):
        return
    if row.expects == "reason" and row.expects_id and not fresh:
        told = verdicts.give_reason(uow, row.expects_id, text)
        talk.expect(uow, place, None, None)
        if told:
            cards.say(uow, place, told, kind="notice")
        return
    target = _edited(uow, row, inbox)
    if target is not None and _edits(uow, target, row, text, place, fresh=fresh):
        return
    _begin(uow, run_id, inbox, place, row, reading)
    for number, wish in enumerate(reading.also):
        extra = talk.begin(uow, place, f"{inbox.id}#{number + 2}", wish.intent, dict(wish.slots))
        extra_intent = uow.session.get(Intent, extra.intent_id) if extra.intent_id else None
        if extra_intent is not None:
            extra_intent.missing = list(wish.missing)


def _begin(
    uow: UnitOfWork,
    run_id: str,
    inbox: InboxMessage,
    place: Place,
    row: Conversation,
    reading: Reading,
) -> None:
    inbox.run_id = run_id
    run = Run(
        id=run_id,
        inbox_id=inbox.id,
        channel=place.channel,
        chat_id=place.chat_id,
        state=RunState.RUNNING,
        started_at=uow.now,
    )
    intent = Intent(
        id=uow.ids.new(),
        run_id=run_id,
        inbox_id=inbox.id,
        kind=reading.intent,
        slots={key: value for key, value in reading.slots.items() if key not in reading.missing},
        missing=list(reading.missing),
        choices={
            field: [asdict(choice) for choice in choices]
            for field, choices in reading.choices.items()
        },
        confidence_ppm=round(reading.confidence * 1_000_000),
        via=reading.via,
        created_at=uow.now,
    )
    run.intent_id = intent.id
    uow.session.add(run)
    uow.session.add(intent)
    row.run_id, row.expects, row.expects_id = run_id, None, None
    known = reading.slots.get("client")
    customer = roster.by_name(uow, str(known)) if known else None
    if customer is not None:
        row.customer_id = customer.id
    if isinstance(reading.slots.get("invoice"), str):
        row.invoice_number = str(reading.slots["invoice"])
    uow.session.add(row)


def _client_name(uow: UnitOfWork, row: Conversation) -> str | None:
    from stores.tables.company import Customer

    customer = uow.session.get(Customer, row.customer_id) if row.customer_id else None
    return customer.name if customer else None


def _answers(uow: UnitOfWork, row: Conversation, text: str, place: Place, *, fresh: bool) -> bool:
    """True if the sentence was taken as the answer to the open question."""
    question = uow.session.get(Question, row.expects_id) if row.expects_id else None
    if question is None or question.state != "open":
        talk.expect(uow, place, None, None)
        return False
    run = uow.session.get_one(Run, question.run_id)
    now = uow.now.astimezone(zone(company(uow)))
    directory = TableDirectory(uow.session)
    if question.field == "client_change":
        edit = read_edit(text, current={}, now=now, directory=directory)
        if edit.changes:
            question.state, question.answer = "answered", dict(edit.changes)
            uow.session.add(question)
            talk.amend(uow, run, dict(edit.changes))
            return True
    else:
        if fresh and question.field not in _FREE_TEXT:
            return False
        kind = _kind_of(question.field)
        value = read_answer(kind, text, now=now, directory=directory)
        if value is not None:
            talk.answer(uow, question, value, place)
            return True
    if fresh:
        return False
    cards.say(
        uow,
        place,
        "I could not read that as an answer. Nothing was done; please write it once more.",
        kind="notice",
    )
    return True


def _kind_of(field: str) -> str:
    plain = field.removeprefix("company.")
    return {"client_email": "email"}.get(plain, plain)


def _edited(uow: UnitOfWork, row: Conversation, inbox: InboxMessage) -> Approval | None:
    """The pending card a sentence would change: replied to, opened for editing, or the last."""
    if inbox.reply_to:
        card = _replied_to(uow, inbox)
        if card is not None and card.subject_id:
            approval = uow.session.get(Approval, card.subject_id)
            if approval is not None:
                return approval
    if row.expects == "edit" and row.expects_id:
        return uow.session.get(Approval, row.expects_id)
    if row.run_id is None:
        return None
    return uow.session.exec(
        select(Approval)
        .join(Action, col(Action.id) == col(Approval.action_id))
        .where(Action.run_id == row.run_id, Approval.state == ApprovalState.PENDING)
        .limit(1)
    ).first()


def _replied_to(uow: UnitOfWork, inbox: InboxMessage) -> CardRow | None:
    """A message id names every part a card was shown in: "12", "12,13" or, with files, "12/14"."""
    wanted = inbox.reply_to or ""
    shown = uow.session.exec(
        select(Delivery).where(
            Delivery.channel == inbox.channel,
            Delivery.chat_id == inbox.chat_id,
            col(Delivery.message_id).contains(wanted, autoescape=True),
        )
    ).all()
    for one in shown:
        if wanted in (one.message_id or "").replace("/", ",").split(","):
            return uow.session.get(CardRow, one.card_id)
    return None


def _edits(
    uow: UnitOfWork,
    approval: Approval,
    row: Conversation,
    text: str,
    place: Place,
    *,
    fresh: bool,
) -> bool:
    asked = row.expects == "edit"
    action = uow.session.get_one(Action, approval.action_id)
    run = uow.session.get_one(Run, action.run_id)
    card = cards.about(uow, approval.id)
    current = dict(card.content.get("fields", {})) if card else {}
    now = uow.now.astimezone(zone(company(uow)))
    edit = read_edit(text, current=current, now=now, directory=TableDirectory(uow.session))
    if fresh and not asked:
        return False
    if not edit.changes and not edit.problems:
        if asked and not fresh:
            cards.say(
                uow,
                place,
                "I could not read a change in that. The card stays as it is.",
                ['For example "make it 1,300, due Dec 20".'],
                kind="notice",
            )
            return True
        return False
    if edit.problems:
        cards.say(uow, place, edit.problems[0], [*edit.problems[1:], "The card stays as it is."])
        return True
    if approval.state != ApprovalState.PENDING:
        cards.say(uow, place, verdicts.truth(uow, approval), kind="notice")
        return True
    if approval.expires_at <= uow.now and verdicts.expire(uow, approval):
        return True
    talk.expect(uow, place, None, None, run_id=run.id)
    talk.amend(uow, run, dict(edit.changes))
    return True
