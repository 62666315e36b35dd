from odoo import api, models

from ..base.collection_provider_mixin import _may_write


class CollectionReceiptReaderMixin(models.AbstractModel):
    """What is worked out of the ledger before it is read, and read from tables.

    The doors of the web client lead to the primary server: on a replica nothing can be
    worked out, and whoever reads there takes what there is.
    """

    _name = "collection.receipt.reader.mixin"
    _inherit = ["collection.ledger.mixin"]
    _description = "Read with the Receipts"

    @api.model
    def _follow_ledger_first(self):
        # EXTENDS collection.ledger.mixin: whoever reads passes here
        res = super()._follow_ledger_first()
        self.env["collection.receipt"]._bring_up_to_date()
        return res

    @api.private
    def invalidate_model(self, fnames=None, flush=True):
        # EXTENDS base: nothing to flush, all is written in SQL; flushing would work out
        # the receipts while a payment is being made
        return super().invalidate_model(fnames, flush=False)

    @api.model
    @_may_write
    def web_search_read(self, *args, **kwargs):
        return super().web_search_read(*args, **kwargs)

    @api.model
    @_may_write
    def web_read_group(self, *args, **kwargs):
        return super().web_read_group(*args, **kwargs)

    @api.model
    @_may_write
    def formatted_read_group(self, *args, **kwargs):
        return super().formatted_read_group(*args, **kwargs)

    @api.model
    @_may_write
    def formatted_read_grouping_sets(self, *args, **kwargs):
        return super().formatted_read_grouping_sets(*args, **kwargs)
