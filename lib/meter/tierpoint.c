/*
 * tierpoint - only crossings into a tier are metered.
 *
 * A name is in the tier whose group decides on it.  A name in no tier is
 * not metered at all; calls within a tier are part of its inherent cost.
 */
#include "lib/meter/internal.h"

static bool
tierpoint_enabled(const struct meter_config *config)
{
	return config->tierpoint;
}

static void
tierpoint_name_entered(struct meter_entry *entry)
{
	const struct meter_config *config = &meter_engine.config;
	entry->tier = (uint8_t)(meter_entry_find_group(entry, config->tiers, config->tier_count) + 1);
	if (entry->tier == 0)
		entry->flags |= METER_USELESS;
}

/* The ground below all frames is in no tier. */
static bool
tierpoint_admit(
    const struct meter_context *context, const struct meter_entry *entry, const struct meter_row *row)
{
	const struct meter_entry *innermost = context->top->entry;
	(void)row;
	return entry->tier != 0 && (innermost == NULL || innermost->tier != entry->tier);
}

const struct meter_extension meter_tierpoint = {
    .name = "tierpoint",
    .enabled = tierpoint_enabled,
    .name_entered = tierpoint_name_entered,
    .admit = tierpoint_admit,
};
