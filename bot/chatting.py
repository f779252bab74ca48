"""`chat`: a terminal joins the conversation, here or at the process that owns the data."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.bootstrap import Steward
from bot.console import ConsoleScreen, JsonScreen, converse, converse_json, write_out
from bot.terminals import Terminals, connect, listen
from graph.sample import is_empty, load_sample

_OFFER = (
    "This office is empty. Type s to load a sample company (three clients, a project) to try\n"
    "things with, or press Enter to start empty: "
)


async def talk_here(steward: Steward, *, as_json: bool) -> None:
    """This process owns the data and does the work."""
    terminals = Terminals(steward)
    stopping = asyncio.Event()
    working = asyncio.create_task(steward.worker.run(stopping))
    try:
        async with listen(terminals, steward.folder.socket):
            if as_json:
                screen = JsonScreen(write_out)
                line = terminals.join(screen)
                line.tell_idle()
                await line.finish()
                await converse_json(line, screen)
                return
            if sys.stdin.isatty():
                await _offer_sample(steward)
            person = ConsoleScreen(write_out)
            await converse(terminals.join(person), person)
    finally:
        stopping.set()
        await working


async def talk_there(socket: Path, *, as_json: bool) -> None:
    """Another process owns the data. Raises `OSError` if it does not listen."""
    line = await connect(socket)
    screen = JsonScreen(write_out) if as_json else ConsoleScreen(write_out)
    showing = asyncio.create_task(line.show_on(screen))
    try:
        if isinstance(screen, JsonScreen):
            await converse_json(line, screen)
        else:
            await converse(line, screen)
    except ConnectionError:
        write_out("The process that owns the data has ended. Start `chat` again.\n")
    finally:
        showing.cancel()


async def _offer_sample(steward: Steward) -> None:
    if not await steward.office.db.write(is_empty):
        return
    write_out(_OFFER)
    answer = await asyncio.to_thread(sys.stdin.readline)
    if answer.strip().casefold() in {"s", "sample", "y", "yes"}:
        await steward.office.db.write(load_sample)
        write_out("Loaded: Acme GmbH (Germany), Globex SARL (France), Hooli Inc (USA).\n")
    write_out("\n")
