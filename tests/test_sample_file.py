import logging
from contextlib import contextmanager

from odoo.tests import freeze_time, tagged
from odoo.tools.misc import real_time

from . import sample_file
from .common import CollectionCommon
from .measure import sample_month_ends, sample_receipts

_logger = logging.getLogger(__name__)

DAY = "2013-06-30"


@contextmanager
def timed(what):
    start = real_time()
    yield
    _logger.info("%s: %.2f s", what, real_time() - start)


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestSampleFile(
    sample_receipts.ReceiptsOfSample,
    sample_month_ends.MonthEndsOfSample,
    CollectionCommon,
):
    """The main job on a public file of 100 customers, as of 30 June 2013, and what is
    measured of it on later days. One class, as it takes long to load.
    """

    #: as long as so many ordinary tests, see bin/lib/test_worker.py
    each_takes = 60

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path = sample_file.find_file()
        if not cls.path:
            return
        # the mandate and the ladder exist on that day
        cls.mandate.date_start = "2012-01-01"
        cls.company.collection_policy_id = cls._policy(
            "Sample",
            [("due", 3), ("due", 15), ("previous", 15)],
            tolerance=1.0,
        )
        with freeze_time(DAY), timed("Sample loaded"):
            cls.invoices = sample_file.load(cls, cls.path, DAY)
            cls.env.flush_all()
        cls.accounts = cls.env["collection.account"].search(
            [("company_id", "=", cls.company.id)]
        )

    def setUp(self):
        super().setUp()
        if not self.path:
            self.skipTest(
                f"{sample_file.NAME} is missing: set COLLECTION_TEST_DATA to its folder"
            )

    def _classify(self):
        """Who has no segment is handed over to nobody."""
        self.accounts.segment_id = self.env.ref("account_collection.segment_sme")

    def _go_on(self, day):
        """Load what happened up to a later day."""
        sample_file.load(self, self.path, day, self.invoices)
        self.env.flush_all()
        self.env.invalidate_all()

    def _check_each(self, *checks):
        """One after the other, each on the ledger as it is now."""
        for check in checks:
            with self.subTest(check.__name__), self.env.cr.savepoint() as savepoint:
                check()
                savepoint.rollback()

    def test_receipts(self):
        with freeze_time(sample_receipts.DAY):
            self._go_on(sample_receipts.DAY)
            self._read_receipts_of_sample(self.path)
            self._check_each(
                self._check_by_customer_and_month,
                self._check_foots_with_the_receivable_account,
                self._check_days_late,
                self._check_three_month_ends,
                self._check_expected_dates,
            )

    def test_month_ends(self):
        with freeze_time(sample_month_ends.NOW):
            self._go_on(sample_month_ends.DAY)
            self._freeze_month_ends()
            self._check_each(self._check_dso, self._check_month_ends)

    def test_position(self):
        with timed("Refresh of the whole file"):
            self.assertEqual(self.env["collection.account"]._refresh(), 0)
        items = self.env["collection.item"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")]
        )
        self.assertEqual(len(items), 84)
        self.assertEqual(len(items.account_id), 52)
        self.assertEqual(round(sum(items.mapped("amount_residual")), 2), 5119.85)
        overdue = items.filtered(lambda item: item.days_overdue >= 1)
        self.assertEqual(len(overdue), 12)
        self.assertEqual(len(overdue.account_id), 12)
        self.assertEqual(round(sum(overdue.mapped("amount_residual")), 2), 835.56)
        self.assertEqual(
            overdue,
            self.env["collection.item"].search(
                [
                    ("company_id", "=", self.company.id),
                    ("state", "=", "open"),
                    ("days_overdue", ">", 0),
                ]
            ),
        )
        self.assertEqual(round(sum(self.accounts.mapped("amount_open")), 2), 5119.85)
        self.assertEqual(round(sum(self.accounts.mapped("amount_overdue")), 2), 835.56)

    def test_active_accounts(self):
        active = self.env["collection.account"]._search_active(
            self.company, self.env["collection.account"]._fields["hold_until"].today()
        )
        self.assertEqual(len(active), 100)
        self.assertEqual(active, self.accounts.sorted("id"))

    def test_partial_hand_over(self):
        """The twenty largest customers by turnover stay, eighty go."""
        self._classify()
        turnover = self.accounts._get_turnover(
            self.env["collection.account"]._fields["hold_until"].today()
        )
        ranked = self.accounts.sorted(lambda account: -turnover[account.id])
        with timed("Partial hand-over"):
            wizard = (
                self.env["collection.handover"]
                .with_user(self.manager_user)
                .create({"mandate_id": self.mandate.id, "method": "partial"})
            )
            wizard.action_preview()
            self.assertEqual((wizard.go_count, wizard.stay_count), (80, 20))
            wizard.action_confirm()
        delegated = self.accounts.filtered(
            lambda account: account.delegation_state == "delegated"
        )
        self.assertEqual(len(delegated), 80)
        kept = self.accounts - delegated
        self.assertEqual(len(kept), 20)
        self.assertGreaterEqual(
            min(turnover[account.id] for account in kept),
            max(turnover[account.id] for account in delegated),
        )
        self.assertEqual(kept, ranked[:20] & kept)
        seen = self.env["collection.account"].with_user(self.agent_user).search([])
        self.assertEqual(seen.ids, delegated.sorted().ids)
        items = self.env["collection.item"].with_user(self.agent_user).search([])
        self.assertEqual(
            set(items.ids), set(delegated.open_item_ids.filtered("delegated").ids)
        )
        self.assertEqual((len(seen), len(items)), (80, 61))
        self.assertEqual(round(sum(items.mapped("amount_residual")), 2), 3405.67)
        _logger.info(
            "The provider sees %d accounts and %d items, %.2f open",
            len(seen),
            len(items),
            sum(items.mapped("amount_residual")),
        )
        # the company keeps silent about them and dunns the others
        with timed("Run after the hand-over"):
            run = self._run(DAY)
        self.assertFalse(run.letter_ids.account_id & delegated)
        self.assertEqual(
            len(run.letter_ids.line_ids) + len(run.exclusion_ids),
            12,
        )

    def test_dunning_run(self):
        self._classify()
        with timed("Dunning run"):
            run = self._run(DAY)
        lines = run.letter_ids.line_ids
        overdue = self.env["collection.item"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "open"),
                ("date_due", "<", DAY),
            ]
        )
        triggered = overdue.filtered(lambda item: item.days_overdue >= 3)
        self.assertEqual(lines.item_id, triggered)
        self.assertEqual(run.exclusion_ids.item_id, overdue - triggered)
        self.assertEqual(set(run.exclusion_ids.mapped("reason")), {"not_yet"})
        self.assertEqual(len(run.letter_ids), len(triggered.account_id))
        self.assertEqual(
            round(sum(run.letter_ids.mapped("amount_total")), 2),
            round(sum(triggered.mapped("amount_residual")), 2),
        )
        self.assertEqual(
            (len(run.letter_ids), round(sum(run.letter_ids.mapped("amount_total")), 2)),
            (7, 495.25),
        )
