"""The one door in: is it her, was it seen, commit it; a tap is decided in the same commit.

What is accepted here may be acknowledged to the provider. `/stop` and `/resume` are done here too:
they need neither model nor graph.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from sqlmodel import col, select

from graph import cards, control, taps
from graph.cards import Place
from graph.inbound import Accepted, Inbound
from graph.office import Office
from stores.crashpoints import reach
from stores.events import OperatorClaimed
from stores.tables.governance import ClaimCode, OperatorIdentity, Stranger
from stores.tables.plumbing import InboxMessage
from stores.unit_of_work import UnitOfWork

_CLAIM_VALID = timedelta(hours=24)
_MAX_TEXT = 20_000


async def accept(office: Office, inbound: Inbound) -> Accepted:
    """Commit one message or tap. Returning means the provider may be told it is received."""
    reach("update_received")
    result = await office.db.write(lambda uow: _accept(uow, office, inbound))
    reach("inbox_committed")
    return result


def _accept(uow: UnitOfWork, office: Office, inbound: Inbound) -> Accepted:
    place = Place(channel=inbound.channel, chat_id=inbound.chat_id)
    identity = _identity(uow, inbound)
    if identity is None:
        if _claims(uow, inbound):
            return Accepted.CLAIMED
        _warn_once(uow, inbound)
        return Accepted.STRANGER
    seen = uow.session.exec(
        select(InboxMessage.id)
        .where(
            InboxMessage.channel == inbound.channel,
            InboxMessage.provider_id == inbound.provider_id,
        )
        .limit(1)
    ).first()
    if seen is not None:
        return Accepted.DUPLICATE
    text = inbound.text.strip()[:_MAX_TEXT]
    row = InboxMessage(
        id=uow.ids.new(),
        channel=inbound.channel,
        provider_id=inbound.provider_id,
        chat_id=inbound.chat_id,
        user_id=inbound.user_id,
        kind=inbound.kind,
        text_id=uow.keep_text(text, subject="operator") if inbound.kind == "text" else None,
        reply_to=inbound.reply_to,
        state="new",
        received_at=uow.now,
    )
    uow.session.add(row)
    if inbound.kind == "tap":
        row.state = "done"
        taps.handle(uow, office, inbound.token, place, identity, row)
    elif control.handle(uow, text, place, identity.id):
        row.state = "done"
    else:
        uow.wake("inbox")
    return Accepted.ACCEPTED


def _identity(uow: UnitOfWork, inbound: Inbound) -> OperatorIdentity | None:
    """The person, not only the chat."""
    return uow.session.exec(
        select(OperatorIdentity)
        .where(
            OperatorIdentity.channel == inbound.channel,
            OperatorIdentity.team == inbound.team,
            OperatorIdentity.user_id == inbound.user_id,
            col(OperatorIdentity.revoked_at).is_(None),
        )
        .limit(1)
    ).first()


def _claims(uow: UnitOfWork, inbound: Inbound) -> bool:
    """The first owner of a channel proves herself with the one-time code printed at start."""
    words = inbound.text.split()
    if inbound.kind != "text" or not words:
        return False
    digest = hashlib.sha256(words[-1].strip().upper().encode()).hexdigest()
    for code in uow.session.exec(
        select(ClaimCode).where(
            ClaimCode.channel == inbound.channel,
            col(ClaimCode.used_at).is_(None),
            col(ClaimCode.expires_at) > uow.now,
        )
    ):
        if hmac.compare_digest(code.code_sha256, digest):
            code.used_at = uow.now
            uow.session.add(code)
            enrol(uow, inbound.channel, inbound.team, inbound.user_id, inbound.chat_id)
            cards.say(
                uow,
                Place(channel=inbound.channel, chat_id=inbound.chat_id),
                "You are the owner here now. Nobody else will be answered.",
                ['Try: "Invoice Acme 1,200 EUR for October, due in 14 days", "status" or "help".'],
            )
            return True
    return False


def enrol(uow: UnitOfWork, channel: str, team: str, user_id: str, chat_id: str) -> None:
    """Make a person the operator on a channel; enrolling her again only renews the chat."""
    known = uow.session.exec(
        select(OperatorIdentity)
        .where(
            OperatorIdentity.channel == channel,
            OperatorIdentity.team == team,
            OperatorIdentity.user_id == user_id,
        )
        .limit(1)
    ).first()
    if known is not None:
        return
    identity = OperatorIdentity(
        id=uow.ids.new(),
        channel=channel,
        team=team,
        user_id=user_id,
        chat_id=chat_id,
        claimed_at=uow.now,
    )
    uow.session.add(identity)
    uow.record(
        OperatorClaimed(identity=identity.id, channel=channel), subject=f"operator:{identity.id}"
    )


def offer_claim(uow: UnitOfWork, channel: str) -> str | None:
    """A fresh one-time code for a channel nobody owns yet, else None. Kept only as its hash."""
    owned = uow.session.exec(
        select(OperatorIdentity.id)
        .where(OperatorIdentity.channel == channel, col(OperatorIdentity.revoked_at).is_(None))
        .limit(1)
    ).first()
    if owned is not None:
        return None
    code = uow.ids.token().replace("-", "x").replace("_", "y")[:12].upper()
    uow.session.add(
        ClaimCode(
            code_sha256=hashlib.sha256(code.encode()).hexdigest(),
            channel=channel,
            expires_at=uow.now + _CLAIM_VALID,
        )
    )
    return code


def _warn_once(uow: UnitOfWork, inbound: Inbound) -> None:
    """A stranger gets nothing; she is told once per person."""
    known = uow.session.get(Stranger, (inbound.channel, inbound.user_id))
    if known is not None:
        return
    uow.session.add(
        Stranger(channel=inbound.channel, user_id=inbound.user_id, first_seen_at=uow.now)
    )
    owner = uow.session.exec(
        select(OperatorIdentity)
        .where(
            OperatorIdentity.channel == inbound.channel, col(OperatorIdentity.revoked_at).is_(None)
        )
        .limit(1)
    ).first()
    if owner is not None:
        cards.say(
            uow,
            Place(channel=owner.channel, chat_id=owner.chat_id),
            f"Somebody else ({inbound.channel} user {inbound.user_id}) wrote to me.",
            ["They got no answer. I will not mention them again."],
            kind="notice",
        )
