from odoo.tests import HttpCase, tagged

from .demo_company import DemoCommon

#: The clickbot on our application. It leaves out the filters: there are some 700 of
#: them, which takes two minutes a role, and TestEveryDoor asks for what each finds.
CLICK = """
    const find = document.querySelector.bind(document);
    document.querySelector = (selector) =>
        selector.includes("o_searchview_dropdown_toggler") ? null : find(selector);
    odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader')
        .startClickEverywhere('account_collection.menu_collection_root');
"""


@tagged("post_install", "-at_install")
class TestClickEverywhere(DemoCommon, HttpCase):
    """Core's own clickbot goes through the menus and views of the demo company."""

    #: as long as so many ordinary tests, see bin/lib/test_worker.py
    each_takes = 250

    def _click(self, role):
        user = self.env.ref(f"__collection_demo__.{role}")
        # nobody is shown round
        user.tour_enabled = False
        self.browser_js(
            "/odoo",
            CLICK,
            "odoo.isReady === true",
            login=user.login,
            timeout=180,
            success_signal="clickbot test succeeded",
        )

    def test_manager(self):
        self._click("manager")

    def test_collector(self):
        self._click("collector")

    def test_on_site(self):
        self._click("on_site")
