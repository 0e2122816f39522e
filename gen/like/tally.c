#include "gen/like/tally.h"

#include "lib/base/hash.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

static struct view
bytes_of(const struct tally_value *value)
{
	return (struct view){value->bytes, value->size};
}

/* The slot of the value, or the free one where it belongs; there are twice as many as values. */
static uint32_t *
find_slot(const struct tally *tally, struct view value)
{
	uint32_t mask = 2 * tally->capacity - 1, at = (uint32_t)hash_bytes(value, 0) & mask;
	while (tally->slots[at] != 0 && !view_equal(bytes_of(&tally->values[tally->slots[at] - 1]), value))
		at = (at + 1) & mask;
	return &tally->slots[at];
}

static void
fill_slots(struct tally *tally)
{
	memset(tally->slots, 0, 2 * (size_t)tally->capacity * sizeof *tally->slots);
	for (uint32_t i = 0; i < tally->count; i++)
		*find_slot(tally, bytes_of(&tally->values[i])) = i + 1;
}

static bool
grow(struct tally *tally, struct nest_error *error)
{
	uint32_t capacity = tally->capacity == 0 ? FIRST_CAPACITY : 2 * tally->capacity;
	struct tally_value *values = realloc(tally->values, capacity * sizeof *values);
	if (values != NULL)
		tally->values = values;
	uint32_t *slots = values != NULL ? realloc(tally->slots, 2 * (size_t)capacity * sizeof *slots) : NULL;
	if (slots == NULL)
		return nest_error_memory(error, capacity * sizeof *values, "frequent values");
	tally->slots = slots;
	tally->capacity = capacity;
	fill_slots(tally);
	return true;
}

static uint64_t
life(const struct tally *tally, const struct tally_value *value)
{
	uint64_t lost = tally->shrunk - value->shrunk;
	return value->count > lost ? value->count - lost : 0;
}

static int
compare_numbers(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return (a > b) - (a < b);
}

/* Removes half of the values, or more. */
static bool
shrink(struct tally *tally, struct nest_error *error)
{
	uint64_t *lives = malloc(tally->count * sizeof *lives);
	uint32_t kept = 0;
	if (lives == NULL)
		return nest_error_memory(error, tally->count * sizeof *lives, "frequent values");
	for (uint32_t i = 0; i < tally->count; i++)
		lives[i] = life(tally, &tally->values[i]);
	qsort(lives, tally->count, sizeof *lives, compare_numbers);
	tally->shrunk += lives[tally->count / 2];
	free(lives);
	for (uint32_t i = 0; i < tally->count; i++) {
		if (life(tally, &tally->values[i]) > 0)
			tally->values[kept++] = tally->values[i];
		else
			free(tally->values[i].bytes);
	}
	tally->count = kept;
	tally->bytes = 0;
	for (uint32_t i = 0; i < kept; i++)
		tally->bytes += tally->values[i].size;
	tally->is_partial = true;
	fill_slots(tally);
	return true;
}

static bool
make_room(struct tally *tally, size_t size, uint32_t most, struct nest_error *error)
{
	size_t bytes_most = (size_t)most * TALLY_BYTES_EACH;
	while (tally->count > 0 && (tally->count >= most || tally->bytes + size > bytes_most))
		if (!shrink(tally, error))
			return false;
	return tally->count < tally->capacity || grow(tally, error);
}

bool
tally_add(struct tally *tally, struct view value, uint32_t most, struct nest_error *error)
{
	uint32_t known = tally->capacity > 0 ? *find_slot(tally, value) : 0;
	if (known != 0) {
		tally->values[known - 1].count++;
		return true;
	}
	uint8_t *bytes = malloc(value.size + 1);
	if (bytes == NULL)
		return nest_error_memory(error, value.size + 1, "frequent values");
	if (!make_room(tally, value.size, most, error)) {
		free(bytes);
		return false;
	}
	memcpy(bytes, value.data, value.size);
	*find_slot(tally, value) = tally->count + 1;
	tally->bytes += value.size;
	tally->values[tally->count++] = (struct tally_value){bytes, (uint32_t)value.size, 1, tally->shrunk};
	return true;
}

static int
compare_values(const void *left, const void *right)
{
	const struct tally_value *a = left, *b = right;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	int order = memcmp(a->bytes, b->bytes, a->size < b->size ? a->size : b->size);
	return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

void
tally_sort(struct tally *tally)
{
	if (tally->count > 0)
		qsort(tally->values, tally->count, sizeof *tally->values, compare_values);
}

void
tally_free(struct tally *tally)
{
	for (uint32_t i = 0; i < tally->count; i++)
		free(tally->values[i].bytes);
	free(tally->values);
	free(tally->slots);
	*tally = (struct tally){0};
}
