"""Runs: started from the inbox, resumed by interrupt id, rebuilt when their checkpoint is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command
from sqlmodel import col, select

from graph import cards, routing
from graph.build import build
from graph.cards import Place
from graph.nodes.finish import give_up
from graph.office import Office
from stores.crashpoints import reach
from stores.tables.plumbing import InboxMessage
from stores.tables.work import Run
from stores.types import RunState
from stores.unit_of_work import UnitOfWork

log = logging.getLogger("steward.runs")

_TRIES = 3


class Runs:
    """One asyncio task may drive one Run at a time; different Runs proceed side by side."""

    def __init__(self, office: Office, saver: BaseCheckpointSaver[Any]) -> None:
        self._office = office
        self._saver = saver
        self._graph = build(office, saver)
        self._busy: set[str] = set()

    async def new_messages(self) -> Sequence[str]:
        """Inbox rows nobody has read yet, oldest first."""
        return await self._office.db.read(
            lambda session: session.exec(
                select(InboxMessage.id)
                .where(InboxMessage.state == "new")
                .order_by(col(InboxMessage.id))
                .limit(50)
            ).all()
        )

    async def unfinished(self) -> Sequence[str]:
        """Runs that are neither done nor failed and whose tables say they can move."""

        def find(session: Any) -> list[str]:
            runs = session.exec(
                select(Run).where(col(Run.state).in_((RunState.RUNNING, RunState.WAITING)))
            ).all()
            return [
                one.id
                for one in runs
                if one.id not in self._busy
                and routing.next_step(session, one.id) not in routing.WAITS
            ]

        return await self._office.db.read(find)

    async def start(self, inbox_id: str) -> None:
        """Understand one inbox row and go as far as the tables allow."""
        if inbox_id in self._busy:
            return
        self._busy.add(inbox_id)
        run_id = self._office.db.ids.new()
        try:
            await self._drive(run_id, {"run_id": run_id, "inbox_id": inbox_id})
        finally:
            self._busy.discard(inbox_id)

    async def advance(self, run_id: str) -> None:
        """Bring a Run to where its tables say it is."""
        await self._drive(run_id, {"run_id": run_id})

    async def _drive(self, run_id: str, first: dict[str, str]) -> None:
        if run_id in self._busy:
            return
        self._busy.add(run_id)
        try:
            async with asyncio.timeout(self._office.settings.run_timeout_s):
                await self._steps(run_id, first)
        except TimeoutError:
            await self._fail(run_id, first, "It took too long and was broken off.")
        except Exception as error:  # the loop must survive any one Run
            log.exception("run %s failed", run_id)
            await self._fail(run_id, first, f"Something failed inside ({type(error).__name__}).")
        finally:
            self._busy.discard(run_id)

    async def _steps(self, run_id: str, first: dict[str, str]) -> None:
        config: RunnableConfig = {"configurable": {"thread_id": run_id}}
        seen = None
        for _ in range(20):
            step = await self._office.db.read(lambda s: routing.next_step(s, run_id))
            if step == routing.FINISHED or (step == routing.UNDERSTAND and seen):
                await self._saver.adelete_thread(run_id)
                return
            snapshot = await self._graph.aget_state(config)
            if snapshot.interrupts:
                if snapshot.next and snapshot.next[0] == step:
                    return
                resume = {one.id: True for one in snapshot.interrupts}
                await self._invoke(Command(resume=resume), config)
            elif snapshot.values and snapshot.next:
                await self._invoke(None, config)
            else:
                await self._invoke(first, config)
            seen = step
            reach("resumed")
        raise RuntimeError("a run went round in circles")

    async def _invoke(self, what: Any, config: RunnableConfig) -> None:
        await self._graph.ainvoke(what, config, durability="sync")

    async def _fail(self, run_id: str, first: dict[str, str], reason: str) -> None:
        def record(uow: UnitOfWork) -> None:
            give_up(uow, run_id, reason)
            inbox = uow.session.get(InboxMessage, first.get("inbox_id", ""))
            if inbox is None or inbox.state != "new":
                return
            inbox.attempts += 1
            if inbox.attempts >= _TRIES:
                inbox.state = "failed"
                cards.say(
                    uow,
                    Place(channel=inbox.channel, chat_id=inbox.chat_id),
                    "I could not read your message; nothing was done.",
                    ["Please say it in other words."],
                    kind="notice",
                )
            uow.session.add(inbox)

        await self._office.db.write(record)
        await self._saver.adelete_thread(run_id)
