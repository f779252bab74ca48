from __future__ import annotations

import pytest
import regex  # type: ignore[import-untyped,unused-ignore]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.ports.chat import ButtonFace, CardContent, Sign
from bot.callbacks import pack
from bot.menu import MENU
from bot.render import graphemes, visible
from bot.render_telegram import (
    MAX_CAPTION,
    MAX_TEXT,
    Span,
    caption,
    render_telegram,
    split,
    utf16,
)
from tests.fakes.telegram_markup import parse_keyboard, parse_text, units

TOKEN = "a" * 22
# Rich in what breaks: escapes, entities that look like ours, emoji of many parts, marks, blanks.
PIECES = st.sampled_from(
    ["<b>", "</i>", "&amp;", "&", "<", ">", '"', "👩\u200d👩\u200d👧", "🇩🇪", "e\u0301", "\n", " "]
)
TEXT = st.lists(st.one_of(PIECES, st.text(max_size=9)), max_size=60).map("".join)
SPANS = st.lists(st.builds(Span, TEXT.map(visible), st.sampled_from(["", "b", "i", "s"])))


def face(label: str, verb: str = "approve") -> ButtonFace:
    return ButtonFace(label=label, verb=verb, token=TOKEN)


def raw_text(html: str) -> str:
    """The text in HTML as a server that does not trim would read it."""
    parsed = parse_text(f"^{html}$", "HTML", 10**9).text
    return parsed[1:-1]


@settings(deadline=None)
@given(SPANS, st.integers(40, 400))
@example([Span("\n" * 500)], 40)
@example([Span("a" + "\u0301" * 200, "b")], 40)
@example([Span("&" * 300, "i")], 40)
@example([Span("😀" * 100)], 41)
def test_parts_fit_parse_and_lose_nothing(spans: list[Span], limit: int) -> None:
    parts = split(spans, limit)
    assert parts
    assert all(utf16(part) <= limit for part in parts)
    shown = [raw_text(part) for part in parts]  # raises on a broken tag
    whole = "".join(span.text for span in spans)
    if whole.strip():
        assert all(one.strip() for one in shown)
        assert "".join(shown).split() == whole.split() or "".join(shown) == whole


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters=" \n"), min_size=1), st.integers(60, 90))
def test_text_without_blanks_is_lossless_to_the_character(text: str, limit: int) -> None:
    safe = visible(text * 20)
    if not any(char.isspace() for char in safe):
        assert "".join(raw_text(part) for part in split([Span(safe)], limit)) == safe


@settings(deadline=None)
@given(st.lists(st.sampled_from(["👩\u200d👩\u200d👧", "🇩🇪", "e\u0301", "&", "x"]), min_size=30))
def test_cuts_fall_between_graphemes(letters: list[str]) -> None:
    spans = [Span("".join(letters))]
    shown = [raw_text(part) for part in split(spans, 40)]
    assert [one for part in shown for one in graphemes(part)] == graphemes(spans[0].text)


def test_a_cut_is_after_a_line_where_possible() -> None:
    lines = [f"line {n:03} with some words\n" for n in range(400)]
    parts = split([Span("".join(lines))])
    assert len(parts) > 1
    assert all(part.endswith("\n") for part in parts)


def test_a_style_that_runs_over_a_cut_is_closed_and_opened_again() -> None:
    first, second = split([Span("a" * 60, "b")], 50)
    assert regex.fullmatch("<b>a+</b>", first)
    assert regex.fullmatch("<b>a+</b>", second)


def test_a_card_is_escaped_exactly_once() -> None:
    card = CardContent(
        kind="approval",
        sign=Sign.WAITING,
        headline="Invoice to <Acme> & Co",
        lines=("&amp; stays &amp;", "a\u202eb"),
        outcome=("sent",),
    )
    (message,) = render_telegram(card)
    assert message.html == (
        "🟡 <b>Invoice to &lt;Acme&gt; &amp; Co</b>\n"
        "&amp;amp; stays &amp;amp;\na⟨U+202E⟩b\n<i>sent</i>"
    )
    assert parse_text(message.html, "HTML", MAX_TEXT).text == visible(card.text())


def test_a_superseded_card_is_struck_but_its_outcome_is_not() -> None:
    card = CardContent(kind="approval", headline="old", outcome=("replaced",), struck=True)
    assert render_telegram(card)[0].html == "<s>old</s>\n<i>replaced</i>"


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXT, max_size=30), TEXT)
def test_telegram_takes_every_part_of_every_card(lines: list[str], headline: str) -> None:
    card = CardContent(
        kind="answer", headline=headline, lines=tuple(lines * 8), rows=((face("A"),),)
    )
    messages = render_telegram(card)
    for message in messages:
        assert parse_text(message.html, "HTML", MAX_TEXT).text
    assert [bool(message.keyboard) for message in messages] == [False] * (len(messages) - 1) + [
        True
    ]


def test_buttons_stand_at_most_three_in_a_row() -> None:
    card = CardContent(
        kind="question",
        headline="Which?",
        rows=(tuple(face(str(n)) for n in range(7)), (face("x" * 90), face(" ", "reject"))),
    )
    keyboard = render_telegram(card)[0].keyboard
    assert [len(row) for row in keyboard] == [3, 3, 1, 2]
    assert keyboard[0][0].callback == pack(TOKEN)
    assert keyboard[3][0].label == "x" * 39 + "…"
    assert keyboard[3][1].label == "reject"
    rows = [[{"text": key.label, "callback_data": key.callback} for key in row] for row in keyboard]
    assert parse_keyboard({"inline_keyboard": rows})


def test_more_buttons_than_telegram_takes_are_refused() -> None:
    card = CardContent(kind="question", headline="?", rows=((face("a"),),) * 101)
    with pytest.raises(ValueError, match="100 buttons"):
        render_telegram(card)


@given(st.text().map(lambda text: text * 40))
def test_captions_fit(text: str) -> None:
    assert units(caption(text)) <= MAX_CAPTION


def test_the_menu_is_what_telegram_takes() -> None:
    names = [entry.name for entry in MENU]
    assert names == [
        "invoice",
        "paid",
        "void",
        "status",
        "money",
        "why",
        "undo",
        "customer",
        "stop",
        "resume",
        "help",
    ]
    assert all(regex.fullmatch("[a-z]{1,32}", name) for name in names)
    assert all(1 <= len(entry.description) <= 256 for entry in MENU)
