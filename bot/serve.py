"""`run`: the channels that are configured, until a signal says stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from adapters.ports.chat import ChatError
from bot.bootstrap import NotNow, Steward
from bot.terminals import Terminals, listen
from graph.intake import enrol, offer_claim
from stores.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from bot.telegram import TelegramConnection

_AGAIN_S = 5.0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def serve(steward: Steward) -> None:
    """Poll or listen, work, and end cleanly on SIGINT or SIGTERM."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    async with AsyncExitStack() as stack:
        serving = await _telegram(steward, stopping, stack)
        if not serving:
            _say(
                "No channel is configured: set STEWARD_TELEGRAM_TOKEN (see README), "
                "or talk in the terminal with `python -m bot chat`."
            )
            return
        await stack.enter_async_context(listen(Terminals(steward), steward.folder.socket))
        try:
            await asyncio.gather(steward.worker.run(stopping), *serving)
        finally:
            stopping.set()


async def _telegram(
    steward: Steward, stopping: asyncio.Event, stack: AsyncExitStack
) -> list[asyncio.Task[None]]:
    token = steward.config.secrets.telegram_token
    if token is None:
        return []
    from bot.telegram import TelegramChat, TelegramConnection, TelegramRefused

    settings = steward.config.telegram
    try:
        connection = TelegramConnection(
            token.get_secret_value(), api_base_url=settings.api_base_url
        )
        stack.push_async_callback(connection.aclose)
        name = await _greet(connection)
    except TelegramRefused as refused:
        raise NotNow(str(refused)) from refused
    steward.chats["telegram"] = TelegramChat(connection, clock=steward.office.db.clock)
    await _seed_owners(steward)
    code = await steward.office.db.write(lambda uow: offer_claim(uow, "telegram"))
    if code is not None:
        _say(f"Send this one-time code to {name} from your own account: {code}")
    if settings.mode == "webhook":
        return [asyncio.create_task(_webhook(steward, connection, stopping))]
    return [asyncio.create_task(_poll(steward, connection, stopping))]


async def _greet(connection: TelegramConnection) -> str:
    """The bot's name; a Telegram out of reach is waited for, not a reason to stay closed."""
    try:
        name = f"@{await connection.username()}"
    except ChatError:
        _say("Telegram cannot be reached just now; I keep trying.")
        return "your bot"
    await connection.announce()
    _say(f"Telegram: {name} is listening.")
    return name


async def _poll(steward: Steward, connection: TelegramConnection, stopping: asyncio.Event) -> None:
    from bot.telegram import TelegramRefused
    from bot.telegram_polling import TelegramPolling

    try:
        await TelegramPolling(connection).run(steward.accept, stopping)
    except TelegramRefused as refused:
        raise NotNow(str(refused)) from refused


async def _seed_owners(steward: Steward) -> None:
    """The config's allow-list names persons; a private chat has the person's own id."""
    for user_id in steward.config.telegram.allowed_user_ids:
        await steward.office.db.write(partial(_enrol, str(user_id)))


def _enrol(user_id: str, uow: UnitOfWork) -> None:
    enrol(uow, "telegram", "", user_id, user_id)


async def _webhook(
    steward: Steward, connection: TelegramConnection, stopping: asyncio.Event
) -> None:
    import uvicorn
    from starlette.applications import Starlette

    from bot.telegram import TelegramRefused
    from bot.telegram_webhook import webhook_route

    class Server(uvicorn.Server):
        """Signals are ours."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    secret = steward.config.secrets.telegram_webhook_secret
    url = steward.config.telegram.webhook_url
    if secret is None or not url:
        raise NotNow(
            "Telegram by webhook needs telegram.webhook_url and STEWARD_TELEGRAM_WEBHOOK_SECRET."
        )
    route = webhook_route(secret.get_secret_value(), steward.accept, connection.answer)
    web = steward.config.web
    app = Starlette(routes=[route])
    server = Server(uvicorn.Config(app, host=web.host, port=web.port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    try:
        while not stopping.is_set():
            try:
                await connection.listen_by_webhook(url, secret.get_secret_value())
                break
            except ChatError:
                await asyncio.wait({serving}, timeout=_AGAIN_S)
        await stopping.wait()
    except TelegramRefused as refused:
        raise NotNow(str(refused)) from refused
    finally:
        server.should_exit = True
        await serving
