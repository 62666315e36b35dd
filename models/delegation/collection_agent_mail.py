from odoo import Command, models


class CollectionAgent(models.Model):
    """What the company tells a provider's people by e-mail."""

    _inherit = "collection.agent"

    def _mail_from(self, company, subject, template, values):
        """Queue an e-mail to this agent in their language.

        It hangs on no record, of which they would have to be followers: who it goes
        to and what it says is decided by the callers, who check that they may know.

        :param subject: function of the environment: the subject, in its language
        :param template: external id of the view of the body
        :param values: what it shows, beside `agent`, `company` and `link_base`
        """
        self.ensure_one()
        agent = self.with_context(lang=self.user_id.lang)
        placed = {
            name: value.with_env(agent.env)
            if isinstance(value, models.Model)
            else value
            for name, value in values.items()
        }
        sender = company._get_collection_sender()
        agent.env["mail.mail"].create(
            {
                "subject": f"{company.name} – {subject(agent.env)}",
                "body_html": agent.env["ir.qweb"]._render(
                    template,
                    {
                        "agent": agent,
                        "company": company.with_env(agent.env),
                        "link_base": agent.get_base_url(),
                        **placed,
                    },
                ),
                "email_from": sender,
                "reply_to": sender,
                "author_id": company.partner_id.id,
                "recipient_ids": [Command.set(agent.user_id.partner_id.ids)],
                "auto_delete": True,
            }
        )
