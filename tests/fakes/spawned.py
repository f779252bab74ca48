"""`chat --json` in a real process of its own that can be killed: one JSON object a line.

The processes are forked from a server that has everything loaded and nothing started: a start
costs a tenth of a new interpreter and is otherwise the same program.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import sys
import threading
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

_LOADED = [
    *(
        "bot.__main__",
        "bot.chatting",
        "bot.worker",
        "graph.runs",
        "graph.dispatch",
        "graph.deliver",
    ),
    *("langgraph.checkpoint.sqlite.aio", "reportlab.pdfgen.canvas", "tests.fakes.spawned"),
]
_PATIENCE_S = 30.0

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(_LOADED)


class Killed(Exception):
    """The process died under the conversation."""


def _arm(crash_at: str) -> None:
    """What `STEWARD_CRASH_AT` does to a process that starts from nothing."""
    from stores import crashpoints

    name, _, nth = crash_at.partition("#")
    vars(crashpoints).update(_WANTED=name, _left=int(nth or "1"))
    unarmed = crashpoints.reach
    for module in list(sys.modules.values()):
        if name and vars(module).get("reach") is unarmed:
            vars(module)["reach"] = crashpoints._armed


def _converse(inlet: str, outlet: str, crash_at: str, arguments: list[str]) -> None:
    os.umask(0o077)
    _arm(crash_at)
    os.dup2(os.open(inlet, os.O_RDONLY), 0)
    os.dup2(os.open(outlet, os.O_WRONLY), 1)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    from bot.__main__ import app

    app(arguments, prog_name="python -m bot", standalone_mode=False)
    os._exit(0)


class Talk:
    """One process; `say` returns what came until it was idle. Raises `Killed` if it died."""

    def __init__(self, folder: Path, *, crash_at: str = "", now: str | None = None) -> None:
        self.data = folder / "data"
        self.seen: list[dict[str, Any]] = []
        self._timer: threading.Timer | None = None
        inlet, outlet = folder / "in", folder / "out"
        for pipe in (inlet, outlet):
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
        arguments = ["--config", str(folder / "config.toml"), "--data", str(self.data)]
        arguments += ["--now", now] if now else []
        self._process: ForkServerProcess = _context.Process(
            target=_converse,
            args=(str(inlet), str(outlet), crash_at, [*arguments, "chat", "--json"]),
        )
        self._process.start()
        self._to = inlet.open("w")
        self._from = outlet.open("r")
        try:
            self._until_idle()
        except Killed:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def say(self, **what: str) -> list[dict[str, Any]]:
        before = len(self.seen)
        self.tell(**what)
        self._until_idle()
        return self.seen[before:]

    def tell(self, **what: str) -> None:
        """Say something and wait for nothing."""
        try:
            self._to.write(json.dumps(what) + "\n")
            self._to.flush()
        except BrokenPipeError as error:
            raise Killed from error

    def kill_after(self, seconds: float) -> None:
        """A SIGKILL at a moment nobody chose."""
        pid = self._process.pid
        assert pid is not None
        self._timer = threading.Timer(seconds, lambda: os.kill(pid, signal.SIGKILL))
        self._timer.start()

    def _until_idle(self) -> None:
        for line in self._from:
            try:
                said = json.loads(line)
            except ValueError:
                break  # it died in the middle of a line
            if said["type"] == "idle":
                return
            self.seen.append(said)
        raise Killed

    def close(self) -> int | None:
        """End of input; returns the exit code (-9 for a kill)."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
        for pipe in (self._to, self._from):
            try:
                if pipe is self._to:
                    pipe.close()
                    self._process.join(_PATIENCE_S)
                else:
                    pipe.close()
            except BrokenPipeError:
                continue
        assert not self.alive, "the process did not end"
        code = self._process.exitcode
        self._process.close()
        return code


def rows(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What lies in the database, read from outside."""
    connection = sqlite3.connect(f"file:{data / 'steward.db'}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()
