#: own module name for the external ids: the records stay when the add-on goes
MODULE = "__collection_demo__"


def named(env, name):
    """Record of the demo company, None as long as there is none of that name."""
    return env.ref(f"{MODULE}.{name}", raise_if_not_found=False)


def name_records(env, records_by_name):
    """Give the records their names, by which tests and a second loading find them."""
    env["ir.model.data"]._update_xmlids(
        [
            {"xml_id": f"{MODULE}.{name}", "record": record, "noupdate": True}
            for name, record in records_by_name.items()
        ]
    )
