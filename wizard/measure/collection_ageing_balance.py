from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, remove_accents

from ...reports.collection_ageing_xlsx import AgeingWorkbook

#: rows that are printed; a longer balance has its spreadsheet
PRINTED_ROWS = 3000
#: columns of the balance, in their order
AMOUNTS = (
    "amount_not_due",
    "amount_1_30",
    "amount_31_60",
    "amount_61_90",
    "amount_91_plus",
    "amount_open",
    "amount_overdue",
    "amount_credit",
    "amount_balance",
)


#: fields of the proof, and what they add up
PROOF = {
    "amount_ledger": "ledger",
    "amount_balance": "aged",
    "amount_other": "other",
    "amount_crossed": "crossed",
    "amount_difference": "difference",
}


class CollectionAgeingBalance(models.TransientModel):
    """Which ageing balance is asked for, and whether it agrees with the ledger."""

    _name = "collection.ageing.balance"
    _description = "Ageing Balance to Choose"
    _inherit = ["collection.relation.mixin"]

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="As of",
        required=True,
        default=lambda self: self.env.company._get_collection_today(),
        help="Any day up to today: what was open then, by the entries in the ledger.",
    )
    group_by = fields.Selection(
        selection=[
            ("account_id", "Customer"),
            ("segment_id", "Segment"),
            ("side", "In-house or provider"),
            ("mandate_id", "Mandate"),
            ("salesperson_id", "Salesperson"),
            ("user_id", "Collector"),
            ("currency_id", "Currency"),
        ],
        string="By",
        required=True,
        default="account_id",
    )
    account_ids = fields.Many2many(
        comodel_name="collection.account",
        string="Customers",
        domain="[('company_id', '=', company_id)]",
        default=lambda self: self._default_account_ids(),
        help="Leave empty for all of them.",
    )
    with_items = fields.Boolean(
        string="List the Items", help="On a sheet of the spreadsheet, one by one."
    )
    amount_balance = fields.Monetary(
        string="Ageing Balance",
        compute="_compute_proof",
        help="Open items less open credits on that day.",
    )
    amount_ledger = fields.Monetary(
        string="General Ledger",
        compute="_compute_proof",
        help="Balance of the accounts on which customers owe, on that day.",
    )
    amount_other = fields.Monetary(
        string="Other Entries",
        compute="_compute_proof",
        help="On accounts to which debts are moved: what is no customer's debt.",
    )
    amount_crossed = fields.Monetary(
        string="Matched with Others",
        compute="_compute_proof",
        help="With entries of other customers, of the head office or of its branches: "
        "settled, and in the balance of the accounts all the same.",
    )
    amount_difference = fields.Monetary(
        string="Difference",
        compute="_compute_proof",
        help="Between the ageing balance and the general ledger: nothing.",
    )

    @api.model
    def _default_account_ids(self):
        context = self.env.context
        if context.get("active_model") != "collection.account":
            return False
        accounts = self.env["collection.account"].browse(context.get("active_ids"))
        return accounts.exists().filtered(
            lambda account: account.company_id == self.env.company
        )

    @api.constrains("date", "company_id")
    def _check_date(self):
        for balance in self:
            if balance.date > balance.company_id._get_collection_today():
                raise ValidationError(
                    self.env._(
                        "The ledger knows no day to come: choose today, or before."
                    )
                )

    @api.constrains("account_ids", "company_id")
    def _check_companies(self):
        for balance in self:
            if balance.company_id not in self.env.companies:
                raise AccessError(
                    self.env._("Choose one of the companies that you work for.")
                )
            if balance.account_ids.company_id - balance.company_id:
                raise ValidationError(
                    self.env._("Choose customers of one company only.")
                )

    # ------------------------------------------------------------------
    # Proof against the general ledger
    # ------------------------------------------------------------------

    @api.depends("account_ids", "company_id", "date")
    def _compute_proof(self):
        for balance in self:
            proof = balance._get_proof() if balance.date and balance.company_id else []
            currency = balance.currency_id or self.env.company.currency_id
            for name, column in PROOF.items():
                balance[name] = currency.round(sum(row[column] for row in proof))

    def _get_proof(self):
        """The accounts of the general ledger with what the balance says of each.

        What is aged comes from items and their matches, the balance from all entries
        up to the day, matched or not.

        :return: list of {account, ledger, aged, other, crossed, difference}
        """
        self.ensure_one()
        self._check_companies()
        self.account_ids.check_access("read")
        ledger_day = self.env["collection.ledger.day"]
        ledger_day._flush_for_ledger_day()
        condition = self._is_ours(SQL("aml"))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account.id, COALESCE(ledger.balance, 0),
                       COALESCE(open.aged, 0), COALESCE(open.other, 0),
                       COALESCE(crossed.amount, 0)
                  FROM (%(accounts)s) account
             LEFT JOIN (%(balances)s) ledger ON ledger.ledger_account_id = account.id
             LEFT JOIN (SELECT ledger_account_id,
                               SUM(amount_company) FILTER (WHERE followed) AS aged,
                               SUM(amount_company) FILTER (WHERE NOT followed) AS other
                          FROM (%(rows)s) row
                      GROUP BY ledger_account_id) open
                    ON open.ledger_account_id = account.id
             LEFT JOIN (%(crossed)s) crossed ON crossed.ledger_account_id = account.id
                 WHERE ledger.balance <> 0 OR open.ledger_account_id IS NOT NULL
                       OR crossed.amount <> 0
                """,
                accounts=self.env["account.account"]._get_debtor_accounts(),
                balances=ledger_day._balance_query(self.date, condition),
                rows=ledger_day._open_query(self.date, condition),
                crossed=ledger_day._crossed_query(self.date, self._is_ours)
                if self._has_others()
                else SQL("SELECT NULL::integer AS ledger_account_id, 0 AS amount"),
            )
        )
        # sudo: number and name of the accounts whose balance the report shows
        accounts_sudo = self.env["account.account"].sudo().with_company(self.company_id)
        currency = self.company_id.currency_id
        proof = []
        for account_id, *amounts in rows:
            account_sudo = accounts_sudo.browse(account_id)
            ledger, aged, other, crossed = map(float, amounts)
            proof.append(
                {
                    "account": f"{account_sudo.code or ''} {account_sudo.name}".strip(),
                    "ledger": ledger,
                    "aged": aged,
                    "other": other,
                    "crossed": crossed,
                    "difference": currency.round(ledger + crossed - aged - other),
                }
            )
        return sorted(proof, key=lambda row: row["account"])

    def _has_others(self):
        """Whether what is asked for may be matched with what is not."""
        # sudo: whether there are branches, which may be closed to the user
        return bool(
            self.account_ids
            or self.company_id.parent_id
            or self.company_id.sudo().child_ids
        )

    def _is_ours(self, line):
        """SQL: whether the journal items `line` are of the company and customers
        chosen."""
        ours = SQL("%s.company_id = %s", line, self.company_id.id)
        if not self.account_ids:
            return ours
        return SQL(
            """%s AND %s.partner_id = ANY (ARRAY(
                    SELECT contact.id FROM res_partner contact
                      JOIN collection_account own
                        ON own.partner_id = contact.commercial_partner_id
                     WHERE own.id = ANY(%s)))""",
            ours,
            line,
            self.account_ids.ids,
        )

    # ------------------------------------------------------------------
    # The balance
    # ------------------------------------------------------------------

    def _get_ageing(self):
        """The rows of the day chosen, and the domain of those that were asked for."""
        self.ensure_one()
        self._check_companies()
        ageing = self.env["collection.ageing"].with_context(
            collection_day=fields.Date.to_string(self.date),
            allowed_company_ids=self.company_id.ids,
        )
        return ageing, self._get_domain()

    def _get_domain(self):
        domain = Domain("company_id", "=", self.company_id.id)
        if self.account_ids:
            domain &= Domain("account_id", "in", self.account_ids.ids)
        return domain

    def _get_rows(self):
        """The lines of the balance: {reference, name, amounts by column, amount in
        currency}, by name."""
        ageing, domain = self._get_ageing()
        labels = dict(
            self.env["collection.ageing"].fields_get(["side"])["side"]["selection"]
        )
        rows = []
        for group, amount, *amounts in ageing._read_group(
            domain,
            [self.group_by],
            ["amount:sum", *(f"{name}:sum" for name in AMOUNTS)],
        ):
            is_record = isinstance(group, models.BaseModel)
            rows.append(
                {
                    "reference": group.partner_ref or ""
                    if group and self.group_by == "account_id"
                    else "",
                    "name": group.display_name
                    if is_record and group
                    else labels.get(group),
                    "currency": group if self.group_by == "currency_id" else None,
                    "amount": amount,
                    **dict(zip(AMOUNTS, amounts, strict=True)),
                }
            )
        for row in rows:
            row["name"] = row["name"] or self.env._("None")
        # É stands with E, not after Z
        return sorted(
            rows,
            key=lambda row: (
                remove_accents(row["name"]).casefold(),
                row["reference"],
            ),
        )

    def _get_proof_columns(self):
        """The columns of the proof, with what stands above them; of those that are
        seldom filled in, those that are."""
        described = self.fields_get(PROOF, ["string"])
        return [
            (name, column, described[name]["string"])
            for name, column in PROOF.items()
            if name not in ("amount_other", "amount_crossed") or self[name]
        ]

    def _get_columns(self):
        """The columns of the balance, with what stands above them."""
        described = self.env["collection.ageing"].fields_get(AMOUNTS, ["string"])
        return [(name, described[name]["string"]) for name in AMOUNTS]

    def _get_group_label(self):
        return dict(self.fields_get(["group_by"])["group_by"]["selection"])[
            self.group_by
        ]

    def _get_printed_rows(self):
        """The rows of the printed balance.

        :raise UserError: there are more than anybody reads on paper
        """
        rows = self._get_rows()
        if len(rows) > PRINTED_ROWS:
            raise UserError(
                self.env._(
                    "That would be %(count)s lines on paper. Export the spreadsheet, "
                    "or choose another grouping or fewer customers.",
                    count=len(rows),
                )
            )
        return rows

    def _get_title(self):
        """Name of the balance, on screen and on files."""
        self.ensure_one()
        return self.env._(
            "Ageing Balance as of %(date)s", date=format_date(self.env, self.date)
        )

    def _get_verdict(self):
        """Whether the balance agrees with the general ledger, in a sentence."""
        self.ensure_one()
        if self.currency_id.is_zero(self.amount_difference):
            return self.env._(
                "Agrees with the general ledger to the cent: the accounts on which "
                "customers owe stand at %(amount)s.",
                amount=self.currency_id.format(self.amount_ledger),
            )
        return self.env._(
            "Does NOT agree with the general ledger: the accounts on which customers "
            "owe stand at %(amount)s, the difference is %(difference)s.",
            amount=self.currency_id.format(self.amount_ledger),
            difference=self.currency_id.format(self.amount_difference),
        )

    def _get_file_name(self):
        self.ensure_one()
        return self.env._(
            "Ageing balance %(date)s", date=fields.Date.to_string(self.date)
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open(self):
        """Show the balance; every amount opens what it consists of."""
        _ageing, domain = self._get_ageing()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_ageing_action"
        )
        # not the action of the menu: loaded again, it would be of another day
        action = {
            name: value
            for name, value in action.items()
            if name not in ("id", "xml_id", "display_name")
        }
        return dict(
            action,
            name=self._get_title(),
            domain=list(domain),
            context={
                "collection_day": fields.Date.to_string(self.date),
                f"search_default_group_{self.group_by}": 1,
            },
        )

    def action_print(self):
        """The balance as a PDF."""
        self.ensure_one()
        self._get_printed_rows()
        return self.env.ref("account_collection.action_report_ageing").report_action(
            self, config=False
        )

    def action_export_xlsx(self):
        """The balance as a spreadsheet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/account_collection/ageing_balance/{self.id}/xlsx",
            "target": "download",
        }

    def _get_xlsx(self):
        """The balance as a spreadsheet: (file name, content)."""
        self.ensure_one()
        self.check_access("read")
        content = AgeingWorkbook(self).get_content()
        return f"{self._get_file_name()}.xlsx", content
