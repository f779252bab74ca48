"""What every Mailer promises, asked of the Maildir folder and of the twin the tests use."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapters.mail.maildir import MaildirMailer
from adapters.ports.mailer import Mailer, StoredMail
from adapters.ports.results import Absent, Done, Failed, Found, Unknowable
from tests.fakes.mailer import InMemoryMailer

MAIL = StoredMail(
    key="a" * 64,
    message_id=f"<{'a' * 40}@mueller.example>",
    sender="anna@mueller.example",
    recipients=("billing@acme.example",),
    raw=b"Subject: \xc3\xbc\r\n\r\n.\r\nFrom \x00\xff\n\r" * 5000,
)
OTHER = replace(MAIL, key="b" * 64, message_id="<b@mueller.example>", raw=b"other")
EMPTY = replace(MAIL, key="c" * 64, raw=b"")


@dataclass(frozen=True)
class Outbox:
    """A Mailer, the same one after a restart, and what really lies outside."""

    open: Callable[[], Mailer]
    lying: Callable[[], list[bytes]]


@pytest.fixture(params=["maildir", "memory"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Outbox:
    if request.param == "maildir":
        folder = tmp_path / "mail" / "outbox"
        return Outbox(
            open=lambda: MaildirMailer(folder),
            lying=lambda: [one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()],
        )
    kept: dict[str, bytes] = {}
    return Outbox(
        open=lambda: InMemoryMailer(kept), lying=lambda: [kept[key] for key in sorted(kept)]
    )


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("mail", [MAIL, OTHER, EMPTY], ids=["long", "short", "empty"])
async def test_delivered_once_and_found(outbox: Outbox, mail: StoredMail) -> None:
    mailer = outbox.open()
    assert await mailer.deliver(mail) == Done(reference=mail.message_id)
    assert outbox.lying() == [mail.raw]
    found = await mailer.look_up(mail)
    assert isinstance(found, Found)
    assert found.bytes_hash == sha256(mail.raw)
    assert mail.key in found.reference


async def test_the_same_key_twice_is_one_mail(outbox: Outbox) -> None:
    mailer = outbox.open()
    first = await mailer.deliver(MAIL)
    assert await mailer.deliver(MAIL) == first
    assert outbox.lying() == [MAIL.raw]


async def test_a_restart_forgets_nothing(outbox: Outbox) -> None:
    await outbox.open().deliver(MAIL)
    assert isinstance(await outbox.open().look_up(MAIL), Found)
    assert isinstance(await outbox.open().deliver(MAIL), Done)
    assert outbox.lying() == [MAIL.raw]


async def test_an_unknown_key_is_absent(outbox: Outbox) -> None:
    mailer = outbox.open()
    assert await mailer.look_up(MAIL) == Absent()
    await mailer.deliver(MAIL)
    assert await mailer.look_up(OTHER) == Absent()


async def test_asking_delivers_nothing(outbox: Outbox) -> None:
    await outbox.open().look_up(MAIL)
    assert outbox.lying() == []


async def test_two_keys_are_two_mails(outbox: Outbox) -> None:
    mailer = outbox.open()
    same_words = replace(OTHER, raw=MAIL.raw)
    await mailer.deliver(MAIL)
    await mailer.deliver(same_words)
    assert outbox.lying() == [MAIL.raw, MAIL.raw]


async def test_another_mail_under_the_same_key_is_refused(outbox: Outbox) -> None:
    mailer = outbox.open()
    await mailer.deliver(MAIL)
    changed = replace(MAIL, raw=MAIL.raw + b"!")
    assert await mailer.deliver(changed) == Failed(
        reason="another mail already lies under this key"
    )
    assert outbox.lying() == [MAIL.raw]
    found = await mailer.look_up(changed)
    assert isinstance(found, Found)
    assert found.bytes_hash == sha256(MAIL.raw)


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Private files must not depend on the umask somebody set."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
async def test_maildir_files_are_hers_alone(tmp_path: Path) -> None:
    await MaildirMailer(tmp_path).deliver(MAIL)
    path = tmp_path / "new" / f"{MAIL.key}.eml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for name in ("tmp", "new", "cur"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


async def test_maildir_names_the_file_it_found(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path)
    await mailer.deliver(MAIL)
    assert await mailer.look_up(MAIL) == Found(
        reference=f"mail/outbox/new/{MAIL.key}.eml", bytes_hash=sha256(MAIL.raw)
    )


async def test_maildir_half_a_file_left_by_a_crash_is_no_mail(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    half = tmp_path / "tmp" / f"{MAIL.key}.{os.getpid()}"
    half.write_bytes(MAIL.raw[:10])
    mailer = MaildirMailer(tmp_path)
    assert await mailer.look_up(MAIL) == Absent()
    assert isinstance(await mailer.deliver(MAIL), Done)
    assert (tmp_path / "new" / f"{MAIL.key}.eml").read_bytes() == MAIL.raw


async def test_maildir_that_cannot_be_written_has_certainly_not_sent(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("a file where the folder belongs")
    outcome = await MaildirMailer(tmp_path).deliver(MAIL)
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("the outbox could not be written")


async def test_maildir_that_cannot_be_read_does_not_say_absent(tmp_path: Path) -> None:
    (tmp_path / "new" / f"{MAIL.key}.eml").mkdir(parents=True)
    assert isinstance(await MaildirMailer(tmp_path).look_up(MAIL), Unknowable)


async def test_a_crash_after_the_link_leaves_the_delivered_mail_alone(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path / "outbox")
    assert isinstance(await mailer.deliver(MAIL), Done)
    delivered = tmp_path / "outbox" / "new" / f"{MAIL.key}.eml"
    os.link(delivered, tmp_path / "outbox" / "tmp" / f"{MAIL.key}.{os.getpid()}")
    assert isinstance(await mailer.deliver(replace(MAIL, raw=b"second")), Failed)
    assert delivered.read_bytes() == MAIL.raw


async def test_two_at_once_under_one_key_have_one_winner(tmp_path: Path) -> None:
    for number in range(50):
        mailer = MaildirMailer(tmp_path / str(number))
        mails = [replace(MAIL, raw=b"first"), replace(MAIL, raw=b"second")]
        outcomes = await asyncio.gather(*(mailer.deliver(one) for one in mails))
        assert sorted(type(one).__name__ for one in outcomes) == ["Done", "Failed"]


async def test_a_folder_that_is_a_file_is_a_failure_in_words(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("not a folder")
    assert isinstance(await MaildirMailer(tmp_path / "outbox").deliver(MAIL), Failed)
