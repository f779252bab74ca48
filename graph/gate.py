"""From proposal to gate: the Action row, the policy's ruling, the Approval and its card.

One commit. An Action that supersedes another takes over its number and closes the old card.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select

from adapters.ports.chat import CardContent, Sign
from graph import cards, numbers, operations, reissue
from graph.actions import Proposal, content_hash, freeze
from graph.cards import Offer, Place
from graph.office import Office, company
from graph.phrases import moment
from graph.policies import Decision, Ruling, Spent, rule_on
from stores.events import ApprovalDecided, ApprovalRequested
from stores.tables.ledger import Invoice
from stores.tables.work import Action, Approval, Intent, Run
from stores.types import ActionState, ApprovalState
from stores.unit_of_work import UnitOfWork


def submit(
    uow: UnitOfWork,
    office: Office,
    run: Run,
    intent: Intent,
    proposal: Proposal,
    card: CardContent,
    *,
    action_id: str,
    supersedes: Action | None = None,
) -> Action:
    """Write the Action and let the policy rule on it: ask, queue it at once, or deny."""
    frozen = freeze(proposal.command)
    ruling = rule_on(proposal, office.settings.rules, _spent(uow, proposal))
    subject = f"customer:{proposal.counterparty_id}" if proposal.counterparty_id else "operator"
    action = Action(
        id=action_id,
        run_id=run.id,
        intent_id=intent.id,
        kind=proposal.kind,
        command_type=proposal.command.type,
        command_text_id=uow.keep_text(frozen, subject=subject),
        content_hash=content_hash(frozen),
        counterparty_id=proposal.counterparty_id,
        amount_minor=proposal.amount_minor,
        currency=proposal.currency,
        tainted=list(proposal.tainted),
        checks=list(proposal.checks),
        state=ActionState.PROPOSED,
        verdict=ruling.decision,
        reason=ruling.reason,
        supersedes=supersedes.id if supersedes else None,
        compensates=proposal.compensates,
        created_at=uow.now,
    )
    uow.session.add(action)
    uow.session.flush()
    if supersedes is not None:
        _supersede(uow, supersedes, action)
    place = Place(channel=run.channel, chat_id=run.chat_id)
    match ruling.decision:
        case Decision.ASK:
            until = _old_expiry(uow, supersedes) if intent.via == reissue.CLOCK else None
            request_approval(
                uow, office, action, card, cards.everywhere(uow, place), expires_at=until
            )
        case Decision.ALLOW:
            _let_through(uow, office, run, action, card, ruling)
        case Decision.DENY:
            action.state = ActionState.DENIED
            numbers.release(uow, action.id, ruling.reason)
            denied = card.model_copy(
                update={"sign": Sign.STOPPED, "outcome": (f"Not done: {ruling.reason}.",)}
            )
            cards.post(uow, denied, [place], subject_id=action.id, run_id=run.id)
    return action


def _old_expiry(uow: UnitOfWork, superseded: Action | None) -> datetime | None:
    """A new date alone is no reason to wait for her any longer."""
    if superseded is None:
        return None
    return uow.session.exec(
        select(Approval.expires_at).where(Approval.action_id == superseded.id).limit(1)
    ).first()


def request_approval(
    uow: UnitOfWork,
    office: Office,
    action: Action,
    card: CardContent,
    places: Sequence[Place],
    *,
    expires_at: datetime | None = None,
) -> Approval:
    approval = Approval(
        id=uow.ids.new(),
        action_id=action.id,
        content_hash=action.content_hash,
        state=ApprovalState.PENDING,
        requested_at=uow.now,
        expires_at=expires_at or uow.now + office.settings.expiry,
    )
    uow.session.add(approval)
    uow.record(
        ApprovalRequested(
            approval=approval.id,
            action=action.id,
            kind=action.kind,
            content_hash=action.content_hash,
            expires_at=approval.expires_at.isoformat(),
        ),
        subject=f"approval:{approval.id}",
    )
    lines = (*card.lines, *_warnings(action), f"You are asked because {action.reason}.")
    asking = card.model_copy(
        update={
            "kind": "approval",
            "sign": Sign.WAITING,
            "lines": lines,
            "approval": approval.id,
        }
    )
    cards.post(
        uow,
        asking,
        places,
        rows=verdict_rows(approval.id),
        subject_id=approval.id,
        run_id=action.run_id,
    )
    return approval


def verdict_rows(approval_id: str) -> list[list[Offer]]:
    return [
        [
            Offer("Approve", "approve", approval_id),
            Offer("Edit", "edit", approval_id),
            Offer("Reject", "reject", approval_id),
        ],
        [Offer("Details", "details", approval_id), Offer("Snooze", "snooze", approval_id)],
    ]


def _warnings(action: Action) -> tuple[str, ...]:
    return tuple(f"⚠️ {check}" for check in action.checks)


def _let_through(
    uow: UnitOfWork, office: Office, run: Run, action: Action, card: CardContent, ruling: Ruling
) -> None:
    action.state = ActionState.APPROVED
    place = Place(channel=run.channel, chat_id=run.chat_id)
    cards.post(
        uow,
        card.model_copy(update={"sign": Sign.ON_ITS_WAY, "outcome": (f"{ruling.reason}.",)}),
        [place],
        subject_id=action.id,
        run_id=run.id,
    )
    operations.queue(uow, office, action, approval=None, allowed_by=ruling.reason)


def _supersede(uow: UnitOfWork, old: Action, new: Action) -> None:
    """Close the old card and hand its number on. The caller made sure it is still pending."""
    held = numbers.held_by(uow, old.id)
    if held is not None:
        numbers.hand_on(uow, held, new.id)
    old.state = ActionState.SUPERSEDED
    uow.session.add(old)
    approval = uow.session.exec(select(Approval).where(Approval.action_id == old.id)).one()
    approval.state = ApprovalState.SUPERSEDED
    approval.decided_at = uow.now
    uow.session.add(approval)
    uow.record(
        ApprovalDecided(
            approval=approval.id,
            action=old.id,
            content_hash=old.content_hash,
            verdict=ApprovalState.SUPERSEDED,
            by="operator",
            via="edit",
        ),
        subject=f"approval:{approval.id}",
    )
    at = moment(uow.now, uow.now, company(uow).timezone)
    outcome = f"replaced by the one below at {at}"
    cards.settle(uow, approval.id, Sign.CLOSED, outcome, struck=True)


def _spent(uow: UnitOfWork, proposal: Proposal) -> Spent:
    """What this kind already moved today, in the company's day and the proposal's currency."""
    ours = company(uow)
    local = uow.now.astimezone(ZoneInfo(ours.timezone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    today, theirs = _sum(uow, proposal, midnight, None), 0
    first = False
    if proposal.counterparty_id is not None:
        theirs = _sum(uow, proposal, midnight, proposal.counterparty_id)
        first = (
            uow.session.exec(
                select(Invoice.id).where(Invoice.customer_id == proposal.counterparty_id).limit(1)
            ).first()
            is None
        )
    return Spent(today_minor=today, counterparty_minor=theirs, first_contact=first)


def _sum(uow: UnitOfWork, proposal: Proposal, since: datetime, customer: str | None) -> int:
    query = select(func.coalesce(func.sum(Action.amount_minor), 0)).where(
        Action.kind == proposal.kind,
        Action.currency == proposal.currency,
        col(Action.created_at) >= since,
        col(Action.state).in_((ActionState.APPROVED, ActionState.PERFORMED)),
    )
    if customer is not None:
        query = query.where(Action.counterparty_id == customer)
    return int(uow.session.exec(query).one() or 0)
