from . import collection_letter_compose
