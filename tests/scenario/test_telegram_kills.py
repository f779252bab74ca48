"""The same person over Telegram while the process is killed under her, and what she does then."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from stores.replay import replay
from stores.verify import verify
from tests.crash.test_kill import ROOT, SETTINGS
from tests.fakes.spawned import rows
from tests.fakes.telegram_person import Control, Person, Seen, telegram_server

TOKEN = "7000001:fake-token"
HER = 42
WISH = "Invoice Acme 1,200 EUR for October, due in 14 days"
# Received, read, card out, id kept, verdict, handed over, answered: seven moments of one invoice.
MOMENTS = (
    "update_received",
    "inbox_committed",
    "card_accepted",
    "message_id_stored",
    "verdict",
    "dispatching_written",
    "answer_received",
)


async def start(folder: Path, crash_at: str = "") -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "--config", str(folder / "config.toml")),
        *("--data", str(folder / "data"), "run"),
        cwd=ROOT,
        env={**os.environ, "STEWARD_TELEGRAM_TOKEN": TOKEN, "STEWARD_CRASH_AT": crash_at},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def ended(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        process.terminate()
    return await asyncio.wait_for(process.wait(), 30)


async def waiting(her: Person) -> Seen:
    """The newest card that still has an Approve button."""

    def newest(seen: list[Seen]) -> Seen | None:
        return next((one for one in reversed(seen) if one.data("Approve")), None)

    return await her.wait_for(newest, timeout_s=30)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company whose owner and first number are known; copied for every moment."""
    folder = tmp_path_factory.mktemp("telegram")
    (folder / "config.toml").write_text(f"{SETTINGS}\n[telegram]\nallowed_user_ids = [{HER}]\n")
    return folder


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_seven_moments_she_gets_one_invoice(
    office: Path, tmp_path: Path, moment: str
) -> None:
    folder = tmp_path / "trial"
    shutil.copytree(office, folder)
    with telegram_server(TOKEN) as root:
        config = (folder / "config.toml").read_text()
        (folder / "config.toml").write_text(f'{config}api_base_url = "{root}"\n')
        async with Control(root) as control:
            her = Person(control, HER)
            await her.open()
            process = await start(folder)
            await her.say("add customer Acme, billing@acme.example")
            await her.wait_text("New client Acme", timeout_s=30)
            await her.say(WISH)
            await her.wait_text("Which number does your next invoice get", timeout_s=30)
            await her.tap("2026-0001")
            await waiting(her)
            await her.say("make it 1,300")  # an edit, so that two cards stand in the chat
            await her.wait_text("€1,547.00", timeout_s=30)
            assert await ended(process) == 0
            process = await start(folder, crash_at=moment)
            await her.tap("Approve", timeout_s=30)
            await her.say("status")
            code = await asyncio.wait_for(process.wait(), 40)
            assert code == -9
            process = await start(folder)
            seen = await her.sees()
            if any(one.data("Approve") for one in seen):  # it still waits: she taps again
                await her.tap("Approve", timeout_s=30)
            await her.wait_text("sent ", timeout_s=40)
            await her.say("who owes me money?")
            await her.wait_text("€1,547.00 open", timeout_s=30)
            assert await ended(process) == 0
    data = folder / "data"
    url = f"sqlite:///{data / 'steward.db'}"
    assert verify(url, data) == []
    assert replay(url).differences == []
    assert len(list((data / "mail" / "outbox" / "new").glob("*.eml"))) == 1
    assert rows(data, "SELECT total_minor FROM invoice") == [(154700,)]
