"""Stretches of time a question about money covers; always what has begun already."""

from __future__ import annotations

import re
from datetime import date, timedelta

from graph.interpret import dates
from graph.interpret.dates import MONTH, MONTHS, day_at, end_of_month, plus_months
from graph.interpret.sentence import Sentence

Period = dict[str, str]
_YEAR = r"(?P<y>(?:19|20)[0-9]{2})"
_QUARTER = re.compile(rf"\b(?:q(?P<q>[1-4])|(?P<q2>[1-4])\. quartal)(?:[ /-]?{_YEAR})?\b")
_QUARTER_AFTER = re.compile(rf"\b{_YEAR}[ -]?q(?P<q>[1-4])\b")
_MONTH = re.compile(rf"\b(?P<m>{MONTH})\b\.?(?: {_YEAR}\b)?(?! ?[0-9]{{1,2}}\b)")
_RELATIVE = re.compile(
    r"\b(?P<which>this|last|previous|current|dieses|diesen|diese|letztes|letzten|letzte) "
    r"(?P<unit>week|month|quarter|year|woche|monat|quartal|jahr)\b"
)
_ROLLING = re.compile(
    r"\b(?:last|past|letzten) (?P<n>[0-9]{1,3}) (?P<unit>days?|tagen?|weeks?|months?)"
)
_SINCE = re.compile(r"\b(?:since|seit) (?:the )?")
_BETWEEN = re.compile(r"\b(?:between|from|vom|zwischen) (?:the )?")
_TO_DATE = re.compile(r"\b(?:ytd|year to date|so far this year)\b")
_BARE_YEAR = re.compile(rf"\b(?:in|for|of|fur|during) {_YEAR}\b")
_DAY = re.compile(r"\b(?P<w>today|yesterday|heute|gestern)\b")


def _span(first: date, last: date) -> Period:
    return {"from": first.isoformat(), "to": last.isoformat()}


def _month(year: int, month: int) -> Period:
    return _span(date(year, month, 1), end_of_month(year, month))


def _quarter(year: int, quarter: int) -> Period:
    return _span(date(year, quarter * 3 - 2, 1), end_of_month(year, quarter * 3))


def take(sentence: Sentence, today: date) -> Period | None:
    """The period said, taken from the sentence."""
    low = sentence.low
    for opening, joined in ((_BETWEEN, True), (_SINCE, False)):
        match = opening.search(low)
        found = _from(low, match.end(), today, joined) if match else None
        if match and found:
            sentence.take(match.start(), found[1])
            return found[0]
    for pattern in (
        _TO_DATE,
        _QUARTER_AFTER,
        _QUARTER,
        _RELATIVE,
        _ROLLING,
        _MONTH,
        _BARE_YEAR,
        _DAY,
    ):
        match = pattern.search(low)
        if match is not None:
            sentence.take_match(match)
            return _read(pattern, match, today)
    return None


def _from(low: str, pos: int, today: date, joined: bool) -> tuple[Period, int] | None:
    first = day_at(low, pos, today=today, past=True)
    if first is None:
        month = _MONTH.match(low, pos)
        if month is None or joined:
            return None
        return _span(_month_start(month, today), today), month.end()
    start = first.certain
    if start is None:
        return None
    if not joined:
        return _span(start, today), first.end
    link = re.compile(r" ?(?:and|to|until|till|und|bis|-) ?(?:the )?").match(low, first.end)
    last = day_at(low, link.end(), today=today, past=True) if link else None
    if last is None or last.certain is None or last.certain < start:
        return None
    return _span(start, last.certain), last.end


def _month_start(match: re.Match[str], today: date) -> date:
    month = MONTHS[match["m"]]
    year = int(match["y"]) if match["y"] else today.year - (month > today.month)
    return date(year, month, 1)


def _read(pattern: re.Pattern[str], m: re.Match[str], today: date) -> Period:
    if pattern is _TO_DATE:
        return _span(date(today.year, 1, 1), today)
    if pattern in (_QUARTER, _QUARTER_AFTER):
        quarter = int(m["q"] or m.groupdict().get("q2") or 1)
        begun = quarter * 3 - 2 <= today.month
        return _quarter(int(m["y"]) if m["y"] else today.year - (not begun), quarter)
    if pattern is _MONTH:
        first = _month_start(m, today)
        return _month(first.year, first.month)
    if pattern is _BARE_YEAR:
        return _span(date(int(m["y"]), 1, 1), date(int(m["y"]), 12, 31))
    if pattern is _DAY:
        day = today - timedelta(days=m["w"] in ("yesterday", "gestern"))
        return _span(day, day)
    if pattern is _ROLLING:
        return _span(dates.shift(today, -int(m["n"]), m["unit"]), today)
    return _relative(m["unit"], m["which"].startswith(("last", "prev", "letzt")), today)


def _relative(unit: str, before: bool, today: date) -> Period:
    if unit.startswith("w"):
        monday = today - timedelta(days=today.weekday() + 7 * before)
        return _span(monday, monday + timedelta(days=6))
    if unit.startswith("m"):
        base = plus_months(today.replace(day=1), -int(before))
        return _month(base.year, base.month)
    if unit.startswith("q"):
        base = plus_months(today.replace(day=1), -3 * before)
        return _quarter(base.year, (base.month + 2) // 3)
    year = today.year - before
    return _span(date(year, 1, 1), date(year, 12, 31))
