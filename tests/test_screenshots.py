import base64
import io
import pathlib
import time

from PIL import Image

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tests.common import ChromeBrowser

#: a working day, and an hour at which customers may be called
NOW = "2026-11-25 09:30:00"
IMAGES = pathlib.Path(__file__).parent.parent / "docs" / "images"
DESKTOP = (1440, 900)
PHONE = (390, 844)
#: of which a screen of the back end has few
COLOURS = 128
LARGEST = 200_000
#: half seconds in which a page is to be there
PATIENCE = 60

#: the browser lives on the day of the demo, in the place of those who work there
CLOCK = """
    const ahead = %d - Date.now();
    const RealDate = Date;
    window.Date = class extends RealDate {
        constructor(...parts) {
            parts.length ? super(...parts) : super(RealDate.now() + ahead);
        }
        static now() {
            return RealDate.now() + ahead;
        }
    };
"""
#: what was asked for is there and complete, and nothing is being loaded or moved
QUIET = """
    ["%s"].every((wanted) => document.querySelector(wanted))
    && document.fonts.status === "loaded"
    && [...document.images].every((image) => image.complete)
    && !document.querySelector(
        ".o_blockUI, .o_loading_indicator, .o_view_sample_data .o_nocontent_help")
    && !document.getAnimations().some(
        (animation) => animation.playState === "running"
            && animation.effect.getComputedTiming().iterations !== Infinity)
"""


@tagged("post_install", "-at_install", "-standard", "screenshots")
class TestScreenshots(HttpCase):
    """The pictures of `docs/`, made anew from the demo company: `bin/screenshots`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.env["res.company"]._load_collection_demo(lang="en_US")
        cls.company = cls.env.ref("__collection_demo__.company")
        IMAGES.mkdir(parents=True, exist_ok=True)

    # ------------------------------------------------------------------
    # The browser
    # ------------------------------------------------------------------

    def _open(self, role, size=DESKTOP):
        """A browser in which `role` is logged in."""
        user = self.env.ref(f"__collection_demo__.{role}")
        # sudo: nobody is shown round
        user.sudo().tour_enabled = False
        self.browser_size = ",".join(map(str, size))
        browser = ChromeBrowser(self)
        self.addCleanup(browser.stop)
        allowed = self.allow_requests(browser=browser)
        allowed.__enter__()
        self.addCleanup(self._wait_remaining_requests)
        self.addCleanup(allowed.__exit__, None, None, None)
        self.authenticate(user.login, user.login, browser=browser)
        self.cr.flush()
        self.cr.clear()
        browser._websocket_request(
            "Emulation.setTimezoneOverride", params={"timezoneId": user.tz}
        )
        browser._websocket_request(
            "Emulation.setScrollbarsHidden", params={"hidden": True}
        )
        browser._websocket_request(
            "Page.addScriptToEvaluateOnNewDocument",
            params={"source": CLOCK % (time.time() * 1000)},
        )
        return browser

    def _run(self, browser, code):
        answer = browser._websocket_request(
            "Runtime.evaluate", params={"expression": code, "returnByValue": True}
        )
        self.assertNotIn("exceptionDetails", answer, code)
        return answer["result"].get("value")

    def _wait(self, browser, *wanted):
        quiet = QUIET % '", "'.join(wanted)
        seen = 0
        # counted, as the clock stands still
        for _time in range(PATIENCE):
            # twice, as what has arrived may ask for more
            seen = seen + 1 if self._run(browser, quiet) else 0
            if seen == 2:
                return
            time.sleep(0.5)
        self.fail(f"{wanted} did not appear")

    def _go(self, browser, url, *wanted):
        browser.navigate_to(self.base_url() + url)
        self._wait(browser, *wanted)

    def _click(self, browser, selector, *wanted):
        self._run(browser, f"document.querySelector(`{selector}`).click()")
        self._wait(browser, *wanted)

    def _save(self, browser, name, size=DESKTOP):
        """Save what the browser shows as `docs/images/NAME.png`."""
        self._run(browser, "document.activeElement?.blur()")
        width, height = size
        shot = browser._websocket_request(
            "Page.captureScreenshot",
            params={
                "format": "png",
                "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1},
            },
        )
        picture = Image.open(io.BytesIO(base64.b64decode(shot["data"])))
        path = IMAGES / f"{name}.png"
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
            path, optimize=True
        )
        self.assertLess(path.stat().st_size, LARGEST, name)

    def _find(self, model, *domain, order=None):
        found = self.env[model].search(
            [("company_id", "=", self.company.id), *domain], order=order, limit=1
        )
        self.assertTrue(found, f"{model} {domain}")
        return found

    # ------------------------------------------------------------------
    # The pictures
    # ------------------------------------------------------------------

    def test_collector(self):
        account = self._find(
            "collection.account",
            ("user_id", "=", self.env.ref("__collection_demo__.collector").id),
            ("delegation_state", "!=", "delegated"),
            ("promise_ids", "!=", False),
            ("amount_overdue", ">", 0),
            order="priority desc, amount_overdue desc, id",
        )
        browser = self._open("collector")
        self._go(
            browser,
            "/odoo/action-account_collection.collection_account_worklist_action",
            ".o_data_row",
        )
        self._save(browser, "worklist")
        self._go(browser, f"/odoo/collection-accounts/{account.id}", ".o_form_view")
        self._save(browser, "account")
        self._click(
            browser, "button[name=action_log_call]", ".o_field_widget[name=outcome_id]"
        )
        self._save(browser, "call")
        self._go(browser, "/odoo/collection-agenda", ".o_data_row, .o_calendar_view")
        self._save(browser, "agenda")

    def test_manager(self):
        run = self._find(
            "collection.dunning.run", ("state", "=", "computed"), order="date desc"
        )
        mandate = self.env.ref("__collection_demo__.mandate")
        # late, and with nothing that stops a reminder
        account = self._find(
            "collection.letter",
            ("run_id", "=", run.id),
            ("level_id.tone", "=", "firm"),
            order="amount_total desc, id",
        ).account_id
        browser = self._open("manager")
        self._go(
            browser,
            "/odoo/action-account_collection.collection_company_settings_action",
            ".o_form_view",
        )
        self._save(browser, "company")
        self._go(browser, f"/odoo/collection-runs/{run.id}", ".o_form_view .o_data_row")
        self._save(browser, "run")
        self._go(browser, f"/odoo/collection-accounts/{account.id}", ".o_form_view")
        self._click(
            browser,
            "button[name=action_remind_now]",
            ".modal .o_collection_letter_preview iframe",
        )
        self._save(browser, "remind_now")
        self._go(browser, "/odoo/collection-disputes", ".o_data_row")
        self._save(browser, "disputes")
        self._go(
            browser,
            "/odoo/action-account_collection.collection_delegation_advisor_action",
            ".o_form_view svg",
        )
        self._save(browser, "advisor")
        self._go(browser, f"/odoo/collection-mandates/{mandate.id}", ".o_form_view")
        self._click(
            browser,
            ".o_notebook .nav-link[name=objectives]",
            ".o_field_widget[name=objective_ids] .o_data_row",
        )
        self._run(browser, "document.querySelector(`.o_notebook`).scrollIntoView()")
        self._save(browser, "mandate")
        self._click(
            browser, "button[name=action_hand_over]", "button[name=action_preview]"
        )
        self._click(browser, "button[name=action_preview]", ".o_main_table")
        self._save(browser, "hand_over")
        for name, state, tab in (
            ("proposal", "proposed", "accounts"),
            ("handed_over", "accepted", "changes"),
        ):
            placement = self._find(
                "collection.placement",
                ("mandate_id", "=", mandate.id),
                ("state", "=", state),
                order="id",
            )
            self._go(
                browser, f"/odoo/collection-hand-overs/{placement.id}", ".o_form_view"
            )
            self._click(
                browser, f".o_notebook .nav-link[name={tab}]", ".tab-pane .o_data_row"
            )
            self._save(browser, name)
        package = self._find("collection.reversibility")
        self._go(
            browser,
            f"/odoo/collection-reversibility/{package.id}",
            ".o_form_view .o_data_row",
        )
        self._save(browser, "reversibility")

    def test_finance_director(self):
        browser = self._open("manager")
        for name, url, wanted in (
            (
                "aged_items",
                "action-account_collection.collection_item_report_action",
                ".o_pivot td",
            ),
            ("team_figures", "collection-team-figures", ".o_pivot td"),
            ("disputes_by_cause", "collection-dispute-report", ".o_pivot td"),
        ):
            with self.subTest(name=name):
                self._go(browser, f"/odoo/{url}", wanted)
                self._save(browser, name)

    def test_agency(self):
        account = self._find(
            "collection.account",
            ("agent_id", "=", self.env.ref("__collection_demo__.agent_of_agent").id),
            order="priority desc, amount_overdue desc, id",
        )
        browser = self._open("agent")
        self._go(browser, "/my/collection", "#wrap")
        self._save(browser, "portal_list")
        self._go(browser, f"/my/collection/{account.id}", "#wrap")
        self._save(browser, "portal_account")
        self._go(browser, "/my/collection/agenda", "#wrap")
        self._save(browser, "portal_agenda")

    def test_agency_on_the_phone(self):
        account = self._find(
            "collection.account",
            ("agent_id", "=", self.env.ref("__collection_demo__.agent_of_agent").id),
            order="priority desc, amount_overdue desc, id",
        )
        browser = self._open("agent", PHONE)
        self._go(browser, f"/my/collection/{account.id}", "#wrap")
        self._save(browser, "portal_phone", PHONE)

    def test_supervisor(self):
        waiting = self._find(
            "collection.placement", ("state", "=", "handed_over"), order="id"
        )
        browser = self._open("supervisor")
        self._go(browser, f"/my/collection/hand-overs/{waiting.id}", "#wrap")
        self._save(browser, "portal_hand_over")
        self._go(browser, "/my/collection/team", "#wrap")
        self._save(browser, "portal_team")
        self._go(browser, "/my/collection/contract", "#wrap")
        self._save(browser, "portal_contract")
