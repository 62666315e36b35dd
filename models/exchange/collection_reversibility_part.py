import hashlib
import tempfile
import zipfile

from odoo import api, fields, models, modules
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, formatLang, split_every

from ...reports.collection_reversibility_xlsx import ReversibilityWorkbook
from ..delegation.collection_placement_item import WENT
from .reversibility_sheets import ACCOUNT_SHEETS, MANDATE_SHEETS

ACCOUNTS_REPORT = "account_collection.action_report_reversibility_accounts"
#: rows of one table of the list
TABLE_ROWS = 100
#: amounts and acts that the list shows
AMOUNTS = ("amount", "overdue", "received", "credited", "written_off", "open")
ACTS = ("calls", "promises", "plans", "disputes", "letters", "notes", "complaints")
#: what was agreed or is contested and goes on, and by which day something is expected
PENDING = {
    "promises": (("open",), "date_promised"),
    "plans": (("to_approve", "active"), "next_date"),
    "disputes": (("open", "in_progress"), "deadline"),
}
#: where receipts are added up; what is neither money nor a loss is a credit
SETTLED = {"money": "received", "write_off": "written_off"}


class CollectionReversibilityPart(models.Model):
    """Some customers of a package, or the mandate itself, as one file.

    What belongs to it is found here through the ORM; `collection_reversibility_check`
    asks the database for it in a way of its own.
    """

    _name = "collection.reversibility.part"
    _description = "Part of a Reversibility Package"
    _order = "reversibility_id, sequence"
    _rec_name = "sequence"

    reversibility_id = fields.Many2one(
        comodel_name="collection.reversibility",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="reversibility_id.company_id", store=True, index=True, precompute=True
    )
    sequence = fields.Integer(string="Part", readonly=True)
    kind = fields.Selection(
        selection=[("mandate", "The mandate"), ("accounts", "Customers")],
        required=True,
        readonly=True,
    )
    # of the numbers of customers, both included
    account_from = fields.Integer(readonly=True, export_string_translation=False)
    account_to = fields.Integer(readonly=True, export_string_translation=False)
    state = fields.Selection(
        selection=[
            ("waiting", "Waiting"),
            ("made", "Written"),
            ("checked", "Read back"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    attachment_id = fields.Many2one(
        comodel_name="ir.attachment",
        string="File",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    file_size = fields.Integer(related="attachment_id.file_size")
    fingerprint = fields.Char(
        string="Fingerprint (SHA-256)",
        readonly=True,
        help="Of the file as it was written: another one has another fingerprint.",
    )
    account_count = fields.Integer(string="Customers", readonly=True)
    row_count = fields.Integer(string="Rows", readonly=True)
    difference_count = fields.Integer(string="Differences", readonly=True)
    differences = fields.Text(
        string="What Differs", readonly=True, help="The first ones of each sheet."
    )
    counts = fields.Json(
        readonly=True,
        help="Rows and amounts of each sheet, in the database and read back.",
    )

    # ------------------------------------------------------------------
    # What belongs to it
    # ------------------------------------------------------------------

    @api.model
    def _get_account_sheets(self):
        """Sheets about customers; areas that know more of them add theirs."""
        return ACCOUNT_SHEETS

    @api.model
    def _get_mandate_sheets(self):
        return MANDATE_SHEETS

    def _get_sheets(self):
        self.ensure_one()
        if self.kind == "mandate":
            return self._get_mandate_sheets()
        return self._get_account_sheets()

    @api.model
    def _get_titles(self):
        """Names of the sheets: {code: name}."""
        return {
            "accounts": self.env._("Accounts"),
            "changes": self.env._("History"),
            "items": self.env._("Items"),
            "events": self.env._("What Became of Items"),
            "calls": self.env._("Calls"),
            "promises": self.env._("Promises"),
            "plans": self.env._("Payment Plans"),
            "instalments": self.env._("Instalments"),
            "disputes": self.env._("Disputes"),
            "letters": self.env._("Letters"),
            "letter_lines": self.env._("Lines of Letters"),
            "receipts": self.env._("Money and Settlements"),
            "notes": self.env._("Messages of the Provider"),
            "complaints": self.env._("Complaints"),
            "satisfaction": self.env._("Satisfaction"),
            "limits": self.env._("Beyond the Powers"),
            "access": self.env._("Who Read What"),
            "placements": self.env._("Hand-overs"),
            "placement_changes": self.env._("History of Hand-overs"),
            "extensions": self.env._("Extensions"),
            "members": self.env._("Team"),
            "amendments": self.env._("Amendments"),
            "amendment_lines": self.env._("Amended Terms"),
            "reviews": self.env._("Answers to Reviews"),
            "files": self.env._("Files"),
        }

    def _in_company_time(self):
        """These parts as they are written: in the language of who asked, by the days
        of the company."""
        self.ensure_one()
        package = self.reversibility_id
        return self.with_context(
            lang=package.lang or self.env.lang,
            tz=package.company_id._get_collection_zone(),
            active_test=False,
        )

    def _collect(self):
        """Records of each sheet: {code: records}."""
        held = self._get_time_held() if self.kind == "accounts" else {}
        found = {}
        for sheet in self._get_sheets():
            found[sheet.code] = self._find(sheet, held, found)
        return found

    def _find(self, sheet, held, found):
        """Records of one sheet, by customer.

        :param held: {account id: [(first day, last day or False)]}
        :param found: records of the sheets before it
        """
        model = self.env[sheet.model]
        if sheet.parent:
            code, link = sheet.parent
            domain = Domain(link, "in", found[code].ids)
            if sheet.code == "placement_changes":
                # those of a customer stand with the customer
                domain &= Domain("line_id", "=", False)
            return model.search(domain, order="id").sorted(
                lambda row: (row[link].id, row.id)
            )
        if sheet.day:
            acts = model.search([("account_id", "in", list(held))], order="id")
            return acts.filtered(
                lambda act: self._is_of_mandate(act, sheet.day, held)
            ).sorted(lambda act: (act.account_id.id, act.id))
        return model.search(self._get_domain(sheet), order="id")

    def _get_domain(self, sheet):
        """Domain of what names its mandate itself."""
        domain = Domain("mandate_id", "=", self.reversibility_id.mandate_id.id)
        if sheet.code == "placements":
            handed = self.reversibility_id.mandate_id._get_handed_over()
            return Domain("id", "in", handed.ids)
        if sheet.code == "reviews":
            return domain & Domain("account_id", "=", False)
        if sheet.of_accounts:
            domain &= Domain(
                "account_id",
                "any",
                [("id", ">=", self.account_from), ("id", "<=", self.account_to)],
            )
        if sheet.code == "accounts":
            domain &= Domain("went", "=", True)
        return domain

    def _get_time_held(self):
        """From when to when customers were with the provider under the mandate."""
        [accounts] = [s for s in self._get_account_sheets() if s.code == "accounts"]
        lines = self.env[accounts.model].search(self._get_domain(accounts))
        held = {}
        for line in lines:
            first = min([line.placement_id.date, *line.item_ids.mapped("date_added")])
            held.setdefault(line.account_id.id, []).append((first, line.date_end))
        return held

    def _is_of_mandate(self, act, name, held):
        """Whether an act took place while its customer was with the provider."""
        if act._name == "collection.letter":
            if act.state == "draft":
                return False
            if act.mandate_id == self.reversibility_id.mandate_id:
                return True
        day = act[name]
        if act._fields[name].type == "datetime":
            day = fields.Datetime.context_timestamp(self, day).date()
        return any(
            first <= day and (not last or day <= last)
            for first, last in held[act.account_id.id]
        )

    # ------------------------------------------------------------------
    # Making it
    # ------------------------------------------------------------------

    def _work(self):
        """Make the part where there is none yet, and read it back."""
        self.ensure_one()
        part = self._in_company_time()
        if part.state == "waiting":
            part._write_file()
        part._check()

    def _write_file(self):
        """Write the file: a workbook, a list to read and print, letters and others."""
        self.ensure_one()
        found = self._collect()
        files = self._find_files(found)
        with tempfile.TemporaryFile() as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                self._fill(archive, found, files)
            stream.seek(0)
            content = stream.read()
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{self._get_name()}.zip",
                "raw": content,
                "mimetype": "application/zip",
                "res_model": "collection.reversibility",
                "res_id": self.reversibility_id.id,
            }
        )
        self.write(
            {
                "state": "made",
                "attachment_id": attachment.id,
                "fingerprint": hashlib.sha256(content).hexdigest(),
                "account_count": len(found["accounts"].account_id)
                if self.kind == "accounts"
                else 0,
            }
        )

    def _get_name(self):
        """What its files are called, without extension."""
        self.ensure_one()
        number = (self.reversibility_id.mandate_id.number or "").replace("/", "-")
        if self.kind == "mandate":
            return self.env._("%(number)s Mandate", number=number)
        return self.env._(
            "%(number)s Customers %(part)s", number=number, part=f"{self.sequence:03}"
        )

    def _fill(self, archive, found, files):
        workbook = ReversibilityWorkbook(self, found, files)
        archive.writestr(f"{self._get_name()}.xlsx", workbook.get_content())
        for path, text in workbook.texts:
            archive.writestr(path, text.encode())
        archive.writestr(f"{self._get_name()}.pdf", self._print_document(found))
        for path, file in files:
            # printed and pressed already
            archive.writestr(path, file.raw or b"", zipfile.ZIP_STORED)
            file.invalidate_recordset(["raw", "datas"], flush=False)

    def _print_document(self, found):
        """The part to read and print: the contract, or the list of the customers.

        :raises UserError: where nothing was printed
        """
        Report = self.env["ir.actions.report"]
        if self.kind == "mandate":
            return self.reversibility_id.mandate_id._get_contract_pdf()[1]
        html = str(
            self.env["ir.qweb"]._render(
                "account_collection.report_collection_reversibility_accounts",
                self._get_printed_values(found),
            )
        )
        if Report.get_wkhtmltopdf_state() == "install":
            if modules.module.current_test:
                # like core: tests do without the renderer
                return html.encode()
            raise UserError(
                self.env._(
                    "Wkhtmltopdf is not installed on this server: the list of the "
                    "customers cannot be printed."
                )
            )
        # in limited time, and what comes out is a PDF
        Report = Report.with_context(collection_documents=1)
        return Report._run_wkhtmltopdf(
            [html], report_ref=ACCOUNTS_REPORT, landscape=True
        )

    def _find_files(self, found):
        """What is attached to the records: [(path in the archive, attachment)].

        Letters as they were sent, proofs, answers: whatever stands beside an act.
        """
        titles = self._get_titles()
        files = []
        for sheet in self._get_sheets():
            records = found[sheet.code]
            if not records or sheet.code == "access":
                continue
            attachments = self.env["ir.attachment"].search(
                [
                    ("res_model", "=", sheet.model),
                    ("res_id", "in", records.ids),
                    ("type", "=", "binary"),
                ],
                order="res_id, id",
            )
            for file in attachments:
                # a name may be given twice, and holds slashes
                plain = (file.name or "").replace("/", "-").replace("\\", "-")
                files.append((f"{titles[sheet.code]}/{file.id} {plain}", file))
        return files

    # ------------------------------------------------------------------
    # The list to read and print
    # ------------------------------------------------------------------

    def _get_printed_values(self, found):
        """What the list shows: hand-overs of customers as texts, and their totals."""
        package = self.reversibility_id
        currency = package.company_id.currency_id
        rows = self._get_list_rows(found)
        titles = self._get_titles()
        counts = {code: len(_without_corrections(found[code])) for code in ACTS}
        return {
            "title": self._get_name(),
            "package": package,
            "currency": currency,
            "pages": list(
                split_every(
                    TABLE_ROWS, (self._as_texts(row, currency) for row in rows), list
                )
            )
            or [[]],
            "total": self._as_texts(
                {
                    **{
                        name: sum(row[name] for row in rows)
                        for name in ("items", *AMOUNTS)
                    },
                    "acts": [
                        self._count(titles[code], count)
                        for code, count in counts.items()
                        if count
                    ],
                },
                currency,
            ),
        }

    def _as_texts(self, row, currency):
        """A row of the list with its amounts as they are printed."""
        digits = currency.decimal_places
        return {
            **row,
            "amounts": [formatLang(self.env, row[name], digits) for name in AMOUNTS],
        }

    def _get_list_rows(self, found):
        """Each hand-over of a customer: what became of it, and what was done."""
        acts = self._describe_acts(found)
        settled = {}
        for receipt in found["receipts"]:
            kinds = settled.setdefault(receipt.placement_line_id.id, {})
            kind = SETTLED.get(receipt.kind, "credited")
            kinds[kind] = kinds.get(kind, 0.0) + receipt.amount_company
        items = found["items"].grouped("line_id")
        # what went again is owed once: where it went last
        last = {held.item_id: held for held in found["items"].sorted("id")}
        states = dict(
            found["accounts"]._fields["state"]._description_selection(self.env)
        )
        days = {}
        rows = []
        for line in found["accounts"]:
            held = items.get(line, self.env["collection.placement.item"])
            for day in (line.placement_id.date, line.date_end):
                if day and day not in days:
                    days[day] = format_date(self.env, day)
            account = line.account_id.id
            rows.append(
                {
                    "ref": line.partner_ref or "",
                    "name": line.partner_name or "",
                    "address": line.partner_address or "",
                    "placement": f"{line.placement_id.number}, "
                    + days[line.placement_id.date],
                    "items": _count_once(held),
                    "amount": line.amount,
                    "overdue": line.amount_overdue,
                    "received": 0.0,
                    "credited": 0.0,
                    "written_off": 0.0,
                    **settled.get(line.id, {}),
                    "open": sum(
                        one.item_id.amount_residual_company
                        for one in held
                        if one.item_id.state == "open" and last[one.item_id] == one
                    ),
                    "state": " ".join(
                        filter(None, [states[line.state], days.get(line.date_end)])
                    ),
                    # handed over twice, what was done is told once
                    "acts": acts.pop(account, []),
                }
            )
        return rows

    # what was done, customer by customer

    def _describe_acts(self, found):
        """What was done with each customer, in a few sentences: {account id: [text]}.

        How often and what came of it, and of what goes on until when; each act by
        itself stands in the workbook.
        """
        titles = self._get_titles()
        days = {}

        def day(value):
            if value not in days:
                days[value] = format_date(self.env, value)
            return days[value]

        described = {}
        for code in ACTS:
            records = _without_corrections(found[code])
            describe = getattr(self, f"_describe_{code}", None)
            if describe is None and code in PENDING:
                describe = self._describe_agreed
            for account, of_account in records.grouped("account_id").items():
                parts = [self._count(titles[code], len(of_account))]
                parts += describe(of_account, code, day) if describe else []
                described.setdefault(account.id, []).append(", ".join(parts))
        return described

    def _count(self, what, count):
        """How many of what; what stands before a colon is not the same everywhere."""
        return self.env._("%(what)s: %(count)s", what=what, count=count)

    def _describe_calls(self, calls, _code, day):
        """How often the right person was reached, and how the last call ended."""
        last = max(calls, key=lambda call: (call.date, call.id))
        reached = len(calls.filtered("right_party"))
        return [
            self.env._("right person reached: %(count)s", count=reached),
            self.env._(
                "last on %(day)s: %(outcome)s",
                day=day(fields.Datetime.context_timestamp(self, last.date).date()),
                outcome=last.outcome_id.name,
            ),
        ]

    def _describe_letters(self, letters, _code, day):
        """Which one was the last."""
        last = max(letters, key=lambda letter: (letter.date, letter.id))
        return [
            self.env._(
                "last on %(day)s: %(outcome)s",
                day=day(last.date),
                outcome=last.level_id.name or last.kind_id.name or last.number,
            )
        ]

    def _describe_agreed(self, records, code, day):
        """How much it is about, how much of it stands where, and what goes on until
        which day."""
        amounts = {}
        for record in records:
            amounts.setdefault(record.currency_id, []).append(record.amount)
        parts = [
            currency.format(sum(of_currency))
            for currency, of_currency in amounts.items()
            if any(of_currency)
        ]
        states = dict(records._fields["state"]._description_selection(self.env))
        for state, of_state in records.grouped("state").items():
            parts.append(self._count(states[state], len(of_state)))
        pending, name = PENDING[code]
        expected = [
            record[name]
            for record in records
            if record.state in pending and record[name]
        ]
        if expected:
            parts.append(self.env._("next on %(day)s", day=day(min(expected))))
        return parts

    def action_download(self):
        """The file of this part, for those who read the package."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }


def _without_corrections(records):
    """A correction is no call of its own."""
    if "correction_of_id" not in records._fields:
        return records
    return records.filtered(lambda record: not record.correction_of_id)


def _count_once(held):
    """How many items went by these rows, each once."""
    went = held.filtered_domain(WENT)
    return len({one.item_id or one for one in went})
