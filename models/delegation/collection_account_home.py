from collections import defaultdict

from markupsafe import Markup

from odoo import fields, models
from odoo.tools import SQL

from ..base.days import company_today

COME_HOME_ACTIVITY = "account_collection.mail_activity_type_come_home"
COME_HOME_ACTION = "account_collection.collection_account_action_come_home"
#: plans that somebody follows
FOLLOWED_PLANS = ("to_approve", "active", "defaulted")
#: what the activity says, and where it leads
NOTE = Markup('<p>{said} <a href="/odoo/action-{action}">{link}</a></p>')
#: days for which a customer who came back is among those who did
HOME_DAYS = 30


class CollectionAccount(models.Model):
    """What a provider agreed with customers who come back goes to somebody by name."""

    _inherit = "collection.account"

    def _bring_home(self, mandates, items=None):
        """Give what is still expected of these customers to somebody in-house.

        To the collector of the customer, else to whoever is responsible for the
        mandate, else to a credit manager, who becomes the collector. Each of them is
        told once, however many customers there are.

        :param mandates: {account id: mandate under which it was}
        :param items: only what is about these items, of customers who stay
        """
        found = self._find_expected(items)
        if not found:
            return
        by_source = defaultdict(list)
        for account in found:
            mandate = mandates[account.id]
            by_source[account.company_id, mandate, account.user_id].append(account.id)
        told = {}
        for (company, mandate, user), account_ids in by_source.items():
            heir = company._get_collection_user(user, mandate.user_id)
            if not heir:
                continue
            if heir != user:
                # sudo: whose it is from now on, of customers who were taken back
                self.browse(account_ids).sudo().with_context(
                    tracking_disable=True
                ).user_id = heir
            told.setdefault((heir, company), mandate)
        for (heir, company), mandate in told.items():
            self._ask_to_follow_up(heir, company, mandate)

    def _find_expected(self, items=None):
        """Those of these accounts of whom something is expected: a promise, a plan, or
        the next action that was agreed on."""
        if not self:
            return self
        for name in ("collection.promise", "collection.payment.plan"):
            self.env[name].flush_model()
        self.flush_recordset(["next_action_date"])
        about = []
        for model, states in (
            ("collection.promise", ("open",)),
            ("collection.payment.plan", FOLLOWED_PLANS),
        ):
            field = self.env[model]._fields["item_ids"]
            about.append(
                SQL(
                    """EXISTS (SELECT 1 FROM %(table)s source
                        WHERE source.account_id = account.id
                          AND source.state IN %(states)s
                          AND (%(items)s::int[] IS NULL OR EXISTS (
                               SELECT 1 FROM %(rel)s rel
                                WHERE rel.%(owner)s = source.id
                                  AND rel.%(item)s = ANY(%(items)s))))""",
                    table=SQL.identifier(self.env[model]._table),
                    states=states,
                    items=None if items is None else items.ids,
                    rel=SQL.identifier(field.relation),
                    owner=SQL.identifier(field.column1),
                    item=SQL.identifier(field.column2),
                )
            )
        if items is None:
            about.append(SQL("account.next_action_date IS NOT NULL"))
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM collection_account account WHERE id = ANY(%s) AND (%s)",
                self.ids,
                SQL(" OR ").join(about),
            )
        )
        return self.browse(row[0] for row in rows)

    def _ask_to_follow_up(self, user, company, mandate):
        """Tell `user`, in one line, to follow what came back from providers.

        Whoever was told and has not looked yet is not told again: the number changes.
        """
        # sudo: of whom there is something to follow, counted for the one who is told
        count = self.sudo().search_count(
            [
                ("company_id", "=", company.id),
                ("user_id", "=", user.id),
                *self._get_home_domain(),
            ]
        )
        told_sudo = mandate.sudo().with_context(lang=user.lang)
        summary = told_sudo.env._(
            "Customers back from a provider, with something to follow: %(count)s",
            count=count,
        )
        activity_type = self.env.ref(COME_HOME_ACTIVITY)
        waiting_sudo = told_sudo.env["mail.activity"].search(
            [
                ("activity_type_id", "=", activity_type.id),
                ("user_id", "=", user.id),
                ("res_model", "=", mandate._name),
                (
                    "res_id",
                    "in",
                    mandate.sudo().search([("company_id", "=", company.id)]).ids,
                ),
            ],
            limit=1,
        )
        if waiting_sudo:
            waiting_sudo.summary = summary
            return
        told_sudo.activity_schedule(
            COME_HOME_ACTIVITY,
            summary=summary,
            note=NOTE.format(
                said=told_sudo.env._(
                    "Promises, plans and next actions of the provider are yours to "
                    "follow from now on."
                ),
                action=COME_HOME_ACTION,
                link=told_sudo.env._("Open the list"),
            ),
            user_id=user.id,
        )

    def _get_home_domain(self):
        """Domain of the customers who came back lately, whole or in part, and of whom
        something is expected. The action of the list says the same."""
        since = fields.Date.subtract(company_today(self), days=HOME_DAYS)
        return [
            "|",
            (
                "placement_line_ids",
                "any",
                [
                    ("went", "=", True),
                    ("state", "in", ("recalled", "returned", "expired")),
                    ("date_end", ">=", since),
                ],
            ),
            (
                "placement_line_ids.item_ids",
                "any",
                [("recalled", "=", True), ("date_recalled", ">=", since)],
            ),
            "|",
            "|",
            ("promise_ids.state", "=", "open"),
            ("plan_ids.state", "in", FOLLOWED_PLANS),
            ("next_action_date", "!=", False),
        ]
