#include "merge/staging.h"

static bool
fail_nothing(const struct place *place, struct nest_error *error)
{
	return nest_error_set(error, NEST_USAGE, "nothing is staged for %s: there is no run to go on with",
	    place_target(place));
}

bool
staging_find(struct place *place, struct nest_error *error)
{
	bool found;
	if (!place_find(place, &found, error))
		return false;
	return found || fail_nothing(place, error);
}

bool
staging_join(struct place *place, struct place_extent *extent, struct nest_error *error)
{
	bool found;
	if (!place_join_found(place, &found, error))
		return false;
	if (!found)
		return fail_nothing(place, error);
	if (!place_get_extent(place, extent, &found, error))
		return false;
	return found ||
	       nest_error_set(error, NEST_INVALID,
		   "nobody knows how many parts are to be in %s: the run ended before its senders told; "
		   "remove what it left with parquet-merge --sweep %s",
		   place_path(place), place_target(place));
}
