"""What a button carries: an opaque token, never a meaning. At most 64 bytes (Telegram Bot API)."""

from __future__ import annotations

import re

MAX_BYTES = 64

_PREFIX = "s1:"  # A public schema: buttons of an older version stay on her phone for months.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,43}", re.ASCII)


def pack(token: str) -> str:
    """Button data for a token. `ValueError` if it is not URL-safe base64 of 16 to 43 characters."""
    if _TOKEN.fullmatch(token) is None:
        raise ValueError("a button token is 16 to 43 characters of URL-safe base64")
    return _PREFIX + token


def unpack(data: object) -> str | None:
    """The token in tapped data, or None for anything `pack` would not have written."""
    if not isinstance(data, str) or not data.startswith(_PREFIX):
        return None
    token = data[len(_PREFIX) :]
    return token if _TOKEN.fullmatch(token) else None
