"""The arrows between the rooms, and the shape of the tree."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "graph", "stores", "adapters")
TOP = {
    "pyproject.toml", "bot", "graph", "stores", "adapters", "tests", "config.example.toml",
    "Procfile", "README.md", "LICENSE", "CHANGELOG.md", "constraints.txt", "docs",
}  # fmt: skip


def sources() -> list[Path]:
    return [path for room in (*ROOMS, "tests") for path in (ROOT / room).rglob("*.py")]


def test_import_arrows_hold() -> None:
    # In a process of its own: the linter reconfigures logging for everybody in this one.
    code = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_every_adapter_folder_is_fenced_off_from_the_deciding_rooms() -> None:
    folders = {f"adapters.{one.parent.name}" for one in (ROOT / "adapters").glob("*/__init__.py")}
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    for room in ("bot", "graph"):
        forbidden = {
            module
            for contract in contracts["contracts"]
            if room in contract["source_modules"]
            for module in contract["forbidden_modules"]
        }
        assert folders - {"adapters.ports"} <= forbidden


def test_memory_is_never_filtered_with_text() -> None:
    """LanceDB parses a text filter as SQL: `' OR '1'='1` leaks and `delete` wipes."""
    text_filter = re.compile(
        r"\.(where|delete|update|count_rows)\(\s*(f?[\"']|where\s*=\s*f?[\"'])"
    )
    found = [
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "lancedb" in path.read_text() and text_filter.search(path.read_text())
    ]
    assert found == []


def test_no_file_is_longer_than_400_lines() -> None:
    assert [path.name for path in sources() if len(path.read_text().splitlines()) > 400] == []


def test_no_file_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "common", "base", "core", "manager"}
    assert [path for path in sources() if path.stem in drawers] == []


def test_top_level_is_as_agreed() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name.split("/")[0] for name in listed if not name.startswith(".")} <= TOP


def test_broad_except_only_in_the_loops() -> None:
    # The loops that must survive anything, the webhook that must answer 500, and the self-test.
    allowed = {
        "graph/runs.py", "bot/worker.py", "stores/checkpoints.py",
        "bot/telegram.py", "bot/telegram_polling.py", "bot/telegram_webhook.py",
    }  # fmt: skip
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"except( Exception| BaseException)?( as \w+)?:", path.read_text())
    }
    assert found <= allowed


def test_help_imports_no_heavy_room() -> None:
    code = (
        "import sys, runpy; sys.argv = ['bot', '--help']\n"
        "try: runpy.run_module('bot', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print([m for m in ('langgraph', 'lancedb', 'langchain_openai', 'telegram', 'sqlmodel')"
        " if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip().endswith("[]")


def test_rooms_come_from_this_checkout() -> None:
    for room in ROOMS:
        module = __import__(room)
        assert Path(str(module.__file__)).is_relative_to(ROOT)
