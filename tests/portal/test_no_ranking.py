import re

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TeamCommon

#: pages of the portal that show what a team or a person does
PAGES = (
    "/my",
    "/my/collection",
    "/my/collection/agenda",
    "/my/collection/team",
)
#: models that tell how much somebody did, and how well; of calls, the provider reads
#: those of ours to its customers, which its people go on from
OF_PERSONS = (
    "collection.agent",
    "collection.call.review",
    "collection.daily.figure",
    "collection.satisfaction",
    "collection.team.result",
    "collection.transition",
)


@tagged("post_install", "-at_install")
class TestNoRanking(TeamCommon):
    """No ranking of persons is shown to the provider, and none of ours at all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # our own collector works the customer, too, and better than anybody
        cls.in_house = cls._agent(cls.collector_user, cls.env["res.partner"])
        cls.account.user_id = cls.collector_user
        for user, count in ((cls.collector_user, 4), (cls.agent_user, 1)):
            for _time in range(count):
                cls.env["collection.call"].with_user(user).create(
                    cls._call_values(cls.account, "information_only")
                )
        cls.env["collection.transition"].create(
            {"mandate_id": cls.mandate.id, "collector_id": cls.collector_user.id}
        )
        cls.env.flush_all()

    def _walk(self, value, path=""):
        """Every list and every key of what a page is made of: (path, list or key)."""
        if isinstance(value, dict):
            for key, inner in value.items():
                yield path, key
                yield from self._walk(inner, f"{path}.{key}")
        elif isinstance(value, list | tuple):
            yield path, value
            for inner in value:
                yield from self._walk(inner, path)

    def _get_team(self):
        return (
            self.env["collection.mandate"]
            .with_user(self.supervisor_user)
            ._get_portal_team()
        )

    def test_persons_stand_in_the_order_of_names(self):
        """Whatever they did: who did most is called so as to come last, then first."""
        for name in ("Zoé", "Aaron"):
            self.agent.name = name
            persons = 0
            for path, value in self._walk(self._get_team()):
                if isinstance(value, str):
                    self.assertIsNone(
                        re.search(r"rank|place|position|best|worst|score", value),
                        f"{path}.{value}",
                    )
                elif value and all(
                    isinstance(row, dict) and {"id", "name"} <= row.keys()
                    for row in value
                ):
                    names = [row["name"] for row in value if row["id"]]
                    self.assertEqual(names, sorted(names), path)
                    persons += len(names)
            self.assertGreater(persons, 1)

    def test_none_of_ours(self):
        ours = (self.collector_user.name, self.in_house.name)
        text = repr(self._get_team())
        for user in (self.supervisor_user, self.agent_user):
            self._log_in(user)
            for page in PAGES:
                if page.endswith("/team") and user == self.agent_user:
                    continue
                text += self.url_open(page).text
        self.assertIn(self.agent.name, text)
        for name in ours:
            self.assertNotIn(name, text)

    def _get_persons(self, model, user):
        """Whom the records tell of that a user finds; empty without access."""
        persons = self.env["res.users"].sudo()
        try:
            rows = self.env[model].with_user(user).search([]).sudo()
        except AccessError:
            return persons
        for name in ("user_id", "agent_id", "collector_id"):
            if name in rows._fields:
                found = rows[name]
                persons |= found.user_id if "user_id" in found._fields else found
        return persons

    def test_no_figures_of_ours_by_any_door(self):
        ours = self.collector_user.sudo()
        for model in OF_PERSONS:
            for user in (self.supervisor_user, self.agent_user, self.on_site_user):
                with self.subTest(user=user.login, model=model):
                    self.assertNotIn(ours, self._get_persons(model, user))
        # in-house they are there
        for model in ("collection.daily.figure", "collection.transition"):
            self.assertIn(ours, self._get_persons(model, self.manager_user))
