"""`status`: how things stand, read beside whoever owns the data."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from bot.bootstrap import reading_database
from bot.config import Config
from graph.phrases import money, totals
from stores.metrics import Standing, standing
from stores.ownership import DataFolder
from stores.tables.company import Company
from stores.types import Clock, Money


def standing_of(config: Config, folder: DataFolder, clock: Clock) -> Standing:
    """The figures. Raises `FileNotFoundError` if there is no database yet."""
    with reading_database(config, folder, clock) as session:
        ours = session.get(Company, 1)
        now = clock.now()
        zone = ZoneInfo(ours.timezone if ours else "UTC")
        return standing(session, now=now, today=now.astimezone(zone).date())


def as_json(now: Standing, folder: DataFolder) -> dict[str, Any]:
    return {**now.as_dict(), "data": str(folder.path), "owner": folder.owner()}


def as_text(now: Standing, folder: DataFolder) -> str:
    owner = folder.owner()
    lines = [
        f"{now.waiting} waiting for you, {now.queued} on the way, {now.in_doubt} in doubt, "
        f"{now.needs_operator} need you.",
        f"Open: {_amounts(now.open_minor)}. Overdue: {_amounts(now.overdue_minor)}.",
        f"{now.clients} client(s). Last 28 days: {now.reviews_28d} reviewed "
        f"({_share(now.edited_share)} edited, {_share(now.rejected_share)} rejected), "
        f"{_share(now.task_success_rate)} of {now.runs_done_28d} finished wishes went well.",
        f"A card waits {_seconds(now.gating_p50_s)} for your tap (p90 "
        f"{_seconds(now.gating_p90_s)}).",
        f"Running as process {owner}." if owner else "Nobody is running on this data.",
    ]
    if now.stopped:
        lines.insert(0, "STOPPED: nothing leaves until you say resume.")
    return "\n".join(lines)


def _amounts(minor: dict[str, int]) -> str:
    if len(minor) == 1:
        ((currency, amount),) = minor.items()
        return money(Money(amount_minor=amount, currency=currency), "en")
    amounts = [Money(amount_minor=amount, currency=currency) for currency, amount in minor.items()]
    return totals(amounts, "en") or "nothing"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"
