"""The verdict on one exact Action: a compare-and-set, its event and its Operation in one commit.

Every function returns what is true now, in words. A tap that loses changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select, update

from adapters.ports.chat import Sign
from graph import cards, numbers, operations, reissue, talk
from graph.books import BooksRefused
from graph.cards import Offer
from graph.office import Office, company
from graph.operations import Altered
from graph.phrases import moment
from stores.crashpoints import reach
from stores.events import ApprovalDecided
from stores.tables.work import Action, Approval
from stores.types import ActionState, ApprovalState
from stores.unit_of_work import UnitOfWork


def approve(uow: UnitOfWork, office: Office, approval_id: str, *, by: str, via: str) -> str | None:
    """Returns None when this tap decided, else what is true instead."""
    approval = uow.session.get(Approval, approval_id)
    if approval is None:
        return "That is nothing I know. Nothing was changed."
    action = uow.session.get_one(Action, approval.action_id)
    if approval.state == ApprovalState.PENDING and talk.is_changing(uow, action):
        return "This one is being replaced; the new card counts. Nothing was sent."
    if _late(uow, [approval_id]):
        return "The day on that card has passed; here it comes with today's. Nothing was sent."
    try:
        with uow.session.begin_nested():
            if not _decide(uow, approval, action, ApprovalState.APPROVED, by=by, via=via):
                return truth(uow, approval)
            action.state = ActionState.APPROVED
            uow.session.add(action)
            uow.session.flush()
            operation = operations.queue(uow, office, action, approval=approval)
    except BooksRefused as refusal:
        uow.forget_events()
        uow.session.expire_all()
        _decide(uow, approval, action, ApprovalState.REJECTED, by="clock", via="tables")
        _close(uow, approval, action, f"Not possible any more: {refusal}. Nothing was done.")
        return None
    except Altered:
        uow.forget_events()
        uow.session.expire_all()
        return (
            "What lies in my tables is no longer what this card showed. "
            "Nothing was sent. Say the wish again."
        )
    reach("verdict")
    if operation.state == "queued":
        _tell_on_its_way(uow, office, approval, operation.id)
    return None


def _late(uow: UnitOfWork, approval_ids: Sequence[str]) -> bool:
    """Re-issue what carries an earlier day; True if anything did."""
    found = reissue.late(uow.session, uow.now, approval_ids)
    reissue.reissue(uow, found)
    return bool(found)


def _tell_on_its_way(
    uow: UnitOfWork, office: Office, approval: Approval, operation_id: str
) -> None:
    at = moment(uow.now, uow.now, company(uow).timezone)
    seconds = int(office.settings.undo_window.total_seconds())
    if seconds <= 0:
        return
    cards.settle(
        uow,
        approval.id,
        Sign.ON_ITS_WAY,
        f"approved by you {at}, goes out in {seconds} s",
        rows=[[Offer("Stop it", "stop_it", operation_id)]],
    )


def approve_all(
    uow: UnitOfWork, office: Office, bound: Sequence[Sequence[str]], *, by: str, via: str
) -> str | None:
    """All or none: every (approval, content hash) must still be as it was listed."""
    for approval_id, listed_hash in bound:
        approval = uow.session.get(Approval, approval_id)
        if approval is None or approval.content_hash != listed_hash:
            return "One of them is no longer what the list showed. Nothing was approved."
        if approval.state != ApprovalState.PENDING or approval.expires_at <= uow.now:
            return f"One of them has changed: {truth(uow, approval)} Nothing else was approved."
    if _late(uow, [approval_id for approval_id, _ in bound]):
        return (
            "The day on one of them has passed; it comes again with today's. Nothing was approved."
        )
    for approval_id, _ in bound:
        refused = approve(uow, office, approval_id, by=by, via=via)
        if refused:
            raise BooksRefused(refused)
    return None


def reject(uow: UnitOfWork, approval_id: str, *, by: str, via: str) -> str | None:
    approval = uow.session.get(Approval, approval_id)
    if approval is None:
        return "That is nothing I know. Nothing was changed."
    action = uow.session.get_one(Action, approval.action_id)
    if not _decide(uow, approval, action, ApprovalState.REJECTED, by=by, via=via):
        return truth(uow, approval)
    at = moment(uow.now, uow.now, company(uow).timezone)
    reasons = ["Wrong amount", "Wrong client", "Not now"]
    _close(
        uow,
        approval,
        action,
        f"rejected by you {at}. Nothing was sent. Why? Tap or write a line, or leave it.",
        rows=[[Offer(reason, "reason", approval.id, reason) for reason in reasons]],
    )
    return None


def give_reason(uow: UnitOfWork, approval_id: str, reason: str) -> str | None:
    approval = uow.session.get(Approval, approval_id)
    if approval is None or approval.state != ApprovalState.REJECTED:
        return "That card was not rejected; I kept no reason."
    if approval.reason_text_id is not None:
        return "I already have your reason for that one."
    approval.reason_text_id = uow.keep_text(reason, subject="operator")
    uow.session.add(approval)
    cards.settle(
        uow,
        approval.id,
        Sign.STOPPED,
        f"rejected by you. Nothing was sent. Reason: {reason}",
        rows=[[Offer("Ask again", "ask_again", approval.action_id)]],
    )
    return None


def expire(uow: UnitOfWork, approval: Approval) -> bool:
    """Deny what nobody decided in time. Called by the clock and by a tap that came too late."""
    action = uow.session.get_one(Action, approval.action_id)
    won = _cas(uow, approval, ApprovalState.EXPIRED, by="clock")
    if won:
        _recorded(uow, approval, action, ApprovalState.EXPIRED, by="clock", via="clock")
        reach("expiry")
        action.state = ActionState.EXPIRED
        uow.session.add(action)
        numbers.release(uow, action.id, "the approval expired")
        cards.settle(
            uow,
            approval.id,
            Sign.CLOSED,
            "expired: you were asked and did not answer in time. Nothing was done.",
            rows=[[Offer("Ask again", "ask_again", action.id)]],
        )
        uow.wake("runs")
    return won


def truth(uow: UnitOfWork, approval: Approval) -> str:
    """What is recorded about an Approval, as one sentence."""
    uow.session.refresh(approval)
    at = ""
    if approval.decided_at is not None:
        at = f" at {moment(approval.decided_at, uow.now, company(uow).timezone)}"
    match approval.state:
        case ApprovalState.APPROVED:
            return f"You already approved this{at}; nothing was done twice."
        case ApprovalState.REJECTED:
            return f"You already rejected this{at}; nothing was sent."
        case ApprovalState.SUPERSEDED:
            return f"An edit replaced this{at}; the newer card is the one that counts."
        case ApprovalState.EXPIRED:
            return "This expired and nothing was done. Tap Ask again on the card to renew it."
        case _:
            return "This is still waiting for you."


def pending(uow: UnitOfWork) -> list[tuple[Approval, Action]]:
    """What waits for her, oldest first."""
    rows = uow.session.exec(
        select(Approval, Action)
        .join(Action, col(Action.id) == col(Approval.action_id))
        .where(Approval.state == ApprovalState.PENDING)
        .order_by(col(Approval.requested_at), col(Approval.id))
    )
    return [(approval, action) for approval, action in rows]


def _decide(
    uow: UnitOfWork,
    approval: Approval,
    action: Action,
    state: ApprovalState,
    *,
    by: str,
    via: str,
) -> bool:
    if approval.expires_at <= uow.now and expire(uow, approval):
        return False
    if not _cas(uow, approval, state, by=by, via=via):
        return False
    _recorded(uow, approval, action, state, by=by, via=via)
    reach("decided")
    return True


def _cas(
    uow: UnitOfWork, approval: Approval, state: ApprovalState, *, by: str, via: str = "clock"
) -> bool:
    """The one place a verdict is won: pending, same content, not expired at this moment."""
    hash_now = select(Action.content_hash).where(Action.id == approval.action_id).scalar_subquery()
    conditions = [
        col(Approval.id) == approval.id,
        col(Approval.state) == ApprovalState.PENDING,
        col(Approval.content_hash) == hash_now,
    ]
    if state is not ApprovalState.EXPIRED:
        conditions.append(col(Approval.expires_at) > uow.now)
    won = uow.session.exec(
        update(Approval)
        .where(*conditions)
        .values(state=state, decided_at=uow.now, decided_by=by, decided_via=via)
        .execution_options(synchronize_session=False)
    )
    uow.session.refresh(approval)
    return bool(won.rowcount == 1)


def _recorded(
    uow: UnitOfWork,
    approval: Approval,
    action: Action,
    state: ApprovalState,
    *,
    by: str,
    via: str,
) -> None:
    uow.record(
        ApprovalDecided(
            approval=approval.id,
            action=action.id,
            content_hash=approval.content_hash,
            verdict=state,
            by=by,
            via=via,
        ),
        subject=f"approval:{approval.id}",
    )
    uow.wake("runs")


def _close(
    uow: UnitOfWork,
    approval: Approval,
    action: Action,
    outcome: str,
    *,
    rows: cards.Rows = (),
) -> None:
    action.state = ActionState.REJECTED
    uow.session.add(action)
    numbers.release(uow, action.id, "rejected")
    cards.settle(uow, approval.id, Sign.STOPPED, outcome, rows=rows)
