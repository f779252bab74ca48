"""The embedded outbox: a Maildir folder of `.eml` files, one per key, written durably once."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from adapters.ports.mailer import StoredMail
from adapters.ports.results import Absent, Done, Failed, Found, Lookup, Outcome, Unknowable


class MaildirMailer:
    """Exactly once per key: the file name is the key, and a link never overwrites."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, mail: StoredMail) -> Outcome:
        return await asyncio.to_thread(self._deliver, mail)

    async def look_up(self, mail: StoredMail) -> Lookup:
        return await asyncio.to_thread(self._look_up, mail)

    def _path(self, key: str) -> Path:
        return self._folder / "new" / f"{key}.eml"

    def _deliver(self, mail: StoredMail) -> Outcome:
        path = self._path(mail.key)
        # Never the name of an earlier try: after its link that one *is* the delivered mail.
        partial = self._folder / "tmp" / f"{mail.key}.{secrets.token_hex(8)}"
        try:
            for folder in (self._folder, *(self._folder / name for name in ("tmp", "new", "cur"))):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(mail.raw)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(partial, path)
            except FileExistsError:
                if path.read_bytes() != mail.raw:
                    return Failed(reason="another mail already lies under this key")
            _sync_folder(path.parent)
        except OSError as error:
            return Failed(reason=f"the outbox could not be written ({error.strerror})")
        finally:
            with suppress(OSError):
                partial.unlink()
        return Done(reference=mail.message_id)

    def _look_up(self, mail: StoredMail) -> Lookup:
        path = self._path(mail.key)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return Absent()
        except OSError as error:
            return Unknowable(reason=f"the outbox cannot be read ({error.strerror})")
        relative = f"mail/outbox/new/{path.name}"
        return Found(reference=relative, bytes_hash=hashlib.sha256(raw).hexdigest())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
