"""What a reply to a shown card changes: "make it 1,350, due Dec 20", or "field value" lines."""

from __future__ import annotations

import re
from datetime import date, datetime

from graph.interpret import answers, billing, clients, dates, money, parties
from graph.interpret.reading import Directory, Edit, Slot
from graph.interpret.rules import correct
from graph.interpret.sentence import MAX_CHARS, Sentence, clean

_FIELD_LINE = re.compile(
    r"^(?P<f>client|customer|amount|currency|due(?: date)?|description|text|tax[_ ]rate|vat|e-?mail|to|date|contact|address|country|vat_id|language|terms_days|terms)"
    r"(?:\s*[:=]\s*|\s+(?:is |should be |to )?)(?P<v>.+)$"
)
_ALIAS = {"customer": "client", "due date": "due", "text": "description", "tax rate": "tax_rate",
          "vat": "tax_rate", "e-mail": "email", "terms": "terms_days"}  # fmt: skip
_DESCRIBE = re.compile(
    r"\b(?:(?:change |set )?(?:the )?(?:description|text|subject|wording)(?: should (?:be|say|read)| to| is|:| =)*|(?:call it|it'?s for|say)) "
)
_DUE_WORD = re.compile(r"^(?:no,? |and |make it |rather |better )*")
_OPENING = re.compile(
    r"^(?:make|change|set|no\b|and |with|plus|without|in |due|use|should|it (?:should|must|is)|it'?s|not |but |for |actually|rather|instead|better|raise|lower|reduce|increase|add"
    r"|amount|\+|incl|excl|net |[€$£]?[0-9])"
)


def read_edit(text: str, *, current: dict[str, str], now: datetime, directory: Directory) -> Edit:
    """Fields to change. Nothing and no problems: the sentence is not an edit at all."""
    plain = clean(text[: MAX_CHARS * 2])
    if not plain or len(plain) > MAX_CHARS or plain.rstrip().endswith("?"):
        return Edit()
    changes: dict[str, Slot] = {}
    problems: list[str] = []
    for line in correct(plain).split("\n"):
        if not _field_line(line, current, now, directory, changes, problems):
            _sentence(line, current, now.date(), directory, changes, problems)
    same = [
        name for name, value in changes.items() if current.get(name) == value and name != "amount"
    ]
    for name in same if len(same) < len(changes) else ():
        changes.pop(name)
    return Edit(changes=changes, problems=tuple(dict.fromkeys(problems)))


def _field_line(
    line: str, current: dict[str, str], now: datetime, directory: Directory,
    changes: dict[str, Slot], problems: list[str],
) -> bool:  # fmt: skip
    low = Sentence(line).low
    match = _FIELD_LINE.match(low)
    if match is None:
        return False
    field = _ALIAS.get(match["f"], match["f"])
    words = line[match.start("v") : match.end("v")].strip()
    if field in ("amount", "due", "currency", "tax_rate") and re.search(r",\s|\band\b", words):
        return False  # Several changes in one sentence.
    value: Slot | None
    if field == "amount":
        return _amount_line(words, current, directory, changes, problems)
    if field == "due":
        return False
    if field == "to" or field == "client":
        value = (
            answers.read_answer("email", words, now=now, directory=directory)
            if field == "to"
            else None
        )
        if value is None:
            _client(words, directory, changes, problems, sure=field == "client")
            return bool(changes or problems)
        field = "to"
    else:
        value = answers.read_answer(field, words, now=now, directory=directory)
    if value is None:
        problems.append(f'I could not read "{words[:60]}" as {field.replace("_", " ")}.')
    else:
        changes[field] = value
    return True


def _amount_line(
    words: str, current: dict[str, str], directory: Directory,
    changes: dict[str, Slot], problems: list[str],
) -> bool:  # fmt: skip
    _amount(Sentence(words), current, directory, changes, problems)
    if "amount" not in changes and not problems:
        problems.append(f'I could not read "{words[:60]}" as an amount.')
    return True


def _sentence(
    line: str, current: dict[str, str], today: date, directory: Directory,
    changes: dict[str, Slot], problems: list[str],
) -> None:  # fmt: skip
    sentence = Sentence(line)
    described = _DESCRIBE.search(sentence.low)
    if described is not None:
        value = sentence.text[described.end() :].strip(" \"'.")
        if value:
            changes["description"] = value
        sentence.take(described.start(), len(sentence.low))
    opening = _OPENING.match(sentence.low.lstrip())
    due, choices, bad = billing.take_due(sentence, today)
    if due is None and not bad:
        due = _bare_day(sentence, today)
    if due:
        changes["due"] = due
    elif bad:
        problems.append(
            "That date can be read two ways: " + " or ".join(one.label for one in choices) + "."
            if len(choices) > 1 else "I could not read that due date, or it has passed already."
        )  # fmt: skip
    rate, gross = billing.take_tax(sentence)
    if rate is not None:
        changes["tax_rate"] = rate
    if gross:
        changes["gross"] = "yes"
    if opening or changes:
        _amount(sentence, current, directory, changes, problems)
        if "currency" not in changes:
            code = parties.take_currency(sentence)
            changes |= {"currency": code} if code else {}
    _client_said(sentence, directory, changes, problems)


def _bare_day(sentence: Sentence, today: date) -> str | None:
    """ "Dec 20 instead", "make it next Friday": a day and nothing else is the due date."""
    start = _DUE_WORD.match(sentence.low)
    found = dates.day_at(sentence.low, start.end() if start else 0, today=today)
    if found is None or found.certain is None or found.certain < today:
        return None
    sentence.take(0, found.end)
    return found.certain.isoformat()


def _amount(
    sentence: Sentence, current: dict[str, str], directory: Directory,
    changes: dict[str, Slot], problems: list[str],
) -> None:  # fmt: skip
    found = money.amounts(sentence)
    if not found:
        return
    for one in found:
        sentence.take(one.start, one.end)
    if len(found) > 1 and re.search(r"\b(?:not|instead of|from|statt)\b", sentence.low):
        old = current.get("amount", "")
        found = [
            one for one in found if money.spell(one.value, current.get("currency", "EUR")) != old
        ]
    currency = found[0].currency if found else None
    currency = currency or parties.take_currency(sentence)
    spelled = currency or current.get("currency") or directory.home_currency
    amount = money.spell(found[0].value, spelled) if len(found) == 1 else None
    if amount is None:
        problems.append("I could not read one amount above zero in that.")
        return
    changes["amount"] = amount
    if currency and currency != current.get("currency"):
        changes["currency"] = currency


def _client_said(
    sentence: Sentence, directory: Directory, changes: dict[str, Slot], problems: list[str]
) -> None:
    """ "for Globex instead", "no, Globex": a known client; an unknown one only before "instead"."""
    mention = clients.find(sentence, directory)
    rest = sentence.low.strip(" .,!\x1f")
    if mention is not None:
        before = sentence.low[: mention.start]
        after = sentence.low[mention.end :].strip(" .,!\x1f")
        lead = re.search(
            r"(?:^|\b(?:for|to|no|client|but|it'?s|make it|use|actually|sorry))[\s,]*$", before
        )
        if lead and after in ("", "instead", "please", "not acme", "then"):
            _client(
                sentence.text[mention.start : mention.end], directory, changes, problems, sure=True
            )
        return
    typed = re.match(r"(?:no,? )?(?:for|to) (?P<n>[^\x1f,]{2,60}?) instead$", rest)
    if typed:
        start = sentence.low.find(typed["n"])
        _client(
            sentence.text[start : start + len(typed["n"])], directory, changes, problems, sure=True
        )


def _client(
    words: str, directory: Directory, changes: dict[str, Slot], problems: list[str], *, sure: bool
) -> None:
    mention = clients.named(words.strip(" .,"), directory)
    if mention.customer is not None:
        changes["client"] = mention.customer.name
    elif mention.choices:
        problems.append("Which one: " + " or ".join(one.label for one in mention.choices) + "?")
    elif sure:
        changes["client"] = words.strip(" .,")
