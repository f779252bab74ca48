"""The VAT rule: every branch with its rate, its reason on the card and its note on the document."""

from __future__ import annotations

import pytest

from graph.vat import EU, Vat, decide

REVERSE_EN = "Reverse charge: VAT is owed by the recipient (Art. 196 Directive 2006/112/EC)."
REVERSE_DE = "Steuerschuldnerschaft des Leistungsempfängers (Art. 196 Richtlinie 2006/112/EG)."
SMALL_EN = "No VAT charged: small business scheme (Art. 282 ff. Directive 2006/112/EC)."
SMALL_DE = "Kein Ausweis von Umsatzsteuer gemäß § 19 UStG (Kleinunternehmer)."
ABROAD_EN = "Not subject to VAT here: the service is supplied where the recipient is established."
ABROAD_DE = "Nicht steuerbar: Ort der Leistung ist der Sitz des Leistungsempfängers."


def ruled(
    buyer: str | None,
    vat_id: str | None = None,
    *,
    regime: str = "standard",
    seller: str = "DE",
    asked: str | None = None,
    language: str = "en",
) -> Vat:
    return decide(
        regime=regime,
        default_rate="19",
        seller_country=seller,
        buyer_country=buyer,
        buyer_vat_id=vat_id,
        asked_rate=asked,
        language=language,
    )


@pytest.mark.parametrize(
    ("buyer", "vat_id", "expected"),
    [
        ("DE", None, Vat(rate="19", note=None, reason="domestic")),
        ("DE", "DE123456789", Vat(rate="19", note=None, reason="domestic")),
        (
            None,
            None,
            Vat(
                rate="19",
                note=None,
                reason="country of the client not known, taken as domestic",
            ),
        ),
        ("FR", "FR12345678901", Vat(rate="0", note=REVERSE_EN, reason="reverse charge")),
        ("FR", None, Vat(rate="19", note=None, reason="EU client without VAT id")),
        ("FR", "", Vat(rate="19", note=None, reason="EU client without VAT id")),
        ("US", None, Vat(rate="0", note=ABROAD_EN, reason="client outside (US)")),
        ("CH", "CHE-123.456.789", Vat(rate="0", note=ABROAD_EN, reason="client outside (CH)")),
        ("GB", "GB123456789", Vat(rate="0", note=ABROAD_EN, reason="client outside (GB)")),
    ],
)
def test_a_standard_company(buyer: str | None, vat_id: str | None, expected: Vat) -> None:
    assert ruled(buyer, vat_id) == expected


def test_an_unknown_country_is_domestic_even_with_a_vat_id() -> None:
    assert ruled(None, "FR12345678901").rate == "19"


CLIENTS = [("DE", None), (None, None), ("FR", "FR12345678901"), ("FR", None), ("US", None)]


@pytest.mark.parametrize(("buyer", "vat_id"), CLIENTS)
def test_a_small_business_never_charges_vat(buyer: str | None, vat_id: str | None) -> None:
    expected = Vat(rate="0", note=SMALL_EN, reason="small business")
    assert ruled(buyer, vat_id, regime="small-business") == expected


@pytest.mark.parametrize(("buyer", "vat_id"), CLIENTS)
def test_who_is_not_registered_charges_none_and_cites_no_law(
    buyer: str | None, vat_id: str | None
) -> None:
    expected = Vat(rate="0", note=None, reason="not registered for VAT")
    assert ruled(buyer, vat_id, regime="not-registered") == expected


@pytest.mark.parametrize(
    ("seller", "buyer", "vat_id", "reason"),
    [
        ("CH", "CH", None, "domestic"),
        ("CH", "DE", "DE123456789", "client outside (DE)"),
        ("CH", "US", None, "client outside (US)"),
        ("AT", "DE", "DE123456789", "reverse charge"),
        ("AT", "DE", None, "EU client without VAT id"),
    ],
)
def test_the_seller_may_sit_elsewhere(
    seller: str, buyer: str, vat_id: str | None, reason: str
) -> None:
    assert ruled(buyer, vat_id, seller=seller).reason == reason


@pytest.mark.parametrize("country", sorted(EU - {"DE"}))
def test_reverse_charge_into_every_member_state(country: str) -> None:
    assert ruled(country, f"{country}1").reason == "reverse charge"


def test_the_union_has_27_members() -> None:
    assert len(EU) == 27
    assert not EU & {"GB", "CH", "NO", "IS", "LI", "UK", "EL", "TR", "UA", "RS"}


@pytest.mark.parametrize(
    ("buyer", "vat_id", "regime", "language", "note"),
    [
        ("FR", "FR1", "standard", "de", REVERSE_DE),
        ("FR", "FR1", "standard", "de-AT", REVERSE_DE),
        ("US", None, "standard", "de", ABROAD_DE),
        ("DE", None, "small-business", "de_DE", SMALL_DE),
        ("FR", "FR1", "standard", "fr", REVERSE_EN),
        ("US", None, "standard", "ja", ABROAD_EN),
        ("DE", None, "small-business", "pl", SMALL_EN),
    ],
)
def test_the_note_is_in_the_clients_language_or_in_english(
    buyer: str, vat_id: str | None, regime: str, language: str, note: str
) -> None:
    assert ruled(buyer, vat_id, regime=regime, language=language).note == note


@pytest.mark.parametrize(
    ("buyer", "vat_id", "regime", "asked", "differs"),
    [
        ("DE", None, "standard", "7", "the rule says 19 % (domestic)"),
        ("DE", None, "standard", "0", "the rule says 19 % (domestic)"),
        ("FR", "FR1", "standard", "19", "the rule says 0 % (reverse charge)"),
        ("FR", None, "standard", "0", "the rule says 19 % (EU client without VAT id)"),
        ("US", None, "standard", "19", "the rule says 0 % (client outside (US))"),
        ("DE", None, "small-business", "19", "the rule says 0 % (small business)"),
        ("DE", None, "not-registered", "19", "the rule says 0 % (not registered for VAT)"),
    ],
)
def test_her_own_rate_wins_and_the_difference_is_told(
    buyer: str, vat_id: str | None, regime: str, asked: str, differs: str
) -> None:
    expected = Vat(rate=asked, note=None, reason="the rate you wrote", differs=differs)
    assert ruled(buyer, vat_id, regime=regime, asked=asked) == expected


@pytest.mark.parametrize(
    ("buyer", "vat_id", "regime", "asked"),
    [
        ("DE", None, "standard", "19"),
        ("FR", "FR1", "standard", "0"),
        ("US", None, "standard", "0"),
        ("DE", None, "small-business", "0"),
    ],
)
def test_the_rate_the_rule_also_says_keeps_reason_and_note(
    buyer: str, vat_id: str | None, regime: str, asked: str
) -> None:
    assert ruled(buyer, vat_id, regime=regime, asked=asked) == ruled(buyer, vat_id, regime=regime)
