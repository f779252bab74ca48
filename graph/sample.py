"""A sample company to try things with: three clients and a project. Only into an empty office."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from graph.agents.letterhead import learn
from graph.books import put_customer
from graph.office import company, zone
from stores.tables.company import Customer, Project
from stores.types import Source
from stores.unit_of_work import UnitOfWork

_COMPANY = {
    "name": "Studio Nord (sample)",
    "address": "Hafenstr. 1\n20457 Hamburg",
    "country": "DE",
    "email": "me@studio-nord.example",
    "tax_id": "12/345/67890",
    "vat_id": "DE136695976",
    "vat_regime": "standard",
    "default_vat": "19",
    "iban": "DE89370400440532013000",
}
_CLIENTS: tuple[dict[str, Any], ...] = (
    {
        "name": "Acme GmbH",
        "email": "billing@acme.example",
        "contact": "Petra Müller",
        "address": "Industrieweg 5\n50667 Köln",
        "country": "DE",
        "currency": "EUR",
        "terms_days": 14,
    },
    {
        "name": "Globex SARL",
        "email": "compta@globex.example",
        "contact": "Luc Martin",
        "address": "12 rue de la Paix\n75002 Paris",
        "country": "FR",
        "vat_id": "FR40303265045",
        "currency": "EUR",
        "language": "fr",
    },
    {
        "name": "Hooli Inc",
        "email": "ap@hooli.example",
        "contact": "Dana Reed",
        "address": "1 Hooli Way\nPalo Alto, CA 94301",
        "country": "US",
        "currency": "USD",
        "terms_days": 30,
    },
)


def is_empty(uow: UnitOfWork) -> bool:
    """Nobody has worked here yet: no client, and no company named by config or chat."""
    return (
        company(uow).name is None and uow.session.exec(select(Customer.id).limit(1)).first() is None
    )


def load_sample(uow: UnitOfWork) -> None:
    """Raises `ValueError` if the office is not empty."""
    if uow.session.exec(select(Customer.id).limit(1)).first() is not None:
        raise ValueError("there are clients here already")
    ours = company(uow)
    for name, value in _COMPANY.items():
        if getattr(ours, name) is None:
            setattr(ours, name, value)
    uow.session.add(ours)
    uow.session.flush()
    learn(uow, ours, "first_number", 1, uow.now.astimezone(zone(ours)).year)
    ids = [
        put_customer(
            uow, None, one["name"], dict(one), source=Source.OPERATOR, cause="sample company"
        )
        for one in _CLIENTS
    ]
    uow.session.flush()
    uow.session.add(
        Project(
            id=uow.ids.new(),
            customer_id=ids[0],
            name="Website relaunch",
            rate_minor=9500,
            currency="EUR",
            created_at=uow.now,
        )
    )
