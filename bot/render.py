"""Cards as plain text, and the one way untrusted text is made safe to look at. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import regex  # type: ignore[import-untyped,unused-ignore]

from adapters.ports.chat import CardContent

# Controls but the line feed, separators that fake a line, everything invisible (the Unicode
# property covers bidi marks, zero-width, tags, fillers), and lone surrogates.
_UNSAFE = regex.compile(
    r"[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}"
    r"\u2800\uFFF9-\uFFFB--\n]",
    regex.V1,
)
# Invisible characters that are honest: joiners inside an emoji or between letters of a script
# that needs them, and the selector that makes a sign an emoji.
_JOINED = r"\p{Arabic}\p{Syriac}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}"
_JOINED += r"\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Mongolian}"
_HONEST = regex.compile(
    r"(?<=\p{Extended_Pictographic}[\uFE0F\p{Emoji_Modifier}]?)\u200D(?=\p{Extended_Pictographic})"
    rf"|(?<=[{_JOINED}])[\u200C\u200D](?=[{_JOINED}])"
    r"|(?<=[\p{Extended_Pictographic}#*0-9])[\uFE0E\uFE0F]"
)


def visible(text: str) -> str:
    """The text with every character that hides, reorders or controls shown as its code."""
    honest = {found.start() for found in _HONEST.finditer(text)}

    def shown(found: regex.Match[str]) -> str:
        return found[0] if found.start() in honest else f"⟨U+{ord(found[0]):04X}⟩"

    safe: str = _UNSAFE.sub(shown, text)
    return safe


def graphemes(text: str) -> list[str]:
    """Characters as a person counts them (UAX 29)."""
    units: list[str] = regex.findall(r"\X", text)
    return units


def clip(text: str, length: int) -> str:
    """At most `length` characters on one line, marked with an ellipsis where it was cut."""
    units = graphemes(text.replace("\n", " "))
    return "".join(units if len(units) <= length else [*units[: length - 1], "…"])


def render_plain(card: CardContent, width: int = 80) -> str:
    """The card for a terminal of `width` columns: text, then files, then rows of buttons."""
    headline = f"{card.sign} {visible(card.headline)}" if card.sign else visible(card.headline)
    if card.struck:
        headline += " (no longer valid)"
    lines = [headline, *(visible(line) for line in (*card.lines, *card.outcome))]
    lines += [f"File: {visible(clip(file.filename, 120))}" for file in card.files]
    lines += [
        "  ".join(f"[{visible(clip(face.label or face.verb, 40))}]" for face in row)
        for row in card.rows
        if row
    ]
    return "\n".join(
        piece for line in lines for part in line.split("\n") for piece in _wrapped(part, width)
    )


def _wrapped(line: str, width: int) -> Iterator[str]:
    """Lines of at most `width` columns, broken at spaces where there are any; spacing is kept."""
    width = max(width, 2)
    piece: list[str] = []
    used, space = 0, 0  # columns in `piece`; how many of its units end at the last space
    for unit in graphemes(line):
        columns = _columns(unit)
        while piece and used + columns > width:
            cut = space or len(piece)
            yield "".join(piece[:cut]).rstrip(" ")
            piece, space = piece[cut:], 0
            used = sum(_columns(one) for one in piece)
        piece.append(unit)
        used += columns
        if unit == " ":
            space = len(piece)
    yield "".join(piece).rstrip(" ")


def _columns(unit: str) -> int:
    wide = unicodedata.east_asian_width(unit[0]) in "WF" or "\ufe0f" in unit
    return 2 if wide else 1
