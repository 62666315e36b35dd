from . import collection_phase_switch
