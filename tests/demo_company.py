from odoo.sql_db import Cursor
from odoo.tests import TransactionCase, freeze_time

#: a day and an hour on which customers may be called
NOW = "2026-11-25 09:30:00"


class DemoCommon(TransactionCase):
    """The demo company on a set day, with a shorter history than the one users load:
    the same scenes, in less time."""

    #: a whole run of `bin/test` has a database in which it is loaded already
    on_demo = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        # where it is there, nothing is loaded
        cls.env["res.company"]._load_collection_demo(lang="en_US", months=7)
        cls.company = cls.env.ref("__collection_demo__.company")
        cls.env.flush_all()

    @classmethod
    def _prepare(cls):
        """Load and save what every class would load anew."""
        cls.setUpClass()
        try:
            # what waits for the end of a transaction is not done in tests either
            cls.env.cr.precommit.clear()
            cls.env.cr.postcommit.clear()
            Cursor.commit(cls.env.cr)
        finally:
            cls.tearDownClass()
            cls.doClassCleanups()
