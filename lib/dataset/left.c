/* left.c - describes what a failed run left. */
#include "lib/base/run.h"
#include "lib/dataset/internal.h"

#include <inttypes.h>
#include <string.h>

/* How many different parts are complete; 0 if that cannot be found out. */
static uint64_t
count_parts(const struct place *place)
{
	struct listing listing = {0};
	struct nest_error error;
	uint64_t count = 0;
	if (place->fd < 0 || !listing_read(&listing, place, &error))
		return 0;
	for (size_t i = 0; i < listing.count; i++)
		count += i == 0 || listing.parts[i].number != listing.parts[i - 1].number;
	listing_free(&listing);
	return count;
}

/* The parts of the dataset; 0 if unknown. */
static uint64_t
parts_in_all(const struct place *place)
{
	struct place_extent extent;
	struct nest_error ignored;
	bool found;
	return place_get_extent(place, &extent, &found, &ignored) && found ? extent.parts : 0;
}

void
place_tell_left(const struct place *place, struct nest_error *error)
{
	/* A message that already says what to do with the parts is not contradicted. */
	if (strstr(error->text, "parquet-merge --sweep ") != NULL)
		return;
	uint64_t parts = run_is_repeatable(place->run) ? count_parts(place) : 0;
	if (parts == 0)
		return;
	uint64_t all = parts_in_all(place);
	/* nest-run searches for the middle of this text. */
	nest_error_suffix(error, "; %" PRIu64 " ", parts);
	if (all > 0)
		nest_error_suffix(error, "of %" PRIu64 " ", all);
	nest_error_suffix(error, "parts are complete in %s: ", place->path);
	if (parts == all)
		nest_error_suffix(error, "publish them with parquet-merge --staged %s", place->target);
	else
		nest_error_suffix(error,
		    "go on with the others, which a pipeline's --resume makes and parquet-merge --missing %s "
		    "names",
		    place->target);
	nest_error_suffix(error, ", or remove what is there with parquet-merge --sweep %s", place->target);
}
