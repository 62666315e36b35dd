from calendar import FRIDAY
from contextlib import contextmanager
from datetime import timedelta

from odoo import fields

from .call_stories import DemoCallStories
from .calls import DemoCalls
from .delegation import DemoDelegation
from .ledger import moment
from .letters import DemoLetters
from .names import named
from .portal import DemoPortal
from .quality import DemoQuality
from .stories import DemoStories
from .upstream import DemoUpstream


class DemoHistory:
    """The last months of the demo company, day after day."""

    def __init__(self, env, company, customers, users, ledger, today):
        self.env = env
        self.company = company
        self.customers = customers
        self.users = users
        self.ledger = ledger
        self.today = today

    def play(self):
        """Let the last months go by, with what the people did on each day.

        :return: what was delegated meanwhile
        """
        parts = (self.customers, self.users, self.ledger, self.today)
        stories = DemoStories(self.env, self.company, *parts)
        delegation = DemoDelegation(self.env, self.company, *parts)
        letters = DemoLetters(self.env, self.company, self.today)
        calls = DemoCalls(self.env, self.users, self.customers)
        before = DemoCalls(self.env, self.users, self.customers)

        def day(days_ago):
            """A working day: nobody calls at week-ends."""
            date = self.today - timedelta(days=days_ago)
            return date - timedelta(days=max(date.weekday() - FRIDAY, 0))

        # before there were runs, a few customers were called
        for days_ago in (150, 135, 120, 105, 90, 75):
            with self._as_of(day(days_ago)):
                self.ledger.advance(day(days_ago))
                before.in_house(day(days_ago), 5)
        for days_ago in (60, 45, 30):
            with self._as_of(day(days_ago)):
                self.ledger.advance(day(days_ago))
                self._run(day(days_ago))
            with self._as_of(day(days_ago - 4)):
                self.ledger.advance(day(days_ago - 4))
                calls.in_house(day(days_ago - 4), 5)
        with self._as_of(day(24)):
            self.ledger.advance(day(24))
            stories.tell_past(day(24))
        with self._as_of(day(15)):
            self.ledger.advance(day(15))
            self._run(day(15), last=True)
        with self._as_of(day(14)):
            self.ledger.advance(day(14))
            stories.tell_trainings()
            delegation.begin(day(14))
        for days_ago in (13, 12, 10, 9, 8, 7, 6, 5, 3, 2, 1):
            with self._as_of(day(days_ago)):
                self.ledger.advance(day(days_ago))
                if days_ago == 10:
                    delegation.hand_over_abroad(day(10))
                calls.by_provider(day(days_ago), 4)
                delegation.look_at(day(days_ago))
                calls.in_house(day(days_ago), 3)
                if days_ago == 2:
                    delegation.hand_over_more(day(2))
                if days_ago == 6:
                    delegation.recall_one()
                if days_ago == 5:
                    delegation.pay_one(day(days_ago))
        self.ledger.advance(self.today)
        self._classify()
        stories.tell_today()
        letters.write_one_of_each_kind()
        stories.tell_promises()
        stories.tell_bills()
        letters.tell()
        DemoUpstream(self.env, self.company, self.users, self.today).tell()
        delegation.tell_provider()
        with self._as_of(day(1)):
            DemoCallStories(self.env, self.users, day(1), self.today).play(
                delegation.mandate
            )
        DemoQuality(
            self.env,
            self.users,
            lambda key: named(self.env, f"agent_of_{key}"),
            self.today,
        ).tell(self.company, delegation.mandate)
        run = self._run(self.today, send=False)
        stories.tell_interest(run)
        run.action_compute()
        self._archive_letters()
        self.env["collection.account"]._refresh()
        stories.tell_agents()
        DemoPortal(self.env, self.users, named(self.env, "agent_of_agent")).tell(
            delegation.mandate, self.today, day(1)
        )
        self._leave_unclassified()
        self.env["collection.account"]._rank()
        return delegation

    @contextmanager
    def _as_of(self, date):
        """What is done inside happened on `date`, also for those who read it later."""
        Message = self.env["mail.message"]
        Held = self.env["collection.placement.item"]
        last_message = Message.search([], order="id desc", limit=1).id or 0
        last_held = Held.search([], order="id desc", limit=1).id or 0
        Placement = self.env["collection.placement"]
        last_placement = Placement.search([], order="id desc", limit=1).id or 0
        Event = self.env["collection.placement.event"]
        last_event = Event.search([], order="id desc", limit=1).id or 0
        Change = self.env["collection.placement.change"]
        last_change = Change.search([], order="id desc", limit=1).id or 0
        loading_day = fields.Date.context_today(self.company)
        yield
        self.env.flush_all()
        stamp = moment(date, 10)
        Message.search(
            [("id", ">", last_message), ("model", "=like", "collection.%")]
        ).write({"date": stamp})
        for held in Held.search([("id", ">", last_held)]):
            held._transit(
                {"date_added": date, "days_overdue": (date - held.date_due).days}
            )
        self.env.cr.execute(
            "UPDATE collection_placement_event SET date = %s WHERE id > %s",
            (date, last_event),
        )
        Event.invalidate_model(flush=False)
        self.env.cr.execute(
            "UPDATE collection_placement_change SET date = %s WHERE id > %s",
            (stamp, last_change),
        )
        Change.invalidate_model(flush=False)
        past = loading_day - date
        # their time began on the day that is told: no change of the hand-over
        self.env.cr.execute(
            "UPDATE collection_placement_line SET date_deadline = date_deadline - %s"
            " WHERE placement_id > %s",
            (past.days, last_placement),
        )
        self.env["collection.placement.line"].invalidate_model(flush=False)
        for placement in Placement.search([("id", ">", last_placement)]):
            placement._transit(
                {"date_acknowledge": placement.date_acknowledge - past}
                | ({"accepted_on": stamp} if placement.accepted_on else {})
            )
        lines = self.env["collection.placement.line"]
        lines.search(
            [("date_end", "=", loading_day), ("company_id", "=", self.env.company.id)]
        )._transit({"date_end": date})

    def _run(self, date, send=True, last=False):
        """A dunning run of the credit manager, whose letters left the same day."""
        Run = self.env["collection.dunning.run"].with_context(ir_sequence_date=date)
        run = Run.create({"company_id": self.company.id, "date": date})
        run.action_compute()
        if not send:
            return run
        run.action_confirm()
        letters = run.letter_ids.filtered(
            lambda letter: letter.state == "to_send" and letter.channel != "call"
        )
        held = self._hold_back(letters, last)
        letters -= held
        # not _send: these letters are history, no mail may go out for them
        letters._set_channels()
        letters.filtered(lambda x: x.channel == "registered").date_posted = date
        letters._mark_sent()
        letters.date_sent = moment(date, 10)
        emails = letters.filtered("by_email")
        emails.delivery_state = "handed_over"
        if last:
            emails[-1:]._mark_failed(
                "failed", "550 5.1.1 Adresse refusée par le serveur du destinataire"
            )
        by_post = letters.filtered("by_post")
        if not last:
            # the letters of the last run wait on the list of those to post
            for number, letter in enumerate(by_post._in_address_order(), start=1):
                letter.write(
                    {"date_printed": moment(date, 11), "print_sequence": number}
                )
        for number, letter in enumerate(
            by_post.filtered(lambda letter: letter.channel == "registered"), start=1
        ):
            letter.tracking_number = f"1A 214 507 {date:%d%m} {number}"
            letter.date_printed = moment(date, 9)
            if not last:
                letter.date_presented = date + timedelta(days=3)
        if last:
            # written and printed, and nobody has brought them to the post yet
            held._set_channels()
            held.date_printed = moment(date, 11)
        run._follow_letters()
        return run

    def _hold_back(self, letters, last):
        """Letters that did not leave with the others: one of each kind."""
        by_channel = letters.grouped("channel")
        if last:
            return by_channel.get("registered", letters.browse())[-2:]
        emails = by_channel.get("email", letters.browse())
        emails[-1:]._cancel("Réglé le jour même")
        return emails[-1:]

    def _classify(self):
        """Give the other customers the segments of the rules, as a manager does."""
        wizard = self.env["collection.classify"].create({"company_id": self.company.id})
        wizard.action_preview()
        wizard.action_apply()
        wizard.unlink()

    def _leave_unclassified(self):
        """Two customers came after the classification: a hand-over asks about them."""
        self.env["collection.account"].search(
            [
                ("company_id", "=", self.company.id),
                ("segment_id.delegation", "=", "allowed"),
                ("segment_locked", "=", False),
                ("delegation_state", "=", "in_house"),
                ("reserved", "=", False),
                ("amount_overdue", ">", 0),
                ("oldest_due_date", "<", self.today - timedelta(days=35)),
            ],
            order="amount_overdue, id",
            limit=2,
        ).segment_id = False

    def _archive_letters(self):
        """File as PDF the letters that were sent or are to be posted, where there is a
        renderer."""
        if self.env["ir.actions.report"].get_wkhtmltopdf_state() != "ok":
            return
        letters = self.env["collection.letter"].search(
            [
                ("company_id", "=", self.company.id),
                "|",
                ("state", "=", "sent"),
                "&",
                ("state", "=", "to_send"),
                ("by_post", "=", True),
            ]
        )
        documents = letters._render_pdf_each()
        # in tests a report is rendered as HTML only
        documents = {
            letter: content
            for letter, content in documents.items()
            if content.startswith(b"%PDF")
        }
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": letter._get_file_name(),
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": letter._name,
                    "res_id": letter.id,
                }
                for letter, content in documents.items()
            ]
        )
        for letter, attachment in zip(documents, attachments, strict=True):
            letter.attachment_id = attachment
