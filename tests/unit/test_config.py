"""Settings: what is written decides, what is wrong is said in a sentence, secrets stay secret."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.config import Config, ConfigError, known_keys, load

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "my.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(tmp_path: Path, text: str, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text), environ, None)
    return str(caught.value)


def test_no_file_gives_the_defaults() -> None:
    assert load(None, {}, None) == Config()


def test_config_toml_of_the_folder_is_read_unless_another_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[company]\nname = "Studio Nord"\n')
    assert load(None, {}, None).company.name == "Studio Nord"
    assert load(written(tmp_path, ""), {}, None).company.name is None


def test_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no settings file"):
        load(tmp_path / "none.toml", {}, None)


def test_data_folder_is_the_option_then_the_environment_then_data(tmp_path: Path) -> None:
    assert load(None, {}, None).data_dir == Path("data")
    assert load(None, {"STEWARD_DATA": "/a"}, None).data_dir == Path("/a")
    assert load(None, {"STEWARD_DATA": "/a"}, Path("/b")).data_dir == Path("/b")


def test_example_as_it_stands_is_the_defaults() -> None:
    assert load(EXAMPLE, {}, None) == Config()


def test_example_names_every_setting_and_no_other() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    everything = re.sub(r"^# (?=[a-z_]+ = .*# example)", "", text, flags=re.MULTILINE)
    found: set[str] = set()

    def walk(table: dict[str, object], prefix: str) -> None:
        for key, value in table.items():
            if isinstance(value, dict) and f"{prefix}{key}" not in known_keys():
                walk(value, f"{prefix}{key}.")
            else:
                found.add(f"{prefix}{key}")

    walk(tomllib.loads(everything), "")
    assert found == set(known_keys())


def test_examples_in_the_example_are_valid(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    everything = re.sub(r"^# (?=[a-z_]+ = .*# example)", "", text, flags=re.MULTILINE)
    assert load(written(tmp_path, everything), {}, None).company.country == "DE"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[company]\ncurency = 'EUR'", "company.curency is not a setting I know. Did you mean company.currency?"),
        ("[telegran]\nmode = 'polling'", "Did you mean telegram?"),
        ("[policy]\nundo_windows_s = 3", "Did you mean policy.undo_window_s?"),
        ("[company]\ntimezone = 'Berlin'", "write it like Europe/Berlin"),
        ("[company]\nlocale = 'xx'", "write it like en, de or de_AT"),
        ("[company]\ndefault_vat = 'lots'", "a rate is a percentage"),
        ("[company]\ncurrency = 'euro'", "company.currency"),
        ("[web]\nport = 0", "web.port"),
        ("[mail]\nprovider = 'smtp'", "mail.provider"),
        ("[database]\nurl = 'mysql://x'", "database.url"),
        ("[policy.rules]\n'invoice.sent' = 'ask'", "invoice.sent is no kind of action"),
        ("[policy.rules]\n'invoice.send' = 'yes'", "must be ask, auto, deny or a table"),
        ("[policy.rules]\n'invoice.send' = {}", "needs auto_below"),
        ("[policy.rules]\n'invoice.send' = { auto_below = 200 }", 'an amount like "200 EUR"'),
        ("[policy.rules]\n'invoice.send' = { auto_bellow = '1 EUR' }", "Did you mean auto_below?"),
        ("[policy.rules]\n'invoice.send' = { auto_below = '200' }", 'an amount like "200 EUR"'),
        ("[policy]\nreview_times = []", "at least one time of day"),
        ("[policy]\nquiet_hours = 'night'", "policy.quiet_hours"),
        ("data_dir = 'x'", "does not belong in the settings file"),
        ("[secrets]\ntelegram_token = 'x'", "does not belong in the settings file"),
        ("= 3", "not valid TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    sentence = refusal(tmp_path, text)
    assert said in sentence
    assert "\n" not in sentence


def test_unmentioned_rules_keep_their_defaults(tmp_path: Path) -> None:
    text = "[policy.rules]\n'payment.record' = { auto_below = '200 EUR', per_day = '500 EUR' }"
    rules = load(written(tmp_path, text), {}, None).policy.rules
    assert rules["customer.add"] == "auto"
    assert rules["invoice.send"] == "ask"


def test_a_policy_section_without_rules_keeps_the_default_rules(tmp_path: Path) -> None:
    config = load(written(tmp_path, "[policy]\nundo_window_s = 0"), {}, None)
    assert config.policy.rules == Config().policy.rules


def test_webhook_needs_its_secret_and_its_address(tmp_path: Path) -> None:
    text = "[telegram]\nmode = 'webhook'\n"
    assert "STEWARD_TELEGRAM_WEBHOOK_SECRET" in refusal(tmp_path, text)
    assert "telegram.webhook_url" in refusal(tmp_path, text, STEWARD_TELEGRAM_WEBHOOK_SECRET="s")


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    config = load(None, {"STEWARD_TELEGRAM_TOKEN": "123:abc"}, None)
    assert config.secrets.telegram_token is not None
    assert config.secrets.telegram_token.get_secret_value() == "123:abc"
    assert "123:abc" not in repr(config) + str(config) + config.model_dump_json()


def test_environment_wins_over_the_secrets_file(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('telegram_token = "file"\nsmtp_password = "kept"\n')
    secrets.chmod(0o600)
    found = load(None, {"STEWARD_TELEGRAM_TOKEN": "environment"}, None).secrets
    assert found.telegram_token is not None
    assert found.telegram_token.get_secret_value() == "environment"
    assert found.smtp_password is not None


def test_secrets_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('telegram_token = "x"\n')
    secrets.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        load(None, {}, None)


def test_unknown_secret_is_named_without_its_value(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('telegram_tokken = "hidden"\n')
    secrets.chmod(0o600)
    with pytest.raises(ConfigError, match="Did you mean telegram_token") as caught:
        load(None, {}, None)
    assert "hidden" not in str(caught.value)
