"""What is installed: only dependencies, at pinned versions above the known holes."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "constraints.txt").read_text().splitlines()
PINNED = {canonicalize_name(Requirement(line).name): Requirement(line) for line in LOCK}


def wanted() -> list[str]:
    extras = PROJECT["optional-dependencies"].values()
    return [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]


def test_lock_holds_names_and_versions_only() -> None:
    line = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[\w.]+( ; [\w. '<>=!]+)?")
    assert [one for one in LOCK if not line.fullmatch(one)] == []


@pytest.mark.parametrize("name", sorted({canonicalize_name(Requirement(x).name) for x in wanted()}))
def test_lock_pins_every_dependency_within_its_bounds(name: str) -> None:
    (pin,) = PINNED[name].specifier
    for text in wanted():
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) == name:
            assert requirement.specifier.contains(pin.version)


def test_lock_is_complete_for_what_is_installed() -> None:
    """Whatever our dependencies pull in here is pinned too."""
    seen: set[str] = set()
    todo = [Requirement(one) for one in PROJECT["dependencies"]]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in seen:
            continue
        seen.add(name)
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        for text in requires:
            inner = Requirement(text)
            extras = requirement.extras or {""}
            if inner.marker is None or any(inner.marker.evaluate({"extra": e}) for e in extras):
                todo.append(inner)
    assert seen - set(PINNED) == set()


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("langgraph", "1.0.10"),
        ("langgraph-checkpoint", "4.0.0"),
        ("langgraph-checkpoint-sqlite", "3.0.1"),
        ("langchain-core", "1.2.5"),
    ],
)
def test_known_holes_are_closed(name: str, least: str) -> None:
    assert Version(version(name)) >= Version(least)


def test_no_wheel_ships_the_rooms() -> None:
    for room in ("bot", "graph", "stores", "adapters"):
        module = __import__(room)
        assert Path(str(module.__file__)) == ROOT / room / "__init__.py"
    try:
        files = distribution("solo-steward").files or []
    except PackageNotFoundError:
        return
    assert [file for file in files if ".dist-info" not in str(file)] == []
