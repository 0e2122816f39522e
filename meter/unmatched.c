#include "meter/unmatched.h"

#include "lib/base/program.h"

#include <stdio.h>

static bool
is_met(const struct gathering *gathering, const char *group)
{
	for (size_t s = 0; s < gathering->count; s++)
		for (size_t i = 0; i < gathering->snapshots[s].name_count; i++) {
			const struct snapshot_name *name = &gathering->snapshots[s].names[i];
			if (meter_group_matches(group, name->name, name->places))
				return true;
		}
	return false;
}

static void
check(const struct gathering *gathering, const struct meter_groups *list, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		for (size_t g = 0; g < list[i].count; g++)
			if (!is_met(gathering, list[i].groups[g]))
				program_warn("%s.%s.name.groups: %s fits no probe that was met", key,
				    list[i].name, list[i].groups[g]);
}

void
unmatched_groups(const struct gathering *gathering, const struct meter_config *config, bool tiers)
{
	if (config->autolabel)
		check(gathering, config->labels, config->label_count, "autolabel.label");
	if (config->tierpoint || tiers)
		check(gathering, config->tiers, config->tier_count, "tierpoint.tier");
}

void
unmatched_set(const struct model *model, const struct meter_set *set)
{
	enum { SHOWN = 3 };
	char text[512] = "";
	size_t missing = 0;
	for (size_t i = 0, used = 0; i < set->count; i++)
		if (model_find(model, set->entries[i].name) == NULL && missing++ < SHOWN &&
		    used < sizeof text)
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%.120s",
			    used > 0 ? ", " : "", set->entries[i].name);
	if (missing > 0)
		program_warn("%zu of the %zu probes of the set were not met: %s%s", missing, set->count, text,
		    missing > SHOWN ? ", ..." : "");
}
