"""`run`: the channels that are configured, until a signal says stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from functools import partial

from bot.bootstrap import Steward
from graph.intake import enrol, offer_claim
from stores.unit_of_work import UnitOfWork


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
        await asyncio.gather(steward.worker.run(stopping), *serving)


async def _telegram(
    steward: Steward, stopping: asyncio.Event, stack: AsyncExitStack
) -> list[asyncio.Task[None]]:
    token = steward.config.secrets.telegram_token
    if token is None:
        return []
    from bot.telegram import TelegramChat, TelegramConnection, TelegramPolling

    settings = steward.config.telegram
    connection = TelegramConnection(token.get_secret_value(), api_base_url=settings.api_base_url)
    stack.push_async_callback(connection.aclose)
    steward.chats["telegram"] = TelegramChat(connection, clock=steward.office.db.clock)
    await _seed_owners(steward)
    code = await steward.office.db.write(lambda uow: offer_claim(uow, "telegram"))
    name = await connection.username()
    _say(f"Telegram: @{name} is listening.")
    if code is not None:
        _say(f"Send this one-time code to @{name} from your own account: {code}")
    await connection.announce()
    if settings.mode == "webhook":
        return [asyncio.create_task(_webhook(steward, connection, stopping))]
    polling = TelegramPolling(connection)
    return [asyncio.create_task(polling.run(steward.accept, stopping))]


async def _seed_owners(steward: Steward) -> None:
    """The config's allow-list names persons; a private chat has the person's own id."""
    for user_id in steward.config.telegram.allowed_user_ids:
        await steward.office.db.write(partial(_enrol, str(user_id)))


def _enrol(user_id: str, uow: UnitOfWork) -> None:
    enrol(uow, "telegram", "", user_id, user_id)


async def _webhook(steward: Steward, connection: object, stopping: asyncio.Event) -> None:
    import uvicorn
    from starlette.applications import Starlette

    from bot.telegram import TelegramConnection
    from bot.telegram_webhook import webhook_route

    assert isinstance(connection, TelegramConnection)
    secret = steward.config.secrets.telegram_webhook_secret
    url = steward.config.telegram.webhook_url
    if secret is None or not url:
        raise SystemExit(
            "Telegram by webhook needs telegram.webhook_url and STEWARD_TELEGRAM_WEBHOOK_SECRET."
        )
    route = webhook_route(secret.get_secret_value(), steward.accept)
    web = steward.config.web
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=[route]), host=web.host, port=web.port, log_level="warning")
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve())
    await connection.listen_by_webhook(url, secret.get_secret_value())
    await stopping.wait()
    server.should_exit = True
    await serving
