#include "shred/records.h"

#include "lib/base/program.h"
#include "lib/base/utf8.h"
#include "lib/base/version.h"
#include "lib/meter/probe.h"
#include "shred/columns.h"
#include "shred/json_pack.h"
#include "shred/rejects.h"
#include "shred/walk_json.h"
#include "shred/walk_pack.h"

#include <string.h>

enum {
	CHECK_ROWS = 64,                         /* records between two checks of how much there is */
	CHECK_BYTES = 1 << 18,                   /* of text, likewise */
	CHECK_MEMORY = FRAME_BODY_LIMIT / 2,     /* of the stripes, from which on every record is checked */
	COLUMNS_LIMIT = FRAME_BODY_LIMIT - 4096, /* bytes of a body */
	PATH_BYTES = 1024,
};

/* What became of a record. */
enum fate { FATE_TAKEN, FATE_WRONG, FATE_FULL, FATE_FAILED };

struct run {
	const struct records_options *options;
	struct input *input;
	struct reader *reader; /* open on the file READ */
	size_t read;
	struct shredder shredder;
	struct walk walk;
	struct columns columns;
	struct rejects rejects;
	struct records_count *count;

	uint64_t part;
	uint64_t part_rows;  /* sent */
	uint64_t batch_rows; /* in the stripes */
	uint64_t done_place; /* of the input, up to which bytes are counted */
	size_t unchecked_bytes;
};

bool
records_wait(void *context, int fd, struct nest_error *error)
{
	return wire_out_await(context, fd, error);
}

/* ---- output ---- */

/* The bytes of the input done since the last call, up to PLACE. */
static uint64_t
take_bytes(struct run *run, uint64_t place)
{
	uint64_t bytes = place > run->done_place ? place - run->done_place : 0;
	run->done_place += bytes;
	run->count->input_bytes += bytes;
	return bytes;
}

static bool
send_batch(struct run *run, uint64_t place, bool last, struct nest_error *error)
{
	static const char version_key[] = "nest.version", version[] = NEST_VERSION;
	struct frame_meta meta = {view_of_text(version_key), view_of_text(version)};
	const struct schema *schema = &run->shredder.schema;
	struct frame frame = {.run = run->options->run,
	    .schema = {(const uint8_t *)schema->text, schema->text_size},
	    .part = run->part,
	    .first_row = run->part_rows,
	    .rows = run->batch_rows,
	    .is_part_numbered = true,
	    .last = last,
	    .meta = &meta,
	    .meta_count = 1,
	    .input_bytes = take_bytes(run, place),
	    .input_total = run->input->size};
	if (!columns_send(&run->columns, &run->shredder, &frame, error))
		return false;
	run->part_rows += run->batch_rows;
	run->count->rows += run->batch_rows;
	run->batch_rows = 0;
	run->unchecked_bytes = 0;
	shredder_clear(&run->shredder);
	return true;
}

/* ---- one record ---- */

static const uint8_t *
here(const struct run *run)
{
	return run->reader->window.bytes + run->reader->window.at;
}

static const uint8_t *
walk_once(struct run *run, bool is_careful)
{
	run->walk.is_careful = is_careful;
	return run->options->format == FORMAT_MSGPACK ? walk_pack_record(&run->walk, here(run))
	                                              : walk_json_record(&run->walk, here(run));
}

/*
 * Walks the record; once more, carefully, if fields come twice, or might: a value
 * that does not fit is not a fault if a later one counts.
 */
static const uint8_t *
walk_record(struct run *run)
{
	const struct walk *walk = &run->walk;
	const uint8_t *end = walk_once(run, false);
	if (__builtin_expect(end != NULL, 1))
		return end;
	bool may_repeat = walk->problem == WALK_INVALID && !walk->rules->duplicates_fail;
	if (walk->problem != WALK_AGAIN && !may_repeat)
		return NULL;
	shredder_rollback(&run->shredder);
	return walk_once(run, true);
}

static __attribute__((cold)) bool
refuse(struct run *run, uint32_t node, const uint8_t *at, const char *sentence)
{
	walk_refuse(&run->walk, &run->shredder.steps[node], at, "%s", sentence);
	return false;
}

/* The record was walked, up to END: whether its texts are UTF-8, and its line ends. */
static inline bool
check_record(struct run *run, const uint8_t *end)
{
	const struct window *window = &run->reader->window;
	const uint8_t *at = here(run);
	if (run->reader->layout == LAYOUT_PACK) {
		uint32_t node = shredder_bad_text(&run->shredder);
		return node == 0 || refuse(run, node, at, "the string is not UTF-8");
	}
	if (__builtin_expect((size_t)(end - window->bytes) > window->plain_end, 0) &&
	    !utf8_valid(at, (size_t)(end - at)))
		return refuse(run, 0, utf8_fault(at, (size_t)(end - at)), "the text is not UTF-8");
	if (run->reader->layout != LAYOUT_LINES || *end == '\n')
		return true;
	while (*end == ' ' || *end == '\t' || *end == '\r')
		end++;
	if (*end == '\n' || *end == '{' || end >= run->walk.end)
		return true;
	walk_refuse(&run->walk, run->shredder.steps, end, "the end of the line is due, not %s",
	    json_found(end, run->walk.end).text);
	run->walk.problem = WALK_BROKEN;
	return false;
}

/* Whether the stripes still fit a frame; checked now and then, and always if they hold much. */
static inline bool
fits_frame(struct run *run, size_t record_bytes, bool *is_target)
{
	*is_target = run->batch_rows + 1 >= run->options->batch_rows;
	run->unchecked_bytes += record_bytes;
	if (__builtin_expect(run->batch_rows % CHECK_ROWS != 0 && run->unchecked_bytes < CHECK_BYTES &&
				 run->shredder.memory_bytes < CHECK_MEMORY,
		1))
		return true;
	size_t bytes = shredder_body_bytes(&run->shredder);
	run->unchecked_bytes = 0;
	*is_target = *is_target || bytes >= COLUMNS_TARGET_BYTES;
	return bytes <= COLUMNS_LIMIT;
}

/* Shreds the record at window.at, and moves past it if it was taken. */
static enum fate
shred_record(struct run *run, bool *is_target)
{
	struct reader *reader = run->reader;
	struct walk *walk = &run->walk;
	const uint8_t *begin = here(run);
	walk->end = reader->window.bytes + reader->block_end;
	shredder_mark(&run->shredder);
	const uint8_t *end = walk_record(run);
	if (__builtin_expect(end != NULL && check_record(run, end), 1)) {
		size_t size = (size_t)(end - begin);
		if (__builtin_expect(fits_frame(run, size, is_target), 1)) {
			run->batch_rows++;
			reader_step(reader, size);
			return FATE_TAKEN;
		}
		refuse(run, 0, begin, "the record takes more bytes as columns than a frame can have");
	}
	shredder_rollback(&run->shredder);
	if (walk->problem == WALK_FAILED)
		return FATE_FAILED;
	/* It may fit once the stripes are empty. */
	return run->batch_rows > 0 && run->shredder.memory_bytes > CHECK_MEMORY ? FATE_FULL : FATE_WRONG;
}

/* ---- records that are wrong ---- */

/* Says what is wrong, and where, in one sentence in walk.error; always false. */
static bool
describe(struct run *run)
{
	char path[PATH_BYTES];
	schema_path(&run->shredder.schema, run->walk.failed_node, path, sizeof path);
	return reader_prefix(run->reader, run->walk.failed_at, path, run->walk.error);
}

/* Writes the record of SIZE bytes to the rejects; a binary one as JSON. */
static bool
reject(struct run *run, size_t size, struct nest_error *error)
{
	struct view record = {here(run), size};
	struct nest_error ignored;
	struct buffer text = {0};
	if (run->options->format == FORMAT_MSGPACK) {
		struct pack_reader reader = {record.data, record.data + size};
		json_from_pack(&reader, &text, &ignored);
		record = (struct view){text.data, text.size};
	}
	bool fine = rejects_add(&run->rejects, run->walk.error->text, record, error);
	buffer_free(&text);
	return fine;
}

/* Skips the record at window.at, which is wrong, or ends the run. */
static __attribute__((cold)) bool
skip_wrong(struct run *run, struct nest_error *error)
{
	struct nest_error failure;
	size_t size;
	describe(run);
	run->count->breaks_schema = run->walk.problem == WALK_INVALID;
	if (!run->options->skips_wrong)
		return false;
	if (!reader_measure(run->reader, &size, &failure)) {
		if (failure.status != NEST_OK)
			*error = failure;
		return false;
	}
	run->count->skipped++;
	if (!reject(run, size, error))
		return false;
	reader_step(run->reader, size);
	return true;
}

/* ---- the records of a part ---- */

/* Whether the record at window.at is longer than the bytes at hand. */
static bool
wants_more(const struct run *run)
{
	return run->walk.problem == WALK_TRUNCATED && !run->reader->window.is_at_end &&
	       run->reader->layout != LAYOUT_LINES;
}

static uint64_t
place_here(const struct run *run)
{
	return window_place(&run->reader->window, run->reader->window.at);
}

/* Takes the record at window.at, whatever its fate. */
static bool
take_record(struct run *run, struct nest_error *error)
{
	bool is_target = false, more;
	for (;;) {
		switch (shred_record(run, &is_target)) {
		case FATE_TAKEN:
			return !is_target || send_batch(run, place_here(run), false, error);
		case FATE_FULL:
			if (!send_batch(run, place_here(run), false, error))
				return false;
			break;
		case FATE_WRONG:
			if (!wants_more(run))
				return skip_wrong(run, error);
			if (!reader_more(run->reader, &more, error))
				return false;
			break;
		case FATE_FAILED:
			return false;
		}
	}
}

/* Takes the records from the reader's place up to the place END; *MORE if others follow. */
static bool
take_records(struct run *run, uint64_t end, bool *more, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.records");
	struct window *window = &run->reader->window;
	uint64_t fills = run->reader->fills - 1;
	size_t cut = 0;
	run->walk.json.spans_lines = reader_spans_lines(run->reader);
	for (;;) {
		if (!reader_find(run->reader, more, error))
			return false;
		if (!*more)
			return true;
		if (fills != run->reader->fills) {
			cut = window_cut(window, end);
			fills = run->reader->fills;
			if (program_interrupted())
				return program_interrupt_error(error);
		}
		if (window->at >= cut)
			return true;
		if (!take_record(run, error))
			return false;
	}
}

static bool
open_file(struct run *run, size_t file, struct nest_error *error)
{
	if (run->read == file)
		return true;
	reader_close(run->reader);
	run->read = file;
	return reader_open(run->reader, &run->input->files[file], run->options->format, records_wait,
	    run->columns.out, error);
}

/* Takes the records of one file that begin in the places [BEGIN, END). */
static bool
take_file(struct run *run, size_t file, uint64_t begin, uint64_t end, struct nest_error *error)
{
	bool more;
	return open_file(run, file, error) && reader_skip_to(run->reader, begin, error) &&
	       take_records(run, end, &more, error);
}

/* Takes a part of an input of known size: what each file has in it. */
static bool
take_part(struct run *run, uint64_t begin, uint64_t end, struct nest_error *error)
{
	const struct input *input = run->input;
	run->part_rows = 0;
	run->done_place = begin;
	for (size_t i = 0; i < input->file_count; i++) {
		const struct input_file *file = &input->files[i];
		uint64_t file_end = file->position + file->size;
		if (file->position < end && file_end > begin &&
		    !take_file(run, i, begin > file->position ? begin : file->position,
			end < file_end ? end : file_end, error))
			return false;
	}
	return send_batch(run, end, true, error);
}

static bool
is_wanted(const struct run *run)
{
	return run->options->only == NULL || number_list_has(run->options->only, run->part);
}

static bool
take_sized(struct run *run, uint64_t *parts, struct nest_error *error)
{
	*parts = input_part_count(run->input);
	const struct frame_extent extent = {.parts = *parts, .is_part_numbered = true};
	if (!wire_out_tell_extent(run->columns.out, &extent, error))
		return false;
	for (run->part = run->options->share; run->part < *parts; run->part += run->options->shares)
		if (is_wanted(run) && !take_part(run, input_part_begin(run->input, run->part),
					  input_part_begin(run->input, run->part + 1), error))
			return false;
	return true;
}

/* Takes parts of an input that is read to its end, which shows how many there are. */
static bool
take_stream(struct run *run, uint64_t *parts, struct nest_error *error)
{
	const struct window *window = &run->reader->window;
	for (run->part = 0;; run->part++) {
		uint64_t end = input_part_begin(run->input, run->part + 1);
		bool more;
		run->part_rows = 0;
		if (!take_records(run, end, &more, error))
			return false;
		bool is_last = !more && window->raw_offset <= end;
		if (!send_batch(run, is_last ? window->raw_offset : end, true, error))
			return false;
		if (is_last)
			break;
	}
	*parts = run->part + 1;
	return true;
}

static bool
take_all(struct run *run, struct nest_error *error)
{
	NEST_SCOPE("nest_shred.run");
	uint64_t parts = 0;
	if (!(run->input->is_sized ? take_sized(run, &parts, error) : take_stream(run, &parts, error)))
		return false;
	struct frame_extent extent = {.parts = parts, .is_part_numbered = true};
	/* Later stages must not think that all is done before the rejects are. */
	if (!rejects_close(&run->rejects, true, error) || !wire_out_end(run->columns.out, &extent, error))
		return false;
	if (run->count->skipped > 0)
		program_warn("%llu %s skipped%s%s", (unsigned long long)run->count->skipped,
		    run->count->skipped == 1 ? "record was" : "records were",
		    run->rejects.path != NULL ? "; they are in " : "; --rejects FILE would keep them",
		    run->rejects.path != NULL ? run->rejects.path : "");
	return true;
}

bool
records_shred(struct input *input, struct reader *reader, struct view schema,
    const struct records_options *options, struct wire_out *out, struct records_count *count,
    struct nest_error *error)
{
	struct run run = {
	    .options = options, .input = input, .reader = reader, .columns = {.out = out}, .count = count};
	*count = (struct records_count){0};
	bool fine = shredder_init(&run.shredder, schema, error) &&
	            walk_init(&run.walk, &run.shredder.schema, run.shredder.steps, &options->rules,
			&run.shredder.memory_bytes, error) &&
	            rejects_open(&run.rejects, options->rejects, error);
	if (fine) {
		run.walk.error = error;
		fine = take_all(&run, error);
	}
	fine = rejects_close(&run.rejects, fine, error);
	walk_free(&run.walk);
	columns_free(&run.columns);
	shredder_free(&run.shredder);
	return fine;
}
