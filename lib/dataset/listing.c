#include "lib/dataset/listing.h"

#include "lib/dataset/directory.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/staged_name.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct listing *listing;
	const struct place *place;
};

static bool
make_room(struct listing *listing, struct nest_error *error)
{
	if (listing->count < listing->capacity)
		return true;
	size_t capacity = listing->capacity == 0 ? 64 : 2 * listing->capacity;
	struct listed_part *parts = realloc(listing->parts, capacity * sizeof *parts);
	if (parts == NULL)
		return nest_error_memory(error, capacity * sizeof *parts, "the parts that are complete");
	listing->parts = parts;
	listing->capacity = capacity;
	return true;
}

static bool
take_entry(int fd, const char *name, void *context, struct nest_error *error)
{
	(void)fd;
	const struct reading *reading = context;
	struct listing *listing = reading->listing;
	struct part_name parsed;
	if (!staged_parse(name, &parsed) || !staged_is_of_run(&parsed, reading->place->run))
		return true;
	if (!make_room(listing, error))
		return false;
	listing->parts[listing->count++] = (struct listed_part){parsed.number, parsed.digest};
	return true;
}

static int
by_number(const void *a, const void *b)
{
	const struct listed_part *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return memcmp(x->digest.bytes, y->digest.bytes, sizeof x->digest.bytes);
}

/* Drops doubles: a name may be listed twice while others come and go. */
static void
drop_repeated(struct listing *listing)
{
	size_t kept = 0;
	for (size_t i = 0; i < listing->count; i++)
		if (kept == 0 || by_number(&listing->parts[kept - 1], &listing->parts[i]) != 0)
			listing->parts[kept++] = listing->parts[i];
	listing->count = kept;
}

bool
listing_read(struct listing *listing, const struct place *place, struct nest_error *error)
{
	struct reading reading = {listing, place};
	if (!directory_each(place->fd, place->path, take_entry, &reading, error)) {
		listing_free(listing);
		return false;
	}
	if (listing->count > 0)
		qsort(listing->parts, listing->count, sizeof *listing->parts, by_number);
	drop_repeated(listing);
	return true;
}

const struct listed_part *
listing_find(const struct listing *listing, uint64_t number)
{
	size_t low = 0, high = listing->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (listing->parts[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < listing->count && listing->parts[low].number == number ? &listing->parts[low] : NULL;
}

void
listing_file(const struct place *place, const struct listed_part *part, char name[PLACE_NAME_BYTES])
{
	staged_part(part->number, place->run, part->digest, name);
}

void
listing_free(struct listing *listing)
{
	free(listing->parts);
	*listing = (struct listing){0};
}
