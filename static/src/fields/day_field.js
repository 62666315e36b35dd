import { capitalize } from "@web/core/utils/strings";
import { registry } from "@web/core/registry";
import {
    RemainingDaysField,
    remainingDaysField,
} from "@web/views/fields/remaining_days/remaining_days_field";

/**
 * How far away a day is, always in days.
 *
 * Odoo's own widget takes the largest unit of the calendar that differs: on the last day
 * of a month, tomorrow is called "next month".
 */
export class CollectionDayField extends RemainingDaysField {
    get diffString() {
        if (this.diffDays === null) {
            return "";
        }
        if (Math.abs(this.diffDays) > 99) {
            return this.formattedValue;
        }
        const day = this.props.record.data[this.props.name];
        return capitalize(day.toRelativeCalendar({ unit: "days" }));
    }
}

registry.category("fields").add("collection_day", {
    ...remainingDaysField,
    component: CollectionDayField,
});
