"""Set before any room is imported: closed deserialisation and private files, as in `bot`."""

from __future__ import annotations

import os

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
os.umask(0o077)
