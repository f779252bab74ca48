"""Days as people say them, next to come or (for what has happened) last past."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = [
    "january jan januar janner jaenner", "february feb februar", "march mar maerz marz",
    "april apr", "may mai", "june jun juni", "july jul juli", "august aug",
    "september sep sept", "october oct oktober okt", "november nov", "december dec dezember dez",
]  # fmt: skip
MONTHS = {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split()}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAYS = [
    "monday mon montag", "tuesday tue tues dienstag", "wednesday wed mittwoch",
    "thursday thu thur thurs donnerstag", "friday fri freitag", "saturday sat samstag",
    "sunday sun sonntag",
]  # fmt: skip
WEEKDAYS = {word: n for n, words in enumerate(_DAYS) for word in words.split()}
_WEEKDAY = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_SMALL = {
    word: n
    for n, words in {
        1: "a an one ein eine einem einer", 2: "two zwei", 3: "three drei", 4: "four vier",
        5: "five", 6: "six sechs", 7: "seven sieben", 8: "eight", 10: "ten zehn",
        14: "fourteen vierzehn", 30: "thirty dreissig", 60: "sixty", 90: "ninety",
    }.items()
    for word in words.split()
}  # fmt: skip
_COUNT = rf"(?P<n>[0-9]{{1,3}}|{'|'.join(sorted(_SMALL, key=len, reverse=True))})"
_UNIT = (
    r"(?P<unit>(?:(?:calendar |business |working )?days?|d|tagen?|weeks?|wks?|w|wochen?"
    r"|months?|monate?n?|fortnights?|years?|jahre?n?))\b"
)


@dataclass(frozen=True, kw_only=True)
class Day:
    """`options` has one day if it is certain, two if the words allow both, none if impossible."""

    options: tuple[date, ...]
    start: int
    end: int

    @property
    def certain(self) -> date | None:
        return self.options[0] if len(self.options) == 1 else None


_Found = tuple[date, ...]


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def _near(month: int, day: int, today: date, past: bool) -> _Found:
    """Without a year: the next one to come (today counts), or the last one past."""
    for offset in range(0, 9):
        found = _safe(today.year + (-offset if past else offset), month, day)
        if found and (found <= today if past else found >= today):
            return (found,)
    return ()


def _on(year: str | None, month: int, day: int, today: date, past: bool) -> _Found:
    if not 1 <= month <= 12:
        return ()
    if year:
        found = _safe(_year(year), month, day)
        return (found,) if found else ()
    return _near(month, day, today, past)


def end_of_month(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def plus_months(day: date, count: int) -> date:
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def shift(today: date, count: int, unit: str) -> date:
    if unit.startswith("f"):
        return today + timedelta(days=14 * count)
    if unit.startswith("w") and not unit.startswith("working"):
        return today + timedelta(weeks=count)
    if unit.startswith("m"):
        return plus_months(today, count)
    if unit.startswith(("y", "j")):
        return plus_months(today, 12 * count)
    if unit.startswith(("business", "working")):
        day, left, step = today, abs(count), 1 if count > 0 else -1
        while left:
            day += timedelta(days=step)
            left -= day.weekday() < 5
        return day
    return today + timedelta(days=count)


def count_of(text: str) -> int:
    return int(text) if text.isdigit() else _SMALL[text]


def _iso(m: re.Match[str], today: date, past: bool) -> _Found:
    return _on(m["y"], int(m["m"]), int(m["d"]), today, past)


def _slashed(m: re.Match[str], today: date, past: bool) -> _Found:
    first, second = int(m["a"]), int(m["b"])
    readings = {**{r: None for r in _on(m["y"], second, first, today, past)},
                **{r: None for r in _on(m["y"], first, second, today, past)}}  # fmt: skip
    return tuple(readings)


def _named(m: re.Match[str], today: date, past: bool) -> _Found:
    return _on(m["y"], MONTHS[m["m"]], int(m["d"]), today, past)


def _ordinal(m: re.Match[str], today: date, past: bool) -> _Found:
    step = {"next": 1, "this": 0, "last": -1}.get(m["which"] or "")
    day = int(m["d"])
    if step is not None:
        base = plus_months(today.replace(day=1), step)
        found = _safe(base.year, base.month, day)
        return (found,) if found else ()
    for offset in range(0, 12):
        base = plus_months(today.replace(day=1), -offset if past else offset)
        found = _safe(base.year, base.month, day)
        if found and (found <= today if past else found > today):
            return (found,)
    return ()


def _within(m: re.Match[str], today: date, past: bool) -> _Found:
    return (shift(today, count_of(m["n"]), m["unit"]),)


def _ago(m: re.Match[str], today: date, past: bool) -> _Found:
    return (shift(today, -count_of(m["n"]), m["unit"]),)


_NAMED_DAYS = {
    "today": 0, "heute": 0, "now": 0, "immediately": 0, "sofort": 0, "on receipt": 0,
    "upon receipt": 0, "this morning": 0, "just now": 0, "tonight": 0, "tomorrow": 1,
    "tmrw": 1, "tmr": 1, "morgen": 1, "day after tomorrow": 2, "ubermorgen": 2, "yesterday": -1,
    "gestern": -1, "last night": -1, "day before yesterday": -2, "vorgestern": -2,
}  # fmt: skip


def _relative(m: re.Match[str], today: date, past: bool) -> _Found:
    return (today + timedelta(days=_NAMED_DAYS[m["w"]]),)


def _weekday(m: re.Match[str], today: date, past: bool) -> _Found:
    wanted, which = WEEKDAYS[m["w"]], m["which"] or ""
    monday = today - timedelta(days=today.weekday())
    ahead = (wanted - today.weekday() - 1) % 7 + 1
    if which in ("next", "nachsten", "nachster"):
        return (monday + timedelta(days=7 + wanted),)
    if which in ("last", "past", "letzten") or (past and not which):
        return (today - timedelta(days=(today.weekday() - wanted - 1) % 7 + 1),)
    if which in ("this", "diesen"):
        return (monday + timedelta(days=wanted),)
    return (today + timedelta(days=ahead),)


def _edge(m: re.Match[str], today: date, past: bool) -> _Found:
    step = 1 if m["which"] in ("next", "nachsten") else -1 if m["which"] == "last" else 0
    unit, last = m["unit2"], m["edge"].startswith(("end", "last"))
    if unit in MONTHS:
        for offset in range(0, 2):
            year = today.year + (-offset if past else offset)
            found = end_of_month(year, MONTHS[unit]) if last else date(year, MONTHS[unit], 1)
            if m["edge"].startswith("mid"):
                found = date(year, MONTHS[unit], 15)
            if found <= today if past else found >= today:
                return (found,)
        return ()
    if unit.startswith("w"):
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
        return (monday + timedelta(days=4 if last else 0),)
    if unit.startswith(("y", "j")):
        return (date(today.year + step, 12, 31) if last else date(today.year + step, 1, 1),)
    if unit.startswith("q"):
        first = plus_months(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), 3 * step)
        ending = plus_months(first, 2)
        return (end_of_month(ending.year, ending.month) if last else first,)
    base = plus_months(today.replace(day=1), step)
    if m["edge"].startswith("mid"):
        return (base.replace(day=15),)
    return (end_of_month(base.year, base.month) if last else base,)


def _month_end(m: re.Match[str], today: date, past: bool) -> _Found:
    return (end_of_month(today.year, today.month),)


def _vague(m: re.Match[str], today: date, past: bool) -> _Found:
    if m["unit3"] == "week":
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=1)
        return (monday, monday + timedelta(days=4))
    first = plus_months(today.replace(day=1), 1)
    return (first, end_of_month(first.year, first.month))


_Y = r"(?P<y>(?:19|20)[0-9]{2})"
_RULES: list[tuple[re.Pattern[str], Callable[[re.Match[str], date, bool], _Found]]] = [
    (re.compile(pattern), rule)
    for pattern, rule in [
        (rf"{_Y}-(?P<m>[0-9]{{1,2}})-(?P<d>[0-9]{{1,2}})(?![0-9])", _iso),
        (rf"{_Y}/(?P<m>[0-9]{{1,2}})/(?P<d>[0-9]{{1,2}})(?![0-9])", _iso),
        (r"(?P<d>[0-9]{1,2})\.\s?(?P<m>[0-9]{1,2})\.(?:\s?(?P<y>20[0-9]{2}|[0-9]{2})(?![0-9.,]))?",
         _iso),
        (r"(?P<a>[0-9]{1,2})/(?P<b>[0-9]{1,2})(?:/(?P<y>(?:20)?[0-9]{2}))?(?![0-9/])", _slashed),
        (rf"(?:the )?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?\s?(?:of )?(?P<m>{MONTH})\b\.?"
         rf"(?:,?\s?{_Y}\b)?", _named),
        (rf"(?P<m>{MONTH})\.?\s?(?:the )?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?(?![0-9]|[.,][0-9])"
         rf"(?:,?\s?{_Y}\b)?", _named),
        (r"(?:the |am |zum )?(?P<d>[0-9]{1,2})(?:st|nd|rd|th)\b"
         r"(?: of (?:the )?(?P<which>this|next|last) month)?", _ordinal),
        (rf"{_COUNT}\s?{_UNIT} ago\b", _ago),
        (rf"vor {_COUNT}\s?{_UNIT}", _ago),
        (rf"(?:in|within|innerhalb von|binnen) (?:the next )?{_COUNT}[\s-]?{_UNIT}(?: time)?",
         _within),
        (rf"{_COUNT}[\s-]?{_UNIT} from (?:now|today)\b", _within),
        (rf"(?:the )?(?P<w>{'|'.join(sorted(_NAMED_DAYS, key=len, reverse=True))})\b", _relative),
        (r"(?:the )?(?P<edge>end|last day|start|beginning|first day|mid(?:dle)?|mid-)\s?"
         r"(?:of |der |des )?(?:the )?(?:(?P<which>this|next|last) )?"
         rf"(?P<unit2>month|week|year|quarter|{MONTH})\b", _edge),
        (r"(?P<edge>end)e (?:des |der )?(?:(?P<which>nachsten) )?"
         rf"(?P<unit2>monats?|woche|jahres?|quartals?|{MONTH})\b", _edge),
        (r"(?:eom|month[ -]?end|monatsende)\b", _month_end),
        (rf"(?:(?P<which>next|this|last|past|coming|nachsten|nachster|diesen|letzten|kommenden) )?"
         rf"(?P<w>{_WEEKDAY})\b\.?", _weekday),
        (r"next (?P<unit3>week|month)\b", _vague),
    ]
]  # fmt: skip
_SPAN = re.compile(rf"{_COUNT}[\s-]?{_UNIT}")


def day_at(
    low: str, pos: int, *, today: date, past: bool = False, spans: bool = False
) -> Day | None:
    """The day said exactly at `pos` of a folded text. `spans` also reads "14 days" as from now."""
    for pattern, rule in _RULES:
        match = pattern.match(low, pos)
        if match is not None:
            return Day(options=_options(rule, match, today, past), start=pos, end=match.end())
    match = _SPAN.match(low, pos) if spans else None
    if match is not None:
        return Day(options=_options(_within, match, today, past), start=pos, end=match.end())
    return None


def _options(
    rule: Callable[[re.Match[str], date, bool], _Found],
    match: re.Match[str],
    today: date,
    past: bool,
) -> _Found:
    try:
        return rule(match, today, past)
    except (OverflowError, ValueError):
        return ()


_START = re.compile(r"(?<![0-9a-z.,/:€$£-])(?=[0-9a-z])")


def first_day(low: str, *, today: date, past: bool = False) -> Day | None:
    """The first day said anywhere in a folded text."""
    for match in _START.finditer(low):
        found = day_at(low, match.start(), today=today, past=past)
        if found is not None:
            return found
    return None
