from . import collection_letter_compose
from . import collection_means_answer
