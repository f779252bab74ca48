"""The floor under the state machine for `bench`: LangGraph itself, with nodes that do nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from stores.checkpoints import open_checkpoints


class _Echo(TypedDict, total=False):
    text: str


async def _pass_on(state: _Echo) -> _Echo:
    return {"text": state["text"]}


async def _wait(state: _Echo) -> _Echo:
    interrupt({"run": state["text"]})
    return {"text": state["text"]}


async def echo_graph(path: Path, turns: int) -> list[tuple[float, float]]:
    """Milliseconds to the interrupt and of the resume, for each of `turns` threads.

    The supersteps of an approved turn: enter, understand, propose, await_verdict; then, resumed,
    await_verdict and verify. The checkpoint file and its settings are those of the real graph.
    """
    graph = StateGraph(_Echo)
    names = ("enter", "understand", "propose", "await_verdict", "verify")
    for name in names:
        graph.add_node(name, _wait if name == "await_verdict" else _pass_on)
    for one, following in zip((START, *names), (*names, END), strict=True):
        graph.add_edge(one, following)
    took = []
    async with open_checkpoints(path) as saver:
        compiled = graph.compile(checkpointer=saver)
        for number in range(turns):
            config: RunnableConfig = {"configurable": {"thread_id": str(number)}}
            started = time.perf_counter()
            await compiled.ainvoke({"text": "echo"}, config, durability="sync")
            waiting = time.perf_counter()
            await compiled.ainvoke(Command(resume=True), config, durability="sync")
            took.append(((waiting - started) * 1000, (time.perf_counter() - waiting) * 1000))
    return took
