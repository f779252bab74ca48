"""Verify asks the Contract; remember writes how it ended, in one commit."""

from __future__ import annotations

from sqlmodel import col, select

from adapters.ports.chat import Sign
from graph import cards, routing
from graph.cards import Place
from graph.contracts import is_met
from stores.events import ContractSettled, EpisodeRecorded, RunFinished
from stores.tables.work import (
    Action,
    Contract,
    Episode,
    Intent,
    Operation,
    Question,
    Receipt,
    Run,
)
from stores.types import ActionState, ContractState, RunState
from stores.unit_of_work import UnitOfWork


def verify_and_remember(uow: UnitOfWork, run_id: str) -> None:
    run = uow.session.get_one(Run, run_id)
    if run.state not in (RunState.RUNNING, RunState.WAITING):
        return
    facts = uow.session.exec(
        select(Action, Operation, Receipt)
        .join(Operation, col(Operation.action_id) == col(Action.id), isouter=True)
        .join(Receipt, col(Receipt.operation_id) == col(Operation.id), isouter=True)
        .where(Action.run_id == run_id)
    ).all()
    evidence = is_met([(fact[0], fact[1], fact[2]) for fact in facts])
    states = {fact[0].state for fact in facts if fact[0].state != ActionState.SUPERSEDED}
    run.state = _end(states, evidence)
    run.finished_at = uow.now
    uow.session.add(run)
    contract = uow.session.exec(select(Contract).where(Contract.run_id == run_id).limit(1)).first()
    if contract is not None:
        contract.state = {
            RunState.DONE: ContractState.MET,
            RunState.FAILED: ContractState.MISSED,
        }.get(run.state, ContractState.CANCELLED)
        contract.evidence, contract.settled_at = evidence, uow.now
        uow.session.add(contract)
        uow.record(
            ContractSettled(contract=contract.id, run=run_id, state=contract.state),
            subject=f"run:{run_id}",
        )
    _remember(uow, run, [fact[0] for fact in facts], evidence)
    uow.record(RunFinished(run=run_id, state=run.state), subject=f"run:{run_id}")


def _end(states: set[str], evidence: str | None) -> RunState:
    if evidence is not None:
        return RunState.DONE
    if states & {ActionState.FAILED, ActionState.PERFORMED, ActionState.APPROVED}:
        return RunState.FAILED
    return RunState.CANCELLED


def _remember(uow: UnitOfWork, run: Run, actions: list[Action], evidence: str | None) -> None:
    intent = uow.session.get_one(Intent, run.intent_id)
    customer = next((one.counterparty_id for one in actions if one.counterparty_id), None)
    words = ", ".join(f"{key} {value}" for key, value in sorted(intent.slots.items()))
    text = f"{intent.kind}: {words}. Ended {run.state}. {evidence or ''}".strip()
    subject = f"customer:{customer}" if customer else "operator"
    episode = Episode(
        id=uow.ids.new(),
        run_id=run.id,
        customer_id=customer,
        text_id=uow.keep_text(text, subject=subject),
        happened_at=uow.now,
    )
    uow.session.add(episode)
    uow.record(
        EpisodeRecorded(episode=episode.id, run=run.id, text=episode.text_id),
        subject=f"run:{run.id}",
    )


def give_up(uow: UnitOfWork, run_id: str, reason: str) -> None:
    """A Run that cannot go on: recorded, its question dropped, and said in the chat."""
    routing.hold(uow.session, run_id)
    run = uow.session.get(Run, run_id)
    if run is None or run.state not in (RunState.RUNNING, RunState.WAITING):
        return
    if routing.next_step(uow.session, run_id) in routing.WAITS:
        return  # what it was to do is done after all; what waits goes on waiting
    run.state, run.finished_at, run.failure = RunState.FAILED, uow.now, reason
    uow.session.add(run)
    for question in uow.session.exec(
        select(Question).where(Question.run_id == run_id, Question.state == "open")
    ):
        question.state = "dropped"
        uow.session.add(question)
    uow.record(RunFinished(run=run_id, state=RunState.FAILED), subject=f"run:{run_id}")
    cards.say(
        uow,
        Place(channel=run.channel, chat_id=run.chat_id),
        "That went wrong on my side.",
        [f"{reason} Nothing was sent. Say it once more, or “status” to see what waits."],
        kind="notice",
        sign=Sign.ATTENTION,
    )
