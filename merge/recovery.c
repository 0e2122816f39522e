#include "merge/recovery.h"

#include "lib/base/number_list.h"
#include "lib/base/program.h"
#include "lib/dataset/commit.h"
#include "lib/dataset/listing.h"
#include "merge/declaration.h"
#include "merge/staging.h"

#include <inttypes.h>

/* ---- missing ---- */

/* Whether all of it is there, and it says of itself what its name says. */
static bool
is_sound(struct part_reader *reader, uint64_t number, struct nest_error *error)
{
	struct declaration declaration;
	if (!part_reader_verify(reader, error) || !declaration_read(&declaration, reader, number, error))
		return false;
	declaration_free(&declaration);
	return true;
}

/* Counts the part in SOUND if it is; removes it otherwise. */
static bool
examine(const struct place *place, const struct listed_part *part, unsigned *sound, struct nest_error *error)
{
	struct part_reader reader;
	char file[PLACE_NAME_BYTES];
	bool fine = false;
	listing_file(place, part, file);
	if (part_reader_open(&reader, place, file, part->number, error)) {
		fine = is_sound(&reader, part->number, error);
		part_reader_close(&reader);
	}
	*sound += fine;
	if (fine)
		return true;
	if (error->status != NEST_INVALID)
		return nest_error_prefix(error, "part %" PRIu64 ", file %s: ", part->number, file);
	struct nest_error why = *error;
	if (!place_remove_part(place, file, error))
		return false;
	program_warn(
	    "part %" PRIu64 ", file %s, was broken and is removed: %s", part->number, file, why.text);
	return true;
}

static bool
find_missing(const struct place *place, const struct listing *listing, struct recovery_share share,
    uint64_t parts, struct number_list *missing, struct nest_error *error)
{
	size_t at = 0;
	for (uint64_t number = share.index; number < parts; number += share.count) {
		unsigned sound = 0;
		if (program_interrupted())
			return program_interrupt_error(error);
		while (at < listing->count && listing->parts[at].number < number)
			at++;
		for (; at < listing->count && listing->parts[at].number == number; at++)
			if (!examine(place, &listing->parts[at], &sound, error))
				return false;
		if (sound > 1)
			return nest_error_set(error, NEST_INVALID,
			    "part %" PRIu64
			    " was made twice by this run, and not with the same bytes; remove "
			    "what is in %s with parquet-merge --sweep %s",
			    number, place_path(place), place_target(place));
		if (sound == 0 && !number_list_add(missing, number, error))
			return false;
	}
	return true;
}

static bool
print_missing(struct place *place, struct recovery_share share, struct nest_error *error)
{
	struct place_extent extent;
	struct listing listing = {0};
	struct number_list missing = {0};
	bool fine = staging_find(place, error) && staging_join(place, &extent, error) &&
	            listing_read(&listing, place, error) &&
	            find_missing(place, &listing, share, extent.parts, &missing, error);
	if (fine && !number_list_print(&missing, stdout))
		fine = nest_error_system(error, "unable to write standard output");
	number_list_free(&missing);
	listing_free(&listing);
	return fine;
}

bool
recovery_missing(const char *directory, struct recovery_share share, struct nest_error *error)
{
	struct place *place;
	struct nest_error ignored;
	if (!place_open(&place, directory, "parquet-merge --missing", error))
		return false;
	bool fine = print_missing(place, share, error);
	place_leave(place, true, &ignored);
	place_close(place);
	return fine;
}

/* ---- sweep ---- */

bool
recovery_sweep(const char *directory, struct nest_error *error)
{
	struct place *place;
	bool found;
	if (!place_open(&place, directory, "parquet-merge --sweep", error))
		return false;
	const struct commit commit = {.place = place};
	bool fine = place_find(place, &found, error) &&
	            (!found || (place_claim(place, error) && commit_restore(&commit, error) &&
				   place_sweep(place, error)));
	place_close(place);
	return fine;
}
