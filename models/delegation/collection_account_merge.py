from datetime import date

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.sql import table_columns

from .collection_placement import HANDED_OVER

#: what a customer may use depends on what it is
MEANS_FIELDS = ("payment_means", "payment_means_target")
#: of two answers to one campaign, the one that says more
ANSWER_RANK = {"asked": 0, "refused": 1, "accepted": 2}


class CollectionAccount(models.Model):
    """What becomes of the accounts of customers who turn out to be one.

    Everything that stands on either account stands on the one that stays, and of the
    decisions that differ the stricter holds: it stays in-house, under hold, insolvent,
    uncalled if one of the two was. What a provider had been handed over stays with it,
    and what the other account brings along joins by the mandate's rule for new items;
    but an account that must not leave the company takes the other one home with it.
    Two customers who are with two different providers cannot become one: the company
    first takes one of them back.
    """

    _inherit = "collection.account"

    # ------------------------------------------------------------------
    # Before: what cannot become one
    # ------------------------------------------------------------------

    @api.model
    def _check_merge(self, src_partners, dst_partner):
        """Refuse contacts whose items are with different providers.

        :param src_partners: contacts that are merged into `dst_partner`
        :raises UserError: naming the customers
        """
        self._flush_all()
        partners = src_partners | dst_partner
        customers = partners | self._get_future_customer(src_partners, dst_partner)
        contacts = self._get_contacts(partners, partners.commercial_partner_id)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT array_agg(line.account_id ORDER BY line.account_id)
                  FROM collection_placement_line line
                  JOIN collection_placement placement
                    ON placement.id = line.placement_id
                 WHERE line.state = 'active' AND placement.state IN %(handed_over)s
                   AND line.id IN (
                        SELECT acc.placement_line_id FROM collection_account acc
                         WHERE acc.partner_id IN %(customers)s
                         UNION
                        -- items of a contact leave the account of its company
                        SELECT acc.placement_line_id FROM account_move_line aml
                          JOIN collection_item ci ON ci.move_line_id = aml.id
                          JOIN collection_account acc ON acc.id = ci.account_id
                         WHERE aml.partner_id IN %(contacts)s AND ci.delegated)
              GROUP BY line.company_id
                HAVING COUNT(DISTINCT line.mandate_id) > 1
                """,
                handed_over=HANDED_OVER,
                customers=tuple(customers.ids),
                contacts=tuple(contacts.ids),
            )
        )
        for [account_ids] in rows:
            self.browse(account_ids)._refuse_merge()

    def _refuse_merge(self):
        raise UserError(
            self.env._(
                "These customers are with different providers: %(customers)s. Have a "
                "credit manager take all but one of them back, then merge them.",
                customers=", ".join(self.mapped("display_name")),
            )
        )

    @api.model
    def _get_future_customer(self, src_partners, dst_partner):
        """Whose account the merged contact will belong to: the merger takes over what
        makes it a company of its own or somebody's contact."""
        partners = src_partners + dst_partner
        parents = [partner.parent_id for partner in partners if partner.parent_id]
        if any(partners.mapped("is_company")) or not parents:
            return dst_partner
        return parents[-1].commercial_partner_id

    @api.model
    def _get_contacts(self, partners, customers):
        """`partners` and their contacts, but for companies of their own among them."""
        return (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search(
                [
                    ("id", "child_of", partners.ids),
                    ("commercial_partner_id", "in", customers.ids),
                ]
            )
        )

    # ------------------------------------------------------------------
    # After: one account in each company
    # ------------------------------------------------------------------

    @api.model
    def _follow_merge(self, src_partners, dst_partner, customers):
        """Make the accounts of contacts that became one contact true.

        Their journal items and whatever else names them has moved already, the
        accounts of `src_partners` are still theirs.

        :param customers: the contacts and the companies they belonged to before
        """
        # what the merger noted is looked at as a whole
        self._forget_noted_lines()
        self.env.flush_all()
        self.env.invalidate_all()
        customer = self._follow_commercial_partner(dst_partner)
        accounts = self.with_context(active_test=False).search(
            [("partner_id", "in", (customers | customer).ids)]
        )
        merged = src_partners | dst_partner | customer
        for group in (
            accounts.filtered(lambda account: account.partner_id in merged)
            .grouped("company_id")
            .values()
        ):
            kept = group.sorted(
                lambda account: (
                    account.partner_id != customer,
                    account.partner_id != dst_partner,
                    account.id,
                )
            )[:1]
            kept._absorb(group - kept, customer)
        accounts = accounts.exists()
        contacts = self._get_contacts(dst_partner, customer)
        accounts |= self._create_missing(
            SQL("aml.partner_id IN %s", tuple(contacts.ids))
        )
        self._refresh(accounts)

    @api.model
    def _follow_commercial_partner(self, partner):
        """Let contacts and invoices of who became a contact know its company.

        The merger moves both by statements that take it for the company.

        :return: the customer that `partner` belongs to
        """
        customer = partner.commercial_partner_id
        if customer != partner:
            Partner = self.env["res.partner"].with_context(active_test=False)
            self.env.add_to_compute(
                Partner._fields["commercial_partner_id"],
                Partner.search([("id", "child_of", partner.id)]),
            )
            self.env["account.move"].flush_model(["commercial_partner_id"])
            self.env.cr.execute(
                SQL(
                    "UPDATE account_move SET commercial_partner_id = %s"
                    " WHERE commercial_partner_id = %s",
                    customer.id,
                    partner.id,
                )
            )
            self.env["account.move"].invalidate_model(
                ["commercial_partner_id"], flush=False
            )
        return customer

    def _absorb(self, others, customer):
        """Bring everything of `others` under this account, which is `customer`'s."""
        self.ensure_one()
        if not others:
            if self.partner_id != customer:
                self.partner_id = customer
            return
        accounts = self + others
        names = ", ".join(others.mapped("display_name"))
        tracked = self.fields_get(
            self._track_get_fields(), ["currency_field", "selection", "string", "type"]
        )
        said = [{name: account[name] for name in tracked} for account in accounts]
        values = accounts._get_merged_values()
        line = accounts._merge_placement_lines()
        was_to_stay = line.account_id._is_to_stay()
        values.update(
            agent_id=line.account_id.agent_id.id,
            partner_id=customer.id,
            placement_line_id=line.placement_id.state != "draft" and line.id,
        )
        accounts._merge_returns(line.mandate_id)
        accounts._merge_campaign_answers()
        accounts._merge_followers()
        self._move_references(others)
        others.unlink()
        self.with_context(tracking_disable=True)._write_merged_values(values)
        self._log_merge(names, tracked, said)
        if line and self._is_to_stay() and not was_to_stay:
            line._take_back(
                "recalled",
                self.env._("Merged with a customer who stays in-house"),
                recall_reason="insolvency" if self.insolvency_date else "strategic",
            )

    def _is_to_stay(self):
        """Whether one of these customers must not be handed over."""
        return any(
            account.reserved
            or account.insolvency_date
            or account.segment_id.delegation == "never"
            for account in self
        )

    def _get_merged_values(self):
        """What is decided about a customer who had several accounts.

        Where nothing else is said below, fields of other modules included, it is what
        the first account says that says something: of yes and no, yes. Stricter is
        what spares the customer: the later hold, the lower of two agreed rates, the
        segment that is never handed over, the policy that does nothing; what is to be
        done comes at the earlier of two days.
        """
        decisions = [
            name
            for name, field in self._fields.items()
            if field.store and field.column_type and not field.readonly
        ]
        values = {
            name: next((account[name] for account in self if account[name]), False)
            for name in decisions
        }
        # never before maybe, chosen by hand before found by rule
        values["segment_id"] = max(
            self,
            key=lambda account: (
                account.segment_id.delegation == "never",
                bool(account.segment_id and account.segment_locked),
                bool(account.segment_id),
            ),
        ).segment_id
        values["policy_id"] = (
            self.policy_id.filtered("do_nothing")[:1] or values["policy_id"]
        )
        values["agreed_rate"] = min(filter(None, self.mapped("agreed_rate")), default=0)
        if values["hold_until"]:
            held = max(self, key=lambda account: account.hold_until or date.min)
            values.update(hold_until=held.hold_until, hold_reason=held.hold_reason)
        if values["next_action_date"]:
            first = min(self, key=lambda account: account.next_action_date or date.max)
            for name in ("next_action", "next_action_date", "next_action_time"):
                values[name] = first[name]
        if values["insolvency_date"]:
            first = min(self, key=lambda account: account.insolvency_date or date.max)
            published = filter(None, self.mapped("insolvency_publication_date"))
            # what one of them owed was not declared with the debts of the other
            declared = self.filtered("amount_open").mapped("claim_declared_date")
            values.update(
                insolvency_date=first.insolvency_date,
                insolvency_administrator_id=first.insolvency_administrator_id
                or values["insolvency_administrator_id"],
                insolvency_publication_date=min(published, default=False),
                claim_declared_date=max(declared or [values["claim_declared_date"]])
                if all(declared)
                else False,
            )
        return {
            name: self._fields[name].convert_to_write(value, self)
            for name, value in values.items()
        }

    def _write_merged_values(self, values):
        means = {name: values.pop(name) for name in MEANS_FIELDS}
        self.write(values)
        # judged by what the customer is from now on
        self.write(
            {
                name: value
                for name, value in means.items()
                if not value or self._may_use_means(value)
            }
        )
        if self.insolvency_date:
            self._stop_letters()
        self._update_delegation()

    def _log_merge(self, names, tracked, said):
        """Tell the timeline what the accounts had said, where it was something else.

        :param names: of the accounts that are no more
        :param tracked: description of the fields that the timeline follows
        :param said: what stood there, account by account, this one first
        """
        differing = self._mail_track(tracked, said[0])[1]
        for values in said[1:]:
            values = {name: value for name, value in values.items() if value}
            differing += self._mail_track(tracked, values)[1]
        self._message_log(
            body=self.env._(
                "Merged with the account of %(customers)s. Where they differed, the "
                "stricter holds:",
                customers=names,
            )
            if differing
            else self.env._(
                "Merged with the account of %(customers)s.", customers=names
            ),
            tracking_value_ids=differing,
        )

    # ------------------------------------------------------------------
    # What there may be once only
    # ------------------------------------------------------------------

    def _merge_placement_lines(self):
        """Bring the hand-overs that run down to one.

        What was proposed only gives way to what was handed over.

        :return: the line that stays, on whichever of the accounts; may be empty
        """
        lines = self.env["collection.placement.line"].search(
            [("account_id", "in", self.ids), ("state", "=", "active")]
        )
        handed_over = lines.filtered(
            lambda line: line.placement_id.state in HANDED_OVER
        )
        if len(handed_over.mandate_id) > 1:
            handed_over.account_id._refuse_merge()
        order = self.ids
        kept = (handed_over or lines).sorted(
            lambda line: (
                line.placement_id.state == "draft",
                order.index(line.account_id.id),
            )
        )[:1]
        for line in handed_over - kept:
            kept._absorb(line)
        proposed = lines.exists() - handed_over - kept
        placements = proposed.placement_id
        proposed.unlink()
        placements._close_if_done()
        return kept

    def _merge_returns(self, mandate):
        """Leave one open request of a provider to take the customer back."""
        requests = self.env["collection.provider.note"].search(
            [
                ("account_id", "in", self.ids),
                ("kind", "=", "return"),
                ("state", "=", "open"),
            ],
            order="date, id",
        )
        kept = (
            requests.filtered(lambda request: request.mandate_id == mandate) or requests
        )[:1]
        for request in requests - kept:
            request.answer = self.env._(
                "Merged with a customer about whom you asked the same."
            )
            request._close("done")

    def _merge_campaign_answers(self):
        """Let the customer count once per campaign, by the answer that says most."""
        answers = self.env["collection.means.change"].search(
            [("account_id", "in", self.ids), ("campaign_id", "!=", False)]
        )
        for of_campaign in answers.grouped("campaign_id").values():
            ranked = of_campaign.sorted(
                lambda answer: (ANSWER_RANK[answer.state], answer.date_asked, answer.id)
            )
            ranked[:-1].campaign_id = False

    def _merge_followers(self):
        """Whoever follows several of the accounts follows the first, in all that they
        followed of any."""
        self.env.flush_all()
        doubles = SQL(
            """
            SELECT follower.id,
                   first_value(follower.id) OVER (
                       PARTITION BY follower.partner_id
                       ORDER BY array_position(%(accounts)s, follower.res_id)) AS kept
              FROM mail_followers follower
             WHERE follower.res_model = %(model)s
               AND follower.res_id = ANY(%(accounts)s)
            """,
            model=self._name,
            accounts=self.ids,
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_followers_mail_message_subtype_rel (
                    mail_followers_id, mail_message_subtype_id)
                SELECT double.kept, rel.mail_message_subtype_id
                  FROM (%s) double
                  JOIN mail_followers_mail_message_subtype_rel rel
                    ON rel.mail_followers_id = double.id
                    ON CONFLICT DO NOTHING
                """,
                doubles,
            )
        )
        self.env.cr.execute(
            SQL(
                "DELETE FROM mail_followers USING (%s) double"
                " WHERE mail_followers.id = double.id AND double.id <> double.kept",
                doubles,
            )
        )

    # ------------------------------------------------------------------
    # Everything else
    # ------------------------------------------------------------------

    def _move_references(self, others):
        """Let all that names `others` name this account: one statement per table.

        The tables are those that the database knows, whichever module they belong to.
        They are written past the ORM: also what nobody changes once it is recorded,
        the log of accesses or a letter that was sent, is about the customer.
        """
        self.env.flush_all()
        merger = self.env["base.partner.merge.automatic.wizard"]
        for table, column in merger._get_fk_on(self._table):
            columns = set(table_columns(self.env.cr, table))
            if len(columns) == 2:
                [other_column] = columns - {column}
                self.env.cr.execute(
                    SQL(
                        """
                        INSERT INTO %(table)s (%(column)s, %(other)s)
                        SELECT DISTINCT %(account)s, %(other)s
                          FROM %(table)s WHERE %(column)s IN %(others)s
                            ON CONFLICT DO NOTHING
                        """,
                        table=SQL.identifier(table),
                        column=SQL.identifier(column),
                        other=SQL.identifier(other_column),
                        account=self.id,
                        others=others._ids,
                    )
                )
                continue  # the old rows go with the accounts
            self.env.cr.execute(
                SQL(
                    "UPDATE %(table)s SET %(column)s = %(account)s"
                    " WHERE %(column)s IN %(others)s",
                    table=SQL.identifier(table),
                    column=SQL.identifier(column),
                    account=self.id,
                    others=others._ids,
                )
            )
        self.env.invalidate_all(flush=False)
        for field in self._get_references():
            model = self.env[field.model_name]
            rows = self.env.execute_query(
                SQL(
                    "UPDATE %(table)s SET %(column)s = %(account)s"
                    " WHERE %(model_column)s = %(model)s AND %(column)s IN %(others)s"
                    " RETURNING id",
                    table=SQL.identifier(model._table),
                    column=SQL.identifier(field.name),
                    model_column=SQL.identifier(field.model_field),
                    account=self.id,
                    model=self._name,
                    others=others._ids,
                )
            )
            model.browse(row[0] for row in rows).modified([field.name])
        merger._update_reference_fields_generic(self._name, others, self)

    @api.model
    def _get_references(self):
        """Stored fields that name a record of whichever model by its number."""
        return [
            field
            for model in self.env.values()
            if model._auto
            for field in model._fields.values()
            if field.type == "many2one_reference" and field.store
        ]
