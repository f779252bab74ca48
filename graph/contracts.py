"""What done means, per automated intent: one sentence she can be told, and a test of the tables.

The artefact itself was asked for by key when the effect was dispatched; its answer is the
Receipt's evidence. A Contract without evidence is not met, whatever our own row says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from stores.tables.work import Action, Operation, Receipt
from stores.types import ActionState, OperationState


@dataclass(frozen=True, kw_only=True)
class Promise:
    statement: str
    within: timedelta


PROMISES: dict[str, Promise] = {
    "invoice.send": Promise(
        statement="a numbered invoice exists, its mail lies with the PDF, the ledger is posted",
        within=timedelta(days=4),
    ),
    "invoice.void": Promise(
        statement="a numbered credit note exists, the client was told, the ledger is posted",
        within=timedelta(days=4),
    ),
    "payment.record": Promise(
        statement="the payment is posted and the invoice's state follows",
        within=timedelta(days=4),
    ),
    "customer.add": Promise(statement="the client is in the tables", within=timedelta(days=4)),
    "customer.update": Promise(statement="the change is in the tables", within=timedelta(days=4)),
    "undo": Promise(statement="the effect is taken back", within=timedelta(days=4)),
}


def is_met(facts: Sequence[tuple[Action, Operation | None, Receipt | None]]) -> str | None:
    """The evidence in words if every Action that counts was performed and verified, else None."""
    counting = [fact for fact in facts if fact[0].state != ActionState.SUPERSEDED]
    if not counting:
        return None
    words = []
    for action, operation, receipt in counting:
        if action.state not in (ActionState.PERFORMED, ActionState.COMPENSATED):
            return None
        if operation is None or operation.state != OperationState.DONE:
            return None
        if receipt is None or receipt.verified_at is None:
            return None
        words.append(f"{receipt.reference}: {receipt.evidence}")
    return "; ".join(words)
