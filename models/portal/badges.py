"""The colours in which the portal shows the states of what was agreed."""

COLOURS = {
    "text-bg-success": {
        "granted",
        "kept",
        "completed",
        "accepted",
        "confirmed",
        "paid",
        "ok",
        "done",
    },
    "text-bg-danger": {
        "anomaly",
        "broken",
        "defaulted",
        "late",
        "refused",
        "unpaid",
    },
    "text-bg-warning": {"asked", "partial", "to_approve", "in_progress", "chased"},
    "text-bg-info": {"open", "active", "sent", "to_check", "remitted"},
}
NEUTRAL = "text-bg-light border"


def badge(state, label):
    """What a page needs to show a state: its code, its words and its colour."""
    colour = next((name for name, states in COLOURS.items() if state in states), None)
    return {"state": state, "state_label": label, "state_class": colour or NEUTRAL}
