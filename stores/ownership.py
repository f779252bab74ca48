"""One owner of the data folder: a lock the kernel gives back when its holder dies."""

from __future__ import annotations

import fcntl
import os
import stat
import time
import weakref
from pathlib import Path


class AlreadyOwned(Exception):
    """Another process holds the data folder."""


class FolderRefused(Exception):
    """The data folder is not safe to use; the text says why."""


class DataFolder:
    """The folder everything of one company lies in, 0700."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def acquire(self) -> None:
        """Create the folder if needed and become its owner. Raises `AlreadyOwned`."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(self.path.stat().st_mode)
        if mode & 0o022:
            raise FolderRefused(f"others may write to {self.path}; chmod 700 it first")
        lock = os.open(self.path / "steward.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(lock)
        except BlockingIOError as error:
            owner = os.read(lock, 32).decode().strip() or "unknown"
            os.close(lock)
            raise AlreadyOwned(f"{self.path} is in use by process {owner}") from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        weakref.finalize(self, os.close, lock)  # the lock is given back with this object

    def owner(self) -> int | None:
        """The process that holds the folder now, or None."""
        try:
            lock = os.open(self.path / "steward.lock", os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.read(lock, 32).decode().strip()
            return int(text) if text.isdigit() else None
        finally:
            os.close(lock)
        return None

    @property
    def database(self) -> Path:
        return self.path / "steward.db"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints.db"

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    @property
    def outbox(self) -> Path:
        return self.path / "mail" / "outbox"

    @property
    def socket(self) -> Path:
        return self.path / "steward.sock"


def _take(lock: int) -> None:
    """Whoever only asks for the owner (`owner`) holds it for some microseconds: try again."""
    for _ in range(10):
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
