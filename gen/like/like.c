#include "gen/like/like.h"

#include "gen/like/walk.h"
#include "gen/like/write.h"
#include "lib/records/infer.h"

enum { PART_BYTES = 1 << 30 /* of parts, which are not used here */ };

static bool
open_reader(struct reader *reader, const struct input *input, struct nest_error *error)
{
	return reader_open(reader, &input->files[0], FORMAT_JSONL, NULL, NULL, error);
}

/* The tree of the sample's fields. */
static bool
look(const struct input *input, const struct infer_options *infer, struct guess *guess,
    struct nest_error *error)
{
	struct reader reader;
	uint64_t count;
	bool all;
	if (!open_reader(&reader, input, error))
		return false;
	bool fine = infer_look(input, &reader, infer, guess, &count, &all, error);
	reader_close(&reader);
	if (!fine)
		return false;
	if (guess->nodes[0].first_child != 0)
		return true;
	guess_free(guess);
	return nest_error_set(error, NEST_INVALID,
	    count == 0 ? "%s has no record" : "no record of %s has a field", input->files[0].name);
}

/* Reads the sample once more for what its fields hold, and writes the recipe. */
static bool
profile_and_write(const struct input *input, const struct guess *guess, const struct like_options *options,
    struct buffer *text, struct nest_error *error)
{
	struct profile profile;
	struct reader reader;
	const struct write_options write = {options->keeps_values, options->dates};
	bool fine = profile_open(&profile, guess, error);
	if (fine && (fine = open_reader(&reader, input, error))) {
		fine = walk_records(&profile, &reader, error);
		reader_close(&reader);
	}
	fine = fine && write_recipe(&profile, &write, text, error);
	profile_close(&profile);
	return fine;
}

bool
like_input(
    struct input *input, const struct like_options *options, struct buffer *text, struct nest_error *error)
{
	const struct infer_options infer = {.maps = options->maps, .dates = options->dates};
	struct guess guess;
	struct buffer message = {0};
	if (!input_spool(input, error) || !look(input, &infer, &guess, error))
		return false;
	/* The message type itself is not used, but it decides which fields become JSON. */
	bool fine = infer_print(&guess, &infer, &message, error) &&
	            profile_and_write(input, &guess, options, text, error);
	buffer_free(&message);
	guess_free(&guess);
	return fine;
}

bool
like_recipe(const struct like_options *options, struct buffer *text, struct nest_error *error)
{
	struct input input;
	char *const paths[] = {(char *)(uintptr_t)options->sample};
	if (!input_open(&input, paths, 1, PART_BYTES, 0, error))
		return false;
	bool fine = like_input(&input, options, text, error);
	input_close(&input);
	return fine;
}
