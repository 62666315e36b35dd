from odoo import api, models

from ...reports.collection_portal_xlsx import PortalWorkbook


class CollectionDailyFigure(models.Model):
    """Figures of an agent as a spreadsheet."""

    _inherit = "collection.daily.figure"

    @api.model
    def _portal_export(self, report):
        """What `_get_portal_report` gave, as a spreadsheet: (file name, content)."""
        measures = [
            (self.env._("Calls made"), "number", "attempts"),
            (self.env._("Calls received"), "number", "inbound"),
            (self.env._("Somebody reached"), "number", "connected"),
            (self.env._("Somebody reached, %"), "share", "share_connected"),
            (self.env._("Right person reached"), "number", "right_party"),
            (self.env._("Right person reached, %"), "share", "share_right_party"),
            (self.env._("Promises"), "number", "promises"),
            (self.env._("Promises, %"), "share", "share_promise"),
            (self.env._("Promises kept"), "number", "promises_kept"),
            (self.env._("Disputes opened"), "number", "disputes"),
            (self.env._("Minutes on the phone"), "number", "minutes"),
        ]
        columns = [(label, kind) for label, kind, _name in measures]
        promised = (self.env._("Amount promised"), "text")

        def read_figures(part):
            return (
                *(part[name] for _label, _kind, name in measures),
                ", ".join(
                    amount["currency"].format(amount["amount"])
                    for amount in part["promised"]
                ),
            )

        title = self.env._("Figures of %(agent)s", agent=report["name"])
        content = PortalWorkbook(
            self.env,
            title,
            [
                (
                    self.env._("Periods"),
                    [(self.env._("Period"), "text"), *columns, promised],
                    (
                        (part["label"], *read_figures(part))
                        for part in report["periods"]
                    ),
                ),
                (
                    self.env._("Day by day"),
                    [(self.env._("Day"), "date"), *columns, promised],
                    ((part["day"], *read_figures(part)) for part in report["days"]),
                ),
            ],
        ).get_content()
        return f"{title}.xlsx", content
