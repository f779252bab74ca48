"""The loop: looks at the tables, starts what can move, sleeps until a commit or the next due time.

Level-triggered: a lost wake-up costs at most a second, a restart costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from graph.deliver import Deliverer
from graph.dispatch import Dispatcher
from graph.jobs import tick
from graph.office import Office
from graph.runs import Runs

log = logging.getLogger("steward.worker")

_NET_S = 1.0
_TICK_S = 5.0


class Worker:
    def __init__(
        self, office: Office, runs: Runs, dispatcher: Dispatcher, deliverer: Deliverer
    ) -> None:
        self._office = office
        self._runs = runs
        self._dispatcher = dispatcher
        self._deliverer = deliverer
        self._awake = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[object]] = {}
        self._spawned = 0
        self._next_tick = 0.0
        office.db.on_commit(lambda _topics: self._awake.set())

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; then lets what is under way come to its end."""
        for operation_id in await self._dispatcher.in_doubt():
            self._spawn(f"doubt:{operation_id}", partial(self._dispatcher.reconcile, operation_id))
        while not stopping.is_set():
            self._awake.clear()
            try:
                await self.look()
                pause = await self._pause()
            except Exception:  # the loop must survive a locked or full disk
                log.exception("the worker stumbled")
                pause = _NET_S
            waits = [
                asyncio.ensure_future(self._awake.wait()),
                asyncio.ensure_future(stopping.wait()),
            ]
            await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            for one in waits:
                one.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=10)

    async def look(self) -> None:
        """Start everything the tables say can move now."""
        for inbox_id in await self._runs.new_messages():
            self._spawn(f"inbox:{inbox_id}", partial(self._runs.start, inbox_id))
        for run_id in await self._runs.unfinished():
            self._spawn(f"run:{run_id}", partial(self._runs.advance, run_id))
        for operation_id in await self._dispatcher.due():
            self._spawn(f"op:{operation_id}", partial(self._dispatcher.dispatch, operation_id))
        self._spawn("cards", self._deliverer.catch_up)
        now = self._office.db.clock.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + _TICK_S
            self._spawn("tick", partial(tick, self._office))

    async def until_idle(self) -> None:
        """Look and wait until nothing is left to do."""
        while True:
            await self.look()
            while self._tasks:
                await asyncio.wait(list(self._tasks.values()), return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(0)  # lets the ended tasks be noted
            if await self.is_idle():
                return
            if await self._dispatcher.next_due() is not None and not await self._dispatcher.due():
                await asyncio.sleep(await self._pause())

    async def is_idle(self) -> bool:
        """Nothing of what was asked for is left to do; an undo window counts as left."""
        if self._tasks:
            return False
        spawned = self._spawned
        if await self._runs.new_messages() or await self._runs.unfinished():
            return False
        if await self._dispatcher.next_due() is not None:
            return False
        if await self._deliverer.left():
            return False
        return spawned == self._spawned  # nothing began while the tables were being asked

    def _spawn(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        if name in self._tasks:
            return

        async def guarded() -> object:
            return await work()

        task: asyncio.Task[object] = asyncio.create_task(guarded(), name=name)
        self._tasks[name] = task
        self._spawned += 1
        task.add_done_callback(lambda done: self._ended(name, done))

    def _ended(self, name: str, task: asyncio.Task[object]) -> None:
        self._tasks.pop(name, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s failed", name, exc_info=task.exception())
            return
        if name != "tick" and (name != "cards" or task.result()):
            self._awake.set()

    async def _pause(self) -> float:
        due = await self._dispatcher.next_due()
        if due is None:
            return _NET_S
        left = (due - self._office.db.clock.now()).total_seconds()
        return min(_NET_S, max(0.01, left))
