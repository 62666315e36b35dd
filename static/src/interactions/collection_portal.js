import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** Sorting takes effect at once; without JavaScript the search button does it. */
export class CollectionSearch extends Interaction {
    static selector = ".o_collection_search";
    dynamicContent = {
        select: { "t-on-change": () => this.el.submit() },
    };
}

/** On a phone the row of pages scrolls: the page one is on is in sight. */
export class CollectionNav extends Interaction {
    static selector = ".o_collection_nav > nav";

    start() {
        const active = this.el.querySelector(".nav-link.active");
        if (active) {
            const hidden =
                active.getBoundingClientRect().right -
                this.el.getBoundingClientRect().right;
            this.el.scrollLeft += Math.max(hidden, 0);
        }
    }
}

/** A choice takes effect at once; without JavaScript its button does it. */
export class CollectionAutoSubmit extends Interaction {
    static selector = ".o_collection_autosubmit";
    dynamicContent = {
        select: { "t-on-change": () => this.el.submit() },
        "button[type='submit']": { "t-att-class": () => ({ "d-none": true }) },
    };
}

/** All customers of the page are ticked at once. */
export class CollectionAssignMany extends Interaction {
    static selector = ".o_collection_assign_many";
    dynamicContent = {
        ".form-check": { "t-att-class": () => ({ "d-none": false }) },
        "#collection_all": { "t-on-change": this.onAll },
    };

    onAll(ev) {
        const boxes = document.querySelectorAll(
            `input[name='account_ids'][form='${this.el.id}']`
        );
        for (const box of boxes) {
            box.checked = ev.currentTarget.checked;
        }
    }
}

/** A form is sent once, however often its button is pressed. */
export class CollectionOnce extends Interaction {
    static selector = ".o_collection_once";
    dynamicContent = {
        _root: { "t-on-submit": () => (this.sent = true) },
        "button[type='submit']": { "t-att-disabled": () => this.sent },
    };

    setup() {
        this.sent = false;
    }
}

/** The number that was tapped is the number dialled, and the call begins. */
export class CollectionAccount extends Interaction {
    static selector = ".o_collection_account";
    dynamicContent = {
        ".o_collection_phone": { "t-on-click": this.onPhone },
    };

    onPhone(ev) {
        const form = this.el.querySelector(".o_collection_call_form");
        form.elements.phone.value = ev.currentTarget.dataset.phone;
        form.dataset.begun = Date.now();
    }
}

/**
 * The call form shows what the outcome asks for: two taps say how it went, the fields
 * of what came of it open, the next action is proposed. Without JavaScript all parts of
 * the form are there to be opened by hand.
 */
export class CollectionCallForm extends Interaction {
    static selector = ".o_collection_call_form";
    dynamicContent = {
        "button[data-days]": { "t-on-click": this.onDelay },
        ".o_collection_reached": {
            "t-att-class": () => ({ "d-none": false, "d-flex": true }),
        },
        ".o_collection_reached button": {
            "t-on-click": this.onReached,
            "t-att-aria-pressed": (el) => String(this.isReached(el)),
            "t-att-class": (el) => ({ active: this.isReached(el) }),
        },
        ".o_collection_outcome_group": {
            "t-att-class": (el) => ({ "d-none": !this.isReached(el) }),
        },
        ".o_collection_group_name": { "t-att-class": () => ({ "d-none": true }) },
        ".o_collection_remark": {
            "t-att-class": (el) => ({
                "d-none": el.dataset.outcome !== this.outcome?.value,
            }),
        },
        ".o_collection_follow_up": {
            "t-att-class": (el) => ({ "d-none": !this.mayFollow(el) }),
        },
        ".o_collection_all_the_same": {
            "t-att-class": () => ({ "d-none": this.incoming }),
        },
        "input[name='outcome_id']": { "t-on-change": this.onOutcome },
        "input[name='direction']": { "t-on-change": this.onDirection },
        "input[name='next_action'], input[name='next_action_date']": {
            "t-on-input": () => (this.proposed = false),
        },
        _root: { "t-on-submit": this.onSubmit },
    };

    setup() {
        this.sent = false;
        this.proposed = true;
        this.fields = this.el.elements;
        this.incoming = this.fields.direction.value === "incoming";
        this.outcome = this.el.querySelector("input[name='outcome_id']:checked");
        this.contact = this.outcome?.dataset.contact;
        this.asked = this.outcome?.dataset.kind;
        this.cleared = {};
        for (const name of ["next_action", "next_action_date"]) {
            this.proposed &&= !this.fields[name].value;
        }
    }

    isReached(el) {
        return el.dataset.contact === this.contact;
    }

    /** Whether a thing can come of a call in which this person was reached. */
    mayFollow(el) {
        return Boolean(this.outcome) && el.dataset.contact.split(" ").includes(this.contact);
    }

    onReached(ev) {
        this.contact = ev.currentTarget.dataset.contact;
        if (this.outcome && this.outcome.dataset.contact !== this.contact) {
            this.outcome.checked = false;
            this.outcome = null;
            for (const part of this.el.querySelectorAll(".o_collection_follow_up")) {
                if (part.dataset.kind === this.asked) {
                    this.clear(part);
                }
            }
            this.asked = undefined;
            if (this.proposed) {
                this.fields.next_action.value = "";
                this.fields.next_action_date.value = "";
            }
        }
    }

    /** Empty a part of the form, and remember it for whoever comes back to it. */
    clear(part) {
        const inputs = [...part.querySelectorAll("input, select, textarea")];
        this.cleared[part.dataset.kind] = inputs.map((input) =>
            input.type === "checkbox" ? input.checked : input.value
        );
        for (const input of inputs) {
            if (input.type === "checkbox") {
                input.checked = false;
            } else {
                input.value = "";
            }
        }
        part.open = false;
    }

    restore(part) {
        const values = this.cleared[part.dataset.kind];
        if (!values) {
            return;
        }
        delete this.cleared[part.dataset.kind];
        [...part.querySelectorAll("input, select, textarea")].forEach((input, index) => {
            input[input.type === "checkbox" ? "checked" : "value"] = values[index];
        });
    }

    onDirection(ev) {
        this.incoming = ev.currentTarget.value === "incoming";
    }

    onOutcome(ev) {
        this.outcome = ev.currentTarget;
        const { kind, required, nextAction, nextDate } = this.outcome.dataset;
        for (const part of this.el.querySelectorAll(".o_collection_follow_up")) {
            if (part.dataset.kind === kind) {
                this.restore(part);
            } else if (part.dataset.kind === this.asked) {
                // what only the former outcome asked for goes with it
                this.clear(part);
            }
            part.open = part.dataset.kind === kind || this.isFilled(part);
        }
        this.asked = kind;
        const amount = this.fields["promise-amount"];
        if (kind === "promise" && required && !amount.value) {
            amount.value = amount.dataset.proposed || "";
        } else if (kind === "promise" && !required && this.isJustProposed(amount)) {
            amount.value = "";
        }
        const bills = this.fields["bill-bill_id"];
        if (kind === "bill" && bills && bills.options.length === 2) {
            bills.value = bills.options[1].value;
        }
        // what is proposed changes with the outcome until somebody types
        if (this.proposed) {
            this.fields.next_action.value = nextAction || "";
            this.fields.next_action_date.value = nextDate || "";
        }
        if (this.el.dataset.begun && !this.fields.duration.value) {
            const minutes = (Date.now() - Number(this.el.dataset.begun)) / 60000;
            this.fields.duration.value = Math.max(minutes, 0.1).toFixed(1);
        }
    }

    /** Whether nothing but the amount that was proposed stands in the promise. */
    isJustProposed(amount) {
        const date = this.fields["promise-date_promised"];
        return amount.value === amount.dataset.proposed && !date.value;
    }

    /** Whether anything was typed or ticked in a part of the form. */
    isFilled(part) {
        return [...part.querySelectorAll("input, textarea")].some((input) =>
            input.type === "checkbox" ? input.checked : input.value
        );
    }

    onDelay(ev) {
        const input = this.fields.next_action_date;
        const date = luxon.DateTime.fromISO(input.dataset.today);
        input.value = date
            .plus({ days: parseInt(ev.currentTarget.dataset.days) })
            .toISODate();
        this.proposed = false;
        this.fields.next_action.focus();
    }

    onSubmit(ev) {
        if (this.sent) {
            ev.preventDefault();
            return;
        }
        // what cannot come of this call is not sent, whatever was typed before
        for (const part of this.el.querySelectorAll(".o_collection_follow_up")) {
            for (const input of part.querySelectorAll("input, select, textarea")) {
                input.disabled = !this.mayFollow(part);
            }
        }
        this.sent = true;
    }
}

const interactions = registry.category("public.interactions");
interactions.add("account_collection.search", CollectionSearch);
interactions.add("account_collection.nav", CollectionNav);
interactions.add("account_collection.auto_submit", CollectionAutoSubmit);
interactions.add("account_collection.assign_many", CollectionAssignMany);
interactions.add("account_collection.once", CollectionOnce);
interactions.add("account_collection.account", CollectionAccount);
interactions.add("account_collection.call_form", CollectionCallForm);
