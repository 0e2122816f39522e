/*
 * autolabel - gives names labels and tiers when they are entered.
 *
 * A name takes every label that has a group for it.  If these include both
 * hotspot and disabled, their groups decide; if they weigh the same, disabled wins.
 * Of the tiers it is in the one whose group decides; in none, it is not metered at all.
 */
#include "lib/meter/internal.h"

#include <string.h>

static void
autolabel(struct meter_entry *entry)
{
	const struct meter_config *config = &meter_engine.config;
	const uint32_t hotspot = 1u << METER_LABEL_HOTSPOT, disabled = 1u << METER_LABEL_DISABLED;
	struct meter_groups rivals[2]; /* what disables, and what keeps */

	for (size_t i = 0; i < config->label_count; i++) {
		const struct meter_groups *label = &config->labels[i];
		if (meter_entry_find_group(entry, label, 1) < 0)
			continue;
		uint32_t bit = meter_label_bit(label->name, strlen(label->name));
		entry->labels |= bit;
		if (bit == hotspot || bit == disabled)
			rivals[bit == hotspot] = *label;
	}
	if ((entry->labels & hotspot) && (entry->labels & disabled))
		entry->labels &= ~(meter_entry_find_group(entry, rivals, 2) == 0 ? hotspot : disabled);
}

void
meter_entry_classify(struct meter_entry *entry)
{
	const struct meter_config *config = &meter_engine.config;
	if (config->autolabel)
		autolabel(entry);
	if (!config->tierpoint)
		return;
	entry->tier = (uint8_t)(meter_entry_find_group(entry, config->tiers, config->tier_count) + 1);
	if (entry->tier == 0)
		entry->flags |= METER_USELESS;
}
