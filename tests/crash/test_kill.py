"""Real processes, real SIGKILLs in every part of the road, and an outside checker afterwards.

Each trial: a conversation is killed, the process starts again, and the person does what a person
does: says it again if it never arrived, taps again if the card still waits.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stores.replay import replay
from stores.verify import verify
from tests.fakes.spawned import Killed, Talk, rows

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
    *("update_received", "inbox_committed", "intent_row", "approval_row", "after_interrupt"),
    *("card_accepted", "message_id_stored", "decided", "verdict", "run_advanced", "resumed"),
    *("dispatching_written", "answer_received", "result_committed"),
    *(f"commit#{n}" for n in range(1, 9)),
]
_EVERY = {"update_received", "inbox_committed", "card_accepted", "run_advanced", "resumed"}
ALWAYS = {
    "approve": {*POINTS},
    "reject": {*_EVERY, "decided"},
    "edit": {*_EVERY, "decided", "verdict", "dispatching_written"},
    "expire": {"expiry", "run_advanced", "resumed"},
}
VERDICTS = ("approve", "reject", "edit", "expire")
WISH = "Invoice Acme 1,200 EUR for October, due in 14 days"
CHANGE = "make it 1,300"
MORNING, LATER = "2026-11-26T09:30", "2026-11-30T09:30"  # a card waits 72 hours
RANDOM_KILLS = 300
SEED = 20261125


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with one client and a known first number; copied for every trial."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "config.toml").write_text(SETTINGS)
    talk = Talk(folder, now=MORNING)
    talk.say(text="add customer Acme, billing@acme.example")
    talk.say(text=WISH)  # asks for the first number
    (first,) = [b for said in talk.seen for b in said.get("buttons", []) if "0001" in b["label"]]
    talk.say(tap=first["token"])
    (rejecting,) = [
        b for said in talk.seen for b in said.get("buttons", []) if b["verb"] == "reject"
    ]
    talk.say(tap=rejecting["token"])
    assert talk.close() == 0
    return folder


@pytest.fixture
def trial(office: Path, tmp_path: Path) -> Path:
    return fresh(office, tmp_path / "trial")


def fresh(office: Path, folder: Path) -> Path:
    shutil.copytree(office / "data", folder / "data", ignore=shutil.ignore_patterns("*.sock"))
    (folder / "config.toml").write_text(SETTINGS)
    return folder


def pending(data: Path) -> list[str]:
    return [row[0] for row in rows(data, "SELECT id FROM approval WHERE state = 'pending'")]


def button(data: Path, approval: str, verb: str) -> str:
    query = "SELECT token FROM button WHERE subject_id = ? AND verb = ? ORDER BY rowid DESC"
    return str(rows(data, query, approval, verb)[0][0])


def wished(data: Path) -> int:
    return int(rows(data, "SELECT count(*) FROM approval")[0][0]) - 1  # one is the set-up's


def live(folder: Path, verdict: str, *, acked: int = 0, talk: Talk) -> int:
    """What the person does until the verdict is given; returns how many inputs were acked."""
    data = folder / "data"
    if wished(data) == 0:
        talk.say(text=WISH)
        acked += 1
    if verdict == "edit" and not rows(data, "SELECT 1 FROM approval WHERE state = 'superseded'"):
        talk.say(text=CHANGE)
        acked += 1
    if verdict == "expire":
        return acked
    for approval in pending(data):
        verb = "reject" if verdict == "reject" else "approve"
        talk.say(tap=button(data, approval, verb))
        acked += 1
    return acked


def trial_of(folder: Path, verdict: str, *, crash_at: str = "", kill_after_s: float = 0) -> bool:
    """One life that is killed, one that is not; returns whether the first was killed."""
    data = folder / "data"
    if verdict == "expire":  # the card was posted in the life before
        talk = Talk(folder, now=MORNING)
        live(folder, verdict, talk=talk)
        talk.close()
    inputs = rows(data, "SELECT count(*) FROM inbox")[0][0]
    now = LATER if verdict == "expire" else MORNING
    killed, acked, talk = False, 0, None
    try:
        talk = Talk(folder, crash_at=crash_at, now=now)
        if kill_after_s:
            talk.kill_after(kill_after_s)
        acked = live(folder, verdict, talk=talk)
    except Killed:
        killed = True
    if talk is not None:
        killed = talk.close() != 0 or killed
    again = Talk(folder, now="2026-11-26T09:40" if verdict != "expire" else LATER)
    live(folder, verdict, talk=again)
    again.say(text="status")
    assert again.close() == 0
    assert rows(data, "SELECT count(*) FROM inbox")[0][0] >= inputs + acked
    check(folder, verdict)
    return killed


def check(folder: Path, verdict: str) -> None:
    """Reads files only."""
    data = folder / "data"
    url = f"sqlite:///{data / 'steward.db'}"
    assert verify(url, data) == []
    assert replay(url).differences == []
    assert pending(data) == []
    mails = list((data / "mail" / "outbox" / "new").glob("*.eml"))
    totals = [row[0] for row in rows(data, "SELECT total_minor FROM invoice")]
    states = sorted(row[0] for row in rows(data, "SELECT state FROM approval"))[1:]
    match verdict:
        case "approve":
            assert (len(mails), totals) == (1, [142800])
        case "edit":
            assert (len(mails), totals) == (1, [154700])
        case "reject":
            assert (mails, totals, set(states)) == ([], [], {"rejected"})
        case "expire":
            assert (mails, totals) == ([], [])
    assert rows(data, "SELECT count(*) FROM run WHERE state IN ('running', 'waiting')") == [(0,)]


@pytest.mark.parametrize("point", [*POINTS, "expiry"])
@pytest.mark.parametrize("verdict", VERDICTS)
def test_kill_at_every_point_loses_and_repeats_nothing(
    trial: Path, verdict: str, point: str
) -> None:
    killed = trial_of(trial, verdict, crash_at=point)
    assert killed or point not in ALWAYS[verdict], "this point is never reached"


def test_random_kills_lose_and_repeat_nothing(office: Path, tmp_path: Path) -> None:
    """Kills at moments nobody chose: by the clock, or the n-th time at some point."""

    def one(seed: int) -> bool:
        pick = random.Random(seed)
        folder = fresh(office, tmp_path / str(seed))
        verdict = pick.choice(VERDICTS)
        point = f"{pick.choice(POINTS).partition('#')[0]}#{pick.randint(1, 6)}"
        delay_s = pick.uniform(0.001, 0.25) if pick.random() < 0.5 else 0
        try:
            killed = trial_of(
                folder, verdict, crash_at="" if delay_s else point, kill_after_s=delay_s
            )
        except Exception as error:
            raise AssertionError(f"seed {seed} ({verdict}, {delay_s or point})") from error
        shutil.rmtree(folder)
        return killed

    with ThreadPoolExecutor(2) as trials:
        killed = list(trials.map(one, range(SEED, SEED + RANDOM_KILLS)))
    assert sum(killed) > RANDOM_KILLS / 2


def test_the_real_command_line_survives_a_kill_too(trial: Path) -> None:
    """The same once with `python -m bot` itself, so that nothing rests on how tests start it."""
    command = [sys.executable, "-m", "bot", "--config", str(trial / "config.toml")]
    command += ["--data", str(trial / "data"), "--now", MORNING, "chat", "--json"]
    first = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "STEWARD_CRASH_AT": "approval_row"},
        input='{"text": "' + WISH + '"}\n',
        capture_output=True,
        text=True,
        check=False,
    )
    assert first.returncode == -9
    second = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, check=True)
    assert '"type": "card"' in first.stdout + second.stdout
    assert len(pending(trial / "data")) == 1
