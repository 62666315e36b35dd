from odoo import fields, models
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """Of what is to be done next a provider's people read the day; the words where they
    are theirs, or the company's about a customer whom they have as a whole."""

    _inherit = "collection.account"

    _provider_words = frozenset({"next_action"})

    next_action = fields.Char(depends_context=("uid",))

    def _is_away_in_part(self):
        # EXTENDS contact
        self.ensure_one()
        # sudo: how much of the customer is away, of one that the caller reads
        return self.sudo().placement_line_id.scope == "items"

    def _may_read_words(self, alias):
        # EXTENDS people: whoever called last said what comes next
        calls = self.env["collection.call"]._fields
        lines = self.env["collection.placement.line"]._fields
        return SQL(
            """(EXISTS (
                    SELECT FROM collection_call said
                      JOIN collection_agent author ON author.id = said.agent_id
                     WHERE said.account_id = %(account)s
                       AND author.provider_id IN (%(ours)s)
                       AND (said.next_action = %(words)s
                            OR COALESCE(said.next_action, '') = ''
                               AND said.next_action_date = %(day)s))
                OR NOT EXISTS (
                    SELECT FROM collection_call said
                      JOIN collection_agent author ON author.id = said.agent_id
                     WHERE said.account_id = %(account)s
                       AND author.provider_id NOT IN (%(ours)s)
                       AND said.next_action = %(words)s)
               AND NOT EXISTS (
                    SELECT FROM collection_placement_line away
                     WHERE away.id = %(line)s AND away.scope = 'items'))""",
            account=SQL.identifier(alias, "id"),
            words=SQL.identifier(alias, "next_action"),
            day=SQL.identifier(alias, "next_action_date"),
            line=SQL.identifier(alias, "placement_line_id"),
            ours=self._get_own_provider_sql(),
            to_flush=[
                *(
                    calls[name]
                    for name in (
                        "account_id",
                        "agent_id",
                        "next_action",
                        "next_action_date",
                    )
                ),
                lines["scope"],
                self._fields["next_action_date"],
                self._fields["placement_line_id"],
            ],
        )
