"""What `bench` measures beside the turns: raw commits, whole processes, the machine itself."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import sqlite3
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent

_WAIT_S = 60
_INVOICE = b"Invoice Acme 1,200 EUR for October, due in 14 days\n"


def machine() -> dict[str, object]:
    """Where this ran; `busy_at_start` if more than half a processor was in use (1-minute load)."""
    load = os.getloadavg()[0]
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_1min": round(load, 2),
        "busy_at_start": load > 0.5,
    }


def raw_commits_ms(
    folder: Path, *, counts: Mapping[str, int], bytes_each: int, times: int = 60
) -> dict[str, float]:
    """p50 of milliseconds for that many durable commits of one row each (WAL, FULL), by name.

    The counts take turns, so that a busy moment of the disk meets all of them.
    """
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    took: dict[str, list[float]] = {name: [] for name in counts}
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, body BLOB)")
        for _ in range(times):
            for name, commits in counts.items():
                body = os.urandom(bytes_each)
                started = time.perf_counter()
                for _ in range(commits):
                    connection.execute("BEGIN IMMEDIATE")
                    connection.execute("INSERT INTO kept (body) VALUES (?)", (body,))
                    connection.execute("COMMIT")
                took[name].append((time.perf_counter() - started) * 1000)
    finally:
        connection.close()
    return {name: median(values) for name, values in took.items()}


def size_bytes(path: Path) -> int:
    """Size of a database file once its write-ahead log is in it."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    return path.stat().st_size


async def help_s(times: int = 5) -> float:
    """Median seconds of `python -m bot --help`."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        await _run("--help")
        took.append(time.perf_counter() - started)
    return median(took)


async def chat_start_s(folder: Path, times: int = 3) -> float:
    """Median seconds from starting `chat` in a new data folder to its first prompt."""
    took = []
    for number in range(times):
        started = time.perf_counter()
        chat = await _Chat.open(folder / f"start-{number}")
        took.append(time.perf_counter() - started)
        await chat.quit()
    return median(took)


async def memory_mb(folder: Path) -> dict[str, float] | None:
    """Resident MB (10^6 bytes) of an idle `chat`: at its prompt, and after one approved invoice.

    None where there is no /proc (not Linux).
    """
    if sys.platform != "linux":
        return None
    data = folder / "memory"
    settings = folder / "bench.toml"
    settings.write_text("[policy]\nundo_window_s = 0\n")
    await _run("--config", str(settings), "--data", str(data), "init", "--sample")
    chat = await _Chat.open(data, "--config", str(settings))
    await asyncio.sleep(1)
    at_prompt = chat.resident_mb()
    await chat.say(_INVOICE, b"[1] Approve")
    await chat.say(b"1\n", b"sent ")
    await asyncio.sleep(2)
    after_turn = chat.resident_mb()
    await chat.quit()
    return {"at_prompt": round(at_prompt, 1), "after_one_invoice": round(after_turn, 1)}


class _Chat:
    """A `chat` process, spoken to through its pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, data: Path, *options: str) -> _Chat:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *options, "--data", str(data), "chat"),
            cwd=ROOT,
            env=_environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        chat = cls(process)
        await chat._until(b"> ")
        return chat

    async def say(self, line: bytes, expected: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        await self._process.stdin.drain()
        await self._until(expected)

    async def _until(self, expected: bytes) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(_WAIT_S):
            await self._process.stdout.readuntil(expected)

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024 / 1e6

    async def quit(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"quit\n")
        async with asyncio.timeout(_WAIT_S):
            await self._process.communicate()


async def _run(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=ROOT,
        env=_environment(),
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(_WAIT_S):
        code = await process.wait()
    if code != 0:
        raise RuntimeError(f"bot {' '.join(arguments)} ended with {code}")


def _environment() -> dict[str, str]:
    """Ours, without what somebody set for her own Steward."""
    return {key: value for key, value in os.environ.items() if not key.startswith("STEWARD_")}
