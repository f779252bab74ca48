"""What an update means: the parser polling and webhook share."""

from __future__ import annotations

import random
from typing import Any

from bot.telegram_webhook import inbound_of


def _noise(rng: random.Random, depth: int = 0) -> Any:
    keys = ["update_id", "message", "callback_query", "chat", "from", "id", "type", "text", "data"]
    if depth > 4 or rng.random() < 0.3:
        return rng.choice([None, True, 0, -1, 1 << 70, 1.5, "", "private", "\ud800", [], {}])
    if rng.random() < 0.2:
        return [_noise(rng, depth + 1) for _ in range(rng.randrange(3))]
    return {rng.choice(keys): _noise(rng, depth + 1) for _ in range(rng.randrange(6))}


def test_no_update_makes_the_parser_raise() -> None:
    rng = random.Random(20261125)
    for _ in range(10_000):
        inbound_of(_noise(rng))


def test_text_no_database_takes_is_made_storable() -> None:
    person = {"id": 1, "is_bot": False}
    message = {"chat": {"id": 1, "type": "private"}, "from": person, "text": "a\ud800b\x00c"}
    inbound = inbound_of({"update_id": 5, "message": message})
    assert inbound is not None
    assert inbound.text == "a\ufffdb\ufffdc"
