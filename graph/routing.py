"""Where a Run stands, read from the tables alone: the same rule at START, after every node and
after every wake-up. That is why a deleted checkpoint file costs nothing."""

from __future__ import annotations

from sqlmodel import Session, col, select

from stores.tables.work import Action, Operation, Question, Run
from stores.types import ActionState, OperationState, RunState

UNDERSTAND = "understand"
PROPOSE = "propose"
AWAIT_ANSWER = "await_answer"
AWAIT_VERDICT = "await_verdict"
AWAIT_OUTCOME = "await_outcome"
VERIFY = "verify"
FINISHED = "finished"
WAITS = (AWAIT_ANSWER, AWAIT_VERDICT, AWAIT_OUTCOME)

_UNSETTLED = (
    OperationState.QUEUED,
    OperationState.DISPATCHING,
    OperationState.IN_DOUBT,
    OperationState.NEEDS_OPERATOR,
)


def hold(session: Session, run_id: str) -> None:
    """Wait for whoever works on this Run; on SQLite the one writer has waited already."""
    session.exec(select(Run.id).where(Run.id == run_id).with_for_update()).first()


def next_step(session: Session, run_id: str) -> str:
    """The node a Run needs next. Pure over the tables."""
    run = session.get(Run, run_id)
    if run is None or run.intent_id is None:
        return UNDERSTAND
    if run.state not in (RunState.RUNNING, RunState.WAITING):
        return FINISHED
    asked = session.exec(
        select(Question.id).where(Question.run_id == run_id, Question.state == "open").limit(1)
    ).first()
    if asked is not None:
        return AWAIT_ANSWER
    actions = session.exec(select(Action).where(Action.run_id == run_id)).all()
    pending = [one for one in actions if one.state == ActionState.PROPOSED]
    if pending:
        current = any(one.intent_id == run.intent_id for one in pending)
        return AWAIT_VERDICT if current else PROPOSE
    unsettled = session.exec(
        select(Operation.id)
        .join(Action, col(Action.id) == col(Operation.action_id))
        .where(Action.run_id == run_id, col(Operation.state).in_(_UNSETTLED))
        .limit(1)
    ).first()
    if unsettled is not None:
        return AWAIT_OUTCOME
    answered = any(one.intent_id == run.intent_id for one in actions)
    return VERIFY if answered else PROPOSE
