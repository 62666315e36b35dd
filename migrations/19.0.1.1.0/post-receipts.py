def migrate(cr, version):
    """Receipts have a table of their own, which is filled when it is first read.

    When an item was taken back alone was not written down; it is the last thing that
    happened to its row.
    """
    cr.execute(
        """
        UPDATE collection_placement_item SET date_recalled = write_date::date
         WHERE recalled AND date_recalled IS NULL
        """
    )
    cr.execute(
        "INSERT INTO collection_receipt_stale (account_number)"
        " SELECT id FROM collection_account"
    )
