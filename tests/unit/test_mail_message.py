"""A mail's bytes: what the standard library reads back is exactly what was approved."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.commands import Attachment, Email
from adapters.mail.message import build_message
from graph.keys import message_id, operation_key

KEY = operation_key(action_id="a1", content_hash="c" * 64)
DATE = datetime(2026, 11, 25, 12, 30, 5, tzinfo=UTC)
PDF = bytes(range(256)) * 40 + b"\r\n.\r\n\n\rFrom me\n--=_boundary\n"
ATTACHED = Attachment(
    sha256=hashlib.sha256(PDF).hexdigest(), filename="2026-0007.pdf", media_type="application/pdf"
)
MAIL = Email(
    sender="anna@mueller.example",
    to=("billing@acme.example",),
    subject="Invoice 2026-0007 from Anna",
    body="Hello,\n\nplease find attached the invoice.\n",
)
NAMES = [
    "From", "To", "Subject", "Date", "Message-ID",
    "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
]  # fmt: skip
CHAR = st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])


def built(
    *, date: datetime = DATE, seed: str = KEY, blobs: dict[str, bytes] | None = None, **changed: Any
) -> bytes:
    return build_message(
        MAIL.model_copy(update=changed),
        {ATTACHED.sha256: PDF} if blobs is None else blobs,
        message_id=message_id(key=KEY, sender=MAIL.sender),
        date=date,
        boundary_seed=seed,
    )


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_mail_read_back() -> None:
    message = parsed(built())
    assert sorted(message.keys()) == sorted(NAMES)
    assert message["From"] == "anna@mueller.example"
    assert message["To"] == "billing@acme.example"
    assert message["Subject"] == "Invoice 2026-0007 from Anna"
    assert message["Date"].datetime == DATE
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "text/plain"
    assert body(message) == MAIL.body


def test_every_recipient_is_named() -> None:
    to = ("a@acme.example", "Jörg Müller <b@acme.example>", '"Doe, Jane" <c@acme.example>')
    assert [(one.display_name, one.addr_spec) for one in parsed(built(to=to))["To"].addresses] == [
        ("", "a@acme.example"),
        ("Jörg Müller", "b@acme.example"),
        ("Doe, Jane", "c@acme.example"),
    ]


def test_the_date_keeps_its_offset() -> None:
    date = DATE.astimezone(timezone(timedelta(hours=1)))
    assert b"\r\nDate: Wed, 25 Nov 2026 13:30:05 +0100\r\n" in built(date=date)


def test_the_message_id_is_derived_from_the_key_and_the_senders_domain() -> None:
    # sha256sum of "steward/operation/v1\na1\n" + 64 × "c" + "\n1"
    assert KEY == "be897c0f263aa92f92068920ec7cbb19e60dc81f57eef9c8327f7c89b7e10e5f"
    assert parsed(built())["Message-ID"] == f"<{KEY[:40]}@mueller.example>"
    assert message_id(key=KEY, sender="") == f"<{KEY[:40]}@steward.invalid>"


def test_another_attempt_is_another_mail() -> None:
    again = operation_key(action_id="a1", content_hash="c" * 64, attempt=2)
    other = operation_key(action_id="a2", content_hash="c" * 64)
    ids = {message_id(key=key, sender=MAIL.sender) for key in (KEY, again, other)}
    assert len(ids) == 3


@pytest.mark.parametrize("attachments", [(), (ATTACHED,), (ATTACHED, ATTACHED)])
def test_the_same_mail_has_the_same_bytes(attachments: tuple[Attachment, ...]) -> None:
    assert built(attachments=attachments) == built(attachments=attachments)


def test_the_boundary_comes_from_the_seed() -> None:
    one, other = (parsed(built(attachments=(ATTACHED,), seed=seed)) for seed in "ab")
    assert one.get_boundary() != other.get_boundary()
    assert str(one.get_boundary()).startswith("=_")


def test_lines_end_in_crlf_are_short_and_are_ascii() -> None:
    subject = "Rechnung für 佐藤 " * 20 + "x" * 1500
    raw = built(subject=subject, body="ä" * 3000 + "\n" + "y" * 3000, attachments=(ATTACHED,))
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 998


@pytest.mark.parametrize("breaking", ["\n", "\r", "\r\n", "\n "])
@pytest.mark.parametrize("at", ["middle", "end"])
@pytest.mark.parametrize("field", ["subject", "sender", "to"])
def test_a_line_break_in_a_header_is_refused(field: str, breaking: str, at: str) -> None:
    text = "a@acme.example" + breaking + ("Bcc: evil@evil.example" if at == "middle" else "")
    fields: dict[str, Any] = {field: ("ok@acme.example", text) if field == "to" else text}
    with pytest.raises(ValueError, match="line"):
        built(**fields)


def test_a_line_break_in_the_message_id_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        build_message(MAIL, {}, message_id="<a@b>\nBcc: c@d", date=DATE, boundary_seed="s")


@pytest.mark.parametrize("field", ["filename", "media_type"])
def test_a_line_break_in_an_attachments_name_or_type_is_refused(field: str) -> None:
    attached = ATTACHED.model_copy(update={field: "application/pdf\r\nX-Evil: 1"})
    with pytest.raises(ValueError, match="linefeed"):
        built(attachments=(attached,))


@given(st.text())
def test_no_subject_adds_a_header_or_a_body(subject: str) -> None:
    try:
        raw = built(subject=subject)
    except ValueError:
        return
    message = parsed(raw)
    assert sorted(message.keys()) == sorted(NAMES)
    assert body(message) == MAIL.body


@pytest.mark.parametrize(
    "subject",
    ["Rechnung für Müller & Söhne", "請求書 佐藤", "Смета – 50 %", "🧾 \u202b שלום", "Ä" * 300],
)
def test_a_subject_in_any_script(subject: str) -> None:
    assert parsed(built(subject=subject))["Subject"] == subject


@given(st.lists(st.text(CHAR), max_size=5).map("\n".join))
def test_the_body_is_kept_to_the_letter(text: str) -> None:
    assert body(parsed(built(body=text))).removesuffix("\n") == text.removesuffix("\n")


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\r\n", PDF])
def test_the_attachment_is_intact(data: bytes) -> None:
    message = parsed(built(attachments=(ATTACHED,), blobs={ATTACHED.sha256: data}))
    assert body(message) == MAIL.body
    (part,) = message.iter_attachments()
    assert part.get_content() == data
    assert part.get_content_type() == "application/pdf"
    assert part.get_filename() == "2026-0007.pdf"
    assert part.get_content_disposition() == "attachment"


def test_an_attachment_may_have_any_name() -> None:
    name = 'Müller; "佐藤".pdf'
    attached = ATTACHED.model_copy(update={"filename": name})
    (part,) = parsed(built(attachments=(attached,))).iter_attachments()
    assert part.get_filename() == name


def test_missing_bytes_are_not_left_out_silently() -> None:
    with pytest.raises(KeyError):
        built(attachments=(ATTACHED,), blobs={})


@pytest.mark.parametrize("injected", ["=0D=0ABcc=3A_evil@z.example", "=0D=0A=0D=0AHello", ""])
def test_a_subject_that_looks_encoded_is_refused(injected: str) -> None:
    with pytest.raises(ValueError, match="encoded word"):
        built(subject=f"Invoice from =?utf-8?q?Anna{injected}?=")


@pytest.mark.parametrize(
    "address",
    ["a@y.example, evil@z.example", "müller@y.example", "nobody", "@y.example", "a@", "", "a b"],
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|domain|empty|wanted"):
        built(to=(address,))


def test_a_domain_of_any_script_goes_out_in_ascii() -> None:
    message = parsed(built(to=("a@müller.example",)))
    assert message["To"] == "a@xn--mller-kva.example"
    assert message_id(key=KEY, sender="Anna <me@müller.example>").endswith(
        "@xn--mller-kva.example>"
    )
