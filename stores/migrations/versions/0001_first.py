"""The first tables. Written out: what a migration made never changes with the code."""

import sqlalchemy as sa
from alembic import op

from stores.triggers import assert_held, hold

revision = "0001"
down_revision = None

WORD, TEXT, INT, FLAG, DAY = sa.String(), sa.Text(), sa.Integer(), sa.Boolean(), sa.Date()
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DUE = sa.text("shown_revision < wanted_revision")
column, ref = sa.Column, sa.ForeignKey


def upgrade() -> None:
    op.create_table(
        "button",
        column("token", WORD, primary_key=True),
        column("card_id", WORD, nullable=False, index=True),
        column("verb", WORD, nullable=False),
        column("subject_id", WORD, nullable=False),
        column("argument", TEXT, nullable=True),
    )
    op.create_table(
        "card",
        column("id", WORD, primary_key=True),
        column("kind", WORD, nullable=False),
        column("subject_id", WORD, nullable=True, index=True),
        column("run_id", WORD, nullable=True, index=True),
        column("content", TEXT, nullable=False),
        column("revision", INT, nullable=False),
        column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "claim_code",
        column("code_sha256", WORD, primary_key=True),
        column("channel", WORD, nullable=False),
        column("expires_at", MOMENT, nullable=False),
        column("used_at", MOMENT, nullable=True),
    )
    op.create_table(
        "company",
        column("id", INT, primary_key=True),
        column("name", WORD, nullable=True),
        column("address", WORD, nullable=True),
        column("country", WORD, nullable=True),
        column("email", WORD, nullable=True),
        column("tax_id", WORD, nullable=True),
        column("vat_id", WORD, nullable=True),
        column("vat_regime", WORD, nullable=True),
        column("default_vat", WORD, nullable=True),
        column("iban", WORD, nullable=True),
        column("iban_asked", FLAG, nullable=False),
        column("terms_days", INT, nullable=False),
        column("timezone", WORD, nullable=False),
        column("currency", WORD, nullable=False),
        column("locale", WORD, nullable=False),
    )
    op.create_table(
        "contract",
        column("id", WORD, primary_key=True),
        column("run_id", WORD, nullable=False, unique=True),
        column("intent_kind", WORD, nullable=False),
        column("statement", WORD, nullable=False),
        column("due_at", MOMENT, nullable=False),
        column("state", WORD, nullable=False, index=True),
        column("evidence", WORD, nullable=True),
        column("settled_at", MOMENT, nullable=True),
    )
    op.create_table(
        "control",
        column("id", INT, primary_key=True),
        column("stopped_at", MOMENT, nullable=True),
        column("stopped_by", WORD, nullable=True),
    )
    op.create_table(
        "conversation",
        column("id", WORD, primary_key=True),
        column("run_id", WORD, nullable=True),
        column("expects", WORD, nullable=True),
        column("expects_id", WORD, nullable=True),
        column("customer_id", WORD, nullable=True),
        column("invoice_number", WORD, nullable=True),
    )
    op.create_table(
        "customer",
        column("id", WORD, primary_key=True),
        column("name", WORD, nullable=False, index=True),
        column("name_folded", WORD, nullable=False, unique=True),
        column("email", WORD, nullable=True),
        column("contact", WORD, nullable=True),
        column("address", WORD, nullable=True),
        column("country", WORD, nullable=True),
        column("vat_id", WORD, nullable=True),
        column("language", WORD, nullable=True),
        column("currency", WORD, nullable=True),
        column("timezone", WORD, nullable=True),
        column("terms_days", INT, nullable=True),
        column("notes", WORD, nullable=True),
        column("provenance", TEXT, nullable=False),
        column("created_at", MOMENT, nullable=False),
        column("archived_at", MOMENT, nullable=True),
    )
    op.create_table(
        "document_number",
        column("series", WORD, primary_key=True),
        column("year", INT, primary_key=True),
        column("n", INT, primary_key=True),
        column("state", WORD, nullable=False),
        column("action_id", WORD, nullable=True, index=True),
        column("reason", WORD, nullable=True),
    )
    op.create_table(
        "document_series",
        column("series", WORD, primary_key=True),
        column("year", INT, primary_key=True),
        column("first_n", INT, nullable=False),
    )
    op.create_table(
        "event",
        column("seq", WHOLE, primary_key=True, autoincrement=False),
        column("type", WORD, nullable=False),
        column("version", INT, nullable=False),
        column("at", WORD, nullable=False),
        column("subject", WORD, nullable=False, index=True),
        column("payload", WORD, nullable=False),
        column("prev_hash", WORD, nullable=False),
        column("hash", WORD, nullable=False),
    )
    op.create_table(
        "event_head",
        column("id", INT, primary_key=True),
        column("seq", WHOLE, nullable=False),
        column("hash", WORD, nullable=False),
    )
    op.create_table(
        "intent",
        column("id", WORD, primary_key=True),
        column("run_id", WORD, nullable=False, index=True),
        column("inbox_id", WORD, nullable=False, index=True),
        column("kind", WORD, nullable=False),
        column("slots", TEXT, nullable=False),
        column("missing", TEXT, nullable=False),
        column("choices", TEXT, nullable=False),
        column("confidence_ppm", INT, nullable=False),
        column("via", WORD, nullable=False),
        column("amends", WORD, nullable=True),
        column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "ledger_entry",
        column("id", WHOLE, primary_key=True),
        column("event_seq", WHOLE, nullable=False),
        column("leg", INT, nullable=False),
        column("account", WORD, nullable=False, index=True),
        column("currency", WORD, nullable=False),
        column("amount_minor", WHOLE, nullable=False),
        column("customer_id", WORD, nullable=True, index=True),
        column("booked_on", DAY, nullable=False, index=True),
        sa.UniqueConstraint("event_seq", "leg"),
    )
    op.create_table(
        "operator_identity",
        column("id", WORD, primary_key=True),
        column("channel", WORD, nullable=False),
        column("team", WORD, nullable=False),
        column("user_id", WORD, nullable=False),
        column("chat_id", WORD, nullable=False),
        column("claimed_at", MOMENT, nullable=False),
        column("revoked_at", MOMENT, nullable=True),
        sa.UniqueConstraint("channel", "team", "user_id"),
    )
    op.create_table(
        "personal_text",
        column("id", WORD, primary_key=True),
        column("subject", WORD, nullable=False, index=True),
        column("salt", WORD, nullable=False),
        column("text", WORD, nullable=True),
        column("keep_until", DAY, nullable=True),
        column("legal_basis", WORD, nullable=False),
    )
    op.create_table(
        "question",
        column("id", WORD, primary_key=True),
        column("run_id", WORD, nullable=False, index=True),
        column("field", WORD, nullable=False),
        column("card_id", WORD, nullable=True),
        column("state", WORD, nullable=False, index=True),
        column("answer", TEXT, nullable=True),
        column("asked_at", MOMENT, nullable=False),
    )
    op.create_table(
        "run",
        column("id", WORD, primary_key=True),
        column("inbox_id", WORD, nullable=False, index=True),
        column("intent_id", WORD, nullable=True, index=True),
        column("channel", WORD, nullable=False),
        column("chat_id", WORD, nullable=False),
        column("state", WORD, nullable=False, index=True),
        column("started_at", MOMENT, nullable=False),
        column("finished_at", MOMENT, nullable=True),
        column("failure", WORD, nullable=True),
    )
    op.create_table(
        "schema_note",
        column("name", WORD, primary_key=True),
        column("value", WORD, nullable=False),
    )
    op.create_table(
        "stranger",
        column("channel", WORD, primary_key=True),
        column("user_id", WORD, primary_key=True),
        column("first_seen_at", MOMENT, nullable=False),
        column("messages", INT, nullable=False),
    )
    op.create_table(
        "action",
        column("id", WORD, primary_key=True),
        column("run_id", WORD, nullable=False, index=True),
        column("intent_id", WORD, nullable=False),
        column("kind", WORD, nullable=False),
        column("command_type", WORD, nullable=False),
        column("command_text_id", WORD, ref("personal_text.id"), nullable=False),
        column("content_hash", WORD, nullable=False),
        column("counterparty_id", WORD, nullable=True, index=True),
        column("amount_minor", WHOLE, nullable=True),
        column("currency", WORD, nullable=True),
        column("tainted", TEXT, nullable=False),
        column("checks", TEXT, nullable=False),
        column("state", WORD, nullable=False, index=True),
        column("verdict", WORD, nullable=False),
        column("reason", WORD, nullable=False),
        column("supersedes", WORD, nullable=True),
        column("compensates", WORD, nullable=True, index=True),
        column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_action_kind_created", "action", ["kind", "created_at"])
    op.create_table(
        "delivery",
        column("id", WORD, primary_key=True),
        column("card_id", WORD, ref("card.id"), nullable=False, index=True),
        column("channel", WORD, nullable=False),
        column("chat_id", WORD, nullable=False),
        column("message_id", WORD, nullable=True, index=True),
        column("wanted_revision", INT, nullable=False),
        column("shown_revision", INT, nullable=False),
        column("files_shown", INT, nullable=False),
        column("attempts", INT, nullable=False),
        column("not_before", MOMENT, nullable=False),
        column("given_up", WORD, nullable=True),
        sa.UniqueConstraint("card_id", "channel", "chat_id"),
    )
    op.create_index(
        "ix_delivery_due", "delivery", ["not_before"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_table(
        "episode",
        column("id", WORD, primary_key=True),
        column("run_id", WORD, nullable=False, unique=True),
        column("customer_id", WORD, nullable=True, index=True),
        column("text_id", WORD, ref("personal_text.id"), nullable=False),
        column("happened_at", MOMENT, nullable=False),
        column("version", INT, nullable=False),
    )
    op.create_table(
        "inbox",
        column("id", WORD, primary_key=True),
        column("channel", WORD, nullable=False),
        column("provider_id", WORD, nullable=False),
        column("chat_id", WORD, nullable=False),
        column("user_id", WORD, nullable=False),
        column("kind", WORD, nullable=False),
        column("text_id", WORD, ref("personal_text.id"), nullable=True),
        column("reply_to", WORD, nullable=True),
        column("state", WORD, nullable=False, index=True),
        column("run_id", WORD, nullable=True, index=True),
        column("attempts", INT, nullable=False),
        column("received_at", MOMENT, nullable=False),
        sa.UniqueConstraint("channel", "provider_id"),
    )
    op.create_table(
        "invoice",
        column("id", WORD, primary_key=True),
        column("number", WORD, nullable=False, unique=True),
        column("customer_id", WORD, ref("customer.id"), nullable=False, index=True),
        column("action_id", WORD, nullable=False, index=True),
        column("currency", WORD, nullable=False),
        column("net_minor", WHOLE, nullable=False),
        column("tax_minor", WHOLE, nullable=False),
        column("total_minor", WHOLE, nullable=False),
        column("issued_on", DAY, nullable=False, index=True),
        column("due_on", DAY, nullable=True),
        column("settled_minor", WHOLE, nullable=False),
        column("state", WORD, nullable=False, index=True),
        column("document_text_id", WORD, ref("personal_text.id"), nullable=False),
        column("pdf_sha256", WORD, nullable=True),
        column("event_seq", WHOLE, nullable=False),
    )
    op.create_table(
        "payment",
        column("id", WORD, primary_key=True),
        column("customer_id", WORD, ref("customer.id"), nullable=False, index=True),
        column("action_id", WORD, nullable=False, index=True),
        column("currency", WORD, nullable=False),
        column("amount_minor", WHOLE, nullable=False),
        column("received_on", DAY, nullable=False),
        column("reversed_at", MOMENT, nullable=True),
        column("event_seq", WHOLE, nullable=False),
    )
    op.create_table(
        "project",
        column("id", WORD, primary_key=True),
        column("customer_id", WORD, ref("customer.id"), nullable=False, index=True),
        column("name", WORD, nullable=False),
        column("rate_minor", WHOLE, nullable=True),
        column("currency", WORD, nullable=True),
        column("created_at", MOMENT, nullable=False),
        column("closed_at", MOMENT, nullable=True),
    )
    op.create_table(
        "approval",
        column("id", WORD, primary_key=True),
        column("action_id", WORD, ref("action.id"), nullable=False, unique=True),
        column("content_hash", WORD, nullable=False),
        column("state", WORD, nullable=False, index=True),
        column("requested_at", MOMENT, nullable=False),
        column("expires_at", MOMENT, nullable=False),
        column("reminded_at", MOMENT, nullable=True),
        column("snoozed_until", MOMENT, nullable=True),
        column("decided_at", MOMENT, nullable=True),
        column("decided_by", WORD, nullable=True),
        column("decided_via", WORD, nullable=True),
        column("reason_text_id", WORD, ref("personal_text.id"), nullable=True),
    )
    op.create_table(
        "credit_note",
        column("id", WORD, primary_key=True),
        column("number", WORD, nullable=False, unique=True),
        column("invoice_id", WORD, ref("invoice.id"), nullable=False, unique=True),
        column("customer_id", WORD, ref("customer.id"), nullable=False, index=True),
        column("action_id", WORD, nullable=False, index=True),
        column("currency", WORD, nullable=False),
        column("net_minor", WHOLE, nullable=False),
        column("tax_minor", WHOLE, nullable=False),
        column("total_minor", WHOLE, nullable=False),
        column("issued_on", DAY, nullable=False),
        column("pdf_sha256", WORD, nullable=True),
        column("event_seq", WHOLE, nullable=False),
    )
    op.create_table(
        "payment_allocation",
        column("payment_id", WORD, ref("payment.id"), primary_key=True),
        column("invoice_id", WORD, ref("invoice.id"), primary_key=True, index=True),
        column("amount_minor", WHOLE, nullable=False),
    )
    op.create_table(
        "operation",
        column("id", WORD, primary_key=True),
        column("action_id", WORD, ref("action.id"), nullable=False, unique=True),
        column("approval_id", WORD, ref("approval.id"), nullable=True),
        column("allowed_by", WORD, nullable=True),
        column("command_type", WORD, nullable=False),
        column("key", WORD, nullable=False, unique=True),
        column("content_hash", WORD, nullable=False),
        column("raw_sha256", WORD, nullable=True),
        column("not_before", MOMENT, nullable=False),
        column("not_after", MOMENT, nullable=False),
        column("state", WORD, nullable=False, index=True),
        column("attempts", INT, nullable=False),
        column("dispatching_at", MOMENT, nullable=True),
        column("settled_at", MOMENT, nullable=True),
        column("problem", WORD, nullable=True),
    )
    op.create_table(
        "receipt",
        column("id", WORD, primary_key=True),
        column("operation_id", WORD, ref("operation.id"), nullable=False, unique=True),
        column("reference", WORD, nullable=False),
        column("evidence", WORD, nullable=True),
        column("verified_at", MOMENT, nullable=True),
        column("received_at", MOMENT, nullable=False),
    )

    connection = op.get_bind()
    hold(connection, "event")
    hold(connection, "ledger_entry")
    hold(connection, "credit_note")
    hold(connection, "invoice", movable=("settled_minor", "state"))
    hold(connection, "payment", movable=("reversed_at",))
    op.execute("INSERT INTO event_head (id, seq, hash) VALUES (1, 0, '" + "0" * 64 + "')")
    op.execute("INSERT INTO control (id) VALUES (1)")
    assert_held(connection)
