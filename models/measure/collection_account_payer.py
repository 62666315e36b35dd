import json

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from .collection_payer_profile import CLASSES

#: months shown in the chart
CHARTED = 12


class CollectionAccount(models.Model):
    """How the customer pays, as the profile of the running month has it."""

    _inherit = "collection.account"

    payer_class = fields.Selection(
        selection=CLASSES,
        required=True,
        default="n",
        readonly=True,
        copy=False,
        help="From what was paid and promised in the last six months; A: on time, E: "
        "very late or promises not kept.",
    )
    average_days_late = fields.Float(
        digits=(6, 1),
        readonly=True,
        copy=False,
        aggregator="avg",
        help="Mean over six months, weighted by the amounts paid; negative: early.",
    )
    payer_irregular = fields.Boolean(
        string="Irregular Payer",
        readonly=True,
        copy=False,
        help="The days late differ so much that the mean tells little.",
    )
    payer_profile_id = fields.Many2one(
        comodel_name="collection.payer.profile",
        string="Current Profile",
        compute="_compute_payer_profile",
    )
    payer_profile_ids = fields.One2many(
        comodel_name="collection.payer.profile",
        inverse_name="account_id",
        string="Payer Profiles",
        readonly=True,
    )
    payer_chart = fields.Text(
        string="Days Late by Month",
        compute="_compute_payer_chart",
        export_string_translation=False,
    )

    def init(self):
        # accounts are created in SQL, by an area that knows nothing of payers
        self.env.cr.execute(
            "ALTER TABLE collection_account ALTER COLUMN payer_class SET DEFAULT 'n'"
        )

    @api.depends("payer_profile_ids")
    def _compute_payer_profile(self):
        newest = dict(
            self.env["collection.payer.profile"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["date:max"]
            )
        )
        profiles = self.env["collection.payer.profile"].search(
            [
                ("account_id", "in", self.ids),
                ("date", "in", list(set(newest.values()))),
            ]
        )
        by_account = {
            profile.account_id: profile
            for profile in profiles
            if newest[profile.account_id] == profile.date
        }
        for account in self:
            account.payer_profile_id = by_account.get(account._origin)

    @api.depends("payer_profile_ids.average_days_late")
    @api.depends_context("lang")
    def _compute_payer_chart(self):
        for account in self:
            profiles = account.payer_profile_ids.filtered("amount_paid")
            account.payer_chart = json.dumps(
                [
                    {
                        "key": self.env._("Days late"),
                        "values": [
                            {
                                "label": format_date(
                                    self.env, profile.date, date_format="MMM yy"
                                ),
                                "value": round(profile.average_days_late, 1),
                                "type": "past" if profile.final else "future",
                            }
                            for profile in profiles.sorted("date")[-CHARTED:]
                        ],
                    }
                ]
            )

    def _absorb(self, others, customer):
        # EXTENDS delegation: the profiles are made anew from what both paid
        profiles = self.env["collection.payer.profile"]
        months = profiles._take_months(self | others)
        res = super()._absorb(others, customer)
        today = self.company_id._get_collection_today()
        for month in months:
            profiles._build(self.company_id, month, today, self.ids)
        return res

    @api.model
    def _write_payer_classes(self, company, month_end):
        """Write on the accounts what their profile of the running month says."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_account acc
                   SET payer_class = new.payer_class,
                       average_days_late = new.average_days_late,
                       payer_irregular = new.irregular
                  FROM (SELECT own.id, COALESCE(profile.payer_class, 'n')
                                   AS payer_class,
                               profile.average_days_late,
                               COALESCE(profile.irregular, FALSE) AS irregular
                          FROM collection_account own
                     LEFT JOIN collection_payer_profile profile
                            ON profile.account_id = own.id AND profile.date = %(date)s
                         WHERE own.company_id = %(company)s) new
                 WHERE acc.id = new.id
                   AND (acc.payer_class, acc.average_days_late, acc.payer_irregular)
                       IS DISTINCT FROM
                       (new.payer_class, new.average_days_late, new.irregular)
             RETURNING acc.id
                """,
                company=company.id,
                date=month_end,
            )
        )
        accounts = self.browse(row[0] for row in rows)
        self.invalidate_model(
            ["payer_class", "average_days_late", "payer_irregular"], flush=False
        )
        accounts._mark_stale()
        return len(rows)

    def action_open_payer_profiles(self):
        """The customer's profiles, month by month."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_payer_profile_action"
        )
        return dict(
            action,
            domain=[("account_id", "=", self.id)],
            context={},
            views=[(False, "list"), (False, "graph")],
        )
