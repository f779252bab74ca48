"""Telegram: messages and taps in by long polling. Confirmed only after the commit."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from telegram import error as refusals

from bot.telegram import ALLOWED_UPDATES, TelegramConnection, refused, seconds_of
from bot.telegram_webhook import Accept, callback_id_of, inbound_of, update_id_of
from graph.inbound import Accepted

log = logging.getLogger("steward.telegram")


class TelegramPolling:
    """Our own loop: python-telegram-bot's updater confirms updates before they are handled."""

    def __init__(
        self,
        connection: TelegramConnection,
        *,
        long_poll_s: int = 25,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._connection = connection
        self._long_poll_s = long_poll_s
        self._jitter = jitter
        self._offset: int | None = None
        self._failures = 0
        self._conflicts = 0
        self._known: set[str] = set()
        self._courtesies: set[asyncio.Task[None]] = set()
        self.skipped = 0

    async def run(self, accept: Accept, stopping: asyncio.Event) -> None:
        """Until `stopping`. `accept` returning means committed; raising means asked for again.

        Raises `TelegramRefused` for a bad token and nothing else.
        """
        stop = asyncio.ensure_future(stopping.wait())
        try:
            while not stopping.is_set():
                pause_s = await self._round(accept, stop)
                if pause_s:
                    await asyncio.wait({stop}, timeout=pause_s)
        finally:
            for task in (stop, *self._courtesies):
                task.cancel()

    async def _round(self, accept: Accept, stop: asyncio.Future[Any]) -> float:
        """Fetch once and take what came. Returns the seconds to wait before the next."""
        try:
            fetched = await self._fetch(stop)
        except refusals.InvalidToken:
            raise refused() from None
        except refusals.Conflict as error:
            return await self._conflict(error)
        except refusals.TelegramError as error:
            return self._backoff(f"Telegram is out of reach ({type(error).__name__})", error)
        self._conflicts = 0
        before = self._offset
        for update in fetched:
            if stop.done():
                return 0.0
            try:
                await self._take(update, accept)
            except Exception as error:  # The loop outlives whatever the commit met.
                return self._backoff(f"A message could not be stored ({type(error).__name__})")
        if fetched and self._offset == before:
            return self._backoff("Telegram sends updates without a number")
        self._failures = 0
        return 0.0

    async def _fetch(self, stop: asyncio.Future[Any]) -> list[object]:
        poll = asyncio.ensure_future(
            self._connection.bot.get_updates(
                offset=self._offset, timeout=self._long_poll_s, allowed_updates=ALLOWED_UPDATES
            )
        )
        try:
            await asyncio.wait({poll, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not poll.done():
                return []
            poll.result()
            return self._connection.updates.received
        finally:
            poll.cancel()

    async def _take(self, update: object, accept: Accept) -> None:
        """Have one update committed, then count it as received. What is not for us is skipped."""
        inbound = inbound_of(update)
        if inbound is None:
            self.skipped += 1
        else:
            callback_id = callback_id_of(update)
            known = inbound.user_id in self._known
            if callback_id is not None and known:
                self._answer(callback_id)
            accepted = await accept(inbound)
            if accepted is Accepted.STRANGER:  # gets nothing, not even that
                self._known.discard(inbound.user_id)
            else:
                self._known.add(inbound.user_id)
                if callback_id is not None and not known:
                    self._answer(callback_id)
        update_id = update_id_of(update)
        if update_id is not None:
            self._offset = max(self._offset or 0, update_id + 1)

    def _answer(self, callback_id: str) -> None:
        task = asyncio.ensure_future(self._connection.answer(callback_id))
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)

    async def _conflict(self, error: refusals.Conflict) -> float:
        """Somebody else takes our updates: a second Steward, or a webhook set in the past."""
        self._conflicts += 1
        pause_s = min(5.0 * 2.0 ** min(self._conflicts - 1, 4), 60.0)
        if "webhook" in error.message.lower():
            log.warning("Telegram still posts to a webhook; I switch that off and fetch instead.")
            with suppress(refusals.TelegramError):
                await self._connection.bot.delete_webhook(drop_pending_updates=False)
                return 0.0 if self._conflicts == 1 else pause_s
        log.error(
            "Another program fetches the messages of this bot (409). Stop it, or give it a bot of "
            "its own. I try again in %.0f s.",
            pause_s,
        )
        return pause_s

    def _backoff(self, what: str, error: Exception | None = None) -> float:
        """1 s to 30 s with jitter, or the pause Telegram named."""
        self._failures += 1
        pause_s = min(2.0 ** min(self._failures - 1, 5), 30.0) * (0.5 + self._jitter() / 2)
        if isinstance(error, refusals.RetryAfter):
            pause_s = seconds_of(error)
        log.warning("%s. I try again in %.1f s.", what, pause_s)
        return pause_s
