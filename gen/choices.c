#include "gen/choices.h"

#include "gen/put_json.h"
#include "lib/print/jsonl_leaf.h"

#include <stdlib.h>

enum { SLOTS_MOST = 1 << 18 };

/* The slots of a choice as JSON, and what they were made of. */
struct choice {
	const uint8_t *packed;
	uint8_t leaf;
	struct slots slots;
	uint8_t *table; /* where the slots lie */
};

bool
choices_open(struct choices *choices, struct jsonl *jsonl, uint32_t most, struct nest_error *error)
{
	*choices = (struct choices){.jsonl = jsonl, .choices = calloc(most, sizeof *choices->choices)};
	return choices->choices != NULL ||
	       nest_error_memory(error, most * sizeof *choices->choices, "the choices of a recipe");
}

void
choices_close(struct choices *choices)
{
	for (uint32_t i = 0; i < choices->count; i++)
		free(choices->choices[i].table);
	free(choices->choices);
}

bool
choices_may_look(struct choices *choices, const struct slots *slots)
{
	choices->slot_count += slots->count;
	return choices->slot_count <= SLOTS_MOST;
}

/* Appends each of the slots PACKED to TEXTS, and says where it ENDS there. */
static bool
print_slots(struct jsonl *jsonl, const struct slots *packed, uint32_t node, struct buffer *texts,
    size_t *ends, struct nest_error *error)
{
	for (uint32_t k = 0; k < packed->count; k++) {
		const uint8_t *slot = packed->bytes + (size_t)k * packed->slot_bytes;
		bool is_last = k + 1 == packed->count;
		if (is_last ? !buffer_append(texts, "null", PUT_NULL_BYTES, error)
			    : !jsonl_append_value(jsonl, node, (struct view){slot, slot[-1]}, texts, error))
			return false;
		ends[k] = texts->size;
	}
	return true;
}

/* Makes slots of TEXTS, which end at ENDS. */
static bool
make_slots(struct choice *choice, const struct buffer *texts, const size_t *ends, struct nest_error *error)
{
	struct slots *slots = &choice->slots;
	size_t longest = 0, begin = 0;
	for (uint32_t k = 0; k < slots->count; begin = ends[k++])
		longest = ends[k] - begin > longest ? ends[k] - begin : longest;
	slots->slot_bytes = (uint32_t)(longest / SLOT_SHORT + 1) * SLOT_SHORT;
	size_t bytes = 1 + (size_t)slots->count * slots->slot_bytes + TEXT_SLACK;
	choice->table = calloc(1, bytes);
	if (choice->table == NULL)
		return nest_error_memory(error, bytes, "the choices of a recipe");
	slots->bytes = choice->table + 1;
	begin = 0;
	for (uint32_t k = 0; k < slots->count; begin = ends[k++]) {
		uint8_t *slot = choice->table + 1 + (size_t)k * slots->slot_bytes;
		memcpy(slot, texts->data + begin, ends[k] - begin);
		slot[-1] = (uint8_t)(ends[k] - begin);
	}
	return true;
}

static bool
add_choice(struct choices *choices, uint32_t node, struct choice *choice, struct nest_error *error)
{
	struct buffer texts = {0};
	size_t bytes = choice->slots.count * sizeof(size_t), *ends = malloc(bytes);
	bool fine = (ends != NULL || nest_error_memory(error, bytes, "the choices of a recipe")) &&
	            print_slots(choices->jsonl, &choice->slots, node, &texts, ends, error) &&
	            make_slots(choice, &texts, ends, error);
	buffer_free(&texts);
	free(ends);
	return fine;
}

bool
choices_print(struct choices *choices, const struct slots *packed, uint32_t node, struct slots *slots,
    struct nest_error *error)
{
	uint8_t leaf = choices->jsonl->steps[node].leaf;
	struct choice *choice = choices->choices, *end = choice + choices->count;
	while (choice < end && (choice->packed != packed->bytes || choice->leaf != leaf))
		choice++;
	if (choice == end) {
		if (!choices_may_look(choices, packed))
			return nest_error_set(error, NEST_INVALID, "a recipe has too many words to look at");
		choices->count++;
		*choice = (struct choice){packed->bytes, leaf, *packed, NULL};
		if (!add_choice(choices, node, choice, error))
			return false;
	}
	*slots = choice->slots;
	return true;
}
