"""The credit manager's role, asked for the same way everywhere."""

from odoo.exceptions import AccessError

MANAGER_GROUP = "account_collection.group_collection_manager"
USER_GROUP = "account_collection.group_collection_user"


def is_manager(env):
    """Whether the current user is a credit manager, under sudo or not."""
    return env.user.has_group(MANAGER_GROUP)


def may_manage(env):
    """Whether credit managers' decisions are open here: to them, and to superuser."""
    return env.su or is_manager(env)


def check_manager(env, message):
    """Refuse whoever is no credit manager.

    :raises AccessError: with `message`
    """
    if not may_manage(env):
        raise AccessError(message)
