"""What an adapter can say after an attempt, and after being asked what really happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Done:
    """Accepted outside. `reference` names the artefact (Message-ID, path, provider id)."""

    reference: str


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Certainly not performed. `retry_after_s` set means it may be tried again."""

    reason: str
    retry_after_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """May or may not have happened; look it up by key before anything else."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """It happened: `reference` names the artefact, `bytes_hash` its SHA-256 if comparable."""

    reference: str
    bytes_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class Absent:
    """It certainly did not happen."""


@dataclass(frozen=True, kw_only=True)
class Unknowable:
    """Outside cannot tell; only the operator can decide."""

    reason: str


Outcome = Done | Failed | Unknown
Lookup = Found | Absent | Unknowable
LookupKind = Literal["found", "absent", "unknowable"]
