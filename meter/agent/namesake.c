#include "meter/agent/namesake.h"
#include "meter/agent/agent.h"

#include <string.h>

/* Where SYMBOL is in the table, or would be; without what the compiler has appended, as in name_function. */
static struct namesake *
place_of(const struct namesakes *namesakes, const char *symbol, struct view *name)
{
	*name = (struct view){(const uint8_t *)symbol, strcspn(symbol, ".")};
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < name->size; i++)
		hash = (hash ^ name->data[i]) * UINT64_C(1099511628211);
	for (size_t at = (size_t)(hash ^ hash >> 32) & namesakes->mask;; at = (at + 1) & namesakes->mask) {
		struct namesake *slot = &namesakes->slots[at];
		if (slot->file == NULL || view_equal(slot->name, *name))
			return slot;
	}
}

struct namesakes
namesakes_find(const struct elf_object *elf, const struct sources *sources)
{
	struct namesakes namesakes = {NULL, 1};
	while (namesakes.mask < 2 * elf->symbol_count)
		namesakes.mask = 2 * namesakes.mask + 1;
	if (sources->size > 0)
		namesakes.slots = meter_pages((namesakes.mask + 1) * sizeof *namesakes.slots);
	for (size_t i = 0; namesakes.slots != NULL && i < elf->symbol_count; i++) {
		const char *file = sources_find(sources, elf->symbols[i].address);
		struct view name;
		if (*file == '\0')
			continue;
		struct namesake *slot = place_of(&namesakes, elf->symbols[i].name, &name);
		if (slot->file == NULL)
			*slot = (struct namesake){name, file, false};
		slot->several = slot->several || strcmp(slot->file, file) != 0;
	}
	return namesakes;
}

void
namesakes_free(struct namesakes *namesakes)
{
	meter_pages_free(namesakes->slots, (namesakes->mask + 1) * sizeof *namesakes->slots);
	namesakes->slots = NULL;
}

bool
namesakes_has(const struct namesakes *namesakes, const char *symbol)
{
	struct view name;
	return namesakes->slots != NULL && place_of(namesakes, symbol, &name)->several;
}
