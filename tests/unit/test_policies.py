"""The policy: Allow, Ask or Deny, each with its reason, and the order in which the rules count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.commands import ArchiveCustomer
from graph.actions import Proposal
from graph.policies import Decision, Rule, Ruling, Spent, rule_on
from stores.types import Money

PROPOSAL = Proposal(
    kind="invoice.send",
    command=ArchiveCustomer(customer_id="c1", customer_name="Acme"),  # the rules never look at it
    counterparty_id="c1",
    amount_minor=10_000,
    currency="EUR",
)
LIMIT = Money.of(500, "EUR")
AUTO = Rule(mode="auto")
SINGLE, DAILY = replace(AUTO, below=LIMIT), replace(AUTO, per_day=LIMIT)
CLIENT = replace(AUTO, per_counterparty=LIMIT)
THROUGH = Ruling(decision=Decision.ALLOW, reason="your rules let invoices through")


def rule(proposal: Proposal, one: Rule | None, spent: Spent | None = None) -> Ruling:
    rules = {} if one is None else {proposal.kind: one}
    return rule_on(proposal, rules, spent or Spent())


def ask(reason: str) -> Ruling:
    return Ruling(decision=Decision.ASK, reason=reason)


@pytest.mark.parametrize(
    ("one", "ruling"),
    [
        (None, ask("invoices ask")),
        (Rule(), ask("invoices ask")),
        (Rule(mode="ask", below=LIMIT), ask("invoices ask")),
        (AUTO, THROUGH),
        (
            Rule(mode="deny"),
            Ruling(decision=Decision.DENY, reason="your rules forbid invoices"),
        ),
    ],
)
def test_the_three_answers(one: Rule | None, ruling: Ruling) -> None:
    assert rule(PROPOSAL, one) == ruling


def test_a_rule_counts_for_its_own_kind_only() -> None:
    rules = {"payment.record": AUTO}
    assert rule_on(PROPOSAL, rules, Spent()) == ask("invoices ask")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("invoice.send", "your rules let invoices through"),
        ("payment.record", "your rules let payments through"),
        ("payment.reverse", "your rules let taking back payments through"),
        ("customer.add", "your rules let new clients through"),
        ("customer.update", "your rules let changes of a client through"),
        ("customer.archive", "your rules let removing clients through"),
    ],
)
def test_every_kind_has_a_name_she_knows(kind: str, reason: str) -> None:
    ruling = rule(replace(PROPOSAL, kind=kind), AUTO)
    assert ruling == Ruling(decision=Decision.ALLOW, reason=reason)


@pytest.mark.parametrize(
    ("amount", "ruling"),
    [
        (49_999, THROUGH),
        (50_000, ask("only amounts below 500.00 EUR go without asking")),
        (50_001, ask("your limit of 500.00 EUR for one would be passed")),
    ],
)
def test_limit_for_one(amount: int, ruling: Ruling) -> None:
    assert rule(replace(PROPOSAL, amount_minor=amount), SINGLE) == ruling


@pytest.mark.parametrize(
    ("one", "passed", "ignored", "scope"),
    [
        (DAILY, Spent(today_minor=40_001), Spent(counterparty_minor=40_001), "a day"),
        (CLIENT, Spent(counterparty_minor=40_001), Spent(today_minor=40_001), "a client a day"),
    ],
)
def test_limits_of_a_day_count_what_already_went(
    one: Rule, passed: Spent, ignored: Spent, scope: str
) -> None:
    full = Spent(today_minor=40_000, counterparty_minor=40_000)
    assert rule(PROPOSAL, one) == rule(PROPOSAL, one, full) == THROUGH
    assert rule(PROPOSAL, one, passed) == ask(f"your limit of 500.00 EUR {scope} would be passed")
    assert rule(PROPOSAL, one, ignored) == THROUGH


@pytest.mark.parametrize(
    ("one", "scope"), [(SINGLE, "for one"), (DAILY, "a day"), (CLIENT, "a client a day")]
)
@pytest.mark.parametrize(
    ("amount", "currency"), [(1, "USD"), (1, "JPY"), (None, "EUR"), (1, None), (None, None)]
)
def test_a_limit_in_another_currency_or_without_an_amount_asks(
    one: Rule, scope: str, amount: int | None, currency: str | None
) -> None:
    proposal = replace(PROPOSAL, amount_minor=amount, currency=currency)
    assert rule(proposal, one) == ask(f"your limit {scope} is in EUR and this is not")


def test_a_limit_is_told_with_the_digits_of_its_currency() -> None:
    proposal = replace(PROPOSAL, amount_minor=501, currency="JPY")
    one = Rule(mode="auto", below=Money.of(500, "JPY"))
    assert rule(proposal, one) == ask("your limit of 500 JPY for one would be passed")


@pytest.mark.parametrize(
    ("tainted", "reason"),
    [
        (("iban",), "iban came from outside and you have not confirmed it"),
        (("email", "name"), "email, name came from outside and you have not confirmed it"),
    ],
)
def test_what_came_from_outside_asks(tainted: tuple[str, ...], reason: str) -> None:
    assert rule(replace(PROPOSAL, tainted=tainted), AUTO) == ask(reason)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("refund.issue", "refunds always ask"),
        ("invoice.void", "taking an invoice back always asks"),
    ],
)
def test_kinds_that_no_rule_lets_through(kind: str, reason: str) -> None:
    assert rule(replace(PROPOSAL, kind=kind), AUTO) == ask(reason)


@pytest.mark.parametrize("mode", ["ask", "auto"])
def test_the_agents_own_doubt_asks_under_every_rule(mode: str) -> None:
    proposal = replace(PROPOSAL, always_ask="the client exists twice")
    assert rule(proposal, Rule(mode=mode)) == ask("the client exists twice")


def test_the_first_letter_to_a_client_asks() -> None:
    first = Spent(first_contact=True)
    assert rule(PROPOSAL, AUTO, first) == ask("this is the first time you write to this client")
    payment = replace(PROPOSAL, kind="payment.record")
    assert rule(payment, AUTO, first).decision is Decision.ALLOW


def test_the_order_in_which_reasons_count() -> None:
    spent = Spent(today_minor=10**9, first_contact=True)
    one = Rule(mode="auto", below=Money.of(1, "EUR"))
    worst = replace(PROPOSAL, kind="invoice.void", tainted=("iban",), always_ask="doubt")
    assert rule(worst, Rule(mode="deny"), spent).decision is Decision.DENY
    assert rule(worst, one, spent) == ask("doubt")
    assert rule(replace(worst, always_ask=None), one, spent) == ask(
        "taking an invoice back always asks"
    )
    sent = replace(PROPOSAL, tainted=("iban",))
    assert rule(sent, one, spent).reason.startswith("iban came from outside")
    assert rule(PROPOSAL, one, spent).reason.startswith("this is the first time")


LIMITS = st.none() | st.builds(Money, amount_minor=st.integers(0, 200), currency=st.just("EUR"))


@given(st.integers(0, 300), LIMITS, LIMITS, LIMITS, st.integers(0, 200), st.integers(0, 200))
def test_what_is_allowed_keeps_every_limit(
    amount: int,
    below: Money | None,
    per_day: Money | None,
    per_counterparty: Money | None,
    today: int,
    theirs: int,
) -> None:
    one = Rule(mode="auto", below=below, per_day=per_day, per_counterparty=per_counterparty)
    spent = Spent(today_minor=today, counterparty_minor=theirs)
    ruling = rule(replace(PROPOSAL, amount_minor=amount), one, spent)
    kept = (
        (below is None or amount < below.amount_minor)
        and (per_day is None or today + amount <= per_day.amount_minor)
        and (per_counterparty is None or theirs + amount <= per_counterparty.amount_minor)
    )
    assert ruling.decision is (Decision.ALLOW if kept else Decision.ASK)
    assert ruling.reason
