/*
 * fuzz_infer - a file of records in any layout, the schema that they have, and
 * the records by that schema.
 *
 * The input is a byte of options and the file.  A record that was looked at is
 * taken by the schema that was found: nothing in it is unknown, and nothing is
 * of another kind.
 */
#include "lib/base/utf8.h"
#include "lib/records/infer.h"
#include "shred/walk_json.h"
#include "shred/walk_pack.h"

#include "tests/fuzz/records.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nest_error error;

/* What only the walk looks at: how large a number is; in msgpack names, UTF-8, and what JSON has no text for.
 */
static bool
is_left_to_the_walk(const char *sentence)
{
	static const char *const pieces[] = {"out of a double's range", "out of the range of 64 bits",
	    "too large to be a double exactly", "the name of a field is due", "not UTF-8", "has no JSON text",
	    "nested more than"};
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		if (strstr(sentence, pieces[i]) != NULL)
			return true;
	return false;
}

/* Takes the record at window.at, whose bytes are all here; false where the walk may refuse it. */
static bool
take_record(struct taking *taking, struct reader *reader, const uint8_t *end)
{
	bool is_pack = reader->format == FORMAT_MSGPACK;
	const uint8_t *at = reader->window.bytes + reader->window.at;
	taking->walk.end = is_pack ? end : reader->window.bytes + reader->window.size;
	taking->walk.json.spans_lines = reader_spans_lines(reader);
	shredder_clear(&taking->shredder);
	const uint8_t *behind = taking_walk(taking, is_pack ? walk_pack_record : walk_json_record, at);
	must(behind != NULL ? behind <= end : is_left_to_the_walk(taking->error.text));
	must(taking_adds_up(taking, behind != NULL));
	return behind != NULL;
}

static void
take_all(struct taking *taking, struct reader *reader)
{
	for (;;) {
		bool found;
		size_t size;
		/* Behind the last record may stand what is none. */
		if (!reader_find(reader, &found, &error) || !found)
			return;
		must(reader_measure(reader, &size, &error));
		if (!take_record(taking, reader, reader->window.bytes + reader->window.at + size))
			return;
		reader_step(reader, size);
	}
}

/* A field at the top whose name has a zero has no place in a schema. */
static bool
has_zero(struct view records)
{
	static const char escape[] = "\\u0000";
	return memchr(records.data, 0, records.size) != NULL ||
	       memmem(records.data, records.size, escape, sizeof escape - 1) != NULL;
}

static void
infer_and_take(const struct input *input, const struct infer_options *options, struct view records,
    struct reader *reader)
{
	const struct walk_rules rules = {.unknown = has_zero(records) ? UNKNOWN_IGNORE : UNKNOWN_FAIL};
	struct reader again;
	struct buffer text = {0};
	struct taking taking;
	bool all;
	if (infer_schema(input, reader, options, &text, &all, &error) &&
	    taking_init(&taking, (struct view){text.data, text.size}, &rules)) {
		must(reader_open(&again, &input->files[0], reader->format, NULL, NULL, &error));
		take_all(&taking, &again);
		reader_close(&again);
		taking_free(&taking);
	}
	buffer_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	const struct infer_options options = {.dates = (data[0] & 1) != 0, .maps = data[0] >> 1 & 7};
	int fd = memfd_create("records", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	struct input_file file = {.name = "input", .fd = fd, .is_sized = true, .size = size - 1};
	struct input input = {
	    .files = &file, .file_count = 1, .is_sized = true, .size = size - 1, .part_bytes = 1 << 20};
	struct reader reader;
	if (reader_open(&reader, &file, FORMAT_AUTO, NULL, NULL, &error)) {
		infer_and_take(&input, &options, (struct view){data + 1, size - 1}, &reader);
		reader_close(&reader);
	}
	close(fd);
	return 0;
}
