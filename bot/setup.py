"""`init`: asks what only she knows and writes `config.toml`, readable by her alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

Ask = Callable[[str, str], str]

_QUESTIONS = (
    ("name", "Your company's name", ""),
    ("address", "Its address, as it stands on invoices (one line)", ""),
    ("country", "Country code (DE, FR, GB, US, …)", ""),
    ("email", "The e-mail address invoices come from", ""),
    ("tax_id", "Tax number (empty if you have a VAT id)", ""),
    ("vat_id", "VAT id (empty if none)", ""),
    ("vat_regime", "VAT: standard, small-business or not-registered", "standard"),
    ("default_vat", "Usual VAT rate in percent", "19"),
    ("iban", "IBAN (empty if none)", ""),
    ("timezone", "Time zone", "Europe/Berlin"),
    ("currency", "Currency", "EUR"),
)


def ask_company(ask: Ask) -> dict[str, str]:
    """One question a field; an empty answer leaves it to be asked in chat when needed."""
    given: dict[str, str] = {}
    for key, question, usual in _QUESTIONS:
        if key == "default_vat" and given.get("vat_regime") != "standard":
            continue
        value = ask(question, usual).strip()
        if value:
            given[key] = value.upper() if key in ("country", "currency") else value
    return given


def write_config(file: Path, company: Mapping[str, str]) -> None:
    """0600. Raises `FileExistsError`: what is there is never overwritten."""
    lines = ["# Every key is explained in config.example.toml.", "[company]"]
    lines += [f"{key} = {_quoted(value)}" for key, value in company.items()]
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def _quoted(value: str) -> str:
    safe = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if ord(c) >= 32 and c != "\x7f" else " " for c in safe) + '"'
