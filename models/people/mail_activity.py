from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL


class MailActivity(models.Model):
    _name = "mail.activity"
    _inherit = ["mail.activity", "collection.on.site.mixin"]

    _whose_fields = ("create_uid", "user_id")

    @api.model
    def _come_home(self, people):
        """Give somebody in-house the activities on what a provider's people lost.

        Whoever an activity is assigned to reads it, whatever they may read of its
        record. Those on customers who are with them stay theirs.

        :param people: query of `_get_provider_people_query`
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT activity.id
                  FROM (%(people)s) person
                  JOIN res_users login ON login.partner_id = person.id
                  JOIN mail_activity activity ON activity.user_id = login.id
                 WHERE activity.active AND activity.res_model IN %(models)s
                """,
                people=people,
                models=tuple(self.env["mail.followers"]._get_closed_models()),
            )
        )
        activities = self.browse(row[0] for row in rows)
        inherited = defaultdict(list)
        for (res_model, user), of_user in activities.grouped(
            lambda activity: (activity.res_model, activity.user_id)
        ).items():
            records = self.env[res_model].browse(of_user.mapped("res_id"))
            lost = records - user._filter_readable(records)
            heirs = self._get_heirs(lost.exists())
            lost_ids = set(lost.ids)
            for activity in of_user:
                if activity.res_id in lost_ids:
                    heir = heirs.get(activity.res_id, user.browse())
                    inherited[heir].append(activity.id)
        self._pass_on(inherited)

    @api.model
    def _pass_on(self, inherited):
        """Assign activities to others: {user: [ids]}.

        Whoever inherits them finds them among their activities: one e-mail for each
        would bury them in those of a whole file that comes back.
        """
        quiet = self.with_context(mail_activity_quick_update=True)
        for heir, activity_ids in inherited.items():
            quiet.browse(activity_ids).user_id = heir

    @api.model
    def _hand_on(self, leavers):
        """Give what `leavers` were to do on our records to somebody who is there.

        With the login, its activities go; a legal deadline would go with them.

        :return: number of activities
        """
        own_models = self.env["mail.followers"]._get_own_models()
        # sudo: of everybody's activities, those on our records
        activities_sudo = self.sudo().search(
            [("user_id", "in", leavers.ids), ("res_model", "in", list(own_models))]
        )
        inherited = defaultdict(list)
        for res_model, of_model in activities_sudo.grouped("res_model").items():
            records = self.env[res_model].sudo().browse(of_model.mapped("res_id"))
            heirs = self._get_heirs(records.exists(), leavers)
            for activity in of_model:
                heir = heirs.get(activity.res_id)
                if heir:
                    inherited[heir].append(activity.id)
        activities_sudo._pass_on(inherited)
        return len(activities_sudo)

    @api.model
    def _get_heirs(self, records, leavers=None):
        """Who in-house takes over activities on `records`: {record id: user}.

        The collector of the customer, else whoever is responsible for the record or
        its mandate, else a credit manager.

        :param leavers: users who are about to be archived
        """
        users = self.env["res.users"]
        leavers = leavers or users
        candidates = {}
        by_company = defaultdict(list)
        for record in records:
            accounts, mandates = (
                [record[name] for name in names if name in record._fields]
                for names in (("account_id", "collection_account_id"), ("mandate_id",))
            )
            candidates[record.id] = users.concat(
                *(
                    source.user_id
                    for source in (*accounts, record, *mandates)
                    if "user_id" in source._fields
                )
            )
            company = "company_id" in record._fields and record.company_id
            by_company[company or self.env.company].append(record.id)
        heirs = {}
        for company, res_ids in by_company.items():
            in_house = (
                users.union(*(candidates[res_id] for res_id in res_ids))._may_decide_in(
                    company
                )
                - leavers
            )
            managers = company._get_collection_managers() - leavers
            for res_id in res_ids:
                heirs[res_id] = (candidates[res_id] & in_house or managers)[:1]
        return heirs


class MailActivityMixin(models.AbstractModel):
    _inherit = "mail.activity.mixin"

    # who reads a record on our premises does not read all of its activities
    activity_summary = fields.Char(related_sudo=False)
