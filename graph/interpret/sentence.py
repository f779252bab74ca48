"""One message, cleaned and folded, from which readers take what they understood."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

TAKEN = "\x1f"
MAX_CHARS = 2_000

_SAME = str.maketrans({
    "’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "\t": " ", "\r": "\n",
})  # fmt: skip
_LETTERS = {"ß": "s", "ø": "o", "ł": "l", "æ": "a", "œ": "o", "đ": "d", "ı": "i"}
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Mn", "Me"}
_SPACES = re.compile(r"[ \x1f]+")


def clean(text: str) -> str:
    """Without controls, direction marks, emoji and typographic variants; line breaks are kept."""
    plain = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
    if not plain.isascii():
        plain = "".join(_kept(char) for char in plain)
    else:
        plain = re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", plain)
    lines = (_SPACES.sub(" ", line).strip() for line in plain.split("\n"))
    return "\n".join(line for line in lines if line)


def _kept(char: str) -> str:
    if char == "\n" or (char.isascii() and char.isprintable()):
        return char
    return " " if unicodedata.category(char) in _DROPPED else char


@lru_cache(maxsize=4096)
def _folded_char(char: str) -> str:
    lowered = char.lower()
    return _LETTERS.get(lowered) or unicodedata.normalize("NFD", lowered)[0]


def fold(text: str) -> str:
    """Lower case without accents, exactly as long as the original, so that spans fit both."""
    if text.isascii():
        return text.lower()
    return "".join(_folded_char(char) for char in text)


class Sentence:
    """`text` is what was typed, `low` the same folded; `take` blanks a span in both."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.low = fold(text)

    def take(self, start: int, end: int) -> None:
        gap = TAKEN * (end - start)
        self.text = self.text[:start] + gap + self.text[end:]
        self.low = self.low[:start] + gap + self.low[end:]

    def take_match(self, match: re.Match[str]) -> None:
        self.take(match.start(), match.end())

    def copy(self) -> Sentence:
        twin = Sentence("")
        twin.text, twin.low = self.text, self.low
        return twin
