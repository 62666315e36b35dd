from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from ...tools.call_window import customer_zone, local, start_of_day
from .roles import MANAGER_GROUP, USER_GROUP


class ResCompany(models.Model):
    """Numbers and people that every area asks a company for."""

    _inherit = "res.company"

    def _next_collection_numbers(self, code, count):
        """`count` numbers of a sequence of the company, drawn at once if it allows."""
        self.ensure_one()
        # sudo: whoever makes documents has no rights on sequences
        sequences_sudo = self.env["ir.sequence"].sudo().with_company(self)
        sequence = sequences_sudo.search(
            [("code", "=", code), ("company_id", "in", [self.id, False])],
            order="company_id",
            limit=1,
        )
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequences_sudo.next_by_code(code) for _i in range(count)]
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        prefix, suffix = sequence._get_prefix_suffix()
        return [f"{prefix}{row[0]:0{sequence.padding}}{suffix}" for row in rows]

    def _get_from_head_office(self, name):
        """The company's value of field `name`, else that of its nearest head office."""
        self.ensure_one()
        # sudo: the head office of a branch may be closed to its people; asked for are
        # settings and what stands on letters
        chain_sudo = reversed(self.sudo().parent_ids)
        return next((own[name] for own in chain_sudo if own[name]), self.sudo()[name])

    def _get_collection_managers(self):
        """Credit managers of the company: those whose own it is, then whoever looks
        after several; the longest-serving first."""
        self.ensure_one()
        # sudo: who is asked to act
        managers_sudo = self.env.ref(MANAGER_GROUP).sudo().all_user_ids
        return managers_sudo.filtered(
            lambda user: user.active and not user.share and self in user.company_ids
        ).sorted(lambda user: (user.company_id != self, user.id))

    def _get_collection_zone(self):
        """Time zone in which the company's days begin: its own, else its country's."""
        self.ensure_one()
        zones = self._get_collection_zones()
        return zones.get(self._origin.id) or self._find_collection_zone()

    def _find_collection_zone(self):
        partner = self.partner_id
        # filled in from whoever created the company, who may sit elsewhere
        guessed = partner.tz == partner.create_uid.tz
        return customer_zone(partner.tz, guessed, self.country_id.code)

    # asked by whatever is posted, paid or shown; renewed by what it is made of
    @api.model
    @ormcache()
    def _get_collection_zones(self):
        """Time zone of each company: {id: name}"""
        # sudo: of each company the zone alone is told
        companies_sudo = (
            self.sudo()
            .with_context(active_test=False)
            .search([("partner_id", "!=", False)])
        )
        return {
            company.id: company._find_collection_zone() for company in companies_sudo
        }

    def _get_collection_today(self):
        """Today where the company sits."""
        self.ensure_one()
        return local(fields.Datetime.now(), self._get_collection_zone()).date()

    @api.model
    def _get_collection_days(self):
        """Today of each company, where it sits: {id: date}"""
        now = fields.Datetime.now()
        zones = self._get_collection_zones()
        days = {zone: local(now, zone).date() for zone in set(zones.values())}
        return {company_id: days[zone] for company_id, zone in zones.items()}

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self.env.registry.clear_cache()
        return companies

    def cache_invalidation_fields(self):
        # EXTENDS base: `_get_collection_zones`
        return super().cache_invalidation_fields() | {"partner_id"}

    def _get_collection_midnight(self, day):
        """Moment in UTC at which `day` begins where the company sits."""
        return start_of_day(day, self._get_collection_zone())

    def _get_collection_lang(self):
        """Language in which the company's jobs write: its own, where installed.

        English is what Odoo fills in for a company: where its people work in another
        language, nobody has chosen it.
        """
        self.ensure_one()
        installed = dict(self.env["res.lang"].get_installed())
        lang = self.partner_id.lang
        if lang == "en_US":
            # sudo: who works for the company, of whom the language alone is told
            people_sudo = (
                self.env.ref(USER_GROUP)
                .sudo()
                .all_user_ids.filtered(
                    lambda user: user.active and self in user.company_ids
                )
            )
            langs = Counter(people_sudo.mapped("lang"))
            [(lang, _count)] = langs.most_common(1) or [(lang, 0)]
        return lang if lang in installed else self.env.lang

    @api.model
    def _by_collection_place(self):
        """Companies by their days and language, for jobs that run for all of them.

        A job has no time zone of its own: at 2 a.m. in Paris it is still yesterday in
        Martinique, where nothing that is due that day is late. Nor has it a language:
        what it writes down stands among what the company's people wrote.

        :return: list of (context with `tz` and `lang`, companies), of one pair in most
            databases
        """
        companies = self.search([("active", "=", True)])
        places = companies.grouped(
            lambda company: (
                company._get_collection_zone(),
                company._get_collection_lang(),
            )
        )
        return [
            ({"tz": zone, "lang": lang}, of_place)
            for (zone, lang), of_place in places.items()
        ]
