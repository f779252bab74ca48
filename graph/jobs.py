"""What the clock runs. Due is what the tables say; a missed tick is caught at the next one."""

from __future__ import annotations

from sqlmodel import col, select

from graph import cards, reissue, showing, verdicts
from graph.office import Office, company
from graph.phrases import moment
from stores.tables.work import Approval
from stores.types import ApprovalState
from stores.unit_of_work import UnitOfWork


async def tick(office: Office) -> None:
    """Expire, remind, bring snoozed cards back, renew dates. Writes only if something is due."""
    now = office.db.clock.now()
    late = await office.db.read(lambda session: reissue.late(session, now))
    if late:
        await office.db.write(lambda uow: reissue.reissue(uow, late))
        return  # what else is due is due for the new cards, at the next tick
    soon = now + office.settings.remind_before
    due = await office.db.read(
        lambda session: session.exec(
            select(Approval.id).where(
                Approval.state == ApprovalState.PENDING,
                (col(Approval.expires_at) <= now)
                | ((col(Approval.expires_at) <= soon) & col(Approval.reminded_at).is_(None))
                | (col(Approval.snoozed_until) <= now),
            )
        ).all()
    )
    if due:
        await office.db.write(lambda uow: _settle(uow, office, list(due)))


def _settle(uow: UnitOfWork, office: Office, approval_ids: list[str]) -> None:
    for approval_id in approval_ids:
        approval = uow.session.get_one(Approval, approval_id)
        if approval.state != ApprovalState.PENDING:
            continue
        if approval.expires_at <= uow.now:
            verdicts.expire(uow, approval)
            continue
        places = _places(uow, approval)
        if approval.snoozed_until is not None and approval.snoozed_until <= uow.now:
            showing.show_again(uow, approval, places)
        soon = approval.expires_at <= uow.now + office.settings.remind_before
        if soon and approval.reminded_at is None:
            approval.reminded_at = uow.now
            uow.session.add(approval)
            until = moment(approval.expires_at, uow.now, company(uow).timezone)
            for place in places:
                cards.say(
                    uow,
                    place,
                    f"Still waiting for you, until {until}; then it lapses and nothing is done.",
                    rows=[[cards.Offer("Show it", "show", approval.id)]],
                    kind="notice",
                )


def _places(uow: UnitOfWork, approval: Approval) -> list[cards.Place]:
    from stores.tables.plumbing import Delivery

    card = cards.about(uow, approval.id)
    if card is None:
        return []
    rows = uow.session.exec(select(Delivery).where(Delivery.card_id == card.id)).all()
    return [cards.Place(channel=row.channel, chat_id=row.chat_id) for row in rows]
