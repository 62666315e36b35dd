from . import test_policy_delay
