"""How amounts, days and moments are said to her: her locale, her zone. Pure."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency

from stores.types import Money, minor_digits


def money(amount: Money, locale: str = "en") -> str:
    """ "€1,200.00"; digits of the currency, sign and grouping of the locale."""
    digits = minor_digits(amount.currency)
    pattern = "¤#,##0" + ("." + "0" * digits if digits else "")
    return format_currency(
        amount.major, amount.currency, format=pattern, locale=_babel(locale), currency_digits=False
    )


def day(when: date, today: date, locale: str = "en") -> str:
    """ "Thu 10 Dec (in 14 days)"; the year only when it is not this one."""
    pattern = "EEE d MMM" if when.year == today.year else "EEE d MMM y"
    return f"{format_date(when, pattern, locale=_babel(locale))} ({distance(when, today)})"


def distance(when: date, today: date) -> str:
    days = (when - today).days
    if days == 0:
        return "today"
    if abs(days) == 1:
        return "tomorrow" if days > 0 else "yesterday"
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def clock(moment: datetime, zone: str) -> str:
    """ "14:02" in her zone."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def moment(when: datetime, now: datetime, zone: str) -> str:
    """ "14:02" today, "Thu 14:02" on another day."""
    local, today = when.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    return local.strftime("%H:%M") if local.date() == today else local.strftime("%a %d %b %H:%M")


def totals(amounts: list[Money], locale: str = "en") -> str:
    """ "€1,200.00 + $700.00": one total per currency, never added across."""
    sums: dict[str, int] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, 0) + amount.amount_minor
    return " + ".join(
        money(Money(amount_minor=minor, currency=currency), locale)
        for currency, minor in sorted(sums.items())
    )


def _babel(locale: str) -> str:
    return locale.replace("-", "_")
