from odoo import api, fields, models

from ...tools.payer import Scale


class CollectionPayerScale(models.Model):
    """From which thresholds on a payer belongs to a class, or is used to reminders."""

    _name = "collection.payer.scale"
    _description = "Scale of Payer Classes"
    _order = "company_id, id"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        help="Empty: all companies without a scale of their own.",
    )
    a = fields.Integer(
        string="A: up to (Days)",
        default=0,
        help="Mean of the days late, weighted by amounts; 0: paid by the due date.",
    )
    b = fields.Integer(string="B: up to (Days)", default=10)
    c = fields.Integer(string="C: up to (Days)", default=30)
    d = fields.Integer(
        string="D: up to (Days)", default=60, help="Whoever pays later than that is E."
    )
    broken = fields.Integer(
        string="E: Broken Promises from",
        default=2,
        help="Promises that were not kept in six months, or in part only, from which "
        "on the class is E whatever the days. 0: they do not count.",
    )
    invoices = fields.Integer(
        string="Not Rated below (Invoices)",
        default=3,
        help="Invoices on which something was paid in six months, without which "
        "nobody is rated.",
    )
    deviation = fields.Float(
        string="Irregular above (Days)",
        default=15.0,
        digits=(6, 1),
        help="Dispersion of the days late (standard deviation) above which nobody can "
        "tell from the mean when the customer pays.",
    )
    accustomed = fields.Integer(
        string="Accustomed from (Reminders)",
        default=3,
        help="Reminders and broken promises since the customer last paid anything, "
        "from which on they count as accustomed to reminders. 0: nobody does.",
    )

    _company_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0))", "There is one scale for each company."
    )
    _in_order = models.Constraint(
        "CHECK (a < b AND b < c AND c < d)",
        "The days of the classes must rise from A to D.",
    )
    _positive = models.Constraint(
        "CHECK (broken >= 0 AND invoices >= 1 AND deviation >= 0 AND accustomed >= 0)",
        "Numbers of promises, reminders and invoices, and the dispersion, cannot be "
        "negative.",
    )

    @api.model
    def _get_scales(self, companies):
        """Scale of each company: its own, else the shared one, else the usual one.

        :return: {company id: `tools.payer.Scale`}
        """
        # sudo: the thresholds are read by a job and by whoever looks at a class
        scales = {
            scale_sudo.company_id.id: Scale(
                **{name: scale_sudo[name] for name in Scale._fields}
            )
            for scale_sudo in self.sudo().search(
                [("company_id", "in", [False, *companies.ids])]
            )
        }
        shared = scales.get(False, Scale())
        return {company.id: scales.get(company.id, shared) for company in companies}
