"""The clients as agents look them up: found, asked for, or added from her own words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from adapters.commands import SaveCustomer
from adapters.ports.chat import CardContent
from graph import gate, talk
from graph.actions import Proposal
from graph.agents.outcome import Ask, Desk
from graph.books import fold
from stores.tables.company import Customer
from stores.types import ActionState
from stores.unit_of_work import UnitOfWork


def by_name(uow: UnitOfWork, name: str) -> Customer | None:
    return uow.session.exec(
        select(Customer)
        .where(Customer.name_folded == fold(name), col(Customer.archived_at).is_(None))
        .limit(1)
    ).first()


def names(uow: UnitOfWork) -> Sequence[str]:
    return uow.session.exec(
        select(Customer.name).where(col(Customer.archived_at).is_(None)).limit(1000)
    ).all()


def tainted(customer: Customer, fields: Sequence[str]) -> list[str]:
    """Fields whose value came from outside and was never confirmed by her."""
    return [
        field
        for field in fields
        if field in customer.provenance and customer.provenance[field]["confirmed_at"] is None
    ]


def find_or_ask(desk: Desk) -> Customer | Ask:
    """The client of the Intent. One she names that is not known yet is added, once an e-mail is."""
    uow, slots = desk.uow, desk.intent.slots
    name = slots.get("client")
    if not name:
        choices = desk.intent.choices.get("client") or [
            {"label": one, "value": one} for one in list(names(uow))[:5]
        ]
        return Ask(
            field="client",
            text="For which client?",
            choices=tuple((one["label"], one["value"]) for one in choices),
        )
    known = by_name(uow, str(name))
    if known is not None:
        email = slots.get("client_email")
        if email and not known.email:
            _save(desk, known.name, {"email": str(email)}, customer_id=known.id)
            uow.session.refresh(known)
        return known
    email = slots.get("client_email")
    if not email:
        return Ask(
            field="client_email",
            text=f"I do not know {name} yet. Which e-mail address shall I use for them?",
            lines=("With it I add them as a client.",),
        )
    _save(desk, str(name), {"name": str(name), "email": str(email)}, customer_id=None)
    added = by_name(uow, str(name))
    if added is None:
        return Ask(field="client", text=f"Add {name} first: your rules want a tap for new clients.")
    return added


def _save(
    desk: Desk, name: str, fields: dict[str, str | int | None], *, customer_id: str | None
) -> None:
    """Her own answer to a question is her word: it goes through the gate like everything else."""
    kind = "customer.update" if customer_id else "customer.add"
    added = ", ".join(f"{key} {value}" for key, value in fields.items() if key != "name")
    step = talk.side_step(desk.uow, desk.run, desk.intent, kind, {"client": name})
    action = gate.submit(
        desk.uow,
        desk.office,
        desk.run,
        step,
        Proposal(
            kind=kind,
            command=SaveCustomer(customer_id=customer_id, customer_name=name, fields=fields),
            counterparty_id=customer_id,
        ),
        CardContent(
            kind="notice",
            headline=f"{'Client' if customer_id else 'New client'} {name}",
            lines=(added,),
        ),
        action_id=desk.uow.ids.new(),
    )
    if action.state == ActionState.PERFORMED:
        desk.uow.session.flush()
