"""What Telegram refuses in a text or a keyboard, in its words. Knows nothing of our renderer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
    "a": "text_link",
}
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")


class Refusal(Exception):
    """A Bot API error answer."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


@dataclass
class Parsed:
    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_text(text: str, parse_mode: str | None, limit: int) -> Parsed:
    """Text and entities as stored; 400 if it is unreadable, or over `limit` once parsed."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Refusal(400, "Bad Request: strings must be encoded in UTF-8")
    parsed = _parse_html(text) if parse_mode and parse_mode.upper() == "HTML" else Parsed(text)
    stripped = parsed.text.rstrip()
    lead = units(stripped) - units(stripped.lstrip())
    parsed.text = stripped.lstrip()
    for entity in parsed.entities:
        end = min(entity["offset"] + entity["length"] - lead, units(parsed.text))
        entity["offset"] = max(0, entity["offset"] - lead)
        entity["length"] = end - entity["offset"]
    parsed.entities = [one for one in parsed.entities if one["length"] > 0]
    if units(parsed.text) > limit:
        too_long = "message caption is too long" if limit < 4096 else "message is too long"
        raise Refusal(400, f"Bad Request: {too_long}")
    return parsed


def _parse_html(source: str) -> Parsed:
    out: list[str] = []
    entities: list[dict[str, Any]] = []
    open_tags: list[tuple[str, int]] = []
    position, length = 0, 0
    while position < len(source):
        char = source[position]
        if char == "&" and (found := _ENTITY.match(source, position)):
            piece, position = unescape(found[0]), found.end()
        elif char == "<":
            position = _tag(source, position, length, open_tags, entities)
            continue
        else:
            piece, position = char, position + 1
        out.append(piece)
        length += units(piece)
    if open_tags:
        raise _unreadable(f"Can't find end tag corresponding to start tag {open_tags[-1][0]}")
    return Parsed("".join(out), sorted(entities, key=lambda one: one["offset"]))


def _tag(
    source: str,
    position: int,
    length: int,
    open_tags: list[tuple[str, int]],
    entities: list[dict[str, Any]],
) -> int:
    """Read one tag at `position`; returns where the text goes on."""
    offset = len(source[:position].encode())
    end = source.find(">", position)
    if end < 0:
        raise _unreadable(f"Unclosed start tag at byte offset {offset}")
    inner = source[position + 1 : end]
    name = inner.lstrip("/").split(" ")[0].lower()
    if inner.startswith("/"):
        if not open_tags:
            raise _unreadable(f"Unexpected end tag at byte offset {offset}")
        opened, start = open_tags.pop()
        if name and opened != name:
            raise _unreadable(
                f'Unmatched end tag at byte offset {offset}, expected "</{opened}>", '
                f'found "</{name}>"'
            )
        if length > start:
            entities.append({"type": TAGS[opened], "offset": start, "length": length - start})
    elif name in TAGS:
        open_tags.append((name, length))
    else:
        raise _unreadable(f'Unsupported start tag "{name}" at byte offset {offset}')
    return end + 1


def _unreadable(why: str) -> Refusal:
    return Refusal(400, f"Bad Request: can't parse entities: {why}")


def parse_keyboard(markup: object) -> list[list[dict[str, Any]]]:
    """Rows of inline buttons, or 400 in Telegram's words. None and {} are no keyboard."""
    if not markup:
        return []
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list) or any(not isinstance(row, list) for row in rows):
        raise Refusal(400, "Bad Request: object expected as reply markup")
    buttons = [button for row in rows for button in row]
    if len(buttons) > 100 or any(len(row) > 8 for row in rows):
        raise Refusal(400, "Bad Request: reply markup is too long")
    for button in buttons:
        if not isinstance(button, dict) or not str(button.get("text", "")).strip():
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: Text is empty")
        given = button.get("callback_data")
        if given is None and "url" not in button:
            raise Refusal(400, "Bad Request: Text buttons are unallowed in the inline keyboard")
        if "url" in button and not re.match(r"(?:https?|tg)://.", str(button["url"])):
            raise Refusal(400, "Bad Request: inline keyboard button URL is invalid")
        if given is not None and not 1 <= len(str(given).encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return [row for row in rows if row]
