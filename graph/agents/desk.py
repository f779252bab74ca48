"""The front desk: status, help, why, undo and the answer to what was not understood."""

from __future__ import annotations

from sqlmodel import col, select

from graph import control, phrases, showing
from graph.agents import clients, finance, invoicing, payments, roster
from graph.agents.outcome import Agent, Answer, Desk, Outcome
from graph.cards import Offer
from graph.office import company, zone
from stores.tables.company import Customer
from stores.tables.ledger import CreditNote, Invoice, Payment
from stores.tables.work import Action, Approval, Operation, Receipt, Run
from stores.types import ActionState, InvoiceState, Money, OperationState
from stores.unit_of_work import UnitOfWork

EXAMPLES = (
    "Invoice Acme 1,200 EUR for October, due in 14 days",
    "Acme paid 500",
    "Who owes me money?",
)


def status(desk: Desk) -> Outcome:
    """Everything that needs her, on one card."""
    uow = desk.uow
    headline, lines, rows = showing.waiting_list(uow)
    ours = company(uow)
    today = uow.now.astimezone(zone(ours)).date()
    late = uow.session.exec(
        select(Invoice).where(
            col(Invoice.state).in_((InvoiceState.OPEN, InvoiceState.PARTIAL)),
            col(Invoice.due_on) < today,
        )
    ).all()
    if late:
        amounts = [
            Money(amount_minor=one.total_minor - one.settled_minor, currency=one.currency)
            for one in late
        ]
        lines.append(f"Overdue: {phrases.totals(amounts, ours.locale)}, {len(late)} invoice(s)")
    stuck = uow.session.exec(
        select(Operation).where(
            col(Operation.state).in_((OperationState.NEEDS_OPERATOR, OperationState.IN_DOUBT))
        )
    ).all()
    lines += [f"Needs you: {one.problem or 'not sure whether it went out'}" for one in stuck]
    if control.is_stopped(uow):
        lines.append("Everything is stopped; nothing leaves until you say resume.")
        rows.append([Offer("Resume", "resume", "control")])
    return Answer(headline=headline, lines=tuple(lines), rows=tuple(rows))


def help_her(desk: Desk) -> Outcome:
    return Answer(
        headline="Say it as you would to a person. For example:",
        lines=(
            "Invoice Acme 1,200 EUR for October, due in 14 days",
            "Acme paid 500 · void 2026-0007 · who owes me money?",
            "add customer Initech, bill@initech.example · status · why 2026-0007",
            "undo · stop (nothing leaves) · resume",
            "Nothing goes out before you tap Approve.",
        ),
        rows=tuple((Offer(text, "say", "example", text),) for text in EXAMPLES[1:]),
    )


def unknown(desk: Desk) -> Outcome:
    known = list(roster.names(desk.uow))[:1]
    first = known[0] if known else "Acme"
    return Answer(
        headline="I did not get that; nothing was done.",
        lines=(f'Say for example "Invoice {first} 1,200 EUR for October", "status" or "help".',),
        rows=((Offer("What can I say?", "say", "example", "help"),),),
    )


def control_wish(desk: Desk) -> Outcome:
    """Stop or resume said in a longer sentence; the exact words never get this far."""
    uow, stopping = desk.uow, desk.intent.kind == "control.stop"
    if control.is_stopped(uow) == stopping:
        return Answer(headline="Already stopped." if stopping else "Nothing is stopped.")
    control.switch(uow, stopping=stopping, by="operator")
    if stopping:
        return Answer(
            headline="Stopped. Nothing leaves until you say resume.",
            rows=((Offer("Resume", "resume", "control"),),),
        )
    return Answer(headline="Going on; what was approved goes out now.")


def later(desk: Desk) -> Outcome:
    """Understood, but nobody here does that yet."""
    wish = desk.intent.kind.replace(".", " ")
    return Answer(headline=f"I understood “{wish}”, but I cannot do that yet. Nothing was done.")


def _where(channel: str) -> str:
    return "in the terminal" if channel == "console" else f"in {channel.capitalize()}"


def explain(desk: Desk) -> Outcome:
    """`trace.explain`: who asked, what was decided and why, what happened."""
    uow = desk.uow
    action = _action(desk)
    if action is None:
        return Answer(headline="I have done nothing of that kind yet.")
    zone_name = company(uow).timezone

    def at(moment: object) -> str:
        return phrases.moment(moment, uow.now, zone_name)  # type: ignore[arg-type]

    run = uow.session.get(Run, action.run_id)
    lines = [f"You asked for it {at(run.started_at)} {_where(run.channel)}."] if run else []
    lines.append(
        f"It was asked first because {action.reason}."
        if action.verdict == "ask"
        else f"It went without asking: {action.reason}."
    )
    approval = uow.session.exec(
        select(Approval).where(Approval.action_id == action.id).limit(1)
    ).first()
    if approval is not None and approval.decided_at is not None:
        via = f" {_where(approval.decided_via)}" if approval.decided_via else ""
        lines.append(f"It was {approval.state} {at(approval.decided_at)}{via}.")
    if approval is not None and approval.reason_text_id:
        lines.append(f"Your reason: {uow.text(approval.reason_text_id)}")
    operation = uow.session.exec(
        select(Operation).where(Operation.action_id == action.id).limit(1)
    ).first()
    receipt = None
    if operation is not None:
        receipt = uow.session.exec(
            select(Receipt).where(Receipt.operation_id == operation.id).limit(1)
        ).first()
        if operation.problem:
            lines.append(operation.problem)
    if receipt is not None:
        proof = f" ({receipt.evidence})" if receipt.evidence else ""
        lines.append(f"Done {at(receipt.received_at)}: {receipt.reference}{proof}")
    lines.append("It cost nothing: no model was used.")
    card = Answer(headline=_title(uow, action), lines=tuple(lines))
    return card


def _title(uow: UnitOfWork, action: Action) -> str:
    customer = uow.session.get(Customer, action.counterparty_id) if action.counterparty_id else None
    who = f" · {customer.name}" if customer else ""
    amount = ""
    if action.amount_minor is not None and action.currency:
        money = Money(amount_minor=action.amount_minor, currency=action.currency)
        amount = f" · {phrases.money(money, company(uow).locale)}"
    return f"Why: {action.kind.replace('.', ' ')}{who}{amount}"


def _action(desk: Desk) -> Action | None:
    """The Action a wish names: by id (a button), invoice number, client, or the chat's last."""
    uow, slots = desk.uow, desk.intent.slots
    if slots.get("action"):
        return uow.session.get(Action, str(slots["action"]))
    if slots.get("invoice"):
        invoice = uow.session.exec(
            select(Invoice).where(Invoice.number == str(slots["invoice"])).limit(1)
        ).first()
        return uow.session.get(Action, invoice.action_id) if invoice else None
    query = (
        select(Action)
        .join(Run, col(Run.id) == col(Action.run_id))
        .where(Run.channel == desk.run.channel, Run.chat_id == desk.run.chat_id)
        .order_by(col(Action.created_at).desc(), col(Action.id).desc())
    )
    if slots.get("client"):
        customer = roster.by_name(uow, str(slots["client"]))
        query = query.where(Action.counterparty_id == (customer.id if customer else None))
    return uow.session.exec(query.limit(1)).first()


def undo(desk: Desk) -> Outcome:
    """The compensating Action, through the same gate; money only when a document is named."""
    uow, slots = desk.uow, desk.intent.slots
    named = bool(slots.get("action") or slots.get("invoice"))
    action = _action(desk) if named else _last_effect(desk)
    if action is None:
        return Answer(headline="There is nothing of yours here to undo.")
    if action.state == ActionState.COMPENSATED:
        return Answer(headline="That was already taken back.")
    if action.state != ActionState.PERFORMED:
        return Answer(headline="That has not happened, so there is nothing to undo.")
    match action.kind:
        case "invoice.send":
            invoice = uow.session.exec(select(Invoice).where(Invoice.action_id == action.id)).one()
            if not named:
                return Answer(
                    headline=f"The last thing was invoice {invoice.number}. Take it back?",
                    lines=("Money is only undone by naming the document.",),
                    rows=(
                        (
                            Offer(
                                f"Void {invoice.number}", "say", "example",
                                f"void {invoice.number}",
                            ),
                        ),
                    ),
                )  # fmt: skip
            return payments.credit(desk, invoice, compensates=action.id)
        case "payment.record":
            payment = uow.session.exec(select(Payment).where(Payment.action_id == action.id)).one()
            if not named:
                return Answer(
                    headline="The last thing was a payment. Take it back?",
                    rows=((Offer("Take it back", "undo", action.id),),),
                )
            return payments.reverse(desk, payment, action.id)
        case "customer.add":
            customer = _customer_of(uow, action)
            if customer is None or customer.archived_at is not None:
                return Answer(headline="That client is not there any more.")
            return clients.archive(desk, customer, action.id)
        case "invoice.void":
            note = uow.session.exec(
                select(CreditNote).where(CreditNote.action_id == action.id)
            ).one()
            return Answer(
                headline=f"Credit note {note.number} cannot be undone; write a new invoice."
            )
        case _:
            return Answer(
                headline="That cannot be undone by me. Say what it should be instead.",
                lines=('For example "Acme\'s email is ap@acme.example".',),
            )


def _customer_of(uow: UnitOfWork, action: Action) -> Customer | None:
    from graph.books import fold
    from graph.operations import command_of

    command = command_of(uow, action)
    name = getattr(command, "customer_name", "")
    return uow.session.exec(
        select(Customer).where(Customer.name_folded == fold(name)).limit(1)
    ).first()


def _last_effect(desk: Desk) -> Action | None:
    return desk.uow.session.exec(
        select(Action)
        .join(Run, col(Run.id) == col(Action.run_id))
        .where(
            Run.channel == desk.run.channel,
            Run.chat_id == desk.run.chat_id,
            Action.state == ActionState.PERFORMED,
        )
        .order_by(col(Action.created_at).desc(), col(Action.id).desc())
        .limit(1)
    ).first()


AGENTS: dict[str, Agent] = {
    "invoice.send": invoicing.send,
    "invoice.void": payments.void,
    "payment.record": payments.record,
    "finance.ask": finance.ask,
    "customer.add": clients.add,
    "customer.update": clients.update,
    "customer.show": clients.show,
    "status.show": status,
    "trace.explain": explain,
    "undo": undo,
    "control.stop": control_wish,
    "control.resume": control_wish,
    "help": help_her,
    "unknown": unknown,
}


def agent_for(kind: str) -> Agent:
    return AGENTS.get(kind, later)
