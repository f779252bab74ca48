"""The invoice as a PDF a client and a tax adviser accept. Same document, same bytes."""

from __future__ import annotations

import io
from itertools import groupby
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from adapters.commands import Document, Line
from adapters.payments.epc_qr import modules, payload
from adapters.payments.fonts import BOLD, REGULAR, Speller, register
from adapters.payments.wording import Words, words
from adapters.ports.printer import Printed
from stores.types import Money, minor_digits

_MARGIN = 56.0
_GREY = "#6b7280"
_RULE = "#d1d5db"


class InvoicePdf:
    """Implements `DocumentPrinter` with reportlab on A4."""

    def render(self, document: Document) -> Printed:
        from reportlab.lib.pagesizes import A4
        from reportlab.platypus import SimpleDocTemplate

        register()
        speller = Speller({})
        page = _Page(document, speller)
        out = io.BytesIO()
        template = SimpleDocTemplate(
            out,
            pagesize=A4,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=72,
            title=f"{page.words.title[document.kind]} {document.number}",
            author=document.seller.name.encode(errors="replace").decode(),
            invariant=1,
        )
        template.build(page.flow(), onFirstPage=page.footer, onLaterPages=page.footer)
        return Printed(pdf=out.getvalue(), missing=tuple(speller.missing))


class _Page:
    def __init__(self, document: Document, speller: Speller) -> None:
        self.document = document
        self.words: Words = words(document.language)
        self._speller = speller

    def flow(self) -> list[Any]:
        from reportlab.platypus import Spacer

        parts = [self._head(), Spacer(1, 26), self._title(), Spacer(1, 14), self._lines()]
        parts += [Spacer(1, 8), self._totals(), Spacer(1, 16)]
        parts += self._notes()
        payment = self._payment()
        if payment is not None:
            parts += [Spacer(1, 12), payment]
        return parts

    def _text(
        self,
        text: str,
        *,
        size: float = 9.5,
        bold: bool = False,
        grey: bool = False,
        right: bool = False,
    ) -> Any:
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.platypus import Paragraph

        font = BOLD if bold else REGULAR
        style = ParagraphStyle(
            f"s{size}{bold}{grey}{right}",
            fontName=font,
            fontSize=size,
            leading=size * 1.4,
            textColor=_GREY if grey else "#111827",
            alignment=2 if right else 0,
            splitLongWords=1,
        )
        return Paragraph(self._speller.markup(text, font=font), style)

    def _table(self, rows: list[list[Any]], widths: list[float], **more: Any) -> Any:
        from reportlab.platypus import Table, TableStyle

        style = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            *more.pop("style", []),
        ]
        return Table(rows, colWidths=widths, style=TableStyle(style), splitInRow=1, **more)

    def _head(self) -> Any:
        seller, buyer = self.document.seller, self.document.buyer
        left = [self._text(self.words.bill_to, size=8, grey=True)]
        left.append(self._text(buyer.name, size=11, bold=True))
        for extra in (buyer.address, buyer.country, buyer.email):
            if extra:
                left.append(self._text(extra))
        if buyer.vat_id:
            left.append(self._text(f"{self.words.vat_id} {buyer.vat_id}"))
        right = [self._text(seller.name, size=11, bold=True, right=True)]
        for extra in (seller.address, seller.country, seller.email):
            if extra:
                right.append(self._text(extra, right=True))
        return self._table([[left, right]], [270, 213])

    def _title(self) -> Any:
        document, said = self.document, self.words
        facts = [(said.number, document.number), (said.date, self._day(document.issued_on))]
        if document.due_on:
            facts.append((said.due, self._day(document.due_on)))
        if document.supplied:
            facts.append((said.supplied, document.supplied))
        if document.corrects:
            facts.append((said.corrects, document.corrects))
        rows = [
            [self._text(name, grey=True, right=True), self._text(value, right=True)]
            for name, value in facts
        ]
        title = self._text(said.title[document.kind], size=20, bold=True)
        return self._table([[title, self._table(rows, [100, 105])]], [278, 205])

    def _lines(self) -> Any:
        said = self.words
        names = (said.what, said.quantity, said.price, said.vat, said.net)
        head = [
            self._text(name, size=8, grey=True, right=index > 0) for index, name in enumerate(names)
        ]
        rows = [head, *(self._line(line) for line in self.document.lines)]
        style = [
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, _RULE),
            ("TOPPADDING", (0, 0), (-1, -1), 5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
        ]
        return self._table(rows, [228, 50, 80, 45, 80], repeatRows=1, style=style)

    def _line(self, line: Line) -> list[Any]:
        quantity = self._decimal(line.quantity)
        return [
            self._text(line.description),
            self._text(quantity, right=True),
            self._text(self._money(line.unit_price_minor), right=True),
            self._text(f"{self._decimal(line.tax_rate)} %", right=True),
            self._text(self._money(line.net_minor), right=True),
        ]

    def _totals(self) -> Any:
        document, said = self.document, self.words
        facts = [(said.subtotal, document.net_minor)]
        facts += [
            (f"{said.vat} {self._decimal(tax.rate)} %", tax.tax_minor) for tax in document.taxes
        ]
        rows = [
            [
                "",
                self._text(name, grey=True, right=True),
                self._text(self._money(minor), right=True),
            ]
            for name, minor in facts
        ]
        total = self._text(self._money(document.total_minor), size=12, bold=True, right=True)
        rows.append(["", self._text(said.total, size=12, bold=True, right=True), total])
        style = [("LINEABOVE", (1, -1), (-1, -1), 0.8, "#111827")]
        return self._table(rows, [218, 135, 130], style=style)

    def _notes(self) -> list[Any]:
        document = self.document
        notes = [document.tax_note] if document.tax_note else []
        if document.corrects:
            notes.append(self.words.corrects_note.format(number=document.corrects))
        return [self._table([[self._text(note)]], [483]) for note in notes]

    def _payment(self) -> Any | None:
        document, said = self.document, self.words
        bank = document.bank
        if bank is None:
            return None
        iban = " ".join(bank.iban[index : index + 4] for index in range(0, len(bank.iban), 4))
        facts = [(said.holder, bank.holder), ("IBAN", iban)]
        if bank.bic:
            facts.append(("BIC", bank.bic))
        facts.append((said.reference, document.reference or document.number))
        rows = [[self._text(name, grey=True), self._text(value)] for name, value in facts]
        text = payload(document)
        scan = [_code(text), self._text(said.scan, size=7, grey=True)] if text else []
        left = [self._text(said.pay, bold=True), self._table(rows, [95, 250])]
        return self._table([[left, scan]], [370, 113])

    def footer(self, canvas: Any, template: Any) -> None:
        """Tax numbers and the page on every page."""
        seller = self.document.seller
        parts = [seller.name]
        if seller.tax_id:
            parts.append(f"{self.words.tax_id} {seller.tax_id}")
        if seller.vat_id:
            parts.append(f"{self.words.vat_id} {seller.vat_id}")
        parts.append(f"{self.document.number} · {self.words.page} {canvas.getPageNumber()}")
        line = self._text(" · ".join(parts), size=7.5, grey=True)
        line.wrapOn(canvas, template.width, 40)
        line.drawOn(canvas, _MARGIN, 36)

    def _decimal(self, text: str) -> str:
        """With every digit it has: quantity times price must give the net amount."""
        return format_decimal(text, locale=self.words.locale, decimal_quantization=False)

    def _day(self, when: Any) -> str:
        return format_date(when, "long", locale=self.words.locale)

    def _money(self, minor: int) -> str:
        currency = self.document.currency
        digits = minor_digits(currency)
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + " ¤¤"
        return format_currency(
            Money(amount_minor=minor, currency=currency).major,
            currency,
            format=pattern,
            locale=self.words.locale,
            currency_digits=False,
        )


def _code(text: str) -> Any:
    """The QR code as one path of horizontal runs, about 3 cm: a third of the time of squares."""
    from reportlab.graphics.shapes import Drawing, Path
    from reportlab.lib.colors import Color

    rows = modules(text)
    size = 88.0
    cell = size / len(rows)
    path = Path(strokeColor=None, strokeWidth=0, fillColor=Color(0, 0, 0))
    for y, row in enumerate(rows):
        top, x = size - y * cell, 0
        for dark, run in groupby(row):
            width = sum(1 for _ in run)
            if dark:
                left, right = x * cell, (x + width) * cell
                path.moveTo(left, top - cell)
                path.lineTo(right, top - cell)
                path.lineTo(right, top)
                path.lineTo(left, top)
                path.closePath()
            x += width
    drawing = Drawing(size, size)
    drawing.add(path)
    return drawing
