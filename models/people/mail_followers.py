from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

#: records of others that are about a customer, and who that is
CUSTOMER_OF = {
    "account.move": SQL(
        "SELECT move.commercial_partner_id FROM account_move move WHERE move.id = "
    ),
    "account.payment": SQL(
        """SELECT payer.commercial_partner_id
             FROM account_payment payment
             JOIN res_partner payer ON payer.id = payment.partner_id
            WHERE payment.id = """
    ),
    "res.partner": SQL(
        "SELECT contact.commercial_partner_id FROM res_partner contact"
        " WHERE contact.id = "
    ),
    "res.partner.bank": SQL(
        """SELECT holder.commercial_partner_id
             FROM res_partner_bank bank
             JOIN res_partner holder ON holder.id = bank.partner_id
            WHERE bank.id = """
    ),
}


class MailFollowers(models.Model):
    """A provider's people work customers; what the company discusses is not theirs.

    They follow no record of collections and none about a customer but their own
    firm, and no notification about one is sent to them: a right to see a customer
    ends with the hand-over, a subscription or an e-mail does not. The rule is the
    condition of `_closed`; whatever subscribes or notifies asks `_get_shut_out`.
    """

    _name = "mail.followers"
    _inherit = ["mail.followers", "collection.on.site.mixin"]

    # ------------------------------------------------------------------
    # The rule
    # ------------------------------------------------------------------

    @api.model
    def _get_closed_models(self):
        """Names of the models of which the provider's people hear nothing."""
        return [name for name in self.env.registry if self._is_closed_model(name)]

    @api.model
    def _get_own_models(self):
        """Names of our own models: the provider's people hear nothing of any record."""
        return set(self._get_closed_models()) - set(CUSTOMER_OF)

    @api.model
    def _is_closed_model(self, name):
        """Whether `name` is one of ours, if added later, or can be about customers."""
        return name in CUSTOMER_OF or (
            name in self.env
            and self.env.registry[name]._original_module == "account_collection"
        )

    @api.model
    def _closed(self, model, res_id, person):
        """Condition: the record `res_id` of `model` is closed to a row of `person`.

        :param person: alias of a row of `_get_provider_people_query`
        """
        customer = SQL(
            "CASE %s %s END",
            model,
            SQL(" ").join(
                SQL("WHEN %s THEN (%s%s)", name, query, res_id)
                for name, query in CUSTOMER_OF.items()
            ),
        )
        return SQL(
            """(%(model)s IN %(own)s OR EXISTS (
                SELECT 1 FROM collection_account closed
                 WHERE closed.partner_id = %(customer)s
                   AND closed.partner_id <> ALL(%(person)s.firm_ids)))""",
            model=model,
            own=tuple(self._get_own_models()),
            customer=customer,
            person=person,
        )

    @api.model
    def _get_shut_out(self, res_model, res_ids, partner_ids):
        """Whom of `partner_ids` each record of `res_model` is closed to.

        :return: {record id: set of partner ids}, only of those that are closed to some
        """
        if not (res_ids and partner_ids and self._is_closed_model(res_model)):
            return {}
        people = SQL(
            "SELECT id, firm_ids FROM (%s) person WHERE id = ANY(%s)",
            self.env["res.users"]._get_provider_people_query(twins=True),
            list(partner_ids),
        )
        strangers = {row[0] for row in self.env.execute_query(people)}
        if res_model not in CUSTOMER_OF or not strangers:
            return dict.fromkeys(res_ids if strangers else (), strangers)
        self._flush_customers()
        shut_out = {}
        for res_id, partner_id in self.env.execute_query(
            SQL(
                """
                SELECT document.id, person.id
                  FROM (%(people)s) person, unnest(%(res_ids)s) document(id)
                 WHERE %(closed)s
                """,
                people=people,
                res_ids=list(res_ids),
                closed=self._closed(
                    SQL("%s", res_model), SQL("document.id"), SQL("person")
                ),
            )
        ):
            shut_out.setdefault(res_id, set()).add(partner_id)
        return shut_out

    @api.model
    def _flush_customers(self):
        for name in CUSTOMER_OF:
            self.env[name].flush_model(
                self.env[name]._fields.keys() & {"commercial_partner_id", "partner_id"}
            )
        self.env["collection.account"].flush_model(["partner_id"])

    # ------------------------------------------------------------------
    # Nobody is let in
    # ------------------------------------------------------------------

    @api.constrains("partner_id", "res_id", "res_model")
    def _check_provider_people(self):
        for res_model, followers in self.grouped("res_model").items():
            shut_out = self._get_shut_out(
                res_model, followers.mapped("res_id"), followers.partner_id.ids
            )
            for follower in followers:
                if follower.partner_id.id in shut_out.get(follower.res_id, ()):
                    raise ValidationError(
                        self.env._(
                            "%(person)s works for a provider and follows nothing "
                            "that is about your customers.",
                            # sudo: the name of whom the caller wants to subscribe
                            person=follower.partner_id.sudo().name,
                        )
                    )

    def _add_followers(self, res_model, *args, **kwargs):
        new, update = super()._add_followers(res_model, *args, **kwargs)
        shut_out = self._get_shut_out(
            res_model,
            new,
            {values["partner_id"] for rows in new.values() for values in rows},
        )
        for res_id, partner_ids in shut_out.items():
            new[res_id] = [
                values
                for values in new[res_id]
                if values["partner_id"] not in partner_ids
            ]
        return new, update

    # ------------------------------------------------------------------
    # Whoever was let in leaves
    # ------------------------------------------------------------------

    @api.model
    def _dismiss_provider_people(self, leavers=None):
        """End what the provider's people still get about what is closed to them.

        Their subscriptions and notifications go, with the e-mails that have not left;
        activities on records that they may not read (any more) come home. To be called
        in the transaction that ends a right; a constant number of queries.

        :param leavers: partners of users who are no longer recognised as a provider's
            people, for they have just lost the group
        """
        # sudo: whoever ends a right need not know what hung on it
        self_sudo = self.sudo()
        self_sudo._flush_customers()
        for name in (
            "mail.activity",
            "mail.followers",
            "mail.mail",
            "mail.message",
            "mail.notification",
        ):
            self_sudo.env[name].flush_model()
        people = self_sudo.env["res.users"]._get_provider_people_query(leavers)
        followers = self_sudo.env.execute_query(
            SQL(
                """
                SELECT follower.id
                  FROM (%(people)s) person
                  JOIN mail_followers follower ON follower.partner_id = person.id
                 WHERE %(closed)s
                """,
                people=people,
                closed=self._closed(
                    SQL("follower.res_model"), SQL("follower.res_id"), SQL("person")
                ),
            )
        )
        self_sudo.browse({row[0] for row in followers}).unlink()
        self_sudo.env["mail.message"]._dismiss_recipients(people)
        self_sudo.env["mail.mail"]._dismiss_recipients(people)
        self_sudo.env["mail.activity"]._come_home(people)
