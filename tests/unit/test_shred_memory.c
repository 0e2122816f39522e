/* Memory that runs out, at each allocation in turn, while records are shredded: the failure is reported, and
 * nothing is left behind. */
#include "shred/records.h"
#include "tests/unit/failing.h"
#include "tests/unit/memory_file.h"
#include "tests/unit/packing.h"
#include "tests/unit/walking.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char schema[] = "message m { required int32 a; optional binary b (STRING); " LIST_OF(
    "optional", "l", "optional int64 element;") MAP_OF("m", "binary",
    "optional double value;") "optional group s { optional binary j (JSON); repeated boolean r; "
			      "optional group d { optional binary n (DECIMAL(9,2)); optional int32 t (DATE); "
			      "optional fixed_len_byte_array(6) f (DECIMAL(9,2)); optional "
			      "fixed_len_byte_array(16) u (UUID); optional float q; "
			      "optional fixed_len_byte_array(3000) g (DECIMAL(9,2)); "
			      "optional fixed_len_byte_array(3) h; } } "
			      "optional binary x; optional binary rest (JSON); }";

/* In the first, a key comes twice whose first coming is where there is no room for keys yet. */
static const char records[] =
    "{\"a\": 0, \"m\": {\"k\": 1, \"k\": 2}}\n"
    "{\"a\": 1, \"b\": \"x\", \"l\": [1, null, 3], \"m\": {\"k\": 1.5, \"k2\": null}, "
    "\"s\": {\"j\": {\"z\": [1, 2, {\"q\": \"y\"}]}, \"r\": [true, false], \"d\": {\"n\": \"1.25\", \"t\": "
    "\"2024-01-01\", \"f\": \"-3.5\", \"u\": \"123e4567-e89b-12d3-a456-426614174000\", \"q\": 0.5, \"g\": 7, "
    "\"h\": \"abc\"}}, "
    "\"extra\": {\"y\": [1]}, \"more\": \"text\"}\n"
    "{\"a\": 2, \"a\": 3, \"b\": \"more than a slot of 32 bytes, with an escape: \\n \\u20ac\", "
    "\"m\": {\"k\": 1, \"k\": 2, \"a key of more than a slot of 32 bytes\": 3}, \"s\": {\"un\\n\": 5, \"d\": "
    "{}}}\n"
    "{\"b\": \"y\", \"l\": [], \"\\u0061\": 4, \"x\": \"QUJD\", \"m\": [{\"key\": \"z\", \"value\": 2}]}\n"
    "{\"a\": 5, \"l\": null, \"s\": {\"j\": \"\\\"\", \"r\": [], \"d\": {\"n\": \"-99\", \"t\": "
    "\"1969-12-31\"}}}\n";

/* Of msgpack, whose strings have no escapes of JSON. */
static const char packed_records[] =
    "{\"a\": 0, \"m\": {\"k\": 1, \"k\": 2}} "
    "{\"a\": 1, \"b\": \"x\", \"l\": [1, null, 3], \"m\": {\"k\": 1.5, \"k2\": null}, "
    "\"s\": {\"j\": {\"z\": [1, 2.5, {\"q\": b\"y\", 5: null}]}, \"r\": [true, false], \"d\": {\"n\": "
    "\"1.25\", "
    "\"t\": \"2024-01-01\", \"f\": \"-3.5\", \"q\": 0.5}}, \"extra\": {\"y\": [1]}, \"more\": \"text\"} "
    "{\"a\": 2, \"a\": 3, \"b\": \"more than a slot of 32 bytes, of which there are some more here\", "
    "\"m\": {\"k\": 1, \"k\": 2, \"a key of more than a slot of 32 bytes\": 3}, \"s\": {\"un\": 5, \"d\": "
    "{}}} "
    "{\"a\": 5, \"l\": null, \"x\": b\"abc\", \"s\": {\"j\": \"w\", \"r\": []}} "
    "[6, \"z\", [7], {\"k\": 8}, [9, [true], [\"1.5\", 11, null, null, 1.5, null, null]], null, {\"v\": "
    "[12]}] ";

/* A record whose map has a key twice, and then more keys than there was room for when that was seen. */
static void
append_many_keys(struct buffer *text, const char *end)
{
	enum { KEYS = 200 };
	struct nest_error error;
	char key[32];
	static const char begin[] = "{\"a\": 1, \"m\": {\"k\": 1, \"k\": 2";
	assert_true(buffer_append(text, begin, strlen(begin), &error));
	for (unsigned i = 0; i < KEYS; i++) {
		int size = snprintf(key, sizeof key, ", \"k%u\": 1", i);
		assert_true(buffer_append(text, key, (size_t)size, &error));
	}
	assert_true(buffer_append(text, end, strlen(end) + 1, &error));
}

/* ---- the walks ---- */

struct walked {
	const struct walk_rules *rules;
	record_walker *walker;
	const uint8_t *begin, *end;
};

static bool
copy_columns(const struct shredder *shredder, struct buffer *out, struct nest_error *error)
{
	for (uint32_t i = 0; i < shredder->schema.leaf_count; i++) {
		const struct stripe *stripe = &shredder->stripes[i];
		if (!stripe_copy_rep(stripe, out, error) || !stripe_copy_def(stripe, out, error) ||
		    !buffer_append(out, stripe->values, stripe_value_bytes(stripe), error))
			return false;
	}
	return true;
}

static bool
walk_all(const void *what, struct buffer *out, struct nest_error *error)
{
	const struct walked *walked = what;
	struct taking taking;
	if (!taking_init(&taking, view_of_text(schema), walked->rules)) {
		*error = taking.error;
		return false;
	}
	taking.walk.end = walked->end;
	const uint8_t *at = walked->begin;
	while (at != NULL && at < walked->end) {
		at = taking_walk(&taking, walked->walker, at);
		while (at != NULL && walked->walker == walk_json_record && *at == '\n')
			at++;
	}
	if (at == NULL) {
		if (taking.walk.problem != WALK_FAILED)
			fail_msg("%s", taking.error.text);
		*error = taking.error;
	}
	bool fine = at != NULL && copy_columns(&taking.shredder, out, error);
	taking_free(&taking);
	return fine;
}

static const struct walk_rules kept = {.unknown = UNKNOWN_KEEP, .keep = "rest"};

static void
an_allocation_that_fails_in_a_walk_of_json_is_told(void **state)
{
	(void)state;
	struct buffer text = {0};
	struct nest_error error;
	static const char zeros[JSON_SLACK] = "";
	assert_true(buffer_append(&text, records, strlen(records), &error));
	append_many_keys(&text, "}}\n");
	assert_true(buffer_append(&text, zeros, sizeof zeros, &error));
	struct walked walked = {&kept, walk_json_record, text.data, text.data + text.size - sizeof zeros - 1};
	fail_each_allocation(walk_all, &walked);
	walked.rules = &ignore;
	fail_each_allocation(walk_all, &walked);
	buffer_free(&text);
}

/* Room for what is unknown may be used up at any byte of it. */
static void
an_allocation_that_fails_for_unknown_fields_is_told(void **state)
{
	(void)state;
	enum { PAD_MOST = 300 };
	for (int pad = 0; pad < PAD_MOST; pad++) {
		char json[512] = "", text[512];
		struct buffer packed = {0};
		snprintf(text, sizeof text,
		    "{\"a\": 1, \"q\": \"%0*d\", \"s\": {\"un\": 7, \"d\": {\"v\": 8}}}", pad, 0);
		memcpy(json, text, strlen(text));
		pack_text(&packed, text);
		struct walked walked = {
		    &kept, walk_json_record, (const uint8_t *)json, (const uint8_t *)json + strlen(json)};
		fail_each_allocation(walk_all, &walked);
		walked = (struct walked){&kept, walk_pack_record, packed.data, packed.data + packed.size};
		fail_each_allocation(walk_all, &walked);
		buffer_free(&packed);
	}
}

static void
an_allocation_that_fails_in_a_walk_of_msgpack_is_told(void **state)
{
	(void)state;
	struct buffer packed = {0}, text = {0};
	append_many_keys(&text, "}}");
	pack_text(&packed, packed_records);
	pack_text(&packed, (const char *)text.data);
	struct walked walked = {&kept, walk_pack_record, packed.data, packed.data + packed.size};
	fail_each_allocation(walk_all, &walked);
	walked.rules = &ignore;
	fail_each_allocation(walk_all, &walked);
	buffer_free(&text);
	buffer_free(&packed);
}

/* ---- rows of frames ---- */

static bool
walk_rows(const void *what, struct buffer *out, struct nest_error *error)
{
	const struct buffer *rows = what;
	struct shredder shredder;
	struct pack_reader reader = {rows->data, rows->data + rows->size};
	uint64_t done;
	if (!shredder_init(&shredder, view_of_text(schema), error))
		return false;
	bool fine = walk_pack_rows(&shredder, &reader, 0, 2, 1 << 30, &done, error) &&
	            copy_columns(&shredder, out, error);
	shredder_free(&shredder);
	return fine;
}

static void
an_allocation_that_fails_in_rows_is_told(void **state)
{
	(void)state;
	struct buffer packed = {0};
	pack_text(&packed,
	    "[6, \"z\", [7, null], {\"k\": 8.5}, [\"9\", [true, false], [b\"a\", 11, b\"abcdef\", "
	    "b\"0123456789abcdef\", 1.5, null, b\"abc\"]], b\"x\", \"12\"] "
	    "[6, \"more than a slot of 32 bytes, of which there are some more\", null, {}, null, "
	    "null, null]");
	fail_each_allocation(walk_rows, &packed);
	buffer_free(&packed);
}

/* ---- whole runs ---- */

struct run {
	struct view bytes;
	struct records_options options;
};

/* Frames go to standard output, which goes nowhere. */
static bool
shred_all(const void *what, struct buffer *out, struct nest_error *error)
{
	const struct run *run = what;
	struct wire_options wire = wire_options_default("nest-shred", "nobody", "nobody");
	struct wire_out *way = NULL;
	struct memory_file file;
	struct reader reader;
	struct records_count count = {0};
	wire.name = "test";
	memory_file_open(&file, run->bytes);
	bool fine = wire_out_open(&way, &wire, error);
	if (fine && (fine = reader_open(&reader, &file.file, run->options.format, NULL, NULL, error))) {
		fine = records_shred(
		    &file.input, &reader, view_of_text(schema), &run->options, way, &count, error);
		reader_close(&reader);
	}
	if (fine) {
		struct wire_count sent = wire_out_count(way);
		fine = buffer_append(out, &sent.bytes, sizeof sent.bytes, error) &&
		       buffer_append(out, &count.rows, sizeof count.rows, error);
	}
	wire_out_close(way);
	memory_file_close(&file);
	return fine;
}

static void
an_allocation_that_fails_in_a_run_is_told(void **state)
{
	(void)state;
	int out = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct buffer packed = {0};
	pack_text(&packed, packed_records);
	struct run run = {.bytes = {(const uint8_t *)records, sizeof records - 1},
	    .options = {.format = FORMAT_JSONL, .batch_rows = 2, .shares = 1, .rules = kept}};
	assert_true(out >= 0 && nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0);
	fail_each_allocation(shred_all, &run);
	run.bytes = (struct view){packed.data, packed.size};
	run.options.format = FORMAT_MSGPACK;
	fail_each_allocation(shred_all, &run);
	/* Nothing is tried for ever. */
	stays_failing = true;
	fail_each_allocation(shred_all, &run);
	stays_failing = false;
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	close(nowhere);
	buffer_free(&packed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_allocation_that_fails_in_a_walk_of_json_is_told),
	    cmocka_unit_test(an_allocation_that_fails_in_a_walk_of_msgpack_is_told),
	    cmocka_unit_test(an_allocation_that_fails_for_unknown_fields_is_told),
	    cmocka_unit_test(an_allocation_that_fails_in_rows_is_told),
	    cmocka_unit_test(an_allocation_that_fails_in_a_run_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
