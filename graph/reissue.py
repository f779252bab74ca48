"""A pending invoice whose date has passed gets today's, before it can be approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from graph import talk
from graph.office import zone
from stores.tables.company import Company
from stores.tables.work import Action, Approval, Intent, Run
from stores.types import ApprovalState
from stores.unit_of_work import UnitOfWork

CLOCK = "clock"  # how the Intent of a re-issued Action came about: its card keeps the old expiry


def late(
    session: Session, now: datetime, approval_ids: Sequence[str] | None = None
) -> Sequence[str]:
    """Pending Actions that carry an earlier day than the company's today; an edit under way
    already gives a new date."""
    ours = session.get(Company, 1) or Company(id=1)
    midnight = now.astimezone(zone(ours)).replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        select(Action.id)
        .join(Approval, col(Approval.action_id) == col(Action.id))
        .join(Run, col(Run.id) == col(Action.run_id))
        .where(
            Approval.state == ApprovalState.PENDING,
            col(Approval.expires_at) > now,
            Action.kind == "invoice.send",
            col(Action.created_at) < midnight,
            col(Run.intent_id) == col(Action.intent_id),
        )
    )
    if approval_ids is not None:
        query = query.where(col(Approval.id).in_(approval_ids))
    else:  # the clock tries once a day: what could not be proposed anew is not said again and again
        tried = select(Intent.id).where(
            Intent.run_id == Run.id, Intent.via == CLOCK, col(Intent.created_at) >= midnight
        )
        query = query.where(~tried.exists())
    return session.exec(query).all()


def reissue(uow: UnitOfWork, action_ids: Sequence[str]) -> None:
    """Propose each wish anew: same number, today's date; the old card says so."""
    for action_id in action_ids:
        action = uow.session.get_one(Action, action_id)
        talk.amend(uow, uow.session.get_one(Run, action.run_id), {}, via=CLOCK)
