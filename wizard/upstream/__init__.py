from . import collection_means_answer
