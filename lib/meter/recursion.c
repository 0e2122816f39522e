/*
 * recursion - nonrecursive: not metered inside itself; nonreentrant: not
 * metered while open anywhere on the stack.
 */
#include "lib/meter/internal.h"

static bool
nonrecursive_enabled(const struct meter_config *config)
{
	return config->nonrecursive;
}

static bool
nonrecursive_admit(
    const struct meter_context *context, const struct meter_entry *entry, const struct meter_row *row)
{
	(void)row;
	return context->top->entry != entry;
}

const struct meter_extension meter_nonrecursive = {
    .name = "nonrecursive",
    .enabled = nonrecursive_enabled,
    .admit = nonrecursive_admit,
};

static bool
nonreentrant_enabled(const struct meter_config *config)
{
	return config->nonreentrant;
}

static bool
nonreentrant_admit(
    const struct meter_context *context, const struct meter_entry *entry, const struct meter_row *row)
{
	(void)context;
	(void)entry;
	return row->open == 0;
}

const struct meter_extension meter_nonreentrant = {
    .name = "nonreentrant",
    .enabled = nonreentrant_enabled,
    .admit = nonreentrant_admit,
};
