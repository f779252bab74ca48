from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ports.chat import ButtonFace, CardContent, FileFace, Sign
from bot.render import clip, graphemes, render_plain, visible

TOKEN = "a" * 22
CARD = CardContent(
    kind="approval",
    sign=Sign.WAITING,
    headline="Invoice to Acme GmbH · €1,200.00",
    lines=("billing@acme.example", "1 × October retainer        1,200.00"),
    outcome=("sent 14:02",),
    rows=(
        (
            ButtonFace(label="Approve", verb="approve", token=TOKEN),
            ButtonFace(label="Edit", verb="edit", token=TOKEN),
        ),
        (ButtonFace(label="Details", verb="details", token=TOKEN),),
    ),
    files=(FileFace(sha256="0" * 64, filename="2026-0007.pdf", media_type="application/pdf"),),
)


def test_a_card_in_the_terminal() -> None:
    assert render_plain(CARD, 60).split("\n") == [
        "🟡 Invoice to Acme GmbH · €1,200.00",
        "billing@acme.example",
        "1 × October retainer        1,200.00",
        "sent 14:02",
        "File: 2026-0007.pdf",
        "[Approve]  [Edit]",
        "[Details]",
    ]


def test_a_superseded_card_says_so() -> None:
    assert "(no longer valid)" in render_plain(CARD.model_copy(update={"struck": True}), 80)


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"),
        ("\u200e\u200f\u061c", "⟨U+200E⟩⟨U+200F⟩⟨U+061C⟩"),
        ("pay\u200bpal pay\u200dpal", "pay⟨U+200B⟩pal pay⟨U+200D⟩pal"),
        ("\x00\x1b[2J\x7f\x9b\r\t", "⟨U+0000⟩⟨U+001B⟩[2J⟨U+007F⟩⟨U+009B⟩⟨U+000D⟩⟨U+0009⟩"),
        ("one\u2028two\ufeff\u00ad", "one⟨U+2028⟩two⟨U+FEFF⟩⟨U+00AD⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("one\ntwo", "one\ntwo"),
        ("👩\u200d💻 ⚠️ 1\ufe0f\u20e3 👩🏽\u200d💻", "👩\u200d💻 ⚠️ 1\ufe0f\u20e3 👩🏽\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Müller & Söhne <b>", "Müller & Söhne <b>"),
    ],
)
def test_hidden_characters_are_shown_and_honest_ones_kept(given_text: str, shown: str) -> None:
    assert visible(given_text) == shown


@given(st.text())
def test_nothing_that_controls_is_left(text: str) -> None:
    left = {unicodedata.category(char) for char in visible(text).replace("\n", "")}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(visible(text)) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert visible(visible(text)) == visible(text)


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8"), max_size=300), st.integers(2, 40))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    plain = render_plain(CardContent(kind="answer", headline=text), width)
    assert "".join(plain.split()) == "".join(visible(text).split())


def test_clipping_keeps_whole_characters() -> None:
    family = "👩\u200d👩\u200d👧"
    assert clip(family * 5, 3) == family * 2 + "…"
    assert graphemes(clip("e\u0301" * 9, 4)) == ["e\u0301"] * 3 + ["…"]
    assert clip("one\ntwo", 10) == "one two"
