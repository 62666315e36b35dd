import json
from importlib import util
from pathlib import Path
from unittest import SkipTest

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_portal import PortalCommon

#: WCAG 2.0 and 2.1, levels A and AA
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")


def axe_source():
    """Text of axe, as its Python package ships it; None where it is not installed."""
    found = util.find_spec("axe_core_python")
    if not found:
        return None
    return next(Path(found.origin).parent.glob("axe*.js")).read_text(encoding="utf-8")


class AxeCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.axe = axe_source()
        if not cls.axe:
            raise SkipTest("axe-core-python is not installed")

    def _check(self, url, login, plant="", rules=RULES):
        """Fail on each violation of a page, with what to mend."""
        # browser_js fails on console errors, and succeeds on its signal
        self.browser_js(
            url,
            f"""
            {self.axe};
            {plant};
            axe.run(document, {{runOnly: {{type: "tag", values: {json.dumps(rules)}}}}})
                .then((result) => {{
                    const found = result.violations.flatMap((violation) =>
                        violation.nodes.map((node) =>
                            `${{violation.id}} ${{node.html.slice(0, 300)}} :: ` +
                            node.failureSummary.replace(/\\s+/g, " ")));
                    if (!result.passes.length) {{
                        console.error("axe looked at nothing");
                    }} else if (found.length) {{
                        console.error(`AXE ${{found.length}}\\n` + found.join("\\n"));
                    }} else {{
                        console.log("test successful");
                    }}
                }});
            """,
            ready="odoo.isReady === true || document.readyState === 'complete'",
            login=login,
        )


class PortalAxeCommon(PortalCommon, AxeCase):
    """Every page of the portal, in both roles, with something of each kind on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._fill()

    @classmethod
    def _fill(cls):
        """Something of each kind stands on the pages."""
        account = cls.account.with_user(cls.agent_user)
        late, other = cls.items.sorted("date_due")
        cls.mandate.write({"plan_instalments": 5, "plan_amount": 9000.0})
        account._portal_propose_plan(
            {"instalment_count": 2, "date_first": cls.in_days(9), "item_ids": late.ids}
        )
        account._portal_new_promise(
            {
                "amount": 10.0,
                "date_promised": cls.in_days(5),
                "item_ids": other.ids,
                "person": "Ms Claire",
            }
        )
        account._portal_open_dispute(
            {
                "reason_id": cls._dispute_reason("price").id,
                "item_ids": other.ids,
                "amount": 5.0,
                "description": "Discount missing",
            }
        )
        bill = cls.env["collection.bill"].create(
            {"account_id": cls.account.id, "item_ids": other.ids, "kind": "lcr"}
        )
        bill.action_send()
        cls.env["collection.precheck"].create({"item_id": other.id})
        account._portal_write_note("Their office is closed on Fridays")
        account._portal_request_return("not_found", "Three numbers, no answer")
        account._portal_log_call(
            {
                "outcome_id": cls.in_process.id,
                "note": "Pays on Friday",
                "next_action_date": cls.in_days(0),
                "obstacle_reason": "A test",
            }
        )
        cls.account.write({"do_not_call": True})
        cls.agent.write({"absent_from": cls.in_days(-1), "absent_to": cls.in_days(3)})
        cls.env["collection.mandate.review"].create(
            {
                "mandate_id": cls.mandate.id,
                "date": cls.in_days(3),
                "agenda": "<p>Numbers that are missing</p>",
            }
        )
        cls.env["collection.placement"].create(
            {
                "mandate_id": cls.mandate.id,
                "line_ids": [(0, 0, {"account_id": cls.other_account.id})],
            }
        ).action_hand_over()

    def _check_pages_of_an_agent(self):
        for url in (
            "/my/collection",
            "/my/collection?search=nobody",
            "/my/collection?nobody=1",
            self.url,
            f"{self.url}?done=call",
            "/my/collection/agenda",
            "/my/collection/figures",
        ):
            with self.subTest(url=url):
                self._check(url, self.agent_user.login)

    def _check_pages_of_a_supervisor(self):
        for url in (
            "/my/collection",
            self.url,
            "/my/collection/agenda",
            "/my/collection/figures",
            "/my/collection/team",
            "/my/collection/hand-overs",
        ):
            with self.subTest(url=url):
                self._check(url, self.supervisor_user.login)

    def _check_call_form(self):
        for code in ("promise", "dispute", "voicemail_left"):
            outcome = self._result(code)
            with self.subTest(outcome=code):
                self._check(
                    self.url,
                    self.agent_user.login,
                    plant=f"""
                    document.querySelector(
                        ".o_collection_reached [data-contact='{outcome.contact}']"
                    )?.click();
                    document.querySelector("#collection_outcome_{outcome.id}").click();
                    for (const part of document.querySelectorAll("details")) {{
                        part.open = true;
                    }}
                    """,
                )


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
        for rule, plant in (
            ("label", "document.querySelector('label[for=collection_note]').remove()"),
            ("color-contrast", "document.querySelector('h1').style.color = '#ddd'"),
            ("html-has-lang", "document.documentElement.removeAttribute('lang')"),
        ):
            with (
                self.subTest(rule=rule),
                mute_logger(f"{self.__module__}.{type(self).__name__}"),
                self.assertRaisesRegex(AssertionError, rf"AXE 1\n{rule} "),
            ):
                self._check(self.url, self.agent_user.login, plant=plant)


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
