"""The one reader of `config.toml` and of the environment. Unknown keys are refused by name."""

from __future__ import annotations

import difflib
import re
import stat
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
)

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Mode = Literal["ask", "auto", "deny"]
KINDS = (
    "invoice.send",
    "invoice.void",
    "payment.record",
    "payment.reverse",
    "customer.add",
    "customer.update",
    "customer.archive",
)
_AMOUNT = re.compile(r"^\d+(\.\d{1,4})? [A-Z]{3}$")
_QUIET = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"


class ConfigError(Exception):
    """What is wrong and what to do, one sentence a line, safe to print."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CompanySection(Section):
    """Seeds her company; what she says in chat completes it. `default_vat` is a percentage."""

    name: str | None = None
    address: str | None = None
    country: Country | None = None
    email: str | None = None
    tax_id: str | None = None
    vat_id: str | None = None
    default_vat: str | None = None
    vat_regime: Literal["standard", "small-business", "not-registered"] | None = None
    payment_terms_days: int = Field(default=14, ge=0, le=365)
    iban: str | None = None
    timezone: str = "UTC"
    currency: Currency = "EUR"
    locale: str = "en"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value} is no time zone; write it like Europe/Berlin") from error
        return value

    @field_validator("locale")
    @classmethod
    def _known_locale(cls, value: str) -> str:
        from babel import Locale, UnknownLocaleError

        try:
            Locale.parse(value)
        except (UnknownLocaleError, ValueError) as error:
            raise ValueError(f"{value} is no locale; write it like en, de or de_AT") from error
        return value

    @field_validator("default_vat", mode="before")
    @classmethod
    def _as_percent(cls, value: object) -> object:
        text = str(value) if isinstance(value, int | float) else value
        if isinstance(text, str) and not re.fullmatch(r"\d{1,2}(\.\d{1,2})?", text):
            raise ValueError('a rate is a percentage like "19"')
        return text


class DatabaseSection(Section):
    """`url` None is `steward.db` in the data folder."""

    url: (
        Annotated[str, StringConstraints(pattern=r"^(sqlite:///|postgresql\+psycopg://)")] | None
    ) = None


class TelegramSection(Section):
    """`api_base_url` is the bare root; `allowed_user_ids` are persons, not chats."""

    api_base_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: str | None = None
    allowed_user_ids: tuple[int, ...] = ()


class WebSection(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    public_url: str | None = None


class SmtpSection(Section):
    host: str | None = None
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    sender: str | None = Field(default=None, alias="from")


class ImapSection(Section):
    host: str | None = None
    port: int = Field(default=993, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "tls"
    username: str | None = None
    folder: str = "INBOX"


class MailSection(Section):
    """Only the folder delivers in this version; choosing another is refused, not ignored."""

    provider: Literal["folder"] = "folder"
    smtp: SmtpSection = SmtpSection()
    imap: ImapSection = ImapSection()


class MemorySection(Section):
    uri: str | None = None
    embedder: str | None = None


class ModelPrice(Section):
    """Per million tokens, in `models.currency`, as decimal text."""

    input: str
    output: str


class ModelsSection(Section):
    base_url: str | None = None
    small: str | None = None
    large: str | None = None
    currency: Currency = "USD"
    daily_budget: str | None = None
    monthly_budget: str | None = None
    prices: dict[str, ModelPrice] = Field(default_factory=dict)


class SlackSection(Section):
    api_base_url: str = "https://slack.com/api/"
    mode: Literal["socket", "http"] = "socket"
    allowed_user_ids: tuple[str, ...] = ()
    team_id: str | None = None


class StripeSection(Section):
    api_base: str = "https://api.stripe.com"


class PaymentsSection(Section):
    """Only the bank transfer is there in this version; choosing another is refused."""

    provider: Literal["bank-transfer"] = "bank-transfer"
    stripe: StripeSection = StripeSection()


class CaldavSection(Section):
    url: str | None = None
    username: str | None = None


class CalendarSection(Section):
    provider: Literal["folder"] = "folder"
    caldav: CaldavSection = CaldavSection()


class PublishingChannel(Section):
    name: str
    provider: Literal["folder"] = "folder"
    url: str | None = None
    username: str | None = None


class PublishingSection(Section):
    channels: tuple[PublishingChannel, ...] = ()


class HostingSection(Section):
    provider: Literal["folder"] = "folder"


class LimitedRule(Section):
    """Automatic below a limit. Amounts like "200 EUR"."""

    auto_below: str
    per_day: str | None = None
    per_counterparty: str | None = None

    @field_validator("*")
    @classmethod
    def _amount(cls, value: str | None) -> str | None:
        if value is not None and not _AMOUNT.match(value):
            raise ValueError('an amount is written like "200 EUR"')
        return value


RuleSetting = Mode | LimitedRule
_DEFAULT_RULES: dict[str, RuleSetting] = {
    **dict.fromkeys(KINDS, "ask"),
    "customer.add": "auto",
    "customer.update": "auto",
}


class PolicySection(Section):
    """What may happen without asking. `quiet_hours` may span midnight."""

    rules: dict[str, RuleSetting] = Field(default=_DEFAULT_RULES)
    undo_window_s: int = Field(default=20, ge=0, le=3600)
    expiry_h: int = Field(default=72, ge=1, le=24 * 90)
    reminder_before_h: int = Field(default=12, ge=0)
    review_times: tuple[time, ...] = (time(9), time(16))
    quiet_hours: Annotated[str, StringConstraints(pattern=_QUIET)] = "21:00-07:30"

    @field_validator("rules", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        """One sentence a wrong rule instead of one for every shape it might have had."""
        if not isinstance(value, dict):
            raise ValueError('rules are lines like "invoice.send" = "ask"')
        for kind, rule in value.items():
            if kind not in KINDS:
                raise ValueError(f"{kind} is no kind of action; known: {', '.join(KINDS)}")
            if isinstance(rule, str) and rule not in get_args(Mode):
                raise ValueError(f"{kind} must be ask, auto, deny or a table with auto_below")
            if isinstance(rule, dict):
                _check_limits(kind, rule)
        return {**_DEFAULT_RULES, **value}

    @field_validator("review_times")
    @classmethod
    def _at_least_one(cls, value: tuple[time, ...]) -> tuple[time, ...]:
        if not value or any(one.tzinfo for one in value):
            raise ValueError('at least one time of day is needed, like ["09:00", "16:00"]')
        return value


def _check_limits(kind: str, rule: Mapping[str, object]) -> None:
    for name, amount in rule.items():
        if name not in LimitedRule.model_fields:
            raise ValueError(f"{kind} has no limit called {name}{_near(name, LimitedRule)}")
        if not isinstance(amount, str) or not _AMOUNT.match(amount):
            raise ValueError(f'{kind} {name} is an amount like "200 EUR"')
    if "auto_below" not in rule:
        raise ValueError(f'{kind} needs auto_below, like {{ auto_below = "200 EUR" }}')


class Secrets(Section):
    """Never shown by `repr`. Names are those of the environment without STEWARD_, in lower case."""

    telegram_token: SecretStr | None = None
    telegram_webhook_secret: SecretStr | None = None
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    models_api_key: SecretStr | None = None
    stripe_api_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    smtp_password: SecretStr | None = None
    imap_password: SecretStr | None = None
    caldav_password: SecretStr | None = None


class Config(Section):
    company: CompanySection = CompanySection()
    database: DatabaseSection = DatabaseSection()
    memory: MemorySection = MemorySection()
    models: ModelsSection = ModelsSection()
    telegram: TelegramSection = TelegramSection()
    slack: SlackSection = SlackSection()
    web: WebSection = WebSection()
    mail: MailSection = MailSection()
    payments: PaymentsSection = PaymentsSection()
    calendar: CalendarSection = CalendarSection()
    publishing: PublishingSection = PublishingSection()
    hosting: HostingSection = HostingSection()
    policy: PolicySection = PolicySection()
    data_dir: Path = Path("data")
    secrets: Secrets = Secrets()


def keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    """Every setting by its dotted name, as it is written in the file."""
    found: list[str] = []
    for name, field in section.model_fields.items():
        dotted = f"{prefix}{field.alias or name}"
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            found += keys(kind, f"{dotted}.")
        else:
            found.append(dotted)
    return found


def known_keys() -> list[str]:
    """The settings that may stand in `config.toml`."""
    return [key for key in keys(Config) if key != "data_dir" and not key.startswith("secrets.")]


def load(path: Path | None, environ: Mapping[str, str], data_dir: Path | None) -> Config:
    """From `path`, or ./config.toml if there is one. Raises `ConfigError`."""
    file = path or Path("config.toml")
    if path is not None and not file.exists():
        raise ConfigError(f"There is no settings file {file}.")
    written = _read(file) if file.exists() else {}
    for reserved in ("data_dir", "secrets"):
        if reserved in written:
            raise ConfigError(f"{file}: {reserved} does not belong in the settings file.")
    folder = data_dir or Path(environ.get("STEWARD_DATA") or "data")
    secrets = _secrets(file.parent / "secrets.toml", environ)
    try:
        config = Config(**written, data_dir=folder, secrets=secrets)
    except ValidationError as error:
        raise ConfigError("\n".join(_sentence(file, one) for one in error.errors())) from None
    _check_webhook(config)
    return config


def _check_webhook(config: Config) -> None:
    if config.telegram.mode != "webhook":
        return
    if config.secrets.telegram_webhook_secret is None:
        raise ConfigError(
            'telegram.mode is "webhook", which needs the secret STEWARD_TELEGRAM_WEBHOOK_SECRET; '
            "without it anybody could write to you."
        )
    if not config.telegram.webhook_url:
        raise ConfigError('telegram.mode is "webhook", which needs telegram.webhook_url.')


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.") from None


def _secrets(file: Path, environ: Mapping[str, str]) -> Secrets:
    written: dict[str, Any] = {}
    if file.exists():
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ConfigError(f"Others can read {file}; chmod 600 it first.")
        written = _read(file)
    for name, value in written.items():
        if name not in Secrets.model_fields:
            raise ConfigError(f"{file}: {name} is not a secret I know.{_near(name, Secrets)}")
        if not isinstance(value, str):
            raise ConfigError(f"{file}: {name} must be text in quotes.")
    found = {
        name: environ.get(f"STEWARD_{name.upper()}") or written.get(name)
        for name in Secrets.model_fields
    }
    return Secrets(**{name: SecretStr(value) for name, value in found.items() if value})


def _near(name: str, section: type[Section]) -> str:
    near = difflib.get_close_matches(name, section.model_fields, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _sentence(file: Path, error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"{file}: {where}: {error['msg'].removeprefix('Value error, ')}."
    known = known_keys()
    known += sorted({key.rpartition(".")[0] for key in known})
    near = difflib.get_close_matches(where, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{file}: {where} is not a setting I know.{hint}"
