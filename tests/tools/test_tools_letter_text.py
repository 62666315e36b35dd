from markupsafe import Markup

from odoo.tests import BaseCase, tagged

from ...tools.letter_text import fill_in, fill_in_html, unknown_placeholders


@tagged("post_install", "-at_install")
class TestLetterText(BaseCase):
    def test_unknown_placeholders(self):
        self.assertEqual(unknown_placeholders("Pay {total} to {company}"), [])
        self.assertEqual(
            unknown_placeholders("{dedline} {total} {customer.name} {}"),
            ["", "customer.name", "dedline"],
        )
        self.assertEqual(unknown_placeholders(False), [])

    def test_values_are_escaped(self):
        self.assertEqual(
            fill_in_html(
                Markup("<p>{customer} owes <strong>{total}</strong></p>"),
                {"customer": "<script>A&B", "total": "12 €"},
            ),
            Markup("<p>&lt;script&gt;A&amp;B owes <strong>12 €</strong></p>"),
        )

    def test_paragraph_without_value_is_left_out(self):
        html = (
            "<p>Dear Sir,</p><p>Our letter <b>{previous_number}</b> of "
            "{previous_date}.</p><ul><li>{penalties}</li><li>kept é</li></ul><p>End</p>"
        )
        self.assertEqual(
            fill_in_html(html, {}),
            Markup("<p>Dear Sir,</p><ul><li>kept é</li></ul><p>End</p>"),
        )
        self.assertIn(
            "L/1</b> of today",
            fill_in_html(
                html,
                {
                    "previous_number": "L/1",
                    "previous_date": "today",
                    "penalties": "1",
                },
            ),
        )

    def test_text_around_a_paragraph_left_out_is_kept(self):
        self.assertEqual(
            fill_in_html("Loose <p>{number}</p>text", {}), Markup("Loose text")
        )

    def test_plain_text(self):
        self.assertEqual(fill_in("Letter {number} {level}", {"level": "1"}), "Letter 1")
        self.assertEqual(fill_in(False, {}), "")
        self.assertEqual(fill_in_html(False, {}), Markup(""))
