"""What an agent may come back with: a question, an answer, or a proposed Action with its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.ports.chat import CardContent, FileFace
from graph.actions import Proposal
from graph.cards import Rows
from graph.office import Office
from stores.tables.work import Action, Intent, Run
from stores.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One short question; `choices` are (label, value) buttons, a sentence is accepted too."""

    field: str
    text: str
    choices: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    headline: str
    lines: tuple[str, ...] = ()
    rows: Rows = ()
    files: tuple[FileFace, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Propose:
    """`action_id` was chosen by the agent, so that a reserved number can point at it."""

    action_id: str
    proposal: Proposal
    card: CardContent


Outcome = Ask | Answer | Propose


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What an agent works with. `supersedes` is the pending Action an edit replaces."""

    uow: UnitOfWork
    office: Office
    run: Run
    intent: Intent
    supersedes: Action | None = None


Agent = Callable[[Desk], Outcome]
