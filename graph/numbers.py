"""Document numbers: reserved at proposal, passed on by an edit, issued when the mail was accepted.

A number dropped before it was used is free again only if no higher one is reserved or issued;
otherwise it stays withdrawn with its reason, so that the series has no hole nobody can explain.
"""

from __future__ import annotations

from sqlmodel import col, select

from stores.events import NumberIssued, NumberPassed, NumberReserved, NumberWithdrawn
from stores.tables.ledger import DocumentNumber, DocumentSeries
from stores.types import NumberState
from stores.unit_of_work import UnitOfWork

_PREFIX = {"invoice": "", "credit_note": "CN-"}
_USED = (NumberState.RESERVED, NumberState.ISSUED)


def spell(series: str, year: int, n: int) -> str:
    """ "2026-0007", "CN-2026-0001"."""
    return f"{_PREFIX[series]}{year}-{n:04d}"


def next_free(uow: UnitOfWork, series: str, year: int) -> int:
    """The n that would be reserved now. On PostgreSQL the series row is locked meanwhile."""
    start = uow.session.exec(
        select(DocumentSeries)
        .where(DocumentSeries.series == series, DocumentSeries.year == year)
        .with_for_update()
    ).one_or_none()
    if start is None:
        start = DocumentSeries(series=series, year=year, first_n=1)
        uow.session.add(start)
        uow.session.flush()
    top = uow.session.exec(
        select(DocumentNumber)
        .where(
            DocumentNumber.series == series,
            DocumentNumber.year == year,
            col(DocumentNumber.state).in_(_USED) | col(DocumentNumber.reason).is_not(None),
        )
        .order_by(col(DocumentNumber.n).desc())
        .limit(1)
    ).first()
    return start.first_n if top is None else top.n + 1


def reserve(uow: UnitOfWork, series: str, year: int, n: int, action_id: str) -> None:
    row = uow.session.get(DocumentNumber, (series, year, n))
    if row is None:
        row = DocumentNumber(series=series, year=year, n=n, state=NumberState.RESERVED)
    row.state, row.action_id, row.reason = NumberState.RESERVED, action_id, None
    uow.session.add(row)
    event = NumberReserved(series=series, year=year, n=n, action=action_id)
    uow.record(event, subject=f"number:{series}")


def held_by(uow: UnitOfWork, action_id: str) -> DocumentNumber | None:
    return uow.session.exec(
        select(DocumentNumber)
        .where(DocumentNumber.action_id == action_id, DocumentNumber.state == NumberState.RESERVED)
        .limit(1)
    ).first()


def hand_on(uow: UnitOfWork, row: DocumentNumber, action_id: str) -> None:
    row.action_id = action_id
    uow.session.add(row)
    event = NumberPassed(series=row.series, year=row.year, n=row.n, action=action_id)
    uow.record(event, subject=f"number:{row.series}")


def issue(uow: UnitOfWork, action_id: str) -> None:
    row = held_by(uow, action_id)
    if row is None:
        raise LookupError(f"no number is reserved for action {action_id}")
    row.state = NumberState.ISSUED
    uow.session.add(row)
    event = NumberIssued(series=row.series, year=row.year, n=row.n)
    uow.record(event, subject=f"number:{row.series}")


def release(uow: UnitOfWork, action_id: str, reason: str) -> None:
    """Give a reserved number back; does nothing if the Action holds none."""
    row = held_by(uow, action_id)
    if row is None:
        return
    higher = uow.session.exec(
        select(DocumentNumber)
        .where(
            DocumentNumber.series == row.series,
            DocumentNumber.year == row.year,
            DocumentNumber.n > row.n,
            col(DocumentNumber.state).in_(_USED),
        )
        .limit(1)
    ).first()
    row.state, row.action_id = NumberState.WITHDRAWN, None
    row.reason = None if higher is None else reason
    uow.session.add(row)
    event = NumberWithdrawn(series=row.series, year=row.year, n=row.n, free=higher is None)
    uow.record(event, subject=f"number:{row.series}")
