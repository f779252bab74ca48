"""A real process, a real SIGKILL at every named place, and an outside checker afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stores.verify import verify

ROOT = Path(__file__).parent.parent.parent
SETTINGS = """
[company]
name = "Studio Nord"
address = "Hafenstr. 1, 20457 Hamburg"
country = "DE"
email = "me@studio.example"
tax_id = "12/345/67890"
vat_regime = "standard"
default_vat = "19"
iban = "DE89370400440532013000"
[policy]
undo_window_s = 0
"""
POINTS = [
    "update_received",
    "inbox_committed",
    "intent_row",
    "approval_row",
    "card_accepted",
    "message_id_stored",
    "verdict",
    "after_interrupt",
    "dispatching_written",
    "answer_received",
    "result_committed",
    "run_advanced",
    "commit#2",
    "commit#5",
    "commit#7",
]
WISH = "Invoice Acme 1,200 EUR for October, due in 14 days"


class Killed(Exception):
    """The process died under the conversation."""


class Talk:
    """One `chat --json` process; `say` and `tap` return what came until the next idle."""

    def __init__(self, folder: Path, crash_at: str = "") -> None:
        config = folder / "config.toml"
        config.write_text(SETTINGS)
        command = [sys.executable, "-m", "bot", "--config", str(config)]
        self._process = subprocess.Popen(
            [*command, "--data", str(folder / "data"), "chat", "--json"],
            cwd=ROOT,
            env={**os.environ, "STEWARD_CRASH_AT": crash_at},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.seen: list[dict[str, Any]] = []
        self._until_idle()

    def _until_idle(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if said["type"] == "idle":
                return
            self.seen.append(said)
        raise Killed

    def say(self, **what: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise Killed from error
        self._until_idle()

    def tap(self, label: str) -> None:
        for said in reversed(self.seen):
            for button in said.get("buttons", []):
                if button["label"].startswith(label):
                    return self.say(tap=button["token"])
        raise AssertionError(f"no button {label}: {self.seen[-1:]}")

    def close(self) -> None:
        assert self._process.stdin is not None
        if not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait(timeout=20)
        assert self._process.stdout is not None
        self._process.stdout.close()


def up_to_the_card(talk: Talk) -> None:
    talk.say(text="add customer Acme, billing@acme.example")
    talk.say(text=WISH)
    talk.tap("2026-0001")


def mails(folder: Path) -> list[Path]:
    return list((folder / "data" / "mail" / "outbox" / "new").glob("*.eml"))


@pytest.mark.parametrize("point", POINTS)
def test_kill_while_approving_loses_and_repeats_nothing(tmp_path: Path, point: str) -> None:
    first = Talk(tmp_path)
    up_to_the_card(first)
    card = first.seen[-1] if first.seen[-1].get("buttons") else first.seen[-2]
    token = next(b["token"] for b in card["buttons"] if b["label"] == "Approve")
    first.close()
    late = Talk(tmp_path, crash_at=point)
    try:
        late.say(tap=token)
        late.say(text=WISH)
    except Killed:
        pass
    late.close()
    after = Talk(tmp_path)
    after.say(tap=token)  # tapping again after the crash is what a person does
    after.close()
    assert len(mails(tmp_path)) == 1
    data = tmp_path / "data"
    assert verify(f"sqlite:///{data / 'steward.db'}", data) == []
