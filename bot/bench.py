"""`bench`: what a turn costs, beside floors measured in the same run.

A turn is an invoice said, shown, approved and handed over, in process, with the real store, graph,
PDF and outbox; only the chat is replaced by one that notes the time. Nothing leaves the temporary
folder, which is removed at the end.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import TypeVar

from adapters.ports.chat import CardContent
from bot import bench_fill, bench_floors
from bot.bootstrap import Steward, open_steward
from bot.config import Config, PolicySection
from graph.inbound import Inbound
from graph.sample import load_sample
from stores.ownership import DataFolder
from stores.types import Clock, SystemClock

T = TypeVar("T")

WARM_UP = 3  # turns before anything is measured
EVENTS = 1_000_000  # at least as many in the filled store
INVOICES = 100_000
CUSTOMERS = 1_000
YEARS_DAYS = 3650  # over which the filled store's work is spread

# Upper bounds, but for replay: a lower one. Named with their units.
TARGETS = {
    "message_to_card_p50_ms": 60.0,
    "tap_to_dispatched_p50_ms": 60.0,
    "help_s": 0.4,
    "chat_start_s": 2.5,
    "idle_memory_mb": 180.0,
    "commits_per_turn": 8.0,
    "growth_bytes_per_turn": 15_000.0,
    "filled_to_empty_ratio": 1.3,
    "replay_events_per_s": 20_000.0,
}
_AT_LEAST = frozenset(["replay_events_per_s"])
_WAIT_S = 60
_PROGRESS_S = 1.0


class BenchFailed(Exception):
    """A turn did not go as it must; the text says where."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One approved invoice. Times in ms; commits of truth to the card, to done, and in all."""

    card_ms: float
    done_ms: float
    commits_to_card: int
    commits_to_done: int
    commits: int


class Conversation:
    """She says an invoice and approves it; this notes when the card and the receipt were there."""

    def __init__(self, steward: Steward) -> None:
        self._steward = steward
        self._db = steward.office.db
        self._said = 0
        self._shown = 0
        self._last = ""
        self._card: asyncio.Future[tuple[float, int, str]] | None = None
        self._done: asyncio.Future[tuple[float, int]] | None = None
        steward.chats["console"] = self
        self._db.on_commit(self._committed)

    async def post(self, chat_id: str, card: CardContent, files: dict[str, bytes]) -> str:
        at = time.perf_counter()
        self._shown += 1
        self._last = card.headline
        tokens = [face.token for row in card.rows for face in row if face.verb == "approve"]
        if tokens and self._card is not None and not self._card.done():
            self._card.set_result((at, self._db.commits, tokens[0]))
        return str(self._shown)

    async def edit(
        self, chat_id: str, message_id: str, card: CardContent, files: dict[str, bytes]
    ) -> None:
        self._last = card.text()

    def _committed(self, topics: set[str]) -> None:
        """The receipt is the only commit after a tap that wakes both (no undo window here)."""
        if {"runs", "cards"} <= topics and self._done is not None and not self._done.done():
            self._done.set_result((time.perf_counter(), self._db.commits))

    async def turns(self, count: int, what: str) -> list[Turn]:
        """`count` approved invoices, one after the other; progress to standard error."""
        found: list[Turn] = []
        told = time.monotonic()
        for number in range(count):
            found.append(await self._turn())
            if count > 1 and time.monotonic() - told > _PROGRESS_S:
                told = time.monotonic()
                _say(f"{what}: {number + 1} of {count} turns")
        return found

    async def _turn(self) -> Turn:
        self._card, self._done = asyncio.Future(), None
        before = self._db.commits
        amount = 1000 + self._said
        started = time.perf_counter()
        await self._hear(text=f"Invoice Acme {amount} EUR for October, due in 14 days")
        shown_at, at_card, token = await self._in_time(self._card)
        await self._steward.worker.until_idle()
        self._done = asyncio.Future()
        at_tap = self._db.commits
        tapped = time.perf_counter()
        await self._hear(token=token)
        done_at, at_done = await self._in_time(self._done)
        await self._steward.worker.until_idle()
        if not self._last.startswith("✅"):
            raise BenchFailed(f"an approved invoice ended as: {self._last}")
        return Turn(
            card_ms=(shown_at - started) * 1000,
            done_ms=(done_at - tapped) * 1000,
            commits_to_card=at_card - before,
            commits_to_done=at_done - at_tap,
            commits=self._db.commits - before,
        )

    async def _hear(self, *, text: str = "", token: str = "") -> None:
        self._said += 1
        await self._steward.accept(
            Inbound(
                channel="console",
                provider_id=f"bench {id(self)} {self._said} {time.time_ns()}",
                chat_id="terminal",
                user_id="operator",
                kind="tap" if token else "text",
                text=text,
                token=token,
            )
        )

    async def _in_time(self, future: asyncio.Future[T]) -> T:
        try:
            async with asyncio.timeout(_WAIT_S):
                return await future
        except TimeoutError as error:
            raise BenchFailed(f"a turn stood still; last shown was: {self._last}") from error


def bench(*, turns: int = 60, full: bool = True) -> dict[str, object]:
    """Measure everything; `full` also with a filled store. Keys name their units.

    `turns` approved invoices each. Takes minutes when `full`. Raises `BenchFailed`.
    """
    machine = bench_floors.machine()
    folder = Path(tempfile.mkdtemp(prefix="steward-bench-"))
    try:
        return asyncio.run(_measure(folder, max(turns, 1), full, machine))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(
    folder: Path, turns: int, full: bool, machine: dict[str, object]
) -> dict[str, object]:
    _say(f"{turns} turns in an empty store")
    small = DataFolder(folder / "empty")
    small.acquire()
    empty, growth = await _empty_store(small, turns)
    report: dict[str, object] = {"machine": machine, "turns": turns, **_latency(empty)}
    report["commits_per_turn"] = round(mean(one.commits for one in empty), 2)
    report["growth_bytes_per_turn"] = growth
    report["last_to_first_turns"] = _drift(empty)
    _say("floors: raw commits and a bare graph")
    report["floors"] = await _floors(folder, empty, growth)
    _say("whole processes: --help, start of chat, memory")
    report["help_s"] = round(await bench_floors.help_s(), 3)
    report["chat_start_s"] = round(await bench_floors.chat_start_s(folder), 3)
    report["memory_mb"] = await bench_floors.memory_mb(folder)
    if full:
        filled = await _filled_store(folder / "filled", small, turns)
        report["replay"] = filled.pop("replay", None)
        report["filled"] = filled
    report["targets"] = _targets(report)
    return report


@asynccontextmanager
async def _conversation(
    folder: DataFolder, clock: Clock | None = None
) -> AsyncIterator[tuple[Steward, Conversation]]:
    """An office with the sample company, no undo window and its worker running."""
    config = Config(data_dir=folder.path, policy=PolicySection(undo_window_s=0))
    fresh = not folder.database.exists()
    async with open_steward(config, folder, clock=clock) as steward:
        if fresh:
            await steward.office.db.write(load_sample)
        talking = Conversation(steward)
        stopping = asyncio.Event()
        working = asyncio.create_task(steward.worker.run(stopping))
        try:
            yield steward, talking
        finally:
            stopping.set()
            await working


async def _empty_store(folder: DataFolder, turns: int) -> tuple[list[Turn], dict[str, int]]:
    """The turns, and bytes a turn adds to each database and to the stored files."""

    def sizes() -> dict[str, int]:
        kept = [
            one for one in folder.path.rglob("*") if one.suffix == ".eml" or "blobs" in one.parts
        ]
        return {
            "steward.db": bench_floors.size_bytes(folder.database),
            "checkpoints.db": bench_floors.size_bytes(folder.checkpoints),
            "pdf_and_mail_files": sum(one.stat().st_size for one in kept if one.is_file()),
        }

    async with _conversation(folder) as (_, talking):
        await talking.turns(WARM_UP, "warm-up")
        before = sizes()
        found = await talking.turns(turns, "empty store")
        after = sizes()
    return found, {name: (after[name] - before[name]) // turns for name in after}


async def _filled_store(path: Path, small: DataFolder, turns: int) -> dict[str, object]:
    """The same turns in a store of years, and the speed of reading all its events again.

    Each is followed by one in the small store, so that a busy moment of the machine meets both.
    """
    folder = DataFolder(path)
    folder.acquire()
    started = time.monotonic()
    morning = datetime.now(UTC).replace(hour=9, minute=30) - timedelta(days=YEARS_DAYS + 10)
    async with _conversation(folder, SystemClock(morning)) as (steward, talking):
        await steward.office.db.write(lambda uow: bench_fill.add_customers(uow, CUSTOMERS))
        before = bench_fill.marks(folder.database)
        await talking.turns(1, "the turn to copy")
    events, invoices = await asyncio.to_thread(
        bench_fill.fill, folder.database, before, invoices=INVOICES, days=YEARS_DAYS, say=_say
    )
    fill_s = time.monotonic() - started
    _say(f"{turns} turns among {events} events")
    found: list[Turn] = []
    beside: list[Turn] = []
    async with _conversation(folder) as (_, talking), _conversation(small) as (_, other):
        await talking.turns(WARM_UP, "warm-up")
        await other.turns(WARM_UP, "warm-up")
        for number in range(turns):
            found += await talking.turns(1, "filled store")
            beside += await other.turns(1, "small store beside it")
            if number % 10 == 9:
                _say(f"filled store: {number + 1} of {turns} turns")
    size_mb = bench_floors.size_bytes(folder.database) / 1e6
    latency, base = _latency(found), _latency(beside)
    return {
        "events": events,
        "invoices": invoices,
        "customers": CUSTOMERS,
        "steward_db_mb": round(size_mb),
        "fill_s": round(fill_s, 1),
        **latency,
        "empty_beside_p50_ms": {name: base[name]["p50"] for name in base},
        "ratio_to_empty": {
            name: round(latency[name]["p50"] / base[name]["p50"], 2) for name in latency
        },
        "replay": await asyncio.to_thread(_replay, folder.database_url),
    }


def _replay(database_url: str) -> dict[str, object]:
    from stores.replay import replay

    _say("replay of every event")
    started = time.perf_counter()
    result = replay(database_url)
    took = time.perf_counter() - started
    return {
        "events": result.events,
        "seconds": round(took, 2),
        "events_per_s": round(result.events / took),
        "differences": len(result.differences),
    }


async def _floors(folder: Path, found: list[Turn], growth: dict[str, int]) -> dict[str, object]:
    """What the same commits, and the same supersteps, cost with nothing around them (p50 ms)."""
    from graph.bench_floor import echo_graph

    turns = max(len(found), 20)
    bytes_each = max(200, growth["steward.db"] // round(mean(one.commits for one in found)))
    raw: dict[str, object] = {"bytes_per_commit": bytes_each}
    phases = {
        "message_to_card": ([one.card_ms for one in found], [one.commits_to_card for one in found]),
        "tap_to_dispatched": (
            [one.done_ms for one in found],
            [one.commits_to_done for one in found],
        ),
        "turn": (
            [one.card_ms + one.done_ms for one in found],
            [one.commits for one in found],
        ),
    }
    measured = {name: median(times) for name, (times, _) in phases.items()}
    counts = {name: round(median(commits)) for name, (_, commits) in phases.items()}
    floors = bench_floors.raw_commits_ms(folder, counts=counts, bytes_each=bytes_each)
    for name, floor in floors.items():
        ratio = round(measured[name] / floor, 1)
        raw[name] = {"commits": counts[name], "p50_ms": round(floor, 2), "ratio": ratio}
    echo = await echo_graph(folder / "echo.db", turns + WARM_UP)
    to_interrupt = median(one[0] for one in echo[WARM_UP:])
    resume = median(one[1] for one in echo[WARM_UP:])
    return {
        "a_raw_durable_commits": raw,
        "b_bare_graph": {
            "to_interrupt_p50_ms": round(to_interrupt, 2),
            "resume_p50_ms": round(resume, 2),
            "ratio_message_to_card": round(measured["message_to_card"] / to_interrupt, 1),
            "ratio_turn": round(measured["turn"] / (to_interrupt + resume), 1),
        },
    }


def _latency(found: list[Turn]) -> dict[str, dict[str, float]]:
    return {
        "message_to_card_ms": _spread([one.card_ms for one in found]),
        "tap_to_dispatched_ms": _spread([one.done_ms for one in found]),
    }


def _spread(values: list[float]) -> dict[str, float]:
    """p50, and p99 by nearest rank (the slowest of all below a hundred values)."""
    rank = -(-len(values) * 99 // 100)
    return {"p50": round(median(values), 2), "p99": round(sorted(values)[rank - 1], 2)}


def _drift(found: list[Turn]) -> float | None:
    """p50 of the last ten turns to that of the first ten; None below twenty turns."""
    if len(found) < 20:
        return None
    took = [one.card_ms + one.done_ms for one in found]
    return round(median(took[-10:]) / median(took[:10]), 2)


def _targets(report: dict[str, object]) -> dict[str, object]:
    """Each target with what was measured; one that was not measured is left out."""

    def at(*path: str) -> float | None:
        value: object = report
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return float(value) if isinstance(value, int | float) else None

    growth = [at("growth_bytes_per_turn", name) or 0 for name in ("steward.db", "checkpoints.db")]
    ratios = [at("filled", "ratio_to_empty", name) for name in _latency_names()]
    measured: dict[str, float | None] = {
        "message_to_card_p50_ms": at("message_to_card_ms", "p50"),
        "tap_to_dispatched_p50_ms": at("tap_to_dispatched_ms", "p50"),
        "help_s": at("help_s"),
        "chat_start_s": at("chat_start_s"),
        "idle_memory_mb": at("memory_mb", "after_one_invoice"),
        "commits_per_turn": at("commits_per_turn"),
        "growth_bytes_per_turn": sum(growth),
        "filled_to_empty_ratio": max((one for one in ratios if one is not None), default=None),
        "replay_events_per_s": at("replay", "events_per_s"),
    }
    return {
        name: {
            "target": TARGETS[name],
            "measured": value,
            "met": value >= TARGETS[name] if name in _AT_LEAST else value <= TARGETS[name],
        }
        for name, value in measured.items()
        if value is not None
    }


def _latency_names() -> tuple[str, str]:
    return "message_to_card_ms", "tap_to_dispatched_ms"


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
