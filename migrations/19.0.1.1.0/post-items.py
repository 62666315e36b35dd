def migrate(cr, version):
    """Two indexes of the items served nobody, and were written each time an item was;
    under which hand-over an item is, its customer says. The framework leaves what a
    field no longer asks for where it is."""
    cr.execute(
        """
        DROP INDEX IF EXISTS collection_item__contact_id_index,
                             collection_item__partner_id_index
        """
    )
    cr.execute("ALTER TABLE collection_item DROP COLUMN IF EXISTS placement_line_id")
