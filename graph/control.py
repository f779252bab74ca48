"""Stop everything, go on: one row the dispatcher reads before every effect."""

from __future__ import annotations

from sqlmodel import func, select

from adapters.ports.chat import Sign
from graph import cards
from graph.cards import Offer, Place
from graph.office import company
from graph.phrases import moment
from stores.events import ControlChanged
from stores.tables.governance import Control
from stores.tables.work import Operation
from stores.types import OperationState
from stores.unit_of_work import UnitOfWork

_STOP = {
    *("/stop", "/steward stop", "stop", "stop!", "stop everything", "stop all", "halt", "pause"),
    *("pause everything", "freeze everything"),
}
_RESUME = {
    *("/resume", "/steward resume", "resume", "resume everything", "go on", "continue"),
    *("carry on", "unpause"),
}


def handle(uow: UnitOfWork, text: str, place: Place, by: str) -> bool:
    """True if the text was one of the two words that need no understanding."""
    words = " ".join(text.casefold().split())
    command = words.split("@")[0] if words.startswith("/") else words
    if command in _STOP:
        stop(uow, place, by)
        return True
    if command in _RESUME:
        resume(uow, place, by)
        return True
    return False


def switch(uow: UnitOfWork, *, stopping: bool, by: str) -> None:
    """Write the row and its event; say nothing."""
    row = uow.session.get(Control, 1) or Control(id=1)
    row.stopped_at, row.stopped_by = (uow.now, by) if stopping else (None, None)
    uow.session.add(row)
    uow.record(ControlChanged(stopped=stopping, by=by), subject="control")
    if not stopping:
        uow.wake("operations")


def is_stopped(uow: UnitOfWork) -> bool:
    row = uow.session.get(Control, 1)
    return row is not None and row.stopped_at is not None


def stop(uow: UnitOfWork, place: Place, by: str) -> None:
    row = uow.session.get(Control, 1) or Control(id=1)
    if row.stopped_at is not None:
        at = moment(row.stopped_at, uow.now, company(uow).timezone)
        cards.say(
            uow,
            place,
            f"Already stopped at {at}. Nothing leaves until you say resume.",
            rows=[[Offer("Resume", "resume", "control")]],
        )
        return
    switch(uow, stopping=True, by=by)
    waiting = _waiting(uow)
    held = f"{waiting} approved thing(s) are held back." if waiting else "Nothing was on its way."
    cards.say(
        uow,
        place,
        "Stopped. Nothing leaves until you say resume.",
        [held],
        rows=[[Offer("Resume", "resume", "control")]],
        sign=Sign.STOPPED,
    )


def resume(uow: UnitOfWork, place: Place, by: str) -> None:
    row = uow.session.get(Control, 1)
    if row is None or row.stopped_at is None:
        cards.say(uow, place, "Nothing is stopped; everything is running.")
        return
    switch(uow, stopping=False, by=by)
    waiting = _waiting(uow)
    going = f"{waiting} approved thing(s) go out now." if waiting else "Nothing was held back."
    cards.say(uow, place, "Going on.", [going])


def _waiting(uow: UnitOfWork) -> int:
    return int(
        uow.session.exec(select(func.count()).where(Operation.state == OperationState.QUEUED)).one()
    )
