import gc
import io
import logging
import tempfile
import zipfile

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..base.roles import check_manager

_logger = logging.getLogger(__name__)

#: of one part: customers, bytes of letters and other files, and lines of the access
#: log. What a part takes in memory follows from them, and how long it takes
PART_ACCOUNTS = 1000
PART_BYTES = 32 * 1024**2
PART_ACCESSES = 100_000
#: highest number of a customer
LAST = 2**31 - 1
#: states in which the job works on a package
UNFINISHED = ("waiting", "running")
JOB = "account_collection.ir_cron_collection_reversibility"


class CollectionReversibility(models.Model):
    """All that a mandate leaves behind, as files that can be read without Odoo.

    Customers, items, acts, amounts, letters and who read what, in parts of some
    hundred customers each: a job makes one part at a time and saves it, so that what
    was interrupted goes on from there. Each part is read back as it lies in the
    filestore and held against the database, row by row, before it counts; a package
    of which one cell differs is not called good.

    A drill may be run at any time, the last one after the mandate has ended.
    """

    _name = "collection.reversibility"
    _description = "Reversibility Package"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _mail_post_access = "read"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    provider_id = fields.Many2one(related="mandate_id.provider_id")
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        selection=[("drill", "Drill"), ("end", "End of the mandate")],
        required=True,
        readonly=True,
    )
    date = fields.Date(string="Day", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Asked for by",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    lang = fields.Char(
        string="Language Code", readonly=True, help="In which the files are written."
    )
    state = fields.Selection(
        selection=[
            ("waiting", "Waiting"),
            ("running", "In preparation"),
            ("done", "Complete and equal"),
            ("different", "Not equal"),
            ("failed", "Interrupted"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        tracking=True,
        index=True,
        help="Equal: every row and every amount of the files was read back and is what "
        "the database holds.",
    )
    error = fields.Text(string="What Stopped It", readonly=True)
    date_started = fields.Datetime(string="Begun on", readonly=True)
    date_checked = fields.Datetime(string="Checked on", readonly=True)
    part_ids = fields.One2many(
        comodel_name="collection.reversibility.part",
        inverse_name="reversibility_id",
        string="Files",
        readonly=True,
    )
    line_ids = fields.One2many(
        comodel_name="collection.reversibility.line",
        inverse_name="reversibility_id",
        string="What Was Compared",
        readonly=True,
    )
    progress = fields.Float(compute="_compute_progress")
    row_count = fields.Integer(string="Rows", compute="_compute_progress")
    difference_count = fields.Integer(string="Differences", compute="_compute_progress")
    differences = fields.Text(string="What Differs", compute="_compute_differences")

    @api.depends("part_ids.state", "part_ids.row_count", "part_ids.difference_count")
    def _compute_progress(self):
        sums = {
            (package, state): (count, rows, differences)
            for package, state, count, rows, differences in self.env[
                "collection.reversibility.part"
            ]._read_group(
                [("reversibility_id", "in", self.ids)],
                ["reversibility_id", "state"],
                ["__count", "row_count:sum", "difference_count:sum"],
            )
        }
        for package in self:
            of_states = {
                state: figures
                for (one, state), figures in sums.items()
                if one == package._origin
            }
            parts = sum(count for count, _rows, _differences in of_states.values())
            checked = of_states.get("checked", (0, 0, 0))[0]
            package.progress = 100.0 * checked / parts if parts else 0.0
            package.row_count = sum(rows for _count, rows, _d in of_states.values())
            package.difference_count = sum(d for _count, _r, d in of_states.values())

    @api.depends("part_ids.differences")
    def _compute_differences(self):
        for package in self:
            package.differences = "\n".join(
                filter(None, package.part_ids.mapped("differences"))
            )

    @api.depends("mandate_id", "kind", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for package in self:
            package.display_name = " – ".join(
                filter(
                    None,
                    [
                        package.mandate_id.number,
                        labels.get(package.kind),
                        package.date and format_date(self.env, package.date),
                    ],
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_end(self):
        if any(package.kind == "end" for package in self):
            raise UserError(
                self.env._("What was kept at the end of a mandate stays on record.")
            )

    # ------------------------------------------------------------------
    # Asking for one
    # ------------------------------------------------------------------

    @api.model
    def _start(self, mandate):
        """Plan the package of a mandate, which the job makes.

        :raises AccessError: for others than credit managers
        :raises UserError: while another one of the mandate is being made
        """
        check_manager(
            self.env, self.env._("Only credit managers ask for the data of a mandate.")
        )
        mandate.check_access("write")
        # two managers at once: the second one is told
        mandate.lock_for_update()
        # sudo: nobody writes packages by hand; who asks was checked
        packages_sudo = self.sudo()
        if packages_sudo.search_count(
            [("mandate_id", "=", mandate.id), ("state", "in", UNFINISHED)], limit=1
        ):
            raise UserError(
                self.env._(
                    "The package of %(mandate)s is being prepared: wait until it is "
                    "complete.",
                    mandate=mandate.display_name,
                )
            )
        package_sudo = packages_sudo.create(
            {
                "mandate_id": mandate.id,
                "kind": "end" if mandate.state == "ended" else "drill",
                "date": mandate.company_id._get_collection_today(),
                "user_id": self.env.uid,
                "lang": self.env.user.lang,
            }
        )
        package_sudo._plan_parts()
        package_sudo._trigger_job()
        return package_sudo.with_env(self.env)

    def _trigger_job(self):
        # sudo: the job is the administrator's
        self.env.ref(JOB).sudo()._trigger()

    def _plan_parts(self):
        """Share the customers of the mandate out among parts of a bounded size.

        Each part takes the customers of a range of numbers, the first from the lowest
        and the last to the highest possible: whatever becomes of a customer meanwhile,
        they are in one of them.
        """
        self.ensure_one()
        ends, accounts, size, accesses = [], 0, 0, 0
        for account_id, account_size, account_accesses in self._weigh_accounts():
            if accounts and (
                accounts == PART_ACCOUNTS
                or size + account_size > PART_BYTES
                or accesses + account_accesses > PART_ACCESSES
            ):
                ends.append(account_id - 1)
                accounts, size, accesses = 0, 0, 0
            accounts += 1
            size += account_size
            accesses += account_accesses
        ends.append(LAST)
        ranges = zip([0, *(end + 1 for end in ends)], ends, strict=False)
        self.env["collection.reversibility.part"].create(
            [{"reversibility_id": self.id, "sequence": 0, "kind": "mandate"}]
            + [
                {
                    "reversibility_id": self.id,
                    "sequence": number,
                    "kind": "accounts",
                    "account_from": first,
                    "account_to": last,
                }
                for number, (first, last) in enumerate(ranges, start=1)
            ]
        )

    def _weigh_accounts(self):
        """Customers of the mandate: [(id, bytes of letters, lines of the log)]."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                WITH handed AS (
                    SELECT DISTINCT account_id FROM collection_placement_line
                     WHERE mandate_id = %(mandate)s AND went
                ), sent AS (
                    SELECT letter.account_id, SUM(file.file_size)::bigint AS size
                      FROM handed
                      JOIN collection_letter letter
                        ON letter.account_id = handed.account_id
                      JOIN ir_attachment file ON file.id = letter.attachment_id
                  GROUP BY letter.account_id
                ), seen AS (
                    SELECT account_id, COUNT(*) AS lines FROM collection_access_log
                     WHERE mandate_id = %(mandate)s
                  GROUP BY account_id
                )
                SELECT handed.account_id, COALESCE(sent.size, 0),
                       COALESCE(seen.lines, 0)
                  FROM handed
             LEFT JOIN sent ON sent.account_id = handed.account_id
             LEFT JOIN seen ON seen.account_id = handed.account_id
              ORDER BY handed.account_id
                """,
                mandate=self.mandate_id.id,
            )
        )

    # ------------------------------------------------------------------
    # The job
    # ------------------------------------------------------------------

    @api.model
    def _cron_prepare(self):
        """Make and check one part after the other, each saved; resumed where it ended.

        What goes wrong with one package is said on it and holds up no other.
        """
        Cron = self.env["ir.cron"]
        parts = self.env["collection.reversibility.part"].search(
            [("state", "!=", "checked"), ("reversibility_id.state", "in", UNFINISHED)],
            order="reversibility_id, sequence",
        )
        Cron._commit_progress(remaining=len(parts))
        for part in parts:
            package = part.reversibility_id
            if package.state in UNFINISHED:
                package._work_on(part)
            # what one part holds is forgotten before the next: a workbook and its
            # sheets refer to each other
            self.env.invalidate_all()
            gc.collect()
            if not Cron._commit_progress(1):
                break

    def _work_on(self, part):
        """Make one part, check it, and conclude with the last one."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                if self.state == "waiting":
                    self.write(
                        {"state": "running", "date_started": fields.Datetime.now()}
                    )
                part._work()
                if all(one.state == "checked" for one in self.part_ids):
                    self._conclude()
        except OperationalError:
            # overtaken by somebody else: the transaction is done again
            raise
        except Exception as error:
            _logger.warning("Reversibility package %s stopped", self.id, exc_info=True)
            self.env.invalidate_all(flush=False)
            self._fail(error)

    def _fail(self, error):
        """Say what stopped the package; a person looks and lets it go on."""
        self.write({"state": "failed", "error": str(error) or type(error).__name__})
        self._tell_requester()

    def _conclude(self):
        """All parts are there: say what was compared, and whether it is equal."""
        self.ensure_one()
        self.line_ids.unlink()
        self.line_ids.create(self._get_compared())
        self.write(
            {
                "state": "different"
                if any(self.part_ids.mapped("difference_count"))
                else "done",
                "date_checked": fields.Datetime.now(),
            }
        )
        self._tell_requester()

    def _get_compared(self):
        """Rows and amounts by sheet and currency, of all parts: values of lines."""
        compared = {}
        for part in self.part_ids:
            for code, count in (part.counts or {}).items():
                # what has no amounts stands in one line, too
                for currency, amounts in (count["amounts"] or {"": [0.0, 0.0]}).items():
                    line = compared.setdefault((code, currency), [0.0, 0.0])
                    line[0] += amounts[0]
                    line[1] += amounts[1]
        rows = {}
        for part in self.part_ids:
            for code, count in (part.counts or {}).items():
                row = rows.setdefault(code, [0, 0, 0])
                for place, name in enumerate(("rows", "read", "differences")):
                    row[place] += count[name]
        currencies = {
            currency.name: currency
            for currency in self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "in", [currency for _code, currency in compared])])
        }
        first = dict.fromkeys(rows, True)
        values = []
        for code, currency in sorted(
            compared, key=lambda key: (list(rows).index(key[0]), key[1])
        ):
            amount, amount_read = compared[code, currency]
            unit = currencies.get(currency)
            # of several currencies the first one tells the rows
            counted = rows[code] if first.pop(code, False) else (0, 0, 0)
            values.append(
                {
                    "reversibility_id": self.id,
                    "code": code,
                    "row_count": counted[0],
                    "rows_read": counted[1],
                    "difference_count": counted[2],
                    "currency_id": unit and unit.id,
                    "amount": unit.round(amount) if unit else 0.0,
                    "amount_read": unit.round(amount_read) if unit else 0.0,
                }
            )
        return values

    def _tell_requester(self):
        """Tell whoever asked how it ended; what is not good is something to do."""
        user = self.company_id._get_collection_addressee(self.user_id)
        if self.state == "done":
            asked = self.with_context(lang=user.lang)
            asked.message_notify(
                partner_ids=user.partner_id.ids,
                subject=asked.display_name,
                body=asked.env._(
                    "The reversibility package of %(mandate)s is complete: all of its "
                    "%(count)s rows were read back and are equal to the database.",
                    mandate=asked.mandate_id.display_name,
                    count=self.row_count,
                ),
            )
            return
        self._activity_schedule_for(
            user,
            "mail.mail_activity_data_todo",
            lambda asked: asked.env._(
                "The reversibility package of %(mandate)s is not good: see why",
                mandate=asked.mandate_id.display_name,
            ),
        )

    # ------------------------------------------------------------------
    # What managers do with it
    # ------------------------------------------------------------------

    def _check_manager(self):
        check_manager(
            self.env, self.env._("Only credit managers ask for the data of a mandate.")
        )
        self.check_access("read")

    def action_resume(self):
        """Let the job go on where it was interrupted."""
        self._check_manager()
        for package in self:
            if package.state != "failed":
                raise UserError(
                    self.env._("Only a package that was interrupted goes on.")
                )
            # sudo: nobody writes packages by hand; who asks was checked
            package.sudo().write({"state": "running", "error": False})
            package._trigger_job()

    def action_check(self):
        """Read the files back once more, and hold them against the database as it is
        now: what changed since stands among the differences."""
        self._check_manager()
        for package in self:
            if package.state not in ("done", "different"):
                raise UserError(
                    self.env._("The package is compared once it is complete.")
                )
            # sudo: nobody writes packages by hand; who asks was checked
            package_sudo = package.sudo()
            package_sudo.part_ids.write({"state": "made"})
            package_sudo.write({"state": "running"})
            package._trigger_job()

    def action_download(self):
        """The whole package as one file."""
        self.ensure_one()
        self._check_manager()
        return {
            "type": "ir.actions.act_url",
            "url": f"/account_collection/reversibility/{self.id}/zip",
            "target": "download",
        }

    def _get_zip(self):
        """The whole package: (file name, open file, bytes).

        What the parts hold stands side by side, and the record with it.
        """
        self.ensure_one()
        self._check_manager()
        package = self.with_context(lang=self.lang)
        stream = tempfile.TemporaryFile()  # noqa: SIM115  # closed by who sends it
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as whole:
            for part in package.part_ids.filtered("attachment_id"):
                with zipfile.ZipFile(io.BytesIO(part.attachment_id.raw)) as archive:
                    for entry in archive.infolist():
                        whole.writestr(
                            entry.filename,
                            archive.read(entry),
                            zipfile.ZIP_DEFLATED
                            if entry.compress_type
                            else zipfile.ZIP_STORED,
                        )
                part.attachment_id.invalidate_recordset(["raw"], flush=False)
            content, _kind = self.env["ir.actions.report"]._render_qweb_pdf(
                "account_collection.action_report_reversibility", self.ids
            )
            whole.writestr(f"{package._get_record_name()}.pdf", content)
        size = stream.tell()
        stream.seek(0)
        return f"{package._get_record_name()}.zip", stream, size

    def action_print(self):
        """The record of the package: what it holds, and that it was compared."""
        self.ensure_one()
        return self.env.ref(
            "account_collection.action_report_reversibility"
        ).report_action(self)

    def _get_record_name(self):
        """File name of the record, and of the whole, without extension."""
        self.ensure_one()
        name = self.env._(
            "Reversibility %(number)s %(day)s",
            number=(self.mandate_id.number or "").replace("/", "-"),
            day=self.date,
        )
        if self.state == "done":
            return name
        return self.env._("%(name)s – not checked or not equal", name=name)
