"""Cards about work in hand: what to edit, the whole text, what waits, shown again."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.commands import SendCreditNote, SendInvoice
from adapters.ports.chat import CardContent, Sign
from graph import cards, operations, verdicts
from graph.agents.invoicing import describe_line
from graph.cards import Offer, Place
from graph.gate import verdict_rows
from graph.office import company
from graph.phrases import moment, totals
from stores.tables.work import Action, Approval
from stores.types import Money
from stores.unit_of_work import UnitOfWork

_EDITABLE = ("amount", "currency", "due", "description", "tax_rate", "client", "date")


def ask_for_edit(uow: UnitOfWork, place: Place, approval: Approval) -> None:
    card = cards.about(uow, approval.id)
    fields = CardContent.model_validate(card.content).fields if card else {}
    current = [f"{name}: {fields[name]}" for name in _EDITABLE if name in fields]
    cards.say(
        uow,
        place,
        "What shall change? A sentence is enough.",
        [*current, 'For example "make it 1,300, due Dec 20", or one "field value" a line.'],
        kind="question",
    )


def details(uow: UnitOfWork, place: Place, action: Action) -> None:
    """The whole text, exactly as it would go out."""
    command = operations.command_of(uow, action)
    lines: list[str] = []
    if isinstance(command, SendInvoice | SendCreditNote):
        document = command.document
        locale = company(uow).locale
        lines += [describe_line(one, document.currency, locale) for one in document.lines]
        if document.tax_note:
            lines.append(document.tax_note)
        if command.mail is not None:
            lines += [
                "",
                f"From: {command.mail.sender}",
                f"To: {', '.join(command.mail.to)}",
                f"Subject: {command.mail.subject}",
                f"Attached: {', '.join(part.filename for part in command.mail.attachments)}",
                "",
                *command.mail.body.splitlines(),
            ]
    else:
        lines = [f"{key}: {value}" for key, value in command.model_dump(mode="json").items()]
    cards.say(uow, place, "The whole text", lines)


def show_again(uow: UnitOfWork, approval: Approval, places: Sequence[Place]) -> None:
    """Post a pending card anew, at the bottom of the chat."""
    card = cards.about(uow, approval.id)
    if card is None:
        return
    content = CardContent.model_validate(card.content)
    approval.snoozed_until = None
    uow.session.add(approval)
    cards.post(
        uow,
        content.model_copy(update={"sign": Sign.WAITING, "outcome": ()}),
        places,
        rows=verdict_rows(approval.id),
        subject_id=approval.id,
        run_id=card.run_id,
    )


def waiting_list(uow: UnitOfWork) -> tuple[str, list[str], list[list[Offer]]]:
    """Headline, one line each, and buttons: each alone, or all of them by their exact content."""
    waiting = verdicts.pending(uow)
    if not waiting:
        return "Nothing is waiting for you.", [], []
    locale = company(uow).locale
    lines, amounts, picks = [], [], []
    for place, (approval, action) in enumerate(waiting[:9], start=1):
        card = cards.about(uow, approval.id)
        headline = CardContent.model_validate(card.content).headline if card else action.kind
        lines.append(f"{place}  {headline}")
        picks.append(Offer(str(place), "show", approval.id))
        if action.amount_minor is not None and action.currency:
            amounts.append(Money(amount_minor=action.amount_minor, currency=action.currency))
    rows = [picks[index : index + 3] for index in range(0, len(picks), 3)]
    listed = [[approval.id, approval.content_hash] for approval, _ in waiting[:9]]
    if len(listed) > 1:
        label = f"Approve all {len(listed)} · {totals(amounts, locale)}"
        rows.append([Offer(label, "approve_set", "set", listed)])
    if len(waiting) > len(listed):
        lines.append(f"and {len(waiting) - len(listed)} more after these")
    oldest = min(approval.requested_at for approval, _ in waiting)
    since = moment(oldest, uow.now, company(uow).timezone)
    headline = f"{len(waiting)} waiting for you"
    return f"{headline}, oldest since {since}" if len(waiting) > 1 else headline, lines, rows
