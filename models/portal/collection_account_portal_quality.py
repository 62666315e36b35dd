from odoo import api, models
from odoo.exceptions import UserError

#: all that a complaint recorded on the portal may say
PORTAL_COMPLAINT_FIELDS = frozenset({"category", "channel", "description", "severity"})
#: rows of the page, newest first
PORTAL_QUALITY_LIMIT = 50


class CollectionAccount(models.Model):
    """What the portal shows of the quality of calls, and complaints recorded there.

    Called as the provider's agent and read under their record rules: their own marks,
    for a supervisor those of the team.
    """

    _inherit = "collection.account"

    @api.model
    def _get_portal_quality(self):
        """Marks of calls, marks of customers and complaints of the current agent.

        :return: dict of lists of plain values, newest first
        """
        reviews = self.env["collection.call.review"].search(
            [], limit=PORTAL_QUALITY_LIMIT
        )
        marks = self.env["collection.satisfaction"].search(
            [], limit=PORTAL_QUALITY_LIMIT
        )
        complaints = self.env["collection.complaint"].search(
            [], limit=PORTAL_QUALITY_LIMIT
        )
        for records in (reviews, marks, complaints):
            records._record_access("page")
        [(mean, count)] = self.env["collection.call.review"]._read_group(
            [], [], ["mark:avg", "__count"]
        )
        [(mean_given, count_given)] = self.env["collection.satisfaction"]._read_group(
            [], [], ["mark:avg", "__count"]
        )
        results = dict(
            self.env["collection.call.review.line"]
            ._fields["result"]
            ._description_selection(self.env)
        )
        return {
            "mean": mean or 0.0,
            "count": count,
            "mean_given": mean_given or 0.0,
            "count_given": count_given,
            "reviews": [
                {
                    "account_id": review.account_id.id,
                    "customer": review.account_id.display_name,
                    "date": review.date,
                    "agent": agent,
                    "mark": review.mark,
                    "comment": review.comment,
                    "weak": [
                        {
                            "criterion": line.criterion_id.name,
                            "result": results[line.result],
                        }
                        for line in review.line_ids
                        if line.result in ("no", "partly")
                    ],
                }
                for review, agent in self._with_portal_agents(reviews)
            ],
            "marks": [
                {
                    "account_id": mark.account_id.id,
                    "customer": mark.account_id.display_name,
                    "date": mark.date,
                    "agent": agent,
                    "mark": mark.mark,
                    "feedback": mark.feedback,
                }
                for mark, agent in self._with_portal_agents(marks)
            ],
            "complaints": [
                {
                    "account_id": complaint.account_id.id,
                    "customer": complaint.account_id.display_name,
                    "date": complaint.date,
                    "number": complaint.number,
                    **complaint._get_portal_labels(),
                    "description": complaint.description,
                    "answer": complaint.answer,
                }
                for complaint in complaints
            ],
        }

    @api.model
    def _with_portal_agents(self, records):
        # sudo: the name of a colleague whose mark the supervisor sees
        return [(record, record.sudo().agent_id.name) for record in records]

    @api.model
    def _get_portal_complaint_choices(self):
        """Choices of the form, by field: dicts of `code` and `label`."""
        return {
            name: self._get_portal_choices("collection.complaint", name)
            for name in ("category", "severity")
        }

    def _portal_new_complaint(self, vals):
        """Record what this customer complains about, as the provider's agent.

        :param dict vals: values of `PORTAL_COMPLAINT_FIELDS` and no other
        :return: the complaint
        """
        self._check_delegated_to_me()
        complaints = self.env["collection.complaint"]
        complaints._check_outside_names(vals, PORTAL_COMPLAINT_FIELDS)
        choices = self._get_portal_complaint_choices()
        if vals.get("category") not in [
            choice["code"] for choice in choices["category"]
        ]:
            raise UserError(self.env._("Say what the customer complains about."))
        if vals.get("severity", "1") not in [
            choice["code"] for choice in choices["severity"]
        ]:
            raise UserError(self.env._("Say how serious the complaint is."))
        vals = complaints._clean_outside_values(vals, PORTAL_COMPLAINT_FIELDS)
        if not (vals.get("description") or "").strip():
            raise UserError(self.env._("Write down what the customer says."))
        return complaints.create({**vals, "account_id": self.id})
