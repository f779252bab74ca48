"""Events: one canonical text, no float anywhere, a chain of hashes, and payloads that come back."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from datetime import date
from typing import Any, Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stores import events
from stores.events import GENESIS, Event, canonical, chain_hash, upcast

KINDS = [kind for kind in Event.__subclasses__() if kind.__module__ == events.__name__]
SAMPLES: dict[Any, Any] = {
    str: "Müller 佐藤 😀", int: 120_000, bool: True, date: date(2026, 11, 25), type(None): None,
}  # fmt: skip
ROW = {
    "seq": 1,
    "type": "RunFinished",
    "version": 1,
    "at": "2026-11-25T12:00:00Z",
    "subject": "r1",
    "payload": '{"run":"r1","state":"done"}',
}
# printf '%s\n1\nRunFinished\n1\n2026-11-25T12:00:00Z\nr1\n{"run":"r1","state":"done"}' 000… | sha256sum
KNOWN = "d3d6b723c2c94fd514a17b80382e08a22af5c47d82fdc6b9e1f0876e091b0508"

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def leaves(annotation: Any) -> Iterator[Any]:
    """The plain types a field is made of."""
    inner = get_args(annotation)
    if not inner:
        yield annotation
    for one in inner:
        yield from leaves(one)


def sample(annotation: Any, *, member: int = 0) -> Any:
    """A value of the type, of one member of a union; a list holds one of every member."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return sample(inner[member])
    if origin is list:
        members = get_args(inner[0]) if get_origin(inner[0]) is types.UnionType else inner
        return [sample(one) for one in members]
    if origin is dict:
        return {"email": sample(inner[1])}
    return SAMPLES[annotation]


def made(kind: type[Event], *, member: int = 0) -> Event:
    fields = kind.model_fields.items()
    return kind(**{name: sample(field.annotation, member=member) for name, field in fields})


def stored(event: Event) -> str:
    """What the unit of work writes."""
    return canonical(json.loads(event.model_dump_json()))


def test_the_order_of_keys_is_by_utf_16_unit() -> None:
    # The example of RFC 8785, 3.2.3.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    assert canonical(dict.fromkeys(keys, 0)) == (
        '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\U0001f600":0,"\ufb33":0}'
    )


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (
            {"b": [1, None, True], "a": {"z": "", "y": -5}},
            '{"a":{"y":-5,"z":""},"b":[1,null,true]}',
        ),
        ({}, "{}"),
        ({"t": 'é"\\/\n\x0f<'}, '{"t":"é\\"\\\\/\\n\\u000f<"}'),
        ({"n": 2**53 - 1}, '{"n":9007199254740991}'),
    ],
)
def test_the_canonical_text(payload: object, text: str) -> None:
    assert canonical(payload) == text


@given(JSON)
def test_the_canonical_text_says_the_same_and_only_once(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@given(st.dictionaries(TEXTS, INTEGERS, max_size=6))
def test_the_order_of_writing_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize("number", [1.5, 1.0, 0.0, -0.0, float("nan"), float("inf")])
def test_a_float_is_refused_wherever_it_hides(number: float) -> None:
    for payload in (number, [number], {"a": number}, {"a": [{"b": (1, [number])}]}):
        with pytest.raises(TypeError, match="no floats"):
            canonical(payload)


def test_a_number_json_cannot_hold_exactly_is_refused() -> None:
    with pytest.raises(ValueError, match="9007199254740992"):
        canonical({"amount": 2**53})


def test_a_known_link_of_the_chain() -> None:
    assert GENESIS == "0" * 64
    assert chain_hash(GENESIS, **ROW) == KNOWN  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("seq", 2), ("type", "RunStarted"), ("version", 2), ("at", "2026-11-25T12:00:01Z"),
        ("subject", "r2"), ("payload", '{"run":"r1","state":"failed"}'),
    ],
)  # fmt: skip
def test_every_part_of_the_row_is_in_the_hash(field: str, other: object) -> None:
    assert chain_hash(GENESIS, **(ROW | {field: other})) != KNOWN  # type: ignore[arg-type]


def test_the_previous_hash_is_in_the_hash() -> None:
    assert chain_hash(KNOWN, **ROW) != KNOWN  # type: ignore[arg-type]


def test_the_types_are_found() -> None:
    names = {kind.__name__ for kind in KINDS}
    assert {"NumberReserved", "ApprovalDecided", "InvoiceIssued", "PaymentRecorded"} <= names


@pytest.mark.parametrize("member", [0, -1], ids=["filled", "null"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_type_comes_back_as_it_was_stored(kind: type[Event], member: int) -> None:
    event = made(kind, member=member)
    text = stored(event)
    back = upcast(kind.__name__, kind.version, json.loads(text))
    assert type(back) is kind
    assert back == event
    assert stored(back) == text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_type_can_hold_a_float(kind: type[Event]) -> None:
    for name, field in kind.model_fields.items():
        assert set(leaves(field.annotation)) <= {str, int, bool, date, type(None)}, name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_type_refuses_what_it_does_not_know(kind: type[Event]) -> None:
    payload = json.loads(stored(made(kind)))
    with pytest.raises(ValidationError):
        upcast(kind.__name__, kind.version, payload | {"surprise": 1})


def test_a_type_nobody_knows() -> None:
    with pytest.raises(KeyError):
        upcast("NeverHeardOf", 1, {})


def test_an_old_payload_climbs_version_by_version(monkeypatch: pytest.MonkeyPatch) -> None:
    climbs = {
        ("RunFinished", -1): lambda old: {"id": old["nr"], "state": old["state"]},
        ("RunFinished", 0): lambda old: {"run": f"r{old['id']}", "state": old["state"]},
    }
    monkeypatch.setattr(events, "_UPCASTERS", climbs)
    expected = events.RunFinished(run="r7", state="done")
    assert upcast("RunFinished", -1, {"nr": 7, "state": "done"}) == expected
    assert upcast("RunFinished", 0, {"id": 7, "state": "done"}) == expected
    assert upcast("RunFinished", 1, {"run": "r7", "state": "done"}) == expected
