from . import collection_remind
