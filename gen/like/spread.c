#include "gen/like/spread.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 32 };

/* A number below COUNT that looks random (splitmix64). */
static uint64_t
draw(uint64_t counter, uint64_t count)
{
	uint64_t mixed = (counter + 1) * UINT64_C(0x9e3779b97f4a7c15);
	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return (mixed ^ mixed >> 31) % count;
}

static bool
grow(struct spread *spread, uint32_t most, struct nest_error *error)
{
	uint32_t capacity = spread->capacity == 0 ? FIRST_CAPACITY : 2 * spread->capacity;
	capacity = capacity < most ? capacity : most;
	int64_t *kept = realloc(spread->kept, capacity * sizeof *kept);
	if (kept == NULL)
		return nest_error_memory(error, capacity * sizeof *kept, "numbers of a field");
	spread->kept = kept;
	spread->capacity = capacity;
	return true;
}

bool
spread_add(struct spread *spread, int64_t value, uint32_t most, struct nest_error *error)
{
	spread->low = spread->seen == 0 || value < spread->low ? value : spread->low;
	spread->high = spread->seen == 0 || value > spread->high ? value : spread->high;
	uint64_t place = spread->seen++;
	if (spread->count == most) {
		place = draw(place, spread->seen);
		if (place < most)
			spread->kept[place] = value;
		return true;
	}
	if (spread->count == spread->capacity && !grow(spread, most, error))
		return false;
	spread->kept[spread->count++] = value;
	return true;
}

static int
compare_points(const void *left, const void *right)
{
	const struct point *a = left, *b = right;
	return (a->value > b->value) - (a->value < b->value);
}

bool
spread_points(const struct spread *spread, struct point **points, size_t *count, struct nest_error *error)
{
	size_t kept = 0;
	*points = NULL;
	*count = 0;
	if (spread->count == 0)
		return true;
	struct point *made = malloc(spread->count * sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, spread->count * sizeof *made, "numbers of a field");
	for (uint32_t i = 0; i < spread->count; i++)
		made[i] = (struct point){spread->kept[i], 1};
	qsort(made, spread->count, sizeof *made, compare_points);
	for (uint32_t i = 1; i < spread->count; i++) {
		if (made[i].value == made[kept].value)
			made[kept].count++;
		else
			made[++kept] = made[i];
	}
	*points = made;
	*count = kept + 1;
	return true;
}

void
spread_free(struct spread *spread)
{
	free(spread->kept);
	*spread = (struct spread){0};
}

int64_t
spread_of_double(double real)
{
	int64_t bits;
	real += 0.0; /* -0 is 0 */
	memcpy(&bits, &real, sizeof bits);
	return bits < 0 ? bits ^ INT64_MAX : bits;
}

double
spread_to_double(int64_t number)
{
	double real;
	number = number < 0 ? number ^ INT64_MAX : number;
	memcpy(&real, &number, sizeof real);
	return real;
}
