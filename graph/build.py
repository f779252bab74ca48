"""The state machine: nodes and edges only. Names are a public schema; see docs/glossary.md.

Every edge follows `routing.next_step`, which reads the tables. The three wait nodes are nothing
but an interrupt; a resume carries no data.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from functools import partial
from typing import Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import interrupt

from graph import routing
from graph.nodes.finish import verify_and_remember
from graph.nodes.propose import propose
from graph.nodes.understand import understand
from graph.office import Office
from stores.crashpoints import reach
from stores.unit_of_work import UnitOfWork


class State(TypedDict, total=False):
    """Ids only; everything else is in the tables."""

    run_id: str
    inbox_id: str
    step: str


_GOES_TO: dict[Hashable, str] = {
    **{
        name: name for name in (*routing.WAITS, routing.UNDERSTAND, routing.PROPOSE, routing.VERIFY)
    },
    routing.FINISHED: END,
}


def _once(node: str, run_id: str, office: Office, uow: UnitOfWork) -> None:
    """Do a node's work unless the tables say that it is done.

    A process killed between that commit and its checkpoint enters the node again.
    """
    routing.hold(uow.session, run_id)
    if routing.next_step(uow.session, run_id) != node:
        return
    if node == routing.PROPOSE:
        propose(uow, office, run_id)
    else:
        verify_and_remember(uow, run_id)


def build(
    office: Office, saver: BaseCheckpointSaver[Any]
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Compile the graph over a checkpointer."""

    async def where(state: State) -> State:
        step = await office.db.read(lambda session: routing.next_step(session, state["run_id"]))
        return {"step": step}

    async def entry(state: State) -> State:
        return await where(state)

    async def node_understand(state: State) -> State:
        async with asyncio.timeout(office.settings.node_timeout_s):
            await office.db.write(
                lambda uow: understand(uow, office, state["run_id"], state["inbox_id"])
            )
        reach("intent_row")
        after = await where(state)
        return {"step": routing.FINISHED} if after["step"] == routing.UNDERSTAND else after

    async def node_propose(state: State) -> State:
        async with asyncio.timeout(office.settings.node_timeout_s):
            await office.db.write(partial(_once, routing.PROPOSE, state["run_id"], office))
        reach("approval_row")
        return await where(state)

    async def node_verify(state: State) -> State:
        await office.db.write(partial(_once, routing.VERIFY, state["run_id"], office))
        reach("run_advanced")
        return {"step": routing.FINISHED}

    async def wait(state: State) -> State:
        interrupt({"run": state["run_id"]})
        reach("after_interrupt")
        return await where(state)

    graph = StateGraph(State)
    graph.add_node("enter", entry)
    graph.add_node(routing.UNDERSTAND, node_understand)
    graph.add_node(routing.PROPOSE, node_propose)
    graph.add_node(routing.VERIFY, node_verify)
    for name in routing.WAITS:
        graph.add_node(name, wait)
    graph.add_edge(START, "enter")
    for name in ("enter", routing.UNDERSTAND, routing.PROPOSE, routing.VERIFY, *routing.WAITS):
        graph.add_conditional_edges(name, lambda state: state["step"], _GOES_TO)
    return graph.compile(checkpointer=saver)
