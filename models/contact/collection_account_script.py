from decimal import Decimal

from odoo import api, models
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ...tools.letter_text import fill_in_lines
from ..base.days import company_today

ZERO = Decimal(0)


class CollectionAccount(models.Model):
    """What to say to a customer on the telephone, with the figures of today."""

    _inherit = "collection.account"

    def _get_call_script(self):
        """What the current user says to this customer, in the customer's language.

        :return: plain texts: {"lang", "opening", "points" and "objections":
            [(words, answer)], "law": [sentences], "means", "closing"; "manner": how
            they are to speak, for themselves}; what there is nothing to say about is
            empty
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: the account may be read; the scripts of its kind of customer are what
        # whoever calls them is to say
        account_sudo = self.sudo()
        scripts_sudo = self.env["collection.script"].sudo()
        scripts_sudo = scripts_sudo.with_context(lang=self._get_script_lang())._find(
            account_sudo, self._get_script_mode()
        )

        def first(name):
            return next(
                (script[name] for script in scripts_sudo if script[name]), False
            )

        return {
            **self._render_script(
                first("opening"),
                first("point_ids") or (),
                first("objection_ids") or (),
                first("closing"),
            ),
            "manner": self._get_script_manner(),
        }

    def _get_talk_html(self):
        """The words of the call as the call screen shows them."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            "account_collection.collection_script_talk",
            {"talk": self._get_call_script()},
        )

    def _render_script(self, opening, points, objections, closing, mode=None):
        """The words of a script for this customer, figures filled in.

        :param mode: as whom the caller speaks, by default as to this customer
        """
        self.ensure_one()
        lang = self._get_script_lang()
        items = self._get_script_items()
        values = self._get_script_values(lang, mode or self._get_script_mode(), items)

        def lines(records):
            filled = [
                (fill_in_lines(line.name, values), fill_in_lines(line.answer, values))
                for line in records
            ]
            return [(name, answer) for name, answer in filled if name]

        return {
            "lang": lang,
            "opening": fill_in_lines(opening, values),
            "points": lines(points),
            "objections": lines(objections),
            "law": self._get_law_sentences(lang, items),
            "means": self._get_means_sentence(lang),
            "closing": fill_in_lines(closing, values),
        }

    def _get_script_lang(self):
        """The customer's language when it is installed, else the caller's."""
        # sudo: which language the customer speaks
        lang = self.sudo().partner_id.lang
        installed = dict(self.env["res.lang"].get_installed())
        return lang if lang in installed else self.env.lang or "en_US"

    def _get_script_tone(self):
        """How far things have come: the tone of the level reached."""
        if self.level_id:
            return self.level_id.tone
        return "courteous" if self.amount_overdue else "service"

    def _get_script_manner(self):
        """How the current user is to speak, whatever they say; later areas know."""
        return ""

    def _get_script_mode(self):
        """As whom the current user speaks to this customer."""
        agent_sudo = self.env["collection.agent"]._current()
        if not agent_sudo.provider_id:
            return "in_house"
        # sudo: how the provider presents itself is no secret of the mandate
        return self.sudo().mandate_id.mode or "in_name"

    def _get_script_items(self):
        """Late items that the current user sees, oldest first."""
        items = self.env["collection.item"].search(
            [("account_id", "=", self.id), ("state", "=", "open")],
            order="date_due, id",
        )
        return items.filtered(
            lambda item: (
                item.days_overdue >= 1
                # sudo: a portal user may not read currencies
                and item.sudo().currency_id.compare_amounts(
                    item.amount_residual, item.amount_disputed
                )
                > 0
            )
        )

    def _get_script_values(self, lang, mode, items):
        """Values of the placeholders; what does not concern this call has none.

        :param items: as of `_get_script_items`
        """
        account_sudo = self.sudo()
        env = self.with_context(lang=lang).env
        agent_sudo = self.env["collection.agent"]._current()
        mandate_sudo = account_sudo.mandate_id
        on_behalf = mode == "on_behalf"
        oldest = items[:1]
        contact = account_sudo._dunning_contact()
        broken = account_sudo.promise_ids.filtered(
            lambda promise: (
                promise.state in ("broken", "partial")
                and any(item.state == "open" for item in promise.item_ids)
            )
        )[:1]
        return {
            "agent": agent_sudo.name or self.env.user.sudo().name,
            "company": account_sudo.company_id.name,
            # in the company's name its employer is never mentioned
            "provider": on_behalf and mandate_sudo.provider_id.name,
            "mandate": on_behalf and mandate_sudo.number,
            "notice": on_behalf and account_sudo.with_context(lang=lang).mandate_notice,
            "customer": account_sudo.partner_id.name,
            "person": not contact.is_company and contact.name,
            "count": len(items),
            "due": self._sum_amounts(
                env,
                [
                    (
                        item.sudo().currency_id,
                        item.amount_residual - item.amount_disputed,
                    )
                    for item in items
                ],
            ),
            "number": oldest.move_name,
            "date": oldest and format_date(env, oldest.date_due),
            "days": oldest.days_overdue,
            "promise": broken
            and broken.currency_id.with_env(env).format(broken.amount_missing),
        }

    @api.model
    def _sum_amounts(self, env, amounts):
        """Amounts added up by currency, in words of a language: “1,200 € + 50 $”."""
        totals = {}
        for currency, amount in amounts:
            totals[currency] = totals.get(currency, 0.0) + amount
        return " + ".join(
            currency.with_env(env).sudo().format(amount)
            for currency, amount in totals.items()
        )

    # ------------------------------------------------------------------
    # The law, in two sentences
    # ------------------------------------------------------------------

    def _get_law_sentences(self, lang, items):
        """What the law gives for being late, with the figures of today.

        Under the customer's own regime, on the items that the caller sees; nothing
        once insolvency is open.

        :param items: as of `_get_script_items`
        """
        # sudo: the law is the customer's, its figures are those of items they may read
        account_sudo = self.sudo()
        if not items or account_sudo.insolvency_date:
            return []
        env = self.with_context(lang=lang).env
        debtor_type = account_sudo._get_debtor_type()
        regime_sudo = (
            self.env["collection.interest.regime"].sudo()._get_by_debtor_type()
        ).get(debtor_type)
        if not regime_sudo:
            return []
        today = company_today(self)
        penalties = items.sudo()._get_penalties(today)
        interest, indemnity, rate = [], [], None
        for item, penalty in penalties.items():
            if penalty.error:
                # a rate nobody has entered: no figure is better than a wrong one
                interest, indemnity, rate = [], [], None
                break
            interest.append(
                (item.currency_id, penalty.interest - penalty.waived_interest)
            )
            indemnity.append(
                (item.currency_id, penalty.indemnity - penalty.waived_indemnity)
            )
            if penalty.segments:
                rate = penalty.segments[-1].rate
        law = regime_sudo.with_context(lang=lang).law_reference
        sentences = [
            self._describe_interest(env, debtor_type, rate, interest, law),
            self._describe_indemnity(env, regime_sudo, indemnity),
        ]
        return [sentence for sentence in sentences if sentence]

    @api.model
    def _describe_interest(self, env, debtor_type, rate, amounts, law):
        total = sum((amount for _currency, amount in amounts), ZERO)
        if rate is None or total <= 0:
            if debtor_type == "consumer":
                return env._(
                    "Interest at the legal rate runs only from a formal notice: none "
                    "is claimed today."
                )
            return env._(
                "Late-payment interest is owed from the day after the due date, "
                "without any reminder (%(law)s).",
                law=law,
            )
        values = {
            "rate": formatLang(env, float(rate), digits=2),
            "amount": self._sum_amounts(
                env, [(currency, float(amount)) for currency, amount in amounts]
            ),
            "law": law,
        }
        if debtor_type == "public":
            return env._(
                "Default interest is owed of right, without any formality, at "
                "%(rate)s %% a year, the rate of the half-year in which it began: "
                "%(amount)s to this day (%(law)s).",
                **values,
            )
        if debtor_type == "consumer":
            return env._(
                "Since the formal notice, interest runs at the legal rate of "
                "%(rate)s %%: %(amount)s to this day (%(law)s).",
                **values,
            )
        return env._(
            "Late-payment interest is owed by law from the day after the due date, "
            "without any reminder, at %(rate)s %% a year for this half-year: "
            "%(amount)s to this day (%(law)s).",
            **values,
        )

    @api.model
    def _describe_indemnity(self, env, regime_sudo, amounts):
        if regime_sudo.debtor_type == "consumer":
            return env._("A consumer owes no recovery indemnity: never ask for one.")
        if sum((amount for _currency, amount in amounts), ZERO) <= 0:
            return ""
        return env._(
            "For each late invoice a fixed indemnity of %(indemnity)s for recovery "
            "costs is owed as well: %(amount)s.",
            indemnity=env.ref("base.EUR").sudo().format(regime_sudo.indemnity),
            amount=self._sum_amounts(
                env, [(currency, float(amount)) for currency, amount in amounts]
            ),
        )

    def _get_means_sentence(self, lang):
        """The means of payment to propose to this customer, if there is one."""
        proposal = self.with_context(lang=lang)._get_means_proposal()
        if not proposal:
            return ""
        return proposal["script"] or self.with_context(lang=lang).env._(
            "May we propose that you pay by another means from now on: %(means)s?",
            means=proposal["label"],
        )
