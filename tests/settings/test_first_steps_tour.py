from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.mail.tests.common import MockEmail


@tagged("post_install", "-at_install")
class TestFirstStepsTour(AccountTestInvoicingCommon, MockEmail, HttpCase):
    """A newcomer's ten minutes: a company with its chart and nothing else."""

    chart_template = "generic_coa"
    browser_size = "1440x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref(
            "account_collection.group_collection_manager"
        )
        # the tours look for English texts, whatever the database speaks
        cls.env["res.lang"]._activate_lang("en_US")
        cls.company.write({"name": "Atelier Neuf", "company_registry": False})
        # those whom other tests start from are nobody's here
        cls.env["collection.agent"].search([]).active = False
        # who installs it in a small company does everything
        cls.newcomer = new_test_user(
            cls.env,
            login="newcomer",
            name="Newcomer",
            groups="account_collection.group_collection_manager,base.group_system,"
            "account.group_account_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            lang="en_US",
            tz="Europe/Paris",
        )

    @classmethod
    def setup_independent_company(cls, **kwargs):
        return super().setup_independent_company(
            **{
                "country_id": cls.env.ref("base.fr").id,
                "currency_id": cls._enable_currency("EUR").id,
                **kwargs,
            }
        )

    def _invoice(self, name, amount, days):
        """An invoice of a new customer, due so many days ago."""
        due = fields.Date.add(fields.Date.today(), days=-days)
        partner = self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "street": "2 rue Haute",
                "zip": "69001",
                "city": "Lyon",
                "country_id": self.env.ref("base.fr").id,
                "email": f"{name.split()[-1].lower()}@customer.example.com",
                "lang": "en_US",
                "property_account_receivable_id": self.company_data[
                    "default_account_receivable"
                ].id,
            }
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": fields.Date.add(due, days=-30),
                "invoice_payment_term_id": False,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Services",
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        return invoice

    def test_first_ten_minutes(self):
        self.start_tour("/odoo", "collection_first_steps_empty", login="newcomer")
        self.assertRecordValues(
            self.company,
            [
                {
                    "collection_signatory": "Claire Durand, Credit Manager",
                    "company_registry": "55203253400646",
                    "city": "Paris",
                }
            ],
        )
        [agent] = self.env["collection.agent"].search(
            [("user_id", "=", self.newcomer.id)]
        )
        self.assertEqual(agent.side, "company")
        # what the bank and the register say, typed in while nobody looks
        self.company.report_footer = (
            "SAS au capital de 50 000 € – RCS Paris 552 032 534"
        )
        self.company_data[
            "default_journal_bank"
        ].bank_acc_number = "FR7630006000011234567890189"
        late = self._invoice("Hotel Beaurivage", 5200.0, 40)
        late |= self._invoice("Garage Morel", 1800.0, 75)
        late |= self._invoice("Boulangerie Petit", 240.0, 45)
        self._invoice("Studio Lune", 90.0, -20)
        self.env.flush_all()

        self.start_tour("/odoo", "collection_first_steps_letters", login="newcomer")
        accounts = self.env["collection.account"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(len(accounts), 4)
        self.assertTrue(all(accounts.mapped("segment_id")))
        [run] = self.env["collection.dunning.run"].search(
            [("company_id", "=", self.company.id), ("state", "=", "to_send")]
        )
        self.assertEqual(run.letter_ids.line_ids.item_id.move_id, late)
        with self.mock_mail_gateway():
            self.env["mail.mail"].search(
                [
                    ("model", "=", "collection.letter"),
                    ("res_id", "in", run.letter_ids.ids),
                ]
            ).send()
            self.env["collection.letter"]._follow_departures()
        self.assertEqual(
            sorted(
                (address for mail in self._mails for address in mail["email_to"]),
            ),
            sorted(late.partner_id.mapped("email_formatted")),
        )
        self.assertTrue(all("Atelier Neuf" in mail["body"] for mail in self._mails))
        self.assertEqual(run.state, "done")
