from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.callbacks import MAX_BYTES, pack, unpack
from stores.types import RandomIds

URL_SAFE = string.ascii_letters + string.digits + "-_"
SEED = 20261125


@given(st.text(URL_SAFE, min_size=16, max_size=43))
def test_a_token_survives_and_fits(token: str) -> None:
    assert unpack(pack(token)) == token
    assert len(pack(token).encode()) <= MAX_BYTES


def test_our_own_tokens_can_be_packed() -> None:
    token = RandomIds().token()
    assert unpack(pack(token)) == token


@pytest.mark.parametrize(
    "token", ["", "a" * 15, "a" * 44, "a" * 15 + "ä", "a" * 16 + "\n", " " * 20]
)
def test_a_bad_token_is_not_packed(token: str) -> None:
    with pytest.raises(ValueError, match="16 to 43"):
        pack(token)


@pytest.mark.parametrize("value", [None, 5, b"s1:" + b"a" * 20, ["s1:"], {"s1:": 1}, True])
def test_what_is_not_text_is_not_ours(value: object) -> None:
    assert unpack(value) is None


def _forged(rng: random.Random) -> str:
    """Close to ours and still wrong: other prefix, length, characters, or plain noise."""
    good = "".join(rng.choices(URL_SAFE, k=22))
    spoiled = rng.choice("=+/.:;<&\x00\n \u202eé😀\u0661\ud800")
    at = rng.randrange(22)
    return rng.choice(
        [
            good,
            f"s1{good}",
            f"S1:{good}",
            f"s2:{good}",
            f" s1:{good}",
            f"s1:{good}\n",
            f"s1:{good[:at]}{spoiled}{good[at:]}",
            f"s1:{good[: rng.randrange(16)]}",
            f"s1:{good * 3}",
            "".join(chr(rng.randrange(0x11_0000)) for _ in range(rng.randrange(70))),
            f"s1:{good}s1:{good}",
            f"approve:{rng.randrange(10**6)}",
        ]
    )


def test_ten_thousand_forgeries_are_refused_and_none_raises() -> None:
    rng = random.Random(SEED)
    accepted = [data for data in (_forged(rng) for _ in range(10_000)) if unpack(data) is not None]
    assert accepted == []
