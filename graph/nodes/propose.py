"""The agent proposes and the gate rules, in one commit."""

from __future__ import annotations

from sqlmodel import select

from adapters.ports.chat import CardContent
from graph import cards, gate, talk
from graph.agents.desk import agent_for
from graph.agents.outcome import Answer, Ask, Desk, Propose
from graph.cards import Offer, Place
from graph.contracts import PROMISES
from graph.office import Office
from stores.events import RunFinished
from stores.tables.work import Action, Approval, Contract, Intent, Question, Run
from stores.types import ActionState, ContractState, RunState
from stores.unit_of_work import UnitOfWork


def propose(uow: UnitOfWork, office: Office, run_id: str) -> None:
    """A question, an answer, or an Action with its card. An edit replaces the pending Action."""
    run = uow.session.get_one(Run, run_id)
    intent = uow.session.get_one(Intent, run.intent_id)
    old = uow.session.exec(
        select(Action).where(Action.run_id == run_id, Action.state == ActionState.PROPOSED).limit(1)
    ).first()
    desk = Desk(uow=uow, office=office, run=run, intent=intent, supersedes=old)
    run.state = RunState.WAITING  # for an answer, a verdict or an outcome, unless it ends here
    uow.session.add(run)
    outcome = agent_for(intent.kind)(desk)
    place = Place(channel=run.channel, chat_id=run.chat_id)
    match outcome:
        case Ask():
            _ask(uow, run, outcome, place)
        case Answer():
            if old is not None:
                run.intent_id = old.intent_id
                uow.session.add(run)
            cards.post(
                uow,
                CardContent(
                    kind="answer",
                    headline=outcome.headline,
                    lines=outcome.lines,
                    files=outcome.files,
                ),
                [place],
                rows=outcome.rows,
                run_id=run_id,
            )
            if old is None:
                run.state, run.finished_at = RunState.DONE, uow.now
                uow.session.add(run)
                uow.record(RunFinished(run=run_id, state=RunState.DONE), subject=f"run:{run_id}")
        case Propose():
            _contract(uow, run, intent)
            gate.submit(
                uow,
                office,
                run,
                intent,
                outcome.proposal,
                outcome.card if old is None else _with_what_was(uow, old, outcome.card),
                action_id=outcome.action_id,
                supersedes=old,
            )


def _with_what_was(uow: UnitOfWork, old: Action, card: CardContent) -> CardContent:
    """After an edit the new card opens with what it replaces, where amount or due date differ."""
    approval = uow.session.exec(
        select(Approval.id).where(Approval.action_id == old.id).limit(1)
    ).first()
    before = cards.about(uow, approval) if approval else None
    if before is None:
        return card
    content = CardContent.model_validate(before.content)
    was = []
    (what, _, amount), (old_what, _, old_amount) = (
        one.headline.rpartition(" · ") for one in (card, content)
    )
    if what != old_what:
        was.append(content.headline)
    elif amount != old_amount:
        was.append(old_amount)
    if _due(content) and _due(card) != _due(content):
        was.append(_due(content))
    return (
        card.model_copy(update={"lines": (f"Was {' · '.join(was)}", *card.lines)}) if was else card
    )


def _due(card: CardContent) -> str:
    found = next((line for line in card.lines if line.startswith("Due ")), "")
    return found.partition(" (")[0].replace("Due", "due", 1)


def _ask(uow: UnitOfWork, run: Run, ask: Ask, place: Place) -> None:
    question = Question(
        id=uow.ids.new(), run_id=run.id, field=ask.field, state="open", asked_at=uow.now
    )
    uow.session.add(question)
    offers = [Offer(label, "answer", question.id, value) for label, value in ask.choices]
    card = cards.post(
        uow,
        CardContent(kind="question", headline=ask.text, lines=ask.lines),
        [place],
        rows=[offers[index : index + 3] for index in range(0, len(offers), 3)],
        subject_id=question.id,
        run_id=run.id,
    )
    question.card_id = card.id
    talk.expect(uow, place, "answer", question.id, run_id=run.id)


def _contract(uow: UnitOfWork, run: Run, intent: Intent) -> None:
    promise = PROMISES.get(intent.kind)
    known = uow.session.exec(select(Contract.id).where(Contract.run_id == run.id).limit(1)).first()
    if promise is None or known is not None:
        return
    uow.session.add(
        Contract(
            id=uow.ids.new(),
            run_id=run.id,
            intent_kind=intent.kind,
            statement=promise.statement,
            due_at=uow.now + promise.within,
            state=ContractState.OPEN,
        )
    )
