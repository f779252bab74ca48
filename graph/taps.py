"""What each button does. Runs inside the commit of the tap's inbox row; never raises for a tap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select, update

from adapters.ports.chat import Sign
from graph import cards, control, operations, showing, talk, verdicts
from graph.books import BooksRefused
from graph.cards import Offer, Place
from graph.office import Office, company
from graph.phrases import moment
from stores.tables.governance import OperatorIdentity
from stores.tables.plumbing import Button, CardRow, InboxMessage
from stores.tables.work import Action, Approval, Operation, Question, Run
from stores.types import ActionState, ApprovalState, OperationState
from stores.unit_of_work import UnitOfWork

_FORGED_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Tap:
    uow: UnitOfWork
    office: Office
    button: Button
    place: Place
    by: str
    inbox: InboxMessage

    @property
    def subject(self) -> str:
        return self.button.subject_id


def handle(
    uow: UnitOfWork,
    office: Office,
    token: str,
    place: Place,
    identity: OperatorIdentity,
    inbox: InboxMessage,
) -> None:
    """Do what the button says, or say what is true instead."""
    button = uow.session.get(Button, token) if token else None
    if button is None:
        _not_mine(uow, place)
        return
    tap = Tap(uow=uow, office=office, button=button, place=place, by=identity.id, inbox=inbox)
    card = uow.session.get(CardRow, button.card_id)
    inbox.run_id = card.run_id if card else None
    try:
        with uow.session.begin_nested():
            told = _VERBS[button.verb](tap)
    except BooksRefused as refusal:
        uow.forget_events()
        uow.session.expire_all()
        told = f"{refusal} Nothing was changed."
    if told is not None:
        cards.say(uow, place, told, kind="notice")


def _not_mine(uow: UnitOfWork, place: Place) -> None:
    """Said once a minute: whoever makes up buttons cannot fill her chat."""
    subject = f"forged:{place.id}"
    said = cards.about(uow, subject)
    if said is None or said.created_at < uow.now - _FORGED_PAUSE:
        text = "That button is not one of mine. Nothing was changed."
        cards.say(uow, place, text, kind="notice", subject_id=subject)


def _approve(tap: Tap) -> str | None:
    return verdicts.approve(tap.uow, tap.office, tap.subject, by=tap.by, via=tap.place.channel)


def _approve_set(tap: Tap) -> str | None:
    return verdicts.approve_all(
        tap.uow, tap.office, tap.button.argument, by=tap.by, via=tap.place.channel
    )


def _reject(tap: Tap) -> str | None:
    told = verdicts.reject(tap.uow, tap.subject, by=tap.by, via=tap.place.channel)
    if told is None:
        talk.expect(tap.uow, tap.place, "reason", tap.subject)
    return told


def _reason(tap: Tap) -> str | None:
    talk.expect(tap.uow, tap.place, None, None)
    return verdicts.give_reason(tap.uow, tap.subject, str(tap.button.argument))


def _edit(tap: Tap) -> str | None:
    approval = tap.uow.session.get(Approval, tap.subject)
    if approval is None or approval.state != ApprovalState.PENDING:
        return _truth(tap, approval)
    if approval.expires_at <= tap.uow.now and verdicts.expire(tap.uow, approval):
        return verdicts.truth(tap.uow, approval)
    action = tap.uow.session.get_one(Action, approval.action_id)
    talk.expect(tap.uow, tap.place, "edit", approval.id, run_id=action.run_id)
    showing.ask_for_edit(tap.uow, tap.place, approval)
    return None


def _snooze(tap: Tap) -> str | None:
    uow = tap.uow
    approval = uow.session.get(Approval, tap.subject)
    if approval is None or approval.state != ApprovalState.PENDING:
        return _truth(tap, approval)
    if approval.expires_at <= uow.now and verdicts.expire(uow, approval):
        return verdicts.truth(uow, approval)
    zone = company(uow).timezone
    until = next_review(tap.office, uow.now, zone)
    approval.snoozed_until = until
    uow.session.add(approval)
    cards.settle(
        uow,
        approval.id,
        Sign.WAITING,
        f"put aside until {moment(until, uow.now, zone)}; nothing is done meanwhile",
        rows=[[Offer("Show now", "show", approval.id)]],
    )
    return None


def next_review(office: Office, now: datetime, zone: str) -> datetime:
    """The next review time at least half an hour away."""
    local = now.astimezone(ZoneInfo(zone))
    for days in range(3):
        for at in sorted(office.settings.review_times):
            candidate = (local + timedelta(days=days)).replace(
                hour=at.hour, minute=at.minute, second=0, microsecond=0
            )
            if candidate - local >= timedelta(minutes=30):
                return candidate
    return local + timedelta(hours=12)


def _show(tap: Tap) -> str | None:
    approval = tap.uow.session.get(Approval, tap.subject)
    if approval is None or approval.state != ApprovalState.PENDING:
        return _truth(tap, approval)
    showing.show_again(tap.uow, approval, [tap.place])
    return None


def _details(tap: Tap) -> str | None:
    approval = tap.uow.session.get(Approval, tap.subject)
    if approval is None:
        return "That is nothing I know."
    showing.details(tap.uow, tap.place, tap.uow.session.get_one(Action, approval.action_id))
    return None


def _stop_it(tap: Tap) -> str | None:
    uow = tap.uow
    won = uow.session.exec(
        update(Operation)
        .where(col(Operation.id) == tap.subject, col(Operation.state) == OperationState.QUEUED)
        .values(state=OperationState.CANCELLED)
    )
    operation = uow.session.get(Operation, tap.subject)
    if operation is None:
        return "That is nothing I know."
    uow.session.refresh(operation)
    if won.rowcount != 1:
        if operation.state == OperationState.CANCELLED:
            return "It is already stopped; nothing was sent."
        return "Too late to stop: it has already gone out. Undo on its card takes it back."
    at = moment(uow.now, uow.now, company(uow).timezone)
    operations.settle_failed(
        uow, operation, OperationState.CANCELLED, f"stopped by you {at}.", "Nothing was sent."
    )
    return None


def _ask_again(tap: Tap) -> str | None:
    """The same wish, validated anew, as a new Run."""
    action = tap.uow.session.get(Action, tap.subject)
    if action is None:
        return "That is nothing I know."
    ended = (
        ActionState.EXPIRED, ActionState.CANCELLED, ActionState.REJECTED, ActionState.FAILED,
    )  # fmt: skip
    if action.state not in ended:
        return "There is nothing to ask again: it has moved on."
    again = tap.uow.session.exec(
        select(Run.id).where(Run.inbox_id == f"again:{action.id}").limit(1)
    ).first()
    if again is not None:
        return "I already asked again; the newer card is the one that counts."
    talk.repeat(tap.uow, action, tap.place)
    return None


def _undo(tap: Tap) -> str | None:
    talk.begin(tap.uow, tap.place, tap.inbox.id, "undo", {"action": tap.subject})
    return None


def _why(tap: Tap) -> str | None:
    talk.begin(tap.uow, tap.place, tap.inbox.id, "trace.explain", {"action": tap.subject})
    return None


def _answer(tap: Tap) -> str | None:
    question = tap.uow.session.get(Question, tap.subject)
    if question is None or question.state != "open":
        return "I already have an answer to that."
    talk.answer(tap.uow, question, tap.button.argument, tap.place)
    return None


def _say(tap: Tap) -> str | None:
    """A tappable example: as if she had typed it."""
    tap.inbox.kind = "text"
    tap.inbox.state = "new"
    tap.inbox.text_id = tap.uow.keep_text(str(tap.button.argument), subject="operator")
    tap.uow.session.add(tap.inbox)
    tap.uow.wake("inbox")
    return None


def _resume(tap: Tap) -> str | None:
    control.resume(tap.uow, tap.place, tap.by)
    return None


def _in_doubt(state: str) -> Callable[[Tap], str | None]:
    def verb(tap: Tap) -> str | None:
        operation = tap.uow.session.get(Operation, tap.subject)
        if operation is None or operation.state != OperationState.NEEDS_OPERATOR:
            return "That was decided already; nothing was changed."
        at = moment(tap.uow.now, tap.uow.now, company(tap.uow).timezone)
        match state:
            case "send_again":
                operation.not_after = tap.uow.now + tap.office.settings.not_after
                operation.not_before = tap.uow.now
                operations.move(tap.uow, operation, OperationState.QUEUED)
                tap.uow.wake("operations")
            case "mark_sent":
                operations.settle_done(
                    tap.uow,
                    operation,
                    reference="marked as sent by you",
                    evidence=f"your word, {at}",
                )
            case _:
                operations.settle_failed(
                    tap.uow,
                    operation,
                    OperationState.FAILED,
                    f"left by you {at}.",
                    "I do nothing more about it.",
                )
        return None

    return verb


def _truth(tap: Tap, approval: Approval | None) -> str:
    if approval is None:
        return "That is nothing I know. Nothing was changed."
    return verdicts.truth(tap.uow, approval)


_VERBS: dict[str, Callable[[Tap], str | None]] = {
    "approve": _approve,
    "approve_set": _approve_set,
    "reject": _reject,
    "reason": _reason,
    "edit": _edit,
    "snooze": _snooze,
    "show": _show,
    "details": _details,
    "stop_it": _stop_it,
    "ask_again": _ask_again,
    "undo": _undo,
    "why": _why,
    "answer": _answer,
    "say": _say,
    "resume": _resume,
    "send_again": _in_doubt("send_again"),
    "mark_sent": _in_doubt("mark_sent"),
    "leave_it": _in_doubt("leave_it"),
}
