"""The one reader of `config.toml` and of the environment. Unknown keys are refused by name."""

from __future__ import annotations

import difflib
import stat
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

_SECRETS = ("telegram_token", "telegram_webhook_secret")


class ConfigError(Exception):
    """What is wrong and what to do, safe to print."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CompanySection(Section):
    name: str | None = None
    address: str | None = None
    country: str | None = None
    email: str | None = None
    tax_id: str | None = None
    vat_id: str | None = None
    default_vat: str | None = None
    vat_regime: Literal["standard", "small-business", "not-registered"] | None = None
    payment_terms_days: int = 14
    iban: str | None = None
    timezone: str = "UTC"
    currency: str = "EUR"
    locale: str = "en"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value} is no time zone; write it like Europe/Berlin") from error
        return value

    @field_validator("default_vat", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value


class DatabaseSection(Section):
    url: str | None = None


class TelegramSection(Section):
    api_base_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str | None = None
    allowed_user_ids: tuple[int, ...] = ()


class WebSection(Section):
    host: str = "127.0.0.1"
    port: int = 8080


class MailSection(Section):
    provider: Literal["folder"] = "folder"


class LimitedRule(Section):
    """Automatic below a limit. Amounts like "200 EUR"."""

    auto_below: str | None = None
    per_day: str | None = None
    per_counterparty: str | None = None

    @field_validator("*")
    @classmethod
    def _amount(cls, value: str | None) -> str | None:
        if value is not None:
            parts = value.split()
            if len(parts) != 2 or not parts[0].replace(".", "", 1).isdigit():
                raise ValueError('an amount is written like "200 EUR"')
        return value


RuleSetting = Literal["ask", "auto", "deny"] | LimitedRule
_DEFAULT_RULES: dict[str, RuleSetting] = {"customer.add": "auto", "customer.update": "auto"}
KINDS = (
    "invoice.send",
    "invoice.void",
    "payment.record",
    "payment.reverse",
    "customer.add",
    "customer.update",
    "customer.archive",
)


class PolicySection(Section):
    rules: dict[str, RuleSetting] = Field(default_factory=lambda: dict(_DEFAULT_RULES))
    undo_window_s: int = Field(default=20, ge=0)
    expiry_h: int = Field(default=72, gt=0)
    reminder_before_h: int = Field(default=12, ge=0)
    review_times: tuple[time, ...] = (time(9), time(16))

    @field_validator("rules")
    @classmethod
    def _known(cls, value: dict[str, RuleSetting]) -> dict[str, RuleSetting]:
        for kind in value:
            if kind not in KINDS:
                raise ValueError(f"{kind} is no kind of action; known: {', '.join(KINDS)}")
        return {**_DEFAULT_RULES, **value}


class Secrets(Section):
    telegram_token: SecretStr | None = None
    telegram_webhook_secret: SecretStr | None = None


class Config(Section):
    company: CompanySection = CompanySection()
    database: DatabaseSection = DatabaseSection()
    telegram: TelegramSection = TelegramSection()
    web: WebSection = WebSection()
    mail: MailSection = MailSection()
    policy: PolicySection = PolicySection()
    data_dir: Path = Path("data")
    secrets: Secrets = Secrets()


def load(path: Path | None, environ: Mapping[str, str], data_dir: Path | None) -> Config:
    """Raises `ConfigError` with one sentence per problem."""
    file = path or Path("config.toml")
    written: dict[str, Any] = {}
    if path is not None and not file.exists():
        raise ConfigError(f"There is no settings file {file}.")
    if file.exists():
        try:
            written = tomllib.loads(file.read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} is not valid TOML: {error}") from error
    for reserved in ("data_dir", "secrets"):
        if reserved in written:
            raise ConfigError(f"{file}: {reserved} does not belong in the settings file.")
    folder = data_dir or Path(environ.get("STEWARD_DATA", "data"))
    try:
        return Config(
            **written, data_dir=folder, secrets=_secrets(file.parent / "secrets.toml", environ)
        )
    except ValidationError as error:
        raise ConfigError("\n".join(_sentence(file, one) for one in error.errors())) from error


def _secrets(file: Path, environ: Mapping[str, str]) -> Secrets:
    written: dict[str, Any] = {}
    if file.exists():
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ConfigError(f"Others can read {file}; chmod 600 it first.")
        written = tomllib.loads(file.read_text())
    found = {name: environ.get(f"STEWARD_{name.upper()}") or written.get(name) for name in _SECRETS}
    return Secrets(**{name: SecretStr(value) for name, value in found.items() if value})


def _sentence(file: Path, error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"{file}: {where}: {error['msg'].removeprefix('Value error, ')}."
    known = [
        f"{section}.{key}"
        for section, field in Config.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        for key in field.annotation.model_fields
    ]
    near = difflib.get_close_matches(where, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{file}: {where} is not a setting I know.{hint}"
