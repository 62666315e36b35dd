import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CollectionCommon
from .portal.common import RULES, AxeCase

#: what stands on our screens and is Odoo's own, whatever stands in it
NOT_OURS = (
    ".o_cp_searchview",
    ".o_list_table thead",
    ".o_list_table tfoot",
    ".o_list_record_selector",
    ".o_notebook_headers",
    ".o_statusbar_status",
    ".o-mail-Form-chatter",
)
#: opens one screen after the other and has axe look at our part of each
LOOK = """
const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

async function find(selector) {
    for (let tries = 0; tries < 300; tries++) {
        const found = document.querySelector(selector);
        if (found) {
            return found;
        }
        await wait(50);
    }
    throw new Error(`${selector} is not there`);
}

async function look(screens, exclude, rules) {
    const { doAction } = odoo.__WOWL_DEBUG__.root.env.services.action;
    const found = [];
    for (const { name, action, click, ready, part, plant } of screens) {
        if (action) {
            await doAction(action, { clearBreadcrumbs: true });
        } else {
            (await find(click)).click();
        }
        const element = await find(ready);
        await wait(300);
        if (plant) {
            eval(plant);
        }
        const result = await axe.run(
            { include: [[part]], exclude: exclude.map((selector) => [selector]) },
            { runOnly: { type: "tag", values: rules } }
        );
        if (!result.passes.length) {
            found.push(`${name}: axe looked at nothing`);
        }
        for (const violation of result.violations) {
            for (const node of violation.nodes) {
                const summary = node.failureSummary.replace(/\\s+/g, " ");
                const html = node.html.slice(0, 300);
                found.push(`${name}: ${violation.id} ${html} :: ${summary}`);
            }
        }
    }
    return found;
}
"""


@tagged("post_install", "-at_install")
class TestBackendAxe(CollectionCommon, AxeCase):
    """What this module puts on Odoo's screens meets WCAG 2.1 AA as far as axe sees.

    Community has one color scheme.
    """

    browser_size = "1440x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.manager_user.lang = "en_US"
        cls._invoice(cls.customer, 1000.0, "2026-01-10")
        cls._invoice(cls.customer, 90.0, "2026-03-10")
        cls.account = cls.account_of(cls.customer)
        cls.account.segment_id = cls.env.ref("account_collection.segment_sme")
        cls.reminder = cls.account.with_user(cls.manager_user).action_remind_now()
        cls.env["collection.call"].create(cls._call_values(cls.account))
        # some of the steps are done, and others are not
        cls.company.company_registry = False
        cls.dunning_run = cls.env["collection.dunning.run"].create({})
        cls.dunning_run.action_compute()
        cls.env.flush_all()

    def _form(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
        }

    def _worklist(self, **values):
        return {
            "name": "worklist",
            "action": "account_collection.collection_account_worklist_action",
            "ready": ".o_data_row .o_field_widget[name='priority'], .o_data_row",
            "part": ".o_action_manager",
            **values,
        }

    def _look(self, screens):
        self.browser_js(
            "/odoo",
            f"""
            {self.axe};
            {LOOK}
            look({json.dumps(screens, default=str)}, {json.dumps(NOT_OURS)},
                 {json.dumps(RULES)})
                .then((found) => {{
                    if (found.length) {{
                        console.error(`AXE ${{found.length}}\\n` + found.join("\\n"));
                    }} else {{
                        console.log("test successful");
                    }}
                }})
                .catch((error) => console.error(`AXE ${{error}}`));
            """,
            ready="odoo.isReady === true",
            login=self.manager_user.login,
            timeout=120,
        )

    def test_screens(self):
        views = {"views": [[False, "form"]]}
        call = self.account.with_user(self.manager_user).action_log_call()
        self._look(
            [
                self._worklist(),
                {
                    "name": "account",
                    "action": self._form(self.account),
                    "ready": ".o_collection_position",
                    "part": ".o_action_manager",
                },
                {
                    "name": "call",
                    "action": {**call, **views},
                    "ready": ".modal .o_collection_sheet",
                    "part": ".modal .modal-body",
                },
                {
                    "name": "what to say",
                    "click": ".modal .o_notebook .nav-link[name='talk']",
                    "ready": ".modal .o_collection_talk",
                    "part": ".modal .modal-body",
                },
                {
                    "name": "first steps",
                    "action": "account_collection.collection_company_settings_action",
                    "ready": ".modal .o_collection_first_steps",
                    "part": ".modal .o_collection_first_steps",
                },
                {
                    "name": "run",
                    "action": self._form(self.dunning_run),
                    "ready": ".o_form_view .o_field_widget[name='missing_note']",
                    "part": ".o_action_manager",
                },
                {
                    "name": "reminder",
                    "action": {**self.reminder, **views},
                    "ready": ".modal .o_collection_letter_preview iframe",
                    "part": ".modal .modal-body",
                },
            ]
        )

    def test_a_planted_violation_is_found(self):
        """The other test would also pass if axe looked at nothing."""
        with (
            mute_logger(f"{self.__module__}.{type(self).__name__}"),
            self.assertRaisesRegex(AssertionError, r"AXE \d+\nworklist: button-name "),
        ):
            self._look(
                [
                    self._worklist(
                        plant="document.querySelectorAll('.o_collection_icon_button "
                        "span').forEach((name) => name.remove())"
                    )
                ]
            )
