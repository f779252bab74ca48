"""Every number the operator sees, defined once. Read only; amounts in minor units by currency."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from stores.tables.company import Customer
from stores.tables.governance import Control
from stores.tables.ledger import Invoice
from stores.tables.work import Action, Approval, Contract, Operation, Run

_WINDOW = timedelta(days=28)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How things stand. Times in seconds; shares between 0 and 1, None while there is no data."""

    stopped: bool
    waiting: int
    in_doubt: int
    needs_operator: int
    queued: int
    clients: int
    open_minor: dict[str, int]
    overdue_minor: dict[str, int]
    contracts_open: int
    contracts_missed: int
    reviews_28d: int
    reviews_per_day: float
    rejected_share: float | None
    edited_share: float | None
    automatic_share: float | None
    gating_p50_s: float | None
    gating_p90_s: float | None
    runs_done_28d: int
    task_success_rate: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def standing(session: Session, *, now: datetime, today: date) -> Standing:
    """Counts as of `now`; rates over the last 28 days. `today` is the company's day."""
    since = now - _WINDOW
    states = _counts(session, Approval, Approval.state, Approval.requested_at, since)
    operations = _counts(session, Operation, Operation.state)
    contracts = _counts(session, Contract, Contract.state)
    runs = _counts(session, Run, Run.state, Run.started_at, since)
    verdicts = _counts(session, Action, Action.verdict, Action.created_at, since)
    reviewed = states.get("approved", 0) + states.get("rejected", 0)
    answered = reviewed + states.get("superseded", 0)
    asked = sum(verdicts.values()) - verdicts.get("deny", 0)
    ended = sum(runs.get(state, 0) for state in ("done", "failed", "compensated"))
    waits = _waits(session, since)
    control = session.get(Control, 1)
    return Standing(
        stopped=control is not None and control.stopped_at is not None,
        waiting=_count(session, select(func.count()).where(Approval.state == "pending")),
        in_doubt=operations.get("in_doubt", 0) + operations.get("dispatching", 0),
        needs_operator=operations.get("needs_operator", 0),
        queued=operations.get("queued", 0),
        clients=_count(session, select(func.count()).where(col(Customer.archived_at).is_(None))),
        open_minor=_owed(session, None),
        overdue_minor=_owed(session, today),
        contracts_open=contracts.get("open", 0),
        contracts_missed=contracts.get("missed", 0),
        reviews_28d=reviewed,
        reviews_per_day=round(reviewed / _WINDOW.days, 2),
        rejected_share=_share(states.get("rejected", 0), reviewed),
        edited_share=_share(states.get("superseded", 0), answered),
        automatic_share=_share(verdicts.get("allow", 0), asked),
        gating_p50_s=_quantile(waits, 0.5),
        gating_p90_s=_quantile(waits, 0.9),
        runs_done_28d=runs.get("done", 0),
        task_success_rate=_share(runs.get("done", 0), ended),
    )


def _count(session: Session, query: Any) -> int:
    return int(session.exec(query).one())


def _counts(
    session: Session, table: Any, state: Any, moment: Any = None, since: datetime | None = None
) -> dict[str, int]:
    query = select(state, func.count()).select_from(table).group_by(state)
    if moment is not None:
        query = query.where(moment >= since)
    return {str(name): int(count) for name, count in session.exec(query).all()}


def _owed(session: Session, due_before: date | None) -> dict[str, int]:
    query = (
        select(Invoice.currency, func.sum(col(Invoice.total_minor) - col(Invoice.settled_minor)))
        .where(col(Invoice.state).in_(("open", "partial")))
        .group_by(Invoice.currency)
    )
    if due_before is not None:
        query = query.where(col(Invoice.due_on) < due_before)
    return {currency: int(total) for currency, total in session.exec(query).all()}


def _waits(session: Session, since: datetime) -> list[float]:
    """Seconds from the request to her verdict."""
    rows = session.exec(
        select(Approval.requested_at, Approval.decided_at).where(
            col(Approval.state).in_(("approved", "rejected")), Approval.requested_at >= since
        )
    ).all()
    return sorted((decided - asked).total_seconds() for asked, decided in rows if decided)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _quantile(values: list[float], q: float) -> float | None:
    """Nearest rank."""
    return round(values[min(len(values) - 1, int(q * len(values)))], 3) if values else None
