"""The settings file: refused by name, never guessed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.config import Config, ConfigError, load

ROOT = Path(__file__).parent.parent.parent


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_unknown_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"company\.adress is not a setting.*company\.address"):
        load(written(tmp_path, '[company]\nadress = "x"'), {}, None)


def test_a_policy_section_without_rules_keeps_the_default_rules(tmp_path: Path) -> None:
    config = load(written(tmp_path, "[policy]\nundo_window_s = 0"), {}, None)
    assert config.policy.rules == Config().policy.rules
    assert config.policy.rules["customer.add"] == "auto"


def test_limits_are_amounts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="200 EUR"):
        load(written(tmp_path, '[policy.rules]\n"invoice.send" = {auto_below = "200"}'), {}, None)


def test_readable_secrets_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    (tmp_path / "secrets.toml").write_text('telegram_token = "t"')
    (tmp_path / "secrets.toml").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load(path, {}, None)


def test_secrets_are_not_printed() -> None:
    config = load(None, {"STEWARD_TELEGRAM_TOKEN": "12:secret"}, None)
    assert "12:secret" not in repr(config)


def test_every_key_of_the_example_is_known(tmp_path: Path) -> None:
    example = (ROOT / "config.example.toml").read_text()
    lines = [line.removeprefix("# ") for line in example.splitlines()[3:]]
    settings = [line for line in lines if line.startswith("[") or "=" in line]
    load(written(tmp_path, "\n".join(settings)), {}, None)
    assert tomllib.loads(example) == {
        "company": {}, "database": {}, "telegram": {}, "web": {}, "mail": {}, "policy": {"rules": {}},
    }  # fmt: skip
