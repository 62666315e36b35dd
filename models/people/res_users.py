from odoo import api, fields, models
from odoo.tools import SQL

IN_HOUSE_GROUP = "account_collection.group_collection_user"
PROVIDER_GROUPS = (
    "account_collection.group_collection_on_site",
    "account_collection.group_collection_provider",
)


class ResUsers(models.Model):
    """Who works for a provider, and what that user may read."""

    _inherit = "res.users"

    collection_agent_ids = fields.One2many(
        comodel_name="collection.agent", inverse_name="user_id", string="Agent"
    )

    def _may_decide_in(self, company):
        """Those of these users whom something of `company` can be given to."""
        users = self.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )
        return users - users._filter_provider_people()

    # ------------------------------------------------------------------
    # A provider's people
    # ------------------------------------------------------------------

    @api.model
    def _get_provider_logins_query(self):
        """Users who work for a provider: by their group, or as agents of one.

        Whoever was archived included: they have their address still.
        """
        self.flush_model(["group_ids", "partner_id"])
        self.env["collection.agent"].flush_model(["provider_id", "user_id"])
        return SQL(
            """
            SELECT login.id, login.partner_id, agent.provider_id
              FROM res_users login
         LEFT JOIN collection_agent agent ON agent.user_id = login.id
             -- an array: they are few, of the many users that a portal has
             WHERE login.id = ANY(ARRAY(
                    SELECT uid FROM res_groups_users_rel
                     WHERE gid = ANY(%(for_provider)s)
                    EXCEPT
                    SELECT uid FROM res_groups_users_rel WHERE gid = ANY(%(in_house)s)
                    UNION
                    SELECT user_id FROM collection_agent
                     WHERE provider_id IS NOT NULL))
            """,
            for_provider=self._get_group_ids_with(*PROVIDER_GROUPS),
            in_house=self._get_group_ids_with(IN_HOUSE_GROUP),
        )

    @api.model
    def _get_group_ids_with(self, *names):
        """The groups of these names, and those that imply them."""
        groups = self.env["res.groups"]._get_group_definitions()
        # none of them while the module is being installed
        group_ids = [group_id for name in names if (group_id := groups.get_id(name))]
        return group_ids + groups.get_subset_ids(group_ids)

    @api.model
    def _get_provider_people_query(self, leavers=None, twins=False):
        """Partners who are a provider's people: id, email, firm_ids.

        `firm_ids` are the companies they belong to, of which they may know.

        :param leavers: partners who were among them a moment ago
        :param twins: also whoever has the address of one of them; unless some partners
            are picked, this reads all there are
        """
        self.env["res.partner"].flush_model(
            ["commercial_partner_id", "email", "email_normalized"]
        )
        people = SQL(
            """
            SELECT partner.id, partner.email_normalized AS email,
                   ARRAY[partner.commercial_partner_id,
                         COALESCE(provider.commercial_partner_id,
                                  partner.commercial_partner_id)] AS firm_ids
              FROM (%(logins)s) login
              JOIN res_partner partner ON partner.id = login.partner_id
         LEFT JOIN res_partner provider ON provider.id = login.provider_id
            """,
            logins=self._get_provider_logins_query(),
        )
        if leavers:
            people = SQL(
                """
                %(people)s
             UNION ALL
                SELECT id, email_normalized, ARRAY[commercial_partner_id]
                  FROM res_partner WHERE id IN %(leavers)s
                """,
                people=people,
                leavers=tuple(leavers.ids),
            )
        if twins:
            people = SQL(
                """
                WITH known AS (%(people)s)
                SELECT id, email, firm_ids FROM known
             UNION ALL
                SELECT twin.id, known.email,
                       known.firm_ids || twin.commercial_partner_id
                  FROM known
                  JOIN res_partner twin ON twin.email_normalized = known.email
                 WHERE NOT EXISTS (
                        SELECT 1 FROM res_users colleague
                         WHERE colleague.partner_id = twin.id AND NOT colleague.share)
                """,
                people=people,
            )
        return people

    def _filter_provider_people(self):
        """Those of these users who work for a provider."""
        if not self:
            return self
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM (%s) person WHERE id IN %s",
                self._get_provider_logins_query(),
                tuple(self.ids),
            )
        )
        return self & self.browse(row[0] for row in rows)

    def _filter_readable(self, records):
        """Those of `records` that this user may read today; archived, none."""
        self.ensure_one()
        if not self.active:
            return records.browse()
        return (
            records.exists()
            .with_user(self)
            .with_context(allowed_company_ids=self.sudo().company_ids.ids)
            ._filtered_access("read")
            .with_env(records.env)
        )

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        if users._filter_provider_people():
            # a contact who followed something before having a login
            self.env["mail.followers"]._dismiss_provider_people()
        return users

    def action_archive(self):
        # EXTENDS mail: which deletes their activities
        self._hand_on()
        return super().action_archive()

    def _hand_on(self):
        """Give the customers and activities of users who leave to somebody else.

        The customers go to a credit manager of the company, who finds them among
        their own and shares them out.
        """
        leavers_sudo = self.sudo()
        # sudo: whoever manages logins need not know of collections
        accounts_sudo = (
            self.env["collection.account"]
            .sudo()
            .with_context(active_test=False)
            .search([("user_id", "in", leavers_sudo.ids)])
        )
        for company, of_company in accounts_sudo.grouped("company_id").items():
            managers = company._get_collection_managers() - leavers_sudo
            for leaver, accounts in of_company.grouped("user_id").items():
                accounts.with_context(tracking_disable=True).user_id = managers[:1]
                body = self.env._(
                    "%(leaver)s has left: the customer goes to %(heir)s.",
                    leaver=leaver.name,
                    heir=managers[:1].name or self.env._("nobody"),
                )
                accounts._message_log_batch(bodies=dict.fromkeys(accounts.ids, body))
        self.env["mail.activity"]._hand_on(leavers_sudo)

    @api.model
    def _hand_on_of_archived(self):
        """At night: what is still with a user who was archived, in whichever way."""
        self.env["collection.account"].flush_model(["user_id"])
        self.env["mail.activity"].flush_model(["active", "res_model", "user_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT login.id FROM res_users login
                 WHERE login.active IS NOT TRUE
                   AND (EXISTS (SELECT 1 FROM collection_account account
                                 WHERE account.user_id = login.id)
                        OR EXISTS (SELECT 1 FROM mail_activity activity
                                    WHERE activity.user_id = login.id
                                      AND activity.active
                                      AND activity.res_model LIKE 'collection.%%'))
                """
            )
        )
        self.browse(row[0] for row in rows)._hand_on()

    def write(self, vals):
        if "active" in vals and not vals["active"]:
            self.filtered("active")._hand_on()
        if {"active", "group_ids", "partner_id"}.isdisjoint(vals):
            return super().write(vals)
        known = self._filter_provider_people()
        leavers_sudo = known.sudo().partner_id
        res = super().write(vals)
        if known or self._filter_provider_people():
            self.env["mail.followers"]._dismiss_provider_people(leavers_sudo)
        return res
