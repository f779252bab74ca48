"""The commands as typed: what they do, what they say to wrong input, and beside a running Steward."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.setup import ask_company, write_config
from tests.fakes.spawned import Talk

ROOT = Path(__file__).parents[2]
GOOD = "name,email,country,terms_days\nMüller & Söhne,info@mueller.example,DE,30\nZeta,,,\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # no config.toml lies here
    return tmp_path


def steward(folder: Path, *arguments: str, now: str | None = None) -> Result:
    before = ["--data", str(folder / "data"), *(["--now", now] if now else [])]
    result = CliRunner().invoke(app, [*before, *arguments])
    result.exc_info = None  # its frames would keep the data folder owned
    if result.exception is not None:
        result.exception.__traceback__ = result.exception.__context__ = None
    return result


@pytest.fixture
def office(folder: Path) -> Iterator[Path]:
    """A sample company, and a Steward running on it."""
    assert steward(folder, "init", "--sample").exit_code == 0
    (folder / "config.toml").write_text("")
    talk = Talk(folder)
    yield folder
    assert talk.close() == 0


def test_the_sample_company_is_there_once(folder: Path) -> None:
    first = steward(folder, "init", "--sample")
    assert "Acme GmbH, Globex SARL, Hooli Inc" in first.output
    again = steward(folder, "init", "--sample")
    assert (again.exit_code, "clients here already" in again.output) == (2, True)
    told = json.loads(steward(folder, "status", "--json").output)
    assert (told["clients"], told["waiting"], told["stopped"]) == (3, 0, False)
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "data" / "steward.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["status", "verify", "replay"])
def test_without_data_it_says_where_to_begin(folder: Path, command: str) -> None:
    result = steward(folder, command)
    assert (result.exit_code, "There is nothing in" in result.output) == (2, True)
    assert not (folder / "data").exists()


def test_good_lines_come_in_bad_ones_are_named_and_nothing_comes_twice(folder: Path) -> None:
    file = folder / "c.csv"
    file.write_text(GOOD + "Bad,not-an-email,DE,\nWorse,,XX,\nLong,,,900\n,x@y.example,,\n")
    first = steward(folder, "import", "customers", str(file))
    assert first.exit_code == 1
    assert "2 clients added, 4 line(s) not taken." in first.output
    assert "Line 4: not-an-email is no e-mail address." in first.output
    again = steward(folder, "import", "customers", str(file))
    assert "0 clients added, 2 known already" in again.output
    read = json.loads(steward(folder, "interpret", "Mueller paid 20", "--json").output)
    assert read["slots"]["client"] == "Müller & Söhne"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "must name the columns"),
        (b"email\nx@y.example\n", "must name the columns"),
        (b"name,shoe size\nA,44\n", "I know no column shoe_size"),
        (b"\x00\x01\x02", "not a text file"),
        (b'name\n"a\n', ""),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    folder: Path, content: bytes, says: str
) -> None:
    file = folder / "c.csv"
    file.write_bytes(content)
    result = steward(folder, "import", "customers", str(file))
    assert says in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    if says:
        assert (result.exit_code, "Nothing was imported" in result.output) == (2, True)


def test_other_kinds_and_missing_files_are_refused(folder: Path) -> None:
    assert "I can import customers" in steward(folder, "import", "shoes", "x.csv").output
    assert "cannot be read" in steward(folder, "import", "customers", "x.csv").output


def test_business_time_never_goes_behind_the_newest_entry(folder: Path) -> None:
    assert steward(folder, "init", "--sample", now="2030-01-01").exit_code == 0
    result = steward(folder, "migrate")
    assert (result.exit_code, "which is after now" in result.output) == (2, True)
    assert steward(folder, "status", now="2030-01-02").exit_code == 0
    assert "wants an ISO moment" in steward(folder, "status", now="tomorrow").output


def test_a_backup_comes_back_stopped(folder: Path) -> None:
    steward(folder, "init", "--sample")
    assert steward(folder, "backup", str(folder / "b.tar.gz")).exit_code == 0
    assert "is there already" in steward(folder, "backup", str(folder / "b.tar.gz")).output
    other = folder / "other"
    other.mkdir()
    assert steward(other, "restore", str(folder / "b.tar.gz")).exit_code == 0
    assert steward(other, "status").output.startswith("STOPPED")
    for command in ("verify", "replay"):
        assert steward(other, command).exit_code == 0
    assert "holds a company already" in steward(other, "restore", str(folder / "b.tar.gz")).output
    (folder / "bad").write_text("no backup")
    assert "no backup of mine" in steward(folder / "x", "restore", str(folder / "bad")).output


def test_config_is_written_for_her_alone_and_never_overwritten(folder: Path) -> None:
    answers = {"name": 'Studio "Nord"\n', "country": "de", "vat_regime": "small-business"}
    company = ask_company(lambda text, usual: next(
        (answers[key] for key in answers if _asks(key, text)), usual
    ))  # fmt: skip
    write_config(folder / "config.toml", company)
    assert stat.S_IMODE((folder / "config.toml").stat().st_mode) == 0o600
    from bot.config import load

    ours = load(folder / "config.toml", {}, None).company
    assert (ours.name, ours.country, ours.default_vat) == ('Studio "Nord"', "DE", None)
    with pytest.raises(FileExistsError):
        write_config(folder / "config.toml", company)
    assert "is there already" in steward(folder, "init").output


def _asks(key: str, text: str) -> bool:
    return {"name": "company's name", "country": "Country code", "vat_regime": "VAT: "}[key] in text


def test_a_second_terminal_joins_the_conversation(office: Path) -> None:
    """Read commands beside the owner, an import over its socket, a second chat with the same cards."""
    assert json.loads(steward(office, "status", "--json").output)["owner"] > 0
    assert steward(office, "verify").exit_code == 0
    (office / "c.csv").write_text(GOOD)
    imported = steward(office, "import", "customers", str(office / "c.csv"))
    assert "2 clients added" in imported.output
    second = subprocess.run(
        [sys.executable, "-m", "bot", "--data", str(office / "data"), "chat", "--json"],
        cwd=ROOT,
        input='{"text": "Invoice Zeta 100 EUR for tea"}\n',
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in second.stdout.splitlines()]
    assert told[-1] == {"type": "idle"}
    assert "e-mail" in next(one for one in told if one["type"] != "idle")["text"]
    refused = steward(office, "restore", str(office / "none"))
    assert (refused.exit_code, "is in use by process" in refused.output) == (2, True)
    assert stat.S_IMODE((office / "data" / "steward.sock").stat().st_mode) == 0o600


def test_wrong_lines_get_a_sentence_and_the_conversation_goes_on(folder: Path) -> None:
    (folder / "config.toml").write_text("")
    (folder / "c.csv").write_text(GOOD)
    talk = Talk(folder)
    for line in (
        "nonsense",
        "[1, 2]",
        "{}",
        '{"tap": 5}',
        '{"text": null}',
        "1",
        '"x"',
        "[" * 9999,
    ):
        talk._to.write(line + "\n")
        talk._to.flush()
        talk._until_idle()
        assert "Each line is one JSON object" in talk.seen[-1]["text"]
    for wrong in (".", "none.csv"):
        assert "cannot be read" in talk.say(file=str(folder / wrong))[-1]["text"]
    answers: list[dict[str, Any]] = talk.say(file=str(folder / "c.csv"))
    assert "2 clients added" in answers[-1]["text"]
    assert talk.say(text="status")[-1]["text"] == "Nothing is waiting for you."
    assert talk.close() == 0


def test_the_demo_goes_its_whole_way(folder: Path) -> None:
    result = steward(folder, "demo")
    assert result.exit_code == 0, result.output
    assert "every invariant holds" in result.output
    assert len(list((folder / "data" / "mail" / "outbox" / "new").glob("*.eml"))) == 2
    assert "wants an empty folder" in steward(folder, "demo").output


@pytest.mark.parametrize("command", [["--help"], ["status"], ["migrate"], ["interpret", "status"]])
def test_what_is_not_needed_is_not_loaded(folder: Path, command: list[str]) -> None:
    script = (
        "import sys\nfrom bot.__main__ import app\n"
        "try:\n    app(sys.argv[1:], prog_name='x')\nexcept SystemExit:\n    pass\n"
        "heavy = {'langgraph', 'lancedb', 'langchain_openai', 'telegram', 'slack_bolt'}\n"
        "sys.exit(','.join(heavy & set(sys.modules)) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, "--data", str(folder / "data"), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr in ("", f"There is nothing in {folder / 'data'} yet. "
                          "Start with `python -m bot chat`.\n")  # fmt: skip
