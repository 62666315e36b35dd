from odoo import models


class CollectionAgenda(models.Model):
    """The agenda as the portal shows it."""

    _inherit = "collection.agenda"

    def _get_portal_rows(self):
        """What an agenda page shows of these rows, as plain values, in their order."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        self._record_access("list")
        # sudo: names only, of rows the agent reads
        return [
            {
                "account_id": row.account_id.id,
                "customer": row_sudo.account_id.display_name,
                "company": row_sudo.company_id.name,
                "date": row.date,
                "overdue": row.overdue,
                "kind": row.kind,
                "label": labels[row.kind],
                "name": row.name,
                "amount": row.amount,
                "currency": row_sudo.currency_id,
                "agent": row_sudo.agent_id.name,
                "res_model": row.res_model,
                "res_id": row.res_id,
            }
            for row, row_sudo in zip(self, self.sudo(), strict=True)
        ]
