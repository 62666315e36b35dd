from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalAxeCommon


@tagged("post_install", "-at_install")
class TestPortalAxe(PortalAxeCommon):
    """The pages meet WCAG 2.1 AA as far as axe sees."""

    def test_pages_of_an_agent(self):
        self._check_pages_of_an_agent()

    def test_pages_of_a_supervisor(self):
        self._check_pages_of_a_supervisor()

    def test_call_form_with_all_parts_open(self):
        self._check_call_form()

    def test_a_planted_violation_is_found(self):
        """The other tests would also pass if axe looked at nothing."""
        plants = {
            "label": "document.querySelector('label[for=collection_note]').remove()",
            "color-contrast": "document.querySelector('h1').style.color = '#ddd'",
            "html-has-lang": "document.documentElement.removeAttribute('lang')",
        }
        with (
            mute_logger(f"{self.__module__}.{type(self).__name__}"),
            self.assertRaisesRegex(
                AssertionError,
                r"AXE 3\n" + r"\n".join(rf".*#{rule}: {rule} .*" for rule in plants),
            ),
        ):
            self._check(
                {f"{self.url}#{rule}": plant for rule, plant in plants.items()},
                self.agent_user.login,
            )


@tagged("post_install", "-at_install")
class TestPortalAxePhone(PortalAxeCommon):
    browser_size = "390x844"
    touch_enabled = True

    def test_pages_of_an_agent(self):
        self._check_pages_of_an_agent()

    def test_pages_of_a_supervisor(self):
        self._check_pages_of_a_supervisor()

    def test_call_form_with_all_parts_open(self):
        self._check_call_form()
