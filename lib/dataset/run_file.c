#include "lib/dataset/run_file.h"

#include "lib/dataset/internal.h"
#include "lib/dataset/staged_name.h"

#include <inttypes.h>
#include <stdio.h>

enum note_result
run_file_put(const struct place *place, struct digest_value run, struct nest_error *error)
{
	char digits[DIGEST_TEXT_BYTES], origin[NOTE_BYTES], text[2 * NOTE_BYTES];
	digest_print(run, digits);
	note_origin(place->program, origin);
	snprintf(text, sizeof text, "run %s\nbegun by %s\n", digits, origin);
	return note_put(place, NAME_RUN, text, false, error);
}

bool
run_file_read(const struct place *place, int fd, struct run_record *record, struct nest_error *error)
{
	static const char run_word[] = "run ", origin_words[] = "\nbegun by ";
	const size_t digits = 2 * DIGEST_BYTES, origin_at = sizeof run_word - 1 + digits;
	char text[NOTE_BYTES];
	if (!note_read(place, fd, NAME_RUN, text, error))
		return false;
	char *end = strlen(text) > origin_at ? strchr(text + origin_at + 1, '\n') : NULL;
	if (end == NULL || strncmp(text, run_word, sizeof run_word - 1) != 0 ||
	    !digest_parse((struct view){(const uint8_t *)text + sizeof run_word - 1, digits}, &record->run) ||
	    strncmp(text + origin_at, origin_words, sizeof origin_words - 1) != 0)
		return nest_error_set(error, NEST_FAILED,
		    "%s/%s is damaged, so that nobody knows which run the parts there are of; remove them "
		    "with parquet-merge --sweep %s",
		    place->path, NAME_RUN, place->target);
	*end = '\0';
	strcpy(record->origin, text + origin_at + sizeof origin_words - 1);
	return true;
}

struct run_words
run_words(struct digest_value run)
{
	struct run_words words = {"a run without a name"};
	char digits[DIGEST_TEXT_BYTES];
	digest_print(run, digits);
	if (!digest_is_zero(run))
		snprintf(words.text, sizeof words.text, "run %.*s", NAME_RUN_DIGITS, digits);
	return words;
}

/* ---- the dataset ---- */

static void
print_extent(const struct place_extent *extent, char text[NOTE_BYTES])
{
	int size = snprintf(text, NOTE_BYTES, "parts %" PRIu64 "\n", extent->parts);
	if (!extent->is_part_numbered)
		snprintf(text + size, NOTE_BYTES - (size_t)size, "first row %" PRIu64 "\nrows %" PRIu64 "\n",
		    extent->first_row, extent->rows);
}

bool
place_get_extent(
    const struct place *place, struct place_extent *extent, bool *found, struct nest_error *error)
{
	char text[NOTE_BYTES], again[NOTE_BYTES];
	*found = false;
	*extent = (struct place_extent){0};
	switch (note_get(place, NAME_DATASET, text, error)) {
	case NOTE_DONE:
		break;
	case NOTE_OTHERWISE:
	case NOTE_GONE:
		return true;
	case NOTE_ERROR:
		return false;
	}
	int count = sscanf(text, "parts %" SCNu64 " first row %" SCNu64 " rows %" SCNu64, &extent->parts,
	    &extent->first_row, &extent->rows);
	extent->is_part_numbered = count == 1;
	/* There is one way to write it, so that a partial text is recognised. */
	print_extent(extent, again);
	if ((count != 1 && count != 3) || strcmp(text, again) != 0)
		return nest_error_set(error, NEST_FAILED,
		    "%s/%s is damaged, so that nobody knows how large the dataset is; remove the parts there "
		    "with parquet-merge --sweep %s",
		    place->path, NAME_DATASET, place->target);
	*found = true;
	return true;
}

bool
place_put_extent(const struct place *place, const struct place_extent *extent, struct nest_error *error)
{
	struct place_extent other;
	char text[NOTE_BYTES], others[NOTE_BYTES];
	bool found;
	print_extent(extent, text);
	/* Runs without a name all have the same identity, and may differ in size. */
	switch (note_put(place, NAME_DATASET, text, digest_is_zero(place->run), error)) {
	case NOTE_DONE:
	case NOTE_GONE: /* and so is all that it is about */
		return true;
	case NOTE_OTHERWISE:
		break;
	case NOTE_ERROR:
		return false;
	}
	if (!place_get_extent(place, &other, &found, error))
		return false;
	print_extent(&other, others);
	return !found || strcmp(text, others) == 0 ||
	       nest_error_set(error, NEST_INVALID,
		   "the dataset has %" PRIu64 " parts and %" PRIu64 " rows, but who began this run in %s "
		   "wrote %" PRIu64 " parts and %" PRIu64 " rows down",
		   extent->parts, extent->rows, place->path, other.parts, other.rows);
}
