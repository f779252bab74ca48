"""Operations: an approved Action becomes one effect owed, with its key and its exact bytes.

Internal Commands are carried out in the same commit; their Operation is born done.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlmodel import col, select, update

from adapters.commands import Command, Email, SendCreditNote, SendInvoice
from adapters.ports.chat import Sign
from adapters.ports.mailer import StoredMail
from graph import books, cards, numbers
from graph.actions import content_hash, is_internal, thaw
from graph.cards import Offer
from graph.keys import message_id, operation_key
from graph.office import Office, company
from graph.phrases import moment
from stores.events import OperationMoved, OperationQueued
from stores.tables.work import Action, Approval, Operation, Receipt
from stores.types import ActionState, OperationState
from stores.unit_of_work import UnitOfWork


class Altered(Exception):
    """What lies in the tables is not what was approved. Nothing was done."""


def command_of(uow: UnitOfWork, action: Action) -> Command:
    """The approved Command. Raises `Altered` unless its text still has the approved hash."""
    frozen = uow.text(action.command_text_id)
    if frozen is None or content_hash(frozen) != action.content_hash:
        raise Altered(action.id)
    return thaw(frozen)


def mail_of(command: Command) -> Email | None:
    return command.mail if isinstance(command, SendInvoice | SendCreditNote) else None


def queue(
    uow: UnitOfWork,
    office: Office,
    action: Action,
    *,
    approval: Approval | None,
    allowed_by: str | None = None,
) -> Operation:
    """Owe the effect. Raises `Altered`, or `BooksRefused` if the tables no longer allow it."""
    command = command_of(uow, action)
    books.check(uow, command)
    key = operation_key(action_id=action.id, content_hash=action.content_hash)
    mail = mail_of(command)
    at_once = mail is None
    raw_sha256 = None
    if mail is not None:
        try:
            raw = office.compose(
                mail,
                {part.sha256: office.blobs.get(part.sha256) for part in mail.attachments},
                message_id=message_id(key=key, sender=mail.sender),
                date=uow.now,
                boundary_seed=key,
            )
        except ValueError as error:
            raise books.BooksRefused(f"the mail cannot be written: {error}") from error
        raw_sha256 = office.blobs.put(raw)
    wait = timedelta(0) if at_once else office.settings.undo_window
    operation = Operation(
        id=uow.ids.new(),
        action_id=action.id,
        approval_id=approval.id if approval else None,
        allowed_by=allowed_by,
        command_type=action.command_type,
        key=key,
        content_hash=action.content_hash,
        raw_sha256=raw_sha256,
        not_before=uow.now + wait,
        not_after=uow.now + office.settings.not_after,
        state=OperationState.QUEUED,
    )
    uow.session.add(operation)
    uow.record(
        OperationQueued(
            operation=operation.id,
            action=action.id,
            approval=operation.approval_id,
            allowed_by=allowed_by,
            key=key,
            content_hash=action.content_hash,
        ),
        subject=f"operation:{operation.id}",
    )
    if is_internal(command) or mail is None:
        settle_done(uow, operation, reference="tables", evidence="booked in the same commit")
    else:
        uow.wake("operations")
    return operation


def move(uow: UnitOfWork, operation: Operation, state: OperationState) -> None:
    operation.state = state
    uow.session.add(operation)
    uow.record(
        OperationMoved(
            operation=operation.id,
            action=operation.action_id,
            state=state,
            attempt=operation.attempts,
        ),
        subject=f"operation:{operation.id}",
    )


def claim(uow: UnitOfWork, operation_id: str) -> Operation | None:
    """`queued` → `dispatching`, once; None if somebody was faster or it was stopped."""
    won = uow.session.exec(
        update(Operation)
        .where(
            col(Operation.id) == operation_id,
            col(Operation.state) == OperationState.QUEUED,
        )
        .values(
            state=OperationState.DISPATCHING,
            dispatching_at=uow.now,
            attempts=Operation.attempts + 1,
        )
    )
    if won.rowcount != 1:
        return None
    operation = uow.session.get_one(Operation, operation_id)
    uow.session.refresh(operation)
    move(uow, operation, OperationState.DISPATCHING)
    return operation


def stored_mail(uow: UnitOfWork, office: Office, operation: Operation) -> StoredMail:
    """The stored bytes and envelope. Raises `Altered` if hash, approval or bytes do not fit."""
    action = uow.session.get_one(Action, operation.action_id)
    command = command_of(uow, action)
    if operation.content_hash != action.content_hash:
        raise Altered(action.id)
    if operation.approval_id is not None:
        approval = uow.session.get_one(Approval, operation.approval_id)
        if approval.state != "approved" or approval.content_hash != action.content_hash:
            raise Altered(action.id)
    elif not operation.allowed_by:
        raise Altered(action.id)
    expected = operation_key(action_id=action.id, content_hash=action.content_hash)
    mail = mail_of(command)
    if mail is None or operation.raw_sha256 is None or operation.key != expected:
        raise Altered(action.id)
    raw = office.blobs.get(operation.raw_sha256)
    if hashlib.sha256(raw).hexdigest() != operation.raw_sha256:
        raise Altered(action.id)
    return StoredMail(
        key=operation.key,
        message_id=message_id(key=operation.key, sender=mail.sender),
        sender=mail.sender,
        recipients=mail.to,
        raw=raw,
    )


def settle_done(
    uow: UnitOfWork, operation: Operation, *, reference: str, evidence: str | None
) -> str:
    """Receipt, events, books and card in this commit; returns the record's id."""
    action = uow.session.get_one(Action, operation.action_id)
    command = command_of(uow, action)
    operation.settled_at = uow.now
    move(uow, operation, OperationState.DONE)
    uow.session.add(
        Receipt(
            id=uow.ids.new(),
            operation_id=operation.id,
            reference=reference,
            evidence=evidence,
            verified_at=uow.now if evidence else None,
            received_at=uow.now,
        )
    )
    action.state = ActionState.PERFORMED
    uow.session.add(action)
    record_id = books.carry_out(uow, action, command)
    _tell_done(uow, operation, action, command)
    uow.wake("runs")
    return record_id


def settle_failed(
    uow: UnitOfWork, operation: Operation, state: OperationState, problem: str, next_step: str
) -> None:
    """Say what happened, whether anything was sent, and what to do next."""
    operation.problem = problem
    if state in (OperationState.FAILED, OperationState.CANCELLED):
        operation.settled_at = uow.now
        action = uow.session.get_one(Action, operation.action_id)
        cancelled = state is OperationState.CANCELLED
        action.state = ActionState.CANCELLED if cancelled else ActionState.FAILED
        uow.session.add(action)
        numbers.release(uow, action.id, problem)
    move(uow, operation, state)
    rows = {
        OperationState.FAILED: [[Offer("Try again", "ask_again", operation.action_id)]],
        OperationState.CANCELLED: [[Offer("Ask again", "ask_again", operation.action_id)]],
        OperationState.NEEDS_OPERATOR: [
            [
                Offer("Send again", "send_again", operation.id),
                Offer("Mark as sent", "mark_sent", operation.id),
            ],
            [Offer("Leave it", "leave_it", operation.id)],
        ],
    }.get(state, [])
    sign = Sign.STOPPED if state is OperationState.CANCELLED else Sign.ATTENTION
    text = f"{problem} {next_step}".strip()
    cards.settle(uow, card_subject(operation), sign, text, rows=rows)
    uow.wake("runs")


def card_subject(operation: Operation) -> str:
    """The card of an effect is its approval's, or the action's own when nobody was asked."""
    return operation.approval_id or operation.action_id


def _tell_done(uow: UnitOfWork, operation: Operation, action: Action, command: Command) -> None:
    at = moment(uow.now, uow.now, company(uow).timezone)
    mail = mail_of(command)
    done = f"sent {at} to {', '.join(mail.to)}" if mail else f"recorded {at}"
    last = [Offer("Why", "why", action.id)]
    if action.kind != "invoice.void" and action.kind != "payment.reverse":
        last.insert(0, Offer("Undo", "undo", action.id))
    cards.settle(uow, card_subject(operation), Sign.DONE, done, rows=[last])


def live(uow: UnitOfWork, run_id: str) -> list[Operation]:
    """Operations of a Run whose end is not known yet."""
    return list(
        uow.session.exec(
            select(Operation)
            .join(Action, col(Action.id) == col(Operation.action_id))
            .where(
                Action.run_id == run_id,
                col(Operation.state).not_in(
                    (OperationState.DONE, OperationState.FAILED, OperationState.CANCELLED)
                ),
            )
        )
    )
