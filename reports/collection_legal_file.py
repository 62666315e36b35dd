import io
import zipfile

from .collection_workbook import CollectionWorkbook


class LegalFile(CollectionWorkbook):
    """What a lawyer or a bailiff needs of a customer: a list of what is owed, written,
    said and promised, the letters as they were sent, the invoices."""

    def __init__(self, account):
        super().__init__(account.env)
        self.account = account
        # sudo: whoever may read the account may read what was agreed and said with it
        self.account_sudo = account.sudo()
        self.items = account.item_ids.filtered(lambda item: item.state == "open")
        self.letters = account.letter_ids.filtered(
            lambda letter: letter.state == "sent"
        ).sorted(lambda letter: (letter.date, letter.id))

    def get_zip(self):
        """The file: a workbook, and a folder each of invoices and of letters."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{self.env._('File')}.xlsx", self.get_content())
            for folder, documents in (
                (self.env._("Invoices"), self._get_invoices()),
                (self.env._("Letters"), self._get_letters()),
            ):
                for position, (name, content) in enumerate(documents, start=1):
                    # a name may be given twice, and holds slashes
                    plain = name.replace("/", "-").replace("\\", "-")
                    archive.writestr(f"{folder}/{position:03} {plain}", content)
        return stream.getvalue()

    def _get_invoices(self):
        """The open invoices, and what is attached to them: orders, proofs of
        delivery."""
        seen = set()
        for item in self.items:
            # sudo: documents of invoices whose items the user may read
            move_sudo = item.sudo().move_id
            if move_sudo.id in seen or not move_sudo.is_invoice(include_receipts=True):
                continue
            seen.add(move_sudo.id)
            yield item._get_invoice_pdf()
            for attachment_sudo in move_sudo.attachment_ids:
                if attachment_sudo.res_field or not attachment_sudo.raw:
                    continue
                yield f"{move_sudo.name} {attachment_sudo.name}", attachment_sudo.raw

    def _get_letters(self):
        for letter in self.letters:
            # sudo: the PDF of a letter that may be read
            attachment_sudo = letter.sudo().attachment_id
            if attachment_sudo and attachment_sudo._is_intact():
                yield f"{letter.date} {attachment_sudo.name}", attachment_sudo.raw

    # ------------------------------------------------------------------
    # The workbook
    # ------------------------------------------------------------------

    def _get_properties(self):
        return {"title": self.env._("Legal file"), "subject": self.account.display_name}

    def _write_sheets(self):
        self._write_items()
        self._write_letters()
        self._write_calls()
        self._write_promises()

    def _write_items(self):
        sheet = self._add_sheet(
            self.env._("Claim"),
            [
                (self.env._("Invoice"), 20),
                (self.env._("Invoice Date"), 12),
                (self.env._("Due Date"), 12),
                (self.env._("Amount"), 15),
                (self.env._("Open"), 15),
                (self.env._("Disputed"), 15),
                (self.env._("Enforceable until"), 14),
            ],
        )
        for row, item in enumerate(self.items.sorted("date_due"), start=1):
            # sudo: the invoice of an item that the user may read
            move_sudo = item.sudo().move_id
            self._write_text(sheet, row, 0, item.move_name)
            self._write_date(sheet, row, 1, move_sudo.invoice_date)
            self._write_date(sheet, row, 2, item.date_due)
            for column, amount in enumerate(
                (item.amount_total, item.amount_residual, item.amount_disputed), start=3
            ):
                self._write_amount(sheet, row, column, amount, item.currency_id)
            self._write_date(sheet, row, 6, item.date_limitation)

    def _write_letters(self):
        sheet = self._add_sheet(
            self.env._("Letters"),
            [
                (self.env._("Number"), 18),
                (self.env._("Date"), 12),
                (self.env._("Letter"), 30),
                (self.env._("Channel"), 18),
                (self.env._("Posted on"), 12),
                (self.env._("Tracking Number"), 22),
                (self.env._("First Presented on"), 12),
                (self.env._("Total"), 15),
            ],
        )
        channels = dict(
            self.letters._fields["channel"]._description_selection(self.env)
        )
        for row, letter in enumerate(self.letters, start=1):
            # sudo: the name of the level, of a letter that the user may read
            letter_sudo = letter.sudo()
            self._write_text(sheet, row, 0, letter.number)
            self._write_date(sheet, row, 1, letter.date)
            self._write_text(sheet, row, 2, letter_sudo._get_title())
            self._write_text(sheet, row, 3, channels[letter.channel])
            self._write_date(sheet, row, 4, letter.date_posted)
            self._write_text(sheet, row, 5, letter.tracking_number)
            self._write_date(sheet, row, 6, letter.date_presented)
            self._write_amount(sheet, row, 7, letter.amount_total, letter.currency_id)

    def _write_calls(self):
        sheet = self._add_sheet(
            self.env._("Calls"),
            [
                (self.env._("Date"), 12),
                (self.env._("Number"), 16),
                (self.env._("Spoken to"), 24),
                (self.env._("Outcome"), 30),
                (self.env._("Note"), 80),
            ],
        )
        for row, call in enumerate(self.account_sudo.call_ids.sorted("date"), start=1):
            self._write_date(sheet, row, 0, call._get_day())
            self._write_text(sheet, row, 1, call.number)
            self._write_text(sheet, row, 2, call.person)
            self._write_text(sheet, row, 3, call.outcome_id.name)
            self._write_text(sheet, row, 4, call.note)

    def _write_promises(self):
        sheet = self._add_sheet(
            self.env._("Promises"),
            [
                (self.env._("Made on"), 12),
                (self.env._("To Be Paid by"), 12),
                (self.env._("Promised by"), 24),
                (self.env._("Amount"), 15),
                (self.env._("Received"), 15),
                (self.env._("Status"), 14),
            ],
        )
        promises = self.account_sudo.promise_ids.sorted("date_made")
        states = dict(promises._fields["state"]._description_selection(self.env))
        for row, promise in enumerate(promises, start=1):
            self._write_date(sheet, row, 0, promise.date_made)
            self._write_date(sheet, row, 1, promise.date_promised)
            self._write_text(sheet, row, 2, promise.person)
            for column, amount in enumerate(
                (promise.amount, promise.amount_received), start=3
            ):
                self._write_amount(sheet, row, column, amount, promise.currency_id)
            self._write_text(sheet, row, 5, states[promise.state])
