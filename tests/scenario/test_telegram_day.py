"""A person, a loopback Telegram and a real `python -m bot run`: claimed, invoiced, approved, sent."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from stores.verify import verify
from tests.crash.test_kill import ROOT, SETTINGS
from tests.fakes.telegram_person import Control, Person, telegram_server

TOKEN = "7000001:fake-token"


async def test_first_invoice_over_telegram(tmp_path: Path) -> None:
    with telegram_server(TOKEN) as root:
        config = tmp_path / "config.toml"
        config.write_text(f'{SETTINGS}\n[telegram]\napi_base_url = "{root}"\n')
        data = tmp_path / "data"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "--config", str(config), "--data", str(data), "run"),
            cwd=ROOT,
            env={**os.environ, "STEWARD_TELEGRAM_TOKEN": TOKEN},
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        code = None
        while code is None:
            line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
            code = re.search(r"from your own account: (\w+)", line)
        async with Control(root) as control:
            stranger, her = Person(control, 666), Person(control, 42)
            await stranger.open()
            await her.open()
            await stranger.say("Invoice Acme 9 EUR")
            await her.say(code.group(1))
            await her.wait_text("You are the owner here now")
            await her.say("add customer Acme, billing@acme.example")
            await her.wait_text("New client Acme")
            await her.say("Invoice Acme 1,200 EUR for October, due in 14 days")
            await her.wait_text("Which number does your next invoice get")
            await her.tap("2026-0001")
            await her.wait_text("Invoice to Acme · €1,428.00")
            await her.tap("Approve")
            await her.wait_text("sent ")
            assert "€" not in await stranger.transcript()
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)
    assert len(list((data / "mail" / "outbox" / "new").glob("*.eml"))) == 1
    assert verify(f"sqlite:///{data / 'steward.db'}", data) == []
