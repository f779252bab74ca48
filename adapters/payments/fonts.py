"""Which of our fonts can draw a character. What none can is spelled as its code, never as a box."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

_FOLDER = Path(__file__).parent / "fonts"
REGULAR, BOLD, CJK = "StewardSans", "StewardSans-Bold", "StewardCjk"
_FILES = {REGULAR: "Sans.ttf", BOLD: "Sans-Bold.ttf", CJK: "Cjk.ttf"}


@cache
def glyphs(font: str) -> frozenset[int]:
    """Code points a font draws; registers all three fonts on first use."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    loaded = TTFont(font, str(_FOLDER / _FILES[font]))
    pdfmetrics.registerFont(loaded)
    return frozenset(loaded.face.charToGlyph)


def register() -> None:
    for font in _FILES:
        glyphs(font)


@dataclass
class Speller:
    """Turns text into reportlab markup with a font per stretch; remembers what is missing."""

    missing: dict[str, None]

    def markup(self, text: str, *, font: str = REGULAR) -> str:
        parts: list[str] = []
        for char in unicodedata.normalize("NFC", text):
            if char == "\n":
                parts.append("<br/>")
            elif ord(char) in glyphs(font):
                parts.append(escape(char))
            elif ord(char) in glyphs(CJK):
                parts.append(f'<font name="{CJK}">{escape(char)}</font>')
            else:
                self.missing[char] = None
                parts.append(f"U+{ord(char):04X}")
        return "".join(parts)
