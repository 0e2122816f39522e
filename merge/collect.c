#include "merge/collect.h"

#include "lib/base/program.h"
#include "lib/dataset/listing.h"
#include "lib/meter/probe.h"
#include "merge/declaration.h"

#include <inttypes.h>
#include <stdlib.h>

void
collection_init(struct collection *collection, struct place *place)
{
	*collection = (struct collection){.place = place};
	inspect_init(&collection->inspection, place);
}

void
collection_free(struct collection *collection)
{
	inspect_free(&collection->inspection);
	dataset_free(&collection->dataset);
	part_set_free(&collection->came);
}

/* Enters the part and inspects its file. */
static bool
take(struct collection *collection, const struct frame *frame, struct nest_error *error)
{
	struct dataset *dataset = &collection->dataset;
	return dataset_add(dataset, frame, error) && part_set_add(&collection->came, frame->part, error) &&
	       inspect_part(&collection->inspection, &dataset->parts[dataset->count - 1], frame, error);
}

/*
 * The part of this number, which came already.  Two attempts send their parts in much the
 * same order, so the search begins where the last one ended.
 */
static const struct dataset_part *
find_known(struct collection *collection, uint64_t number)
{
	const struct dataset *dataset = &collection->dataset;
	size_t at = collection->last_known;
	while (dataset->parts[at].number != number)
		at = (at + 1) % dataset->count;
	collection->last_known = at;
	return &dataset->parts[at];
}

/* Another attempt at a part made the same file, or found it there. */
static bool
is_known(struct collection *collection, const struct frame *frame)
{
	return !digest_is_zero(frame->run) && part_set_has(&collection->came, frame->part) &&
	       view_equal(view_of_text(find_known(collection, frame->part)->file), frame->file);
}

bool
collect_frame(struct collection *collection, const struct frame *frame, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.part");
	return place_join(collection->place, frame->run, error) &&
	       (is_known(collection, frame) || take(collection, frame, error));
}

/* ---- parts that are staged ---- */

static bool
take_file(
    struct collection *collection, struct part_reader *reader, uint64_t number, struct nest_error *error)
{
	struct declaration declaration;
	if (!declaration_read(&declaration, reader, number, error))
		return false;
	bool taken = take(collection, &declaration.frame, error);
	declaration_free(&declaration);
	return taken;
}

/* Takes a part, or removes it if it is broken. */
static bool
take_listed(struct collection *collection, const struct listed_part *part, struct nest_error *error)
{
	struct part_reader reader;
	char file[PLACE_NAME_BYTES];
	listing_file(collection->place, part, file);
	if (!part_reader_open(&reader, collection->place, file, part->number, error))
		return nest_error_prefix(error, "part %" PRIu64 ", file %s: ", part->number, file);
	bool sound = part_reader_verify(&reader, error), taken = false;
	if (sound)
		taken = take_file(collection, &reader, part->number, error);
	part_reader_close(&reader);
	if (sound || error->status != NEST_INVALID)
		return taken || nest_error_prefix(error, "part %" PRIu64 ", file %s: ", part->number, file);
	struct nest_error why = *error;
	if (!place_remove_part(collection->place, file, error))
		return false;
	program_warn(
	    "part %" PRIu64 ", file %s, was broken and is removed: %s", part->number, file, why.text);
	return true;
}

static bool
take_missing(struct collection *collection, const struct listing *listing, struct nest_error *error)
{
	for (size_t i = 0; i < listing->count; i++) {
		if (program_interrupted())
			return program_interrupt_error(error);
		if (!part_set_has(&collection->came, listing->parts[i].number) &&
		    !take_listed(collection, &listing->parts[i], error))
			return false;
	}
	return true;
}

bool
collect_staged(struct collection *collection, struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.staged");
	struct listing listing = {0};
	bool fine =
	    listing_read(&listing, collection->place, error) && take_missing(collection, &listing, error);
	listing_free(&listing);
	return fine;
}
