"""Turning a Document into the file a client keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from adapters.commands import Document


@dataclass(frozen=True, kw_only=True)
class Printed:
    """`missing` lists characters the fonts lack, each once; they are printed as U+XXXX codes."""

    pdf: bytes
    missing: tuple[str, ...]


class DocumentPrinter(Protocol):
    """Pure and deterministic: the same document gives the same bytes."""

    def render(self, document: Document) -> Printed: ...
