import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** Sorting takes effect at once; without JavaScript the search button does it. */
export class CollectionSearch extends Interaction {
    static selector = ".o_collection_search";
    dynamicContent = {
        select: { "t-on-change": () => this.el.submit() },
    };
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

/** The number that was tapped is the number dialled. */
export class CollectionAccount extends Interaction {
    static selector = ".o_collection_account";
    dynamicContent = {
        ".o_collection_phone": { "t-on-click": this.onPhone },
    };

    onPhone(ev) {
        this.el.querySelector("input[name='phone']").value =
            ev.currentTarget.dataset.phone;
    }
}

/** Short cuts to the next action's date; a call is sent once. */
export class CollectionCallForm extends Interaction {
    static selector = ".o_collection_call_form";
    dynamicContent = {
        "button[data-days]": { "t-on-click": this.onDelay },
        _root: { "t-on-submit": this.onSubmit },
        "button[type='submit']": { "t-att-disabled": () => this.sent },
    };

    setup() {
        this.sent = false;
    }

    onDelay(ev) {
        const input = this.el.querySelector("input[name='next_action_date']");
        const date = luxon.DateTime.fromISO(input.dataset.today);
        input.value = date
            .plus({ days: parseInt(ev.currentTarget.dataset.days) })
            .toISODate();
        this.el.querySelector("input[name='next_action']").focus();
    }

    onSubmit() {
        this.sent = true;
    }
}

const interactions = registry.category("public.interactions");
interactions.add("account_collection.search", CollectionSearch);
interactions.add("account_collection.auto_submit", CollectionAutoSubmit);
interactions.add("account_collection.assign_many", CollectionAssignMany);
interactions.add("account_collection.once", CollectionOnce);
interactions.add("account_collection.account", CollectionAccount);
interactions.add("account_collection.call_form", CollectionCallForm);
