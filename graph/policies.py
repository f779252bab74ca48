"""May this happen without asking? Pure rules that answer Allow, Ask or Deny, always with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from graph.actions import Proposal
from stores.types import Money


class Decision(StrEnum):
    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True)
class Ruling:
    decision: Decision
    reason: str  # a sentence for the operator


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`mode` ask, auto or deny. Limits apply to auto; a limit in another currency never matches."""

    mode: str = "ask"
    below: Money | None = None
    per_day: Money | None = None
    per_counterparty: Money | None = None


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Already allowed or approved today (company's day), in the proposal's currency."""

    today_minor: int = 0
    counterparty_minor: int = 0
    first_contact: bool = False


_NEVER_AUTO = {
    "refund.issue": "refunds always ask",
    "invoice.void": "taking an invoice back always asks",
}


def rule_on(proposal: Proposal, rules: Mapping[str, Rule], spent: Spent) -> Ruling:
    """The ruling for one Action. Order: deny, never-auto, taint, first contact, limits."""
    rule = rules.get(proposal.kind, Rule())
    noun = _nouns(proposal.kind)
    if rule.mode == "deny":
        return Ruling(decision=Decision.DENY, reason=f"your rules forbid {noun}")
    if rule.mode == "ask":
        return _ask(proposal.always_ask or f"{noun} ask")
    if proposal.always_ask:
        return _ask(proposal.always_ask)
    if proposal.kind in _NEVER_AUTO:
        return _ask(_NEVER_AUTO[proposal.kind])
    if proposal.tainted:
        return _ask(
            f"{', '.join(proposal.tainted)} came from outside and you have not confirmed it"
        )
    if spent.first_contact and proposal.kind == "invoice.send":
        return _ask("this is the first time you write to this client")
    return _within_limits(proposal, rule, spent, noun)


def _within_limits(proposal: Proposal, rule: Rule, spent: Spent, noun: str) -> Ruling:
    limits = [
        (rule.below, 0, "for one"),
        (rule.per_day, spent.today_minor, "a day"),
        (rule.per_counterparty, spent.counterparty_minor, "a client a day"),
    ]
    for limit, used_minor, scope in limits:
        if limit is None:
            continue
        if proposal.amount_minor is None or proposal.currency != limit.currency:
            return _ask(f"your limit {scope} is in {limit.currency} and this is not")
        if used_minor + proposal.amount_minor > limit.amount_minor:
            return _ask(f"your limit of {limit.major} {limit.currency} {scope} would be passed")
        if limit is rule.below and proposal.amount_minor == limit.amount_minor:
            return _ask(f"only amounts below {limit.major} {limit.currency} go without asking")
    return Ruling(decision=Decision.ALLOW, reason=f"your rules let {noun} through")


def _ask(reason: str) -> Ruling:
    return Ruling(decision=Decision.ASK, reason=reason)


def _nouns(kind: str) -> str:
    return {
        "invoice.send": "invoices",
        "invoice.void": "credit notes",
        "payment.record": "payments",
        "payment.reverse": "taking back payments",
        "customer.add": "new clients",
        "customer.update": "changes of a client",
        "customer.archive": "removing clients",
    }.get(kind, kind)
