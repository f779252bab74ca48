"""Cards to chats: level-triggered, in order per chat, until what is shown is what is wanted.

A message id is kept durably; that an edit was shown rides on the next commit, because showing it
twice harms nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, select

from adapters.ports.chat import CardContent, Chat, ChatError, MessageGone
from graph.office import Office
from stores.crashpoints import reach
from stores.tables.plumbing import CardRow, Delivery
from stores.unit_of_work import UnitOfWork

_LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class _Due:
    delivery: Delivery
    content: CardContent
    revision: int


class Deliverer:
    def __init__(self, office: Office, chats: Mapping[str, Chat]) -> None:
        self._office = office
        self._chats = chats
        self._busy: set[str] = set()
        self._shown: dict[str, int] = {}

    async def catch_up(self) -> int:
        """Show everything that is due; returns how many cards were shown or changed."""
        due = await self._due()
        chats: dict[str, list[_Due]] = {}
        for one in due:
            chats.setdefault(f"{one.delivery.channel}:{one.delivery.chat_id}", []).append(one)
        mine = {name: cards for name, cards in chats.items() if name not in self._busy}
        counts = await asyncio.gather(*(self._one_chat(*item) for item in mine.items()))
        return sum(counts)

    async def _due(self) -> list[_Due]:
        now = self._office.db.clock.now()
        rows = await self._office.db.read(
            lambda session: session.exec(
                select(Delivery, CardRow)
                .join(CardRow, col(CardRow.id) == col(Delivery.card_id))
                .where(
                    col(Delivery.shown_revision) < col(Delivery.wanted_revision),
                    col(Delivery.channel).in_(list(self._chats)),
                    col(Delivery.not_before) <= now,
                    col(Delivery.given_up).is_(None),
                )
                .order_by(col(CardRow.created_at), col(CardRow.id))
                .limit(100)
            ).all()
        )
        return [
            _Due(
                delivery=delivery,
                content=CardContent.model_validate(card.content),
                revision=card.revision,
            )
            for delivery, card in rows
            if self._shown.get(delivery.id, 0) < card.revision
        ]

    async def left(self) -> bool:
        """Whether a card still waits to be shown somewhere it can be shown."""
        return bool(await self._due())

    async def _one_chat(self, name: str, due: list[_Due]) -> int:
        self._busy.add(name)
        try:
            for number, one in enumerate(due):
                if not await self._show(one):
                    return number
            return len(due)
        finally:
            self._busy.discard(name)

    async def _show(self, due: _Due) -> bool:
        delivery, chat = due.delivery, self._chats[due.delivery.channel]
        files = {}
        if not delivery.files_shown:
            for face in due.content.files:
                files[face.sha256] = await asyncio.to_thread(self._office.blobs.get, face.sha256)
        message_id = delivery.message_id
        try:
            if message_id is None:
                message_id = await chat.post(delivery.chat_id, due.content, files)
            else:
                try:
                    await chat.edit(delivery.chat_id, message_id, due.content, files)
                except MessageGone:
                    message_id = await chat.post(delivery.chat_id, due.content, files)
        except ChatError as trouble:
            await self._put_off(delivery, trouble)
            return False
        reach("card_accepted")
        self._shown[delivery.id] = due.revision

        def note(uow: UnitOfWork) -> None:
            row = uow.session.get(Delivery, delivery.id)
            if row is not None:
                row.shown_revision, row.message_id = due.revision, message_id
                row.files_shown = row.files_shown or len(files)
                row.attempts = 0
                uow.session.add(row)

        if message_id != delivery.message_id:
            await self._office.db.write(note)
            reach("message_id_stored")
        else:
            self._office.db.with_next_write(note)
        return True

    async def _put_off(self, delivery: Delivery, trouble: ChatError) -> None:
        def note(uow: UnitOfWork) -> None:
            row = uow.session.get_one(Delivery, delivery.id)
            row.attempts += 1
            if trouble.retry_after_s is None:
                row.given_up = str(trouble)[:200]
            else:  # out of reach for days is still only out of reach
                pause_s = max(trouble.retry_after_s, min(_LONGEST_PAUSE_S, 2.0**row.attempts))
                row.not_before = uow.now + timedelta(seconds=pause_s)
            uow.session.add(row)

        await self._office.db.write(note)
