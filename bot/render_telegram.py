"""Cards as Telegram messages: HTML escaped exactly once, split under the limits. Pure.

Telegram counts UTF-16 units and allows 4096 of them after it parsed the entities (1024 in a
caption). A part here is measured with its markup, so that it also fits on a server that counts
before parsing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape as escape_html
from typing import NamedTuple

from adapters.ports.chat import ButtonFace, CardContent
from bot.callbacks import pack
from bot.render import clip, graphemes, visible

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ROW = 3
MAX_BUTTONS = 100
MAX_LABEL = 40
_EMPTY = "…"  # Telegram refuses a message without visible text.


class Span(NamedTuple):
    """A stretch of plain, already visible text in one style: tag "" for none, else b, i, s."""

    text: str
    tag: str = ""


class Key(NamedTuple):
    """A button as Telegram takes it."""

    label: str
    callback: str


@dataclass(frozen=True, kw_only=True)
class TelegramMessage:
    """One message of a card. Only the last one carries the keyboard."""

    html: str
    keyboard: tuple[tuple[Key, ...], ...] = ()


def escape(text: str) -> str:
    """Quotes need no escape outside attributes, and we write none."""
    return escape_html(text, quote=False)


def utf16(text: str) -> int:
    """Length as Telegram counts it: characters beyond the basic plane are two."""
    return len(text) + sum(char > "\uffff" for char in text)


def render_telegram(card: CardContent) -> tuple[TelegramMessage, ...]:
    """The card as one message, or several if it is long; the buttons stand under the last."""
    parts = split(tuple(_spans(card)))
    keyboard = _keyboard(card.rows)
    return (
        *(TelegramMessage(html=part) for part in parts[:-1]),
        TelegramMessage(html=parts[-1], keyboard=keyboard),
    )


def caption(text: str) -> str:
    """Untrusted text under a document, cut with an ellipsis to what Telegram takes."""
    shown = visible(text)
    if utf16(shown) <= MAX_CAPTION:
        return shown
    kept, used = [], 1
    for unit in graphemes(shown):
        used += utf16(unit)
        if used > MAX_CAPTION:
            break
        kept.append(unit)
    return "".join(kept) + "…"


def split(spans: Sequence[Span], limit: int = MAX_TEXT) -> list[str]:
    """HTML parts of at most `limit` UTF-16 units, markup included; never none.

    Cut after a line if possible, else after a space, else between graphemes; a tag is closed and
    opened again, an entity is never cut. Joined, the parts hold the text unchanged, but for parts
    that would be blank. A single grapheme longer than a message is cut between code points.
    """
    parts: list[str] = []
    rest = [unit for span in spans for unit in _units(span, limit)]
    while rest:
        count = _fitting(rest, limit)
        cut = count if count == len(rest) else _good_cut(rest, count)
        if any(not unit.text.isspace() for unit in rest[:cut]):
            parts.append(_html(rest[:cut]))
        rest = rest[cut:]
    return parts or [_EMPTY]


def _spans(card: CardContent) -> Iterator[Span]:
    if card.sign:
        yield Span(f"{card.sign} ")
    yield Span(visible(card.headline), "s" if card.struck else "b")
    for lines, tag in ((card.lines, "s" if card.struck else ""), (card.outcome, "i")):
        for line in lines:
            yield Span("\n")
            yield Span(visible(line), tag)


def _keyboard(rows: tuple[tuple[ButtonFace, ...], ...]) -> tuple[tuple[Key, ...], ...]:
    keys = [
        tuple(_key(face) for face in row[start : start + MAX_ROW])
        for row in rows
        for start in range(0, len(row), MAX_ROW)
    ]
    if sum(map(len, keys)) > MAX_BUTTONS:
        raise ValueError(f"a card has more than {MAX_BUTTONS} buttons; Telegram takes no more")
    return tuple(keys)


def _key(face: ButtonFace) -> Key:
    label = clip(visible(face.label), MAX_LABEL).strip() or clip(visible(face.verb), MAX_LABEL)
    return Key(label, pack(face.token))


def _units(span: Span, limit: int) -> Iterator[Span]:
    """The span cut where it may be cut."""
    room = limit - len("<b></b>")
    for unit in graphemes(span.text):
        if utf16(escape(unit)) > room:
            yield from (Span(char, span.tag) for char in unit)
        else:
            yield Span(unit, span.tag)


def _fitting(units: Sequence[Span], limit: int) -> int:
    """How many units make a part within the limit; at least one."""
    used, tag = 0, ""
    for index, unit in enumerate(units):
        if unit.tag != tag:
            tag = unit.tag
            used += len(f"<{tag}></{tag}>") if tag else 0
        used += utf16(escape(unit.text))
        if used > limit and index:
            return index
    return len(units)


def _good_cut(units: Sequence[Span], count: int) -> int:
    """A cut at or before `count`: after a line in the last half, a space in the last quarter."""
    for mark, least in (("\n", count // 2), (" ", count * 3 // 4)):
        for cut in range(count, least, -1):
            if units[cut - 1].text == mark:
                return cut
    return count


def _html(units: Sequence[Span]) -> str:
    """Neighbours of one style in one tag."""
    out: list[str] = []
    tag = ""
    for unit in units:
        if unit.tag != tag:
            out.append((f"</{tag}>" if tag else "") + (f"<{unit.tag}>" if unit.tag else ""))
            tag = unit.tag
        out.append(escape(unit.text))
    return "".join(out) + (f"</{tag}>" if tag else "")
