from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import clean_context, format_date

from ...tools import outside_value
from .days import company_today

#: characters that a field of one line and one of several lines takes from outside
CHAR_LIMIT = 250
TEXT_LIMIT = 5000
#: records that one remote call creates
CREATE_LIMIT = 20


class CollectionProviderMixin(models.AbstractModel):
    """What the people of a provider may send: plain values, and choices of records
    that they read and that are delegated to them."""

    _inherit = "collection.provider.mixin"

    @api.model
    def _check_outside_names(self, vals, allowed):
        """Refuse values of other names than `allowed`.

        :raises AccessError: naming them
        """
        if not isinstance(vals, dict):
            raise AccessError(self.env._("Values are expected, by their names."))
        closed = [str(name)[:CHAR_LIMIT] for name in vals if name not in allowed]
        if closed:
            raise AccessError(
                self.env._(
                    "These values cannot be set here: %(names)s.",
                    names=", ".join(sorted(closed)),
                )
            )

    @api.model
    def _clean_outside_values(self, vals, allowed):
        """Values of this model that came from outside, typed, bounded and checked.

        The one gate between what a page, a remote call or a wizard sends and what is
        created or written, as superuser or not. Of relational fields it lets nothing
        pass but the numbers of records that the current user reads: no command that
        creates, changes or removes, at any depth. Numbers are finite, texts and days
        within bounds.

        :param dict vals: as they came
        :param allowed: names that may be set; another one is refused
        :return: dict of plain values; of x2many fields lists of ids
        :raises AccessError: on another name, a command or a record they do not read
        :raises UserError: on what is no value of its field, saying what is expected
        """
        self._check_outside_names(vals, allowed)
        return {
            name: self._clean_outside_value(self._fields[name], value)
            for name, value in vals.items()
        }

    @api.model
    def _clean_outside_value(self, field, value):
        """One value for `field`, as in `_clean_outside_values`."""
        today = company_today(self)
        read = {
            "boolean": outside_value.as_flag,
            "char": lambda value: outside_value.as_text(value, CHAR_LIMIT),
            "date": lambda value: outside_value.as_day(value, today),
            "datetime": lambda value: outside_value.as_moment(value, today),
            "float": outside_value.as_number,
            "integer": outside_value.as_count,
            "many2many": outside_value.as_ids,
            "many2one": outside_value.as_id,
            "monetary": outside_value.as_number,
            "one2many": outside_value.as_ids,
            "selection": lambda value: outside_value.as_text(value, CHAR_LIMIT),
            "text": lambda value: outside_value.as_text(value, TEXT_LIMIT),
        }.get(field.type)
        label = field._description_string(self.env)
        if not read:
            self._check_outside_names({field.name: value}, ())
        value = self._read_outside_value(label, read, value)
        if field.type == "selection" and value:
            if value not in field.get_values(self.env):
                raise UserError(
                    self.env._(
                        "%(field)s: choose one of the values offered.", field=label
                    )
                )
        elif field.relational and value:
            self._check_outside_records(
                self.env[field.comodel_name].browse(value), label
            )
        return value

    @api.model
    def _read_outside_value(self, label, read, value):
        """`read(value)`, a function of `tools.outside_value`; its refusal in words.

        :param label: what the value is called on the screen
        :raises AccessError: on what chooses no record
        :raises UserError: on any other value that is none
        """
        try:
            return read(value)
        except outside_value.OutsideValueError as refusal:
            error = refusal
        if error.code in ("command", "no_id"):
            raise AccessError(
                self.env._(
                    "%(field)s: choose among the records that you can see.", field=label
                )
            ) from error
        facts = {
            name: format_date(self.env, fact) if name in ("first", "last") else fact
            for name, fact in error.facts.items()
        }
        messages = {
            "no_text": self.env._("%(field)s: enter a text.", field=label),
            "unreadable": self.env._(
                "%(field)s holds signs that cannot be stored: type it anew.",
                field=label,
            ),
            "too_long": self.env._(
                "%(field)s: %(length)s characters are too many, at most %(limit)s are "
                "possible. Shorten the text.",
                field=label,
                length=facts.get("length"),
                limit=facts.get("limit"),
            ),
            "no_flag": self.env._("%(field)s: answer yes or no.", field=label),
            "no_number": self.env._("%(field)s: enter a number.", field=label),
            "too_large": self.env._(
                "%(field)s: this number is too large.", field=label
            ),
            "no_day": self.env._("%(field)s: enter a day.", field=label),
            "too_far": self.env._(
                "%(field)s: choose a day between %(first)s and %(last)s.",
                field=label,
                first=facts.get("first"),
                last=facts.get("last"),
            ),
            "too_many": self.env._(
                "%(field)s: choose %(limit)s records at most.",
                field=label,
                limit=facts.get("limit"),
            ),
        }
        raise UserError(messages[error.code]) from error

    @api.model
    def _check_outside_records(self, records, label):
        """Refuse records that the current user does not read, or that do not exist.

        :raises AccessError: on a record about a customer
        :raises UserError: on a choice from a catalogue, which is no secret
        """
        found = records.with_context(active_test=False).search(
            [("id", "in", records.ids)]
        )
        if len(found) == len(records):
            return
        if records._name == "collection.account" or "account_id" in records._fields:
            raise AccessError(
                self.env._(
                    "%(field)s: choose among the records that you can see.", field=label
                )
            )
        raise UserError(
            self.env._("%(field)s: choose one of the values offered.", field=label)
        )

    def _check_within_reach(self, name):
        """Refuse days of the field `name` that lie out of any reach, of anybody.

        :raises UserError: naming the first and the last day possible
        """
        for record in self:
            self._clean_outside_value(self._fields[name], record[name])

    # ------------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------------

    @api.model
    def _check_outside_count(self, vals_list):
        """Refuse more records at once than a person records.

        :raises UserError: above `CREATE_LIMIT`
        """
        if len(vals_list) > CREATE_LIMIT:
            raise UserError(
                self.env._(
                    "Record %(limit)s entries at a time, at most.", limit=CREATE_LIMIT
                )
            )

    def _create_checked(self, vals_list):
        """Create records about delegated accounts for one of a provider's people.

        The door of remote calls. Everything is checked: the names of the values,
        their types and bounds, that the accounts are delegated to them now, that they
        read what is chosen and that it is these accounts'.

        :raises AccessError: on a field or a record that they may not set
        :raises UserError: on a value that is none, or too many records
        """
        self.check_access("create")
        self._check_outside_count(vals_list)
        return self._create_cleaned(
            [self._clean_new_values(vals) for vals in vals_list]
        )

    @api.model
    def _create_cleaned(self, vals_list):
        """Create records of values and about accounts that were checked.

        In-house people create under their own rights. For a provider's people
        creation reads what is closed to them (who recorded it, sequences), so it runs
        as superuser, and their record rules are checked on the outcome.

        :raises AccessError: to who may not create such records, or not these
        """
        if not self._is_outsider():
            return self.create(vals_list)
        self.check_access("create")
        # sudo: the callers have checked names, values, chosen records and accounts;
        # no default comes from the context, and what the company discusses about the
        # records is not sent to who creates them
        records = (
            self.with_context(
                clean_context(self.env.context), mail_create_nosubscribe=True
            )
            .sudo()
            .create(vals_list)
            .with_env(self.env)
        )
        records.check_access("create")
        return records

    @api.model
    def _clean_new_values(self, vals):
        """Values of a new record about an account that is delegated to the user.

        :return: dict of values as `create` takes them, see `_as_commands`
        """
        vals = self._clean_outside_values(vals, self._provider_writable_fields)
        if not vals.get("account_id"):
            raise UserError(self.env._("Choose the customer it is about."))
        account = self.env["collection.account"].browse(vals["account_id"])
        account._check_delegated_to_me()
        for name, value in vals.items():
            field = self._fields[name]
            if not field.relational or not value:
                continue
            chosen = self.env[field.comodel_name].browse(value)
            if "account_id" in chosen._fields and chosen.account_id != account:
                raise AccessError(
                    self.env._(
                        "%(field)s: choose what belongs to this customer.",
                        field=field._description_string(self.env),
                    )
                )
        # where nothing is chosen, a model may choose itself
        return self._as_commands(
            {name: value for name, value in vals.items() if value != []}
        )

    def _check_record_delegated_to_me(self):
        """Refuse unless this record is about an account that is delegated to me, now.

        :return: the agent who acts, as superuser
        """
        self.ensure_one()
        self.check_access("read")
        return self.account_id._check_delegated_to_me()

    @api.model
    def _as_commands(self, vals):
        """Cleaned values as `create` and `write` take them: ids become a SET."""
        return {
            name: [Command.set(value)]
            if self._fields[name].type in ("many2many", "one2many")
            else value
            for name, value in vals.items()
        }

    def write(self, vals):
        if not self._is_outsider():
            return super().write(vals)
        # what they may not write at all is refused by the rights on fields
        own = {
            name: value
            for name, value in vals.items()
            if name in self._provider_writable_fields
        }
        clean = self._as_commands(self._clean_outside_values(own, own.keys()))
        return super().write({**vals, **clean})
