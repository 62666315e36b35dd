from odoo.tests import HttpCase, freeze_time, tagged

#: a day and an hour on which customers may be called
NOW = "2026-11-25 09:30:00"


@tagged("post_install", "-at_install")
class TestClickEverywhere(HttpCase):
    """Core's own clickbot goes through the application on the demo company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.env["res.company"]._load_collection_demo(lang="en_US", months=7)

    def _click(self, role):
        user = self.env.ref(f"__collection_demo__.{role}")
        # sudo: nobody is shown round
        user.sudo().tour_enabled = False
        self.browser_js(
            "/odoo",
            "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader')"
            ".startClickEverywhere('account_collection.menu_collection_root');",
            "odoo.isReady === true",
            login=user.login,
            timeout=300,
            success_signal="clickbot test succeeded",
        )

    def test_manager(self):
        self._click("manager")

    def test_collector(self):
        self._click("collector")

    def test_on_site(self):
        self._click("on_site")
