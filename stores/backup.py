"""The whole company in one file, and back: database, blobs, mail. 0600, checked by hash."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import zlib
from pathlib import Path

_FOLDERS = ("blobs", "mail")


class BackupRefused(Exception):
    """Nothing was written; the text is for the operator."""


def backup(data_dir: Path, target: Path) -> int:
    """Write a `.tar.gz`; returns its size in bytes. May run beside the owner (reads only).

    The database is copied first and everything it names was stored before it was named, so the
    copy never refers to what is not in it. Checkpoints and locks are disposable and stay out.
    """
    database = data_dir / "steward.db"
    if not database.exists():
        raise BackupRefused(f"There is no database in {data_dir}.")
    if target.exists():
        raise BackupRefused(f"{target} is there already; choose another name.")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".steward-") as scratch:
        copy = Path(scratch) / "steward.db"
        source = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        twin = sqlite3.connect(copy)
        try:
            source.backup(twin)
        finally:
            source.close()
            twin.close()
        hashes: dict[str, str] = {}
        with tarfile.open(draft, "w:gz") as archive:
            _put(archive, copy, "steward.db", hashes)
            for folder in _FOLDERS:
                for path in sorted((data_dir / folder).rglob("*")):
                    if path.is_file():
                        _put(archive, path, str(path.relative_to(data_dir)), hashes)
            listed = json.dumps(hashes, sort_keys=True).encode()
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(listed)
            archive.addfile(entry, io.BytesIO(listed))
    os.chmod(draft, 0o600)
    with draft.open("rb+") as written:
        os.fsync(written.fileno())
    draft.replace(target)
    return target.stat().st_size


def _put(archive: tarfile.TarFile, path: Path, name: str, hashes: dict[str, str]) -> None:
    data = path.read_bytes()
    hashes[name] = hashlib.sha256(data).hexdigest()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))


def restore(source: Path, data_dir: Path) -> int:
    """Unpack into a folder without a database; returns the number of files. Checks every hash."""
    if (data_dir / "steward.db").exists():
        raise BackupRefused(f"{data_dir} holds a company already; restore into an empty folder.")
    if not source.exists():
        raise BackupRefused(f"There is no file {source}.")
    try:
        with tarfile.open(source, "r:gz") as archive:
            files = {one.name: archive.extractfile(one) for one in archive if one.isfile()}
            held = {name: stream.read() for name, stream in files.items() if stream is not None}
        listed = dict(json.loads(held.pop("manifest.json", b"{}")))
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, TypeError) as error:
        raise BackupRefused(f"{source} is no backup of mine, or damaged: {error}.") from error
    if "steward.db" not in held or set(listed) != set(held):
        raise BackupRefused(f"{source} is not complete.")
    for name, data in held.items():
        if hashlib.sha256(data).hexdigest() != listed[name] or not _inside(name):
            raise BackupRefused(f"{name} in {source} is damaged.")
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, data in sorted(held.items(), reverse=True):  # the database last
        path = data_dir / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(data)
        os.chmod(path, 0o600)
    return len(held)


def _inside(name: str) -> bool:
    parts = Path(name).parts
    return ".." not in parts and not Path(name).is_absolute()
