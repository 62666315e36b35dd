from . import collection_dispute_decision
