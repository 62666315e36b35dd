def migrate(cr, version):
    """Two indexes of the items served nobody, and were written each time an item was.
    The framework leaves those that a field no longer asks for where they are."""
    cr.execute(
        """
        DROP INDEX IF EXISTS collection_item__contact_id_index,
                             collection_item__partner_id_index
        """
    )
