"""The command line. Heavy rooms are imported by the command that needs them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # before langgraph is ever imported
os.umask(0o077)

import typer  # noqa: E402  # the two lines above must come first

from bot import options, upkeep  # noqa: E402

app = typer.Typer(
    help="Steward: the chat-first operating system of a one-person company.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # a quarter of a second at every start
    pretty_exceptions_enable=False,
)
upkeep.register(app)


@app.callback()
def chosen(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    now: Annotated[str | None, typer.Option(help="Start of business time, ISO.")] = None,
) -> None:
    """Options that stand before the command."""
    options.Chosen.config, options.Chosen.data, options.Chosen.now = config, data, now


@app.command()
def chat(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Talk in this terminal; beside a running Steward it joins in."""
    config = options.config()
    folder = options.folder(config)
    if not options.is_ours(folder):
        from bot.chatting import talk_there

        try:
            asyncio.run(talk_there(folder.socket, as_json=as_json))
        except OSError as error:
            owner = folder.owner()
            raise options.fail(
                f"{folder.path} is in use by process {owner}, which does not answer: {error}."
            ) from error
        return
    from bot.bootstrap import NotNow, open_steward
    from bot.chatting import talk_here

    async def go() -> None:
        async with open_steward(config, folder, clock=options.clock()) as steward:
            await talk_here(steward, as_json=as_json)

    _run(go, NotNow)


@app.command()
def run() -> None:
    """Serve the channels that are configured until stopped."""
    config = options.config()
    folder = options.folder(config)
    options.own(folder)
    from bot.bootstrap import NotNow, open_steward
    from bot.serve import serve

    async def go() -> None:
        async with open_steward(config, folder, clock=options.clock()) as steward:
            await serve(steward)

    _run(go, NotNow)


@app.command()
def demo() -> None:
    """A sample company's morning through the real path, in a folder of its own."""
    import tempfile

    from bot.bootstrap import NotNow
    from bot.config import Config, PolicySection
    from bot.console import write_out
    from bot.demo import demo as play
    from stores.ownership import DataFolder

    path = options.Chosen.data or Path(tempfile.mkdtemp(prefix="steward-demo-"))
    if (path / "steward.db").exists():
        raise options.fail(f"{path} holds a company already; the demo wants an empty folder.")
    config = Config(data_dir=path, policy=PolicySection(undo_window_s=0))
    folder = DataFolder(path)
    options.own(folder)
    write_out(f"A sample company in {path}. The undo window is off; nothing leaves this folder.\n")
    breaches = 0

    async def go() -> None:
        nonlocal breaches
        breaches = await play(config, folder, options.clock(), write_out)

    _run(go, NotNow)
    if breaches:
        raise typer.Exit(1)


def _run(go: Callable[[], Coroutine[None, None, None]], refused: type[Exception]) -> None:
    try:
        asyncio.run(go())
    except refused as error:
        raise options.fail(str(error)) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app(prog_name="python -m bot")
    sys.exit(0)
