"""From Operation to Receipt: claim durably, hand over the stored bytes, ask what really happened.

Chooses by Command type and never names a vendor. Unknown is looked up by key before anything else.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import col, select

from adapters.ports.mailer import Mailer, StoredMail
from adapters.ports.results import Done, Failed, Found, Unknowable, Unknown
from graph import control, operations
from graph.office import Office
from graph.operations import Altered
from stores.crashpoints import reach
from stores.tables.work import Operation
from stores.types import OperationState
from stores.unit_of_work import UnitOfWork

log = logging.getLogger("steward.dispatch")


class Dispatcher:
    """`mailers` maps a Command type ("send_invoice") to who carries it out."""

    def __init__(self, office: Office, mailers: Mapping[str, Mailer]) -> None:
        self._office = office
        self._mailers = mailers
        self._mine: set[str] = set()

    async def due(self) -> Sequence[str]:
        now = self._office.db.clock.now()
        found = await self._office.db.read(
            lambda session: session.exec(
                select(Operation.id).where(
                    Operation.state == OperationState.QUEUED, col(Operation.not_before) <= now
                )
            ).all()
        )
        return [one for one in found if one not in self._mine]

    async def next_due(self) -> datetime | None:
        """When the earliest undo window ends, or None."""
        return await self._office.db.read(
            lambda session: session.exec(
                select(Operation.not_before)
                .where(Operation.state == OperationState.QUEUED)
                .order_by(col(Operation.not_before))
                .limit(1)
            ).first()
        )

    async def in_doubt(self) -> Sequence[str]:
        """Left between `dispatching` and a result by a crash."""
        found = await self._office.db.read(
            lambda session: session.exec(
                select(Operation.id).where(
                    col(Operation.state).in_((OperationState.DISPATCHING, OperationState.IN_DOUBT))
                )
            ).all()
        )
        return [one for one in found if one not in self._mine]

    async def dispatch(self, operation_id: str) -> None:
        if operation_id in self._mine:
            return
        self._mine.add(operation_id)
        try:
            await self._dispatch(operation_id)
        finally:
            self._mine.discard(operation_id)

    async def _dispatch(self, operation_id: str) -> None:
        claimed = await self._office.db.write(lambda uow: self._claim(uow, operation_id))
        if claimed is None:
            return
        reach("dispatching_written")
        command_type, mail = claimed
        outcome = await self._mailers[command_type].deliver(mail)
        reach("answer_received")
        match outcome:
            case Done(reference=reference):
                await self._confirm(operation_id, command_type, mail, reference)
            case Failed(reason=reason):
                await self._office.db.write(lambda uow: self._failed(uow, operation_id, reason))
            case Unknown():
                await self.reconcile(operation_id)

    def _claim(self, uow: UnitOfWork, operation_id: str) -> tuple[str, StoredMail] | None:
        if control.is_stopped(uow):
            return None
        operation = uow.session.get_one(Operation, operation_id)
        if operation.not_after < uow.now and operation.state == OperationState.QUEUED:
            operations.settle_failed(
                uow,
                operation,
                OperationState.NEEDS_OPERATOR,
                "Its time has passed before it could go out.",
                "Nothing was sent.",
            )
            return None
        try:
            mail = operations.stored_mail(uow, self._office, operation)
        except Altered:
            operations.settle_failed(
                uow,
                operation,
                OperationState.CANCELLED,
                "What lies in my tables is no longer what you approved.",
                "Nothing was sent.",
            )
            return None
        won = operations.claim(uow, operation_id)
        return None if won is None else (won.command_type, mail)

    def _failed(self, uow: UnitOfWork, operation_id: str, reason: str) -> None:
        operation = uow.session.get_one(Operation, operation_id)
        operations.settle_failed(
            uow, operation, OperationState.FAILED, f"{reason}.", "Nothing was sent."
        )

    async def _confirm(
        self, operation_id: str, command_type: str, mail: StoredMail, reference: str
    ) -> None:
        """Ask for the artefact itself; our own word is no evidence."""
        found = await self._mailers[command_type].look_up(mail)
        evidence = None
        if isinstance(found, Found):
            evidence = f"found at {found.reference}"

        def settle(uow: UnitOfWork) -> None:
            operation = uow.session.get_one(Operation, operation_id)
            if operation.state in (OperationState.DISPATCHING, OperationState.IN_DOUBT):
                operations.settle_done(uow, operation, reference=reference, evidence=evidence)

        await self._office.db.write(settle)
        reach("result_committed")

    async def reconcile(self, operation_id: str) -> None:
        """Ask outside, by key, what really happened to an Operation in doubt."""
        claimed = await self._office.db.read(lambda session: session.get(Operation, operation_id))
        if claimed is None or claimed.command_type not in self._mailers:
            return
        mail = await self._office.db.write(
            lambda uow: operations.stored_mail(
                uow, self._office, uow.session.get_one(Operation, operation_id)
            )
        )
        answer = await self._mailers[claimed.command_type].look_up(mail)
        if isinstance(answer, Found):
            await self._confirm(operation_id, claimed.command_type, mail, answer.reference)
            return

        def settle(uow: UnitOfWork) -> None:
            operation = uow.session.get_one(Operation, operation_id)
            if operation.state not in (OperationState.DISPATCHING, OperationState.IN_DOUBT):
                return
            if isinstance(answer, Unknowable):
                operations.settle_failed(
                    uow,
                    operation,
                    OperationState.NEEDS_OPERATOR,
                    f"It may or may not have gone out: {answer.reason}.",
                    "Decide with a button.",
                )
            else:
                operations.move(uow, operation, OperationState.QUEUED)
                uow.wake("operations")

        await self._office.db.write(settle)
