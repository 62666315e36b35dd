from odoo.tests import freeze_time

from ..common import CollectionCommon


class DunningCommon(CollectionCommon):
    """Reads a run as {name of the item: number of its level}."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.names = {}

    @classmethod
    def _item(cls, name, partner, amount, date_due, **values):
        """Post an invoice and call its only item `name`."""
        invoice = cls._invoice(partner, amount, date_due, **values)
        cls.names[cls._receivable_lines(invoice)] = name
        return invoice.collection_item_ids

    def _levels(self, run):
        """What the run proposes: {item name: position of the level in its policy}."""
        return {
            self.names[line.item_id.move_line_id]: (
                line.level_id.policy_id._ordered_levels().ids.index(line.level_id.id)
                + 1
            )
            for line in run.letter_ids.line_ids
        }

    def _reasons(self, run):
        return {
            self.names[exclusion.item_id.move_line_id]: exclusion.reason
            for exclusion in run.exclusion_ids
        }

    def _run_and_send(self, date, **values):
        with freeze_time(date):
            return self._send(self._run(date, **values))

    def assertAccountedFor(self, run):
        """Every open overdue item is on a letter or left out, exactly once."""
        overdue = self.env["collection.item"].search(
            [
                ("company_id", "=", run.company_id.id),
                ("state", "=", "open"),
                ("date_due", "<", run.date),
            ]
        )
        on_letters = run.letter_ids.line_ids.item_id.filtered(
            lambda item: item.date_due < run.date
        )
        left_out = run.exclusion_ids.item_id
        self.assertFalse(on_letters & left_out)
        self.assertEqual(on_letters | left_out, overdue)
        self.assertEqual(len(left_out), len(run.exclusion_ids))
        self.assertEqual(
            len(run.letter_ids.line_ids), len(run.letter_ids.line_ids.item_id)
        )


class LetterCallCommon(DunningCommon):
    """A ladder that begins with a call; the call is asked for on 10 March 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ladder = cls._policy(
            "Call", [("due", 1, {"channel": "call"}), ("previous", 10)]
        )
        cls.call_level, cls.next_level = cls.ladder.level_ids
        cls.company.collection_policy_id = cls.ladder
        with freeze_time("2026-03-10"):
            cls.item = cls._item("N1", cls.customer, 100.0, "2026-03-01")
        cls.account = cls.item.account_id
        cls.account.user_id = cls.collector_user

    def _ask(self, date="2026-03-10"):
        """The letter whose call is asked for, as the manager sends it."""
        with freeze_time(date):
            run = self._run(date)
            run.with_user(self.manager_user).action_send()
            return run.letter_ids

    def _call(self, date, code="no_answer", **values):
        with freeze_time(date):
            return (
                self.env["collection.call"]
                .with_user(self.collector_user)
                .create(self._call_values(self.account, code, **values))
            )

    def _follow(self, date):
        """The daily job of `date`."""
        with freeze_time(date):
            self.env["collection.account"]._cron_refresh()
        self.env.invalidate_all()
