"""Which VAT goes on an invoice: one pure rule over regime, both countries and the VAT ids.

Sources: Directive 2006/112/EC, Art. 44 (services to a business are taxed where it sits), Art. 45
(to a consumer, where the seller sits), Art. 196 (reverse charge), Art. 282 ff. (small business).
"""

from __future__ import annotations

from dataclasses import dataclass

EU = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)

_REVERSE = {
    "en": "Reverse charge: VAT is owed by the recipient (Art. 196 Directive 2006/112/EC).",
    "de": "Steuerschuldnerschaft des Leistungsempfängers (Art. 196 Richtlinie 2006/112/EG).",
}
_SMALL = {
    "en": "No VAT charged: small business scheme (Art. 282 ff. Directive 2006/112/EC).",
    "de": "Kein Ausweis von Umsatzsteuer gemäß § 19 UStG (Kleinunternehmer).",
}
_ABROAD = {
    "en": "Not subject to VAT here: the service is supplied where the recipient is established.",
    "de": "Nicht steuerbar: Ort der Leistung ist der Sitz des Leistungsempfängers.",
}


@dataclass(frozen=True, kw_only=True)
class Vat:
    """`rate` in percent as a decimal string; `note` goes on the document, `reason` on the card."""

    rate: str
    note: str | None
    reason: str
    differs: str | None = None  # what the rule would have said, if she said otherwise


def decide(
    *,
    regime: str,
    default_rate: str,
    seller_country: str,
    buyer_country: str | None,
    buyer_vat_id: str | None,
    asked_rate: str | None = None,
    language: str = "en",
) -> Vat:
    """`regime` is standard, small-business or not-registered; `asked_rate` what she wrote."""
    ruled = _ruled(regime, default_rate, seller_country, buyer_country, buyer_vat_id, language)
    if asked_rate is None or asked_rate == ruled.rate:
        return ruled
    return Vat(
        rate=asked_rate,
        note=None,
        reason="the rate you wrote",
        differs=f"the rule says {ruled.rate} % ({ruled.reason})",
    )


def _ruled(
    regime: str,
    default_rate: str,
    seller: str,
    buyer: str | None,
    vat_id: str | None,
    language: str,
) -> Vat:
    if regime == "small-business":
        return Vat(rate="0", note=_said(_SMALL, language), reason="small business")
    if regime == "not-registered":
        return Vat(rate="0", note=None, reason="not registered for VAT")
    if buyer is None or buyer == seller:
        reason = "domestic" if buyer else "country of the client not known, taken as domestic"
        return Vat(rate=default_rate, note=None, reason=reason)
    if seller in EU and buyer in EU:
        if vat_id:
            return Vat(rate="0", note=_said(_REVERSE, language), reason="reverse charge")
        return Vat(rate=default_rate, note=None, reason="EU client without VAT id")
    return Vat(rate="0", note=_said(_ABROAD, language), reason=f"client outside ({buyer})")


def _said(texts: dict[str, str], language: str) -> str:
    return texts.get(language[:2], texts["en"])
