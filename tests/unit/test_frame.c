/* Frames: a round trip of each kind, with msgpack-c as the oracle, and the words of every refusal. */
#include "lib/wire/body.h"
#include "lib/wire/frame.h"

#include "tests/unit/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

#define SCHEMA "message m { required int32 a; }"

static struct frame_meta meta[2];
static struct frame_leaf leaves[2] = {{3, 12}, {FRAME_BODY_LIMIT, 0}};

/* One frame of each kind, every key of it in use. */
static struct frame
sample(enum frame_kind kind)
{
	meta[0] = (struct frame_meta){view_of_text("nest.seed"), view_of_text("42")};
	meta[1] = (struct frame_meta){view_of_text(""), view_of_text("")};
	struct frame frame = {.kind = kind, .sender = view_of_text("nest-gen.host.1"), .rows = 5};
	if (kind == FRAME_ROWS || kind == FRAME_COLUMNS || kind == FRAME_PART) {
		memset(frame.run.bytes, 0xa5, sizeof frame.run.bytes);
		frame.schema = view_of_text(SCHEMA);
		frame.part = FRAME_PART_LIMIT - 1;
		frame.first_row = FRAME_ROW_LIMIT;
		frame.is_part_numbered = true;
	}
	if (kind == FRAME_ROWS || kind == FRAME_COLUMNS) {
		frame.last = true;
		frame.meta = meta;
		frame.meta_count = 2;
		frame.total_rows = 1000;
		frame.body = view_of_text("the body");
		frame.raw_bytes = frame.body.size;
	}
	if (kind == FRAME_COLUMNS) {
		frame.leaves = leaves;
		frame.leaf_count = 2;
	}
	if (kind == FRAME_PART) {
		frame.file = view_of_text("part-00000");
		frame.file_bytes = 123456789012;
		memset(frame.stamp.bytes, 0x5a, sizeof frame.stamp.bytes);
	}
	if (kind == FRAME_PROGRESS)
		frame.total_rows = 99;
	if (kind == FRAME_ROWS || kind == FRAME_COLUMNS || kind == FRAME_PROGRESS) {
		frame.input_bytes = 4096;
		frame.input_total = FRAME_ROW_LIMIT;
	}
	if (kind == FRAME_END)
		frame.frames = 3;
	if (kind == FRAME_PROGRESS || kind == FRAME_END) {
		frame.has_extent = true;
		frame.extent = (struct frame_extent){1, 2, 3, false};
	}
	return frame;
}

/* FRAME as it travels. */
static struct buffer
encode(const struct frame *frame)
{
	struct buffer out = {0};
	struct nest_error error;
	if (!frame_encode_header(frame, frame->body.size, &out, &error) ||
	    !buffer_append(&out, frame->body.data, frame->body.size, &error))
		fail_msg("%s", error.text);
	return out;
}

/* Decodes SIZE bytes from memory of just that size. */
static bool
decode_copy(const uint8_t *bytes, size_t size, struct nest_error *error)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	struct frame frame = {0};
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	bool fine = frame_decode(&frame, (struct view){copy, size}, error);
	frame_free(&frame);
	free(copy);
	return fine;
}

static void
assert_same(struct view a, struct view b)
{
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.data, b.data, b.size);
}

static void
assert_same_frame(const struct frame *got, const struct frame *sent)
{
	assert_int_equal(got->kind, sent->kind);
	assert_same(got->sender, sent->sender);
	assert_true(digest_equal(got->run, sent->run));
	assert_true(digest_equal(got->stamp, sent->stamp));
	assert_same(got->schema, sent->schema);
	assert_int_equal(got->part, sent->part);
	assert_int_equal(got->first_row, sent->first_row);
	assert_int_equal(got->is_part_numbered, sent->is_part_numbered);
	assert_int_equal(got->rows, sent->rows);
	assert_int_equal(got->last, sent->last);
	assert_int_equal(got->meta_count, sent->meta_count);
	for (size_t i = 0; i < sent->meta_count; i++) {
		assert_same(got->meta[i].key, sent->meta[i].key);
		assert_same(got->meta[i].value, sent->meta[i].value);
	}
	assert_int_equal(got->codec, sent->codec);
	assert_int_equal(got->raw_bytes, sent->raw_bytes);
	assert_int_equal(got->leaf_count, sent->leaf_count);
	for (size_t i = 0; i < sent->leaf_count; i++) {
		assert_int_equal(got->leaves[i].entries, sent->leaves[i].entries);
		assert_int_equal(got->leaves[i].value_bytes, sent->leaves[i].value_bytes);
	}
	assert_int_equal(got->total_rows, sent->total_rows);
	assert_int_equal(got->input_bytes, sent->input_bytes);
	assert_int_equal(got->input_total, sent->input_total);
	assert_same(got->file, sent->file);
	assert_int_equal(got->file_bytes, sent->file_bytes);
	assert_int_equal(got->frames, sent->frames);
	assert_int_equal(got->has_extent, sent->has_extent);
	assert_int_equal(got->extent.first_row, sent->extent.first_row);
	assert_int_equal(got->extent.rows, sent->extent.rows);
	assert_int_equal(got->extent.parts, sent->extent.parts);
	assert_int_equal(got->extent.is_part_numbered, sent->extent.is_part_numbered);
	assert_same(got->body, sent->body);
}

static void
every_kind_comes_back_as_it_was(void **state)
{
	(void)state;
	/* One frame takes them all, one after another: nothing of the one before may stay. */
	struct frame got = {0};
	struct nest_error error;
	for (int round = 0; round < 2; round++)
		for (int kind = FRAME_ROWS; kind <= FRAME_END; kind++) {
			struct frame sent = sample((enum frame_kind)kind);
			struct buffer bytes = encode(&sent);
			if (!frame_decode(&got, (struct view){bytes.data, bytes.size}, &error))
				fail_msg("%s", error.text);
			assert_same_frame(&got, &sent);
			buffer_free(&bytes);
		}
	frame_free(&got);
	assert_null(got.meta);
	assert_null(got.leaves);
}

static void
a_dataset_numbered_by_part_says_its_parts_alone(void **state)
{
	(void)state;
	struct frame sent = sample(FRAME_END), got = {0};
	sent.extent = (struct frame_extent){.parts = 3, .is_part_numbered = true};
	struct buffer bytes = encode(&sent);
	struct nest_error error;
	assert_true(frame_decode(&got, (struct view){bytes.data, bytes.size}, &error));
	assert_same_frame(&got, &sent);
	buffer_free(&bytes);
}

/* So that frames of a dataset numbered through are the same as those of senders that know no other. */
static void
keys_that_say_nothing_are_not_written(void **state)
{
	(void)state;
	static const size_t keys[] = {
	    [FRAME_ROWS] = 12, [FRAME_COLUMNS] = 13, [FRAME_PART] = 9, [FRAME_PROGRESS] = 5, [FRAME_END] = 5};
	for (int kind = FRAME_ROWS; kind <= FRAME_END; kind++) {
		struct frame sent = sample((enum frame_kind)kind);
		sent.run = sent.stamp = (struct digest_value){0};
		sent.is_part_numbered = sent.has_extent = false;
		sent.input_bytes = sent.input_total = 0;
		struct buffer bytes = encode(&sent);
		assert_int_equal(bytes.data[5], 0x80 | keys[kind]);
		buffer_free(&bytes);
	}
}

static void
a_frame_starts_with_its_version(void **state)
{
	(void)state;
	for (int kind = FRAME_ROWS; kind <= FRAME_END; kind++) {
		struct frame sent = sample((enum frame_kind)kind);
		struct buffer bytes = encode(&sent);
		assert_int_equal(bytes.data[0], 0xc6);
		/* A map of up to 15 keys has a head of one byte; one of data with every key has 16 or 17. */
		bool is_short = (bytes.data[5] & 0xf0) == 0x80;
		assert_int_equal(is_short, kind != FRAME_ROWS && kind != FRAME_COLUMNS);
		assert_memory_equal(bytes.data + (is_short ? 6 : 8), "\xa4nest\x01", 6);
		buffer_free(&bytes);
	}
}

/* The specification read by msgpack-c alone: two bins, the first of which holds one map. */
static void
msgpack_c_reads_two_bins_and_a_map(void **state)
{
	(void)state;
	for (int kind = FRAME_ROWS; kind <= FRAME_END; kind++) {
		struct frame sent = sample((enum frame_kind)kind);
		struct buffer bytes = encode(&sent);
		msgpack_unpacked part, header;
		size_t offset = 0, inner = 0;
		msgpack_unpacked_init(&part);
		msgpack_unpacked_init(&header);
		assert_int_equal(msgpack_unpack_next(&part, (const char *)bytes.data, bytes.size, &offset),
		    MSGPACK_UNPACK_SUCCESS);
		assert_int_equal(part.data.type, MSGPACK_OBJECT_BIN);
		assert_int_equal(
		    msgpack_unpack_next(&header, part.data.via.bin.ptr, part.data.via.bin.size, &inner),
		    MSGPACK_UNPACK_SUCCESS);
		assert_int_equal(inner, part.data.via.bin.size);
		assert_int_equal(header.data.type, MSGPACK_OBJECT_MAP);
		const msgpack_object_kv *second = &header.data.via.map.ptr[1];
		const char *name = frame_kind_name(sent.kind);
		assert_int_equal(second->val.via.str.size, strlen(name));
		assert_memory_equal(second->val.via.str.ptr, name, strlen(name));

		assert_int_equal(msgpack_unpack_next(&part, (const char *)bytes.data, bytes.size, &offset),
		    MSGPACK_UNPACK_SUCCESS);
		assert_int_equal(part.data.type, MSGPACK_OBJECT_BIN);
		assert_same(
		    (struct view){(const uint8_t *)part.data.via.bin.ptr, part.data.via.bin.size}, sent.body);
		assert_int_equal(offset, bytes.size);
		msgpack_unpacked_destroy(&part);
		msgpack_unpacked_destroy(&header);
		buffer_free(&bytes);
	}
}

static void
a_frame_cut_at_any_byte_is_refused(void **state)
{
	(void)state;
	struct nest_error error;
	for (int kind = FRAME_ROWS; kind <= FRAME_END; kind++) {
		struct frame sent = sample((enum frame_kind)kind);
		struct buffer bytes = encode(&sent);
		for (size_t size = 0; size < bytes.size; size++) {
			assert_false(decode_copy(bytes.data, size, &error));
			assert_int_equal(error.status, NEST_INVALID);
		}
		assert_true(decode_copy(bytes.data, bytes.size, &error));
		assert_true(buffer_append(&bytes, "x", 1, &error));
		assert_false(decode_copy(bytes.data, bytes.size, &error));
		buffer_free(&bytes);
	}
}

/* Any byte of a header flipped any way: taken or refused, never worse (a sanitizer looks on). */
static void
a_flipped_byte_does_no_harm(void **state)
{
	(void)state;
	struct nest_error error;
	unsigned refused = 0;
	for (int kind = FRAME_ROWS; kind <= FRAME_END; kind++) {
		struct frame sent = sample((enum frame_kind)kind);
		struct buffer bytes = encode(&sent);
		for (size_t i = 0; i < bytes.size; i++)
			for (int bit = 0; bit < 8; bit++) {
				bytes.data[i] ^= (uint8_t)(1 << bit);
				if (!decode_copy(bytes.data, bytes.size, &error)) {
					assert_int_equal(error.status, NEST_INVALID);
					refused++;
				}
				bytes.data[i] ^= (uint8_t)(1 << bit);
			}
		buffer_free(&bytes);
	}
	assert_true(refused > 500);
}

/* ---- headers written by hand ---- */

static void
append_bin32(struct buffer *out, const void *bytes, size_t size)
{
	struct nest_error error;
	uint8_t prefix[5] = {
	    0xc6, (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
	assert_true(
	    buffer_append(out, prefix, sizeof prefix, &error) && buffer_append(out, bytes, size, &error));
}

/* A frame whose header is what TEXT says. */
static struct buffer
write_frame(const char *text, const char *body)
{
	struct buffer header = {0}, out = {0};
	pack_text(&header, text);
	append_bin32(&out, header.data, header.size);
	append_bin32(&out, body, strlen(body));
	buffer_free(&header);
	return out;
}

static void
take(const char *text, const char *body)
{
	struct nest_error error;
	struct buffer bytes = write_frame(text, body);
	if (!decode_copy(bytes.data, bytes.size, &error))
		fail_msg("%s: %s", text, error.text);
	buffer_free(&bytes);
}

static void
refuse(const char *text, const char *body, const char *message)
{
	struct nest_error error;
	struct buffer bytes = write_frame(text, body);
	if (decode_copy(bytes.data, bytes.size, &error))
		fail_msg("%s was not refused", text);
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, message);
	buffer_free(&bytes);
}

#define HEAD(kind) "\"nest\": 1, \"kind\": \"" kind "\", \"from\": \"x\""
#define PLACE "\"schema\": \"s\", \"part\": 0, \"first\": 0, \"rows\": 0"

static void
the_least_that_each_kind_needs_is_taken(void **state)
{
	(void)state;
	take("{" HEAD("rows") ", " PLACE "}", "body");
	take("{" HEAD("columns") ", " PLACE ", \"leaves\": []}", "body");
	take("{" HEAD("part") ", " PLACE ", \"file\": \"f\", \"bytes\": 0}", "");
	take("{" HEAD("progress") ", \"rows\": 0}", "");
	take("{" HEAD("end") ", \"frames\": 0, \"rows\": 0}", "");
}

static void
a_run_is_16_bytes_or_not_there(void **state)
{
	(void)state;
	static const char message[] = "the header's key \"run\" is missing or not a bin of 16 bytes";
	take("{" HEAD("rows") ", " PLACE ", \"run\": b\"0123456789abcdef\"}", "");
	refuse("{" HEAD("rows") ", " PLACE ", \"run\": b\"0123456789abcde\"}", "", message);
	refuse("{" HEAD("rows") ", " PLACE ", \"run\": b\"0123456789abcdefg\"}", "", message);
	refuse("{" HEAD("rows") ", " PLACE ", \"run\": \"0123456789abcdef\"}", "", message);
	refuse("{" HEAD("part") ", " PLACE ", \"run\": null, \"file\": \"f\", \"bytes\": 0}", "", message);
}

static void
unknown_keys_are_passed_over(void **state)
{
	(void)state;
	take("{" HEAD("end") ", \"colour\": [1, {2: 3}], 7: null, \"frames\": 0, \"rows\": 0}", "");
}

static void
what_is_no_header_is_refused(void **state)
{
	(void)state;
	static const char no_map[] =
	    "this is no nest frame: its header is no map that starts with the key \"nest\"";
	refuse("[1]", "", no_map);
	refuse("{}", "", no_map);
	refuse("7", "", no_map);
	refuse("{\"kind\": \"end\", \"nest\": 1}", "", no_map);
	refuse("{b\"nest\": 1}", "", no_map);
	static const char no_value[] = "this is no nest frame: its header is not one whole msgpack value";
	refuse("", "", no_value);
	refuse("{" HEAD("end") ", \"frames\": 0, \"rows\": 0} 1", "", no_value);
}

static void
another_version_is_refused(void **state)
{
	(void)state;
	refuse("{\"nest\": 2, \"kind\": \"unheard of\"}", "",
	    "the frame is of version 2, and this program knows version 1 only; "
	    "run the same release of nest on both sides");
	refuse("{\"nest\": 0}", "",
	    "the frame is of version 0, and this program knows version 1 only; "
	    "run the same release of nest on both sides");
	refuse("{\"nest\": \"1\"}", "", "the header's key \"nest\" is missing or not an unsigned integer");
	refuse("{\"nest\": -1}", "", "the header's key \"nest\" is missing or not an unsigned integer");
}

static void
a_kind_that_is_not_known_is_refused(void **state)
{
	(void)state;
	static const char message[] =
	    "the header's key \"kind\" is missing or not a word that this version knows";
	refuse("{\"nest\": 1, \"from\": \"a\"}", "", message);
	refuse("{\"nest\": 1, \"from\": \"a\", \"kind\": \"row\"}", "", message);
	refuse("{\"nest\": 1, \"kind\": 0, \"from\": \"a\"}", "", message);
}

static void
a_sender_must_be_named(void **state)
{
	(void)state;
	static const char message[] = "the header's key \"from\" is missing or not a str of a legal length";
	refuse("{\"nest\": 1, \"kind\": \"end\"}", "", message);
	refuse("{\"nest\": 1, \"kind\": \"end\", \"from\": \"\"}", "", message);
	refuse("{\"nest\": 1, \"kind\": \"end\", \"from\": 5}", "", message);

	char name[300], text[512];
	memset(name, 'n', sizeof name);
	name[FRAME_NAME_LIMIT + 1] = '\0';
	snprintf(text, sizeof text, "{\"nest\": 1, \"kind\": \"end\", \"from\": \"%s\"}", name);
	refuse(text, "", message);
}

static void
a_place_that_is_missing_or_wrong_is_refused(void **state)
{
	(void)state;
	refuse("{" HEAD("rows") ", \"part\": 0, \"first\": 0, \"rows\": 0}", "",
	    "the header's key \"schema\" is missing or not a str of a legal length");
	refuse("{" HEAD("rows") ", \"schema\": \"\", \"part\": 0, \"first\": 0, \"rows\": 0}", "",
	    "the header's key \"schema\" is missing or not a str of a legal length");
	refuse("{" HEAD("rows") ", \"schema\": \"s\", \"first\": 0, \"rows\": 0}", "",
	    "the header's key \"part\" is missing or not an unsigned integer");
	refuse("{" HEAD("rows") ", \"schema\": \"s\", \"part\": 0, \"first\": -1, \"rows\": 0}", "",
	    "the header's key \"first\" is missing or not an unsigned integer");
	refuse("{" HEAD("rows") ", \"schema\": \"s\", \"part\": 0, \"first\": 0, \"rows\": 1.0}", "",
	    "the header's key \"rows\" is missing or not an unsigned integer");
}

static void
numbers_over_their_limits_are_refused(void **state)
{
	(void)state;
	refuse("{" HEAD("rows") ", \"schema\": \"s\", \"part\": 4294967296, \"first\": 0, \"rows\": 0}", "",
	    "the header's key \"part\" claims 4294967296, over the limit of 4294967295");
	refuse("{" HEAD("rows") ", \"schema\": \"s\", \"part\": 0, \"first\": 4611686018427387905, "
				"\"rows\": 0}",
	    "",
	    "the header's key \"first\" claims 4611686018427387905, over the limit of 4611686018427387904");
	refuse("{" HEAD("progress") ", \"rows\": 18446744073709551615}", "",
	    "the header's key \"rows\" claims 18446744073709551615, over the limit of 4611686018427387904");
	refuse("{" HEAD("rows") ", " PLACE ", \"codec\": \"zstd\", \"raw\": 67108865}", "",
	    "the header's key \"raw\" claims 67108865, over the limit of 67108864");
}

static void
wrong_keys_of_data_are_refused(void **state)
{
	(void)state;
	refuse("{" HEAD("rows") ", " PLACE ", \"last\": 1}", "",
	    "the header's key \"last\" is missing or not a boolean");
	refuse("{" HEAD("rows") ", " PLACE ", \"codec\": \"gzip\"}", "",
	    "the header's key \"codec\" is missing or not a word that this version knows");
	refuse("{" HEAD("rows") ", " PLACE ", \"codec\": \"zstd\"}", "",
	    "the header's key \"raw\" is missing or not an unsigned integer");
	refuse("{" HEAD("rows") ", " PLACE ", \"numbered\": \"rows\"}", "",
	    "the header's key \"numbered\" is missing or not a word that this version knows");
	refuse("{" HEAD("rows") ", " PLACE ", \"input\": -1}", "",
	    "the header's key \"input\" is missing or not an unsigned integer");
	refuse("{" HEAD("progress") ", \"rows\": 0, \"input_total\": 4611686018427387905}", "",
	    "the header's key \"input_total\" claims 4611686018427387905, over the limit of "
	    "4611686018427387904");
	refuse("{" HEAD("rows") ", " PLACE ", \"meta\": []}", "",
	    "the header's key \"meta\" is missing or not a map of at most 256 pairs");
	refuse("{" HEAD("rows") ", " PLACE ", \"meta\": {\"key\": 1}}", "",
	    "the header's key \"meta\" is missing or not a map of str to str");
	refuse("{" HEAD("rows") ", " PLACE ", \"meta\": {1: \"value\"}}", "",
	    "the header's key \"meta\" is missing or not a map of str to str");
}

static void
wrong_leaves_are_refused(void **state)
{
	(void)state;
	refuse(
	    "{" HEAD("columns") ", " PLACE "}", "", "the header's key \"leaves\" is missing or not an array");
	static const char pairs[] = "the header's key \"leaves\" is missing or not an array of pairs";
	refuse("{" HEAD("columns") ", " PLACE ", \"leaves\": [1]}", "", pairs);
	refuse("{" HEAD("columns") ", " PLACE ", \"leaves\": [[1]]}", "", pairs);
	refuse("{" HEAD("columns") ", " PLACE ", \"leaves\": [[1, 2, 3]]}", "", pairs);
	static const char sizes[] =
	    "the header's key \"leaves\" is missing or not made of sizes within the body's limit";
	refuse("{" HEAD("columns") ", " PLACE ", \"leaves\": [[1, -2]]}", "", sizes);
	refuse("{" HEAD("columns") ", " PLACE ", \"leaves\": [[67108865, 0]]}", "", sizes);
	refuse("{" HEAD("columns") ", " PLACE ", \"leaves\": [[0, 1152921504606846976]]}", "", sizes);
}

static void
wrong_keys_of_part_and_end_are_refused(void **state)
{
	(void)state;
	refuse("{" HEAD("part") ", " PLACE ", \"bytes\": 0}", "",
	    "the header's key \"file\" is missing or not a str of a legal length");
	refuse("{" HEAD("part") ", " PLACE ", \"file\": \"f\"}", "",
	    "the header's key \"bytes\" is missing or not an unsigned integer");
	refuse("{" HEAD("end") ", \"rows\": 0}", "",
	    "the header's key \"frames\" is missing or not an unsigned integer");
	refuse("{" HEAD("end") ", \"frames\": 0, \"rows\": 0, \"dataset\": 1}", "",
	    "the header's key \"dataset\" is missing or not a map");
	refuse("{" HEAD("end") ", \"frames\": 0, \"rows\": 0, \"dataset\": {\"first\": 0, \"rows\": 0}}", "",
	    "the header's key \"parts\" is missing or not an unsigned integer");
	refuse("{" HEAD("end") ", \"frames\": 0, \"rows\": 0, \"dataset\": {\"first\": 0, \"parts\": 1}}", "",
	    "the header's key \"rows\" is missing or not an unsigned integer");
	refuse("{" HEAD("end") ", \"frames\": 0, \"rows\": 0, \"dataset\": {}}", "",
	    "the header's key \"parts\" is missing or not an unsigned integer");
}

static void
control_frames_have_no_body(void **state)
{
	(void)state;
	refuse("{" HEAD("end") ", \"frames\": 0, \"rows\": 0}", "surplus",
	    "a frame of kind end has a body of 7 bytes");
	refuse("{" HEAD("progress") ", \"rows\": 0}", "?", "a frame of kind progress has a body of 1 bytes");
	refuse("{" HEAD("part") ", " PLACE ", \"file\": \"f\", \"bytes\": 0}", "?",
	    "a frame of kind part has a body of 1 bytes");
}

/* A container takes 24 bytes an element in msgpack-c; what it claims is checked before that. */
static void
claims_of_a_header_take_no_memory(void **state)
{
	(void)state;
	static const char *const claims[] = {
	    "\xdd\xff\xff\xff\xff",             /* array 32 of 4 Gi */
	    "\xdf\x7f\xff\xff\xff",             /* map 32 of 2 Gi */
	    "\x81\xa4nest\xdd\xff\xff\xff\xff", /* the same, deeper */
	    "\x81\xa4nest\xc6\xff\xff\xff\xff", /* bin 32 of 4 GiB */
	    "\x81\xa4nest\xdb\xff\xff\xff\xff", /* str 32 of 4 GiB */
	};
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		struct buffer out = {0};
		struct nest_error error;
		append_bin32(&out, claims[i], strlen(claims[i]));
		append_bin32(&out, "", 0);
		assert_false(decode_copy(out.data, out.size, &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_string_equal(
		    error.text, "this is no nest frame: its header is not one whole msgpack value");
		buffer_free(&out);
	}
}

/* Within the map of a header, as deep as nest-frame(5) says and as msgpack-c goes. */
static void
containers_of_a_header_are_nested_so_deep(void **state)
{
	(void)state;
	for (size_t depth = 30; depth < 2000; depth = depth < 40 ? depth + 1 : depth * 2) {
		struct buffer header = {0}, out = {0};
		struct nest_error error;
		assert_true(buffer_append(&header, "\x81\xa4nest", 6, &error));
		for (size_t i = 0; i < depth; i++)
			assert_true(buffer_append(&header, "\x91", 1, &error));
		assert_true(buffer_append(&header, "\xc0", 1, &error));
		append_bin32(&out, (const char *)header.data, header.size);
		append_bin32(&out, "", 0);
		assert_false(decode_copy(out.data, out.size, &error));
		assert_int_equal(error.status, NEST_INVALID);
		bool is_too_deep = strstr(error.text, "its header is not one whole msgpack value") != NULL;
		assert_int_equal(is_too_deep, depth > 30);
		buffer_free(&header);
		buffer_free(&out);
	}
}

/* ---- prefixes ---- */

static void
refuse_prefix(const char *prefix, const char *message)
{
	struct nest_error error;
	size_t size;
	assert_false(
	    frame_decode_prefix((const uint8_t *)prefix, "header", FRAME_HEADER_LIMIT, &size, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, message);
}

static void
prefixes_are_held_against_their_limit(void **state)
{
	(void)state;
	struct nest_error error;
	size_t size;
	assert_true(frame_decode_prefix(
	    (const uint8_t *)"\xc6\x00\x10\x00\x00", "header", FRAME_HEADER_LIMIT, &size, &error));
	assert_int_equal(size, FRAME_HEADER_LIMIT);
	refuse_prefix("\xc6\x00\x10\x00\x01", "a header of 1048577 bytes is over the limit of 1048576");
	refuse_prefix("\xc6\xff\xff\xff\xff", "a header of 4294967295 bytes is over the limit of 1048576");
	refuse_prefix("\xc4\x05\x00\x00\x00", "this is no nest frame: a header starts with byte c6, not c4");
	refuse_prefix("{\"a\":", "this is no nest frame: a header starts with byte c6, not 7b");
}

static void
a_frame_over_the_limits_is_not_encoded(void **state)
{
	(void)state;
	struct frame frame = sample(FRAME_ROWS);
	struct buffer out = {0};
	struct nest_error error;
	assert_false(frame_encode_header(&frame, FRAME_BODY_LIMIT + 1, &out, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_non_null(strstr(error.text, "is over the limits (1048576 and 67108864)"));
	out.size = 0;
	char *schema = calloc(1, FRAME_HEADER_LIMIT + 1);
	assert_non_null(schema);
	frame.schema = (struct view){(const uint8_t *)schema, FRAME_HEADER_LIMIT};
	assert_false(frame_encode_header(&frame, 0, &out, &error));
	assert_int_equal(error.status, NEST_INVALID);
	free(schema);
	buffer_free(&out);
}

/* ---- compressed bodies ---- */

static void
a_compressed_body_comes_back(void **state)
{
	(void)state;
	struct body_codec codec = {0};
	struct buffer packed = {0}, plain = {0};
	struct nest_error error;
	uint8_t raw[5000];
	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (uint8_t)(i % 7);
	for (size_t size = 0; size <= sizeof raw; size += 2500) {
		buffer_clear(&packed);
		buffer_clear(&plain);
		assert_true(body_compress(&codec, (struct view){raw, size}, &packed, &error));
		struct view bytes = {packed.data, packed.size};
		assert_true(body_decompress(&codec, bytes, size, &plain, &error));
		assert_same((struct view){plain.data, plain.size}, (struct view){raw, size});
	}
	assert_true(packed.size < sizeof raw / 10);
	buffer_free(&packed);
	buffer_free(&plain);
	body_codec_free(&codec);
}

static void
a_body_that_does_not_decompress_is_refused(void **state)
{
	(void)state;
	struct body_codec codec = {0};
	struct buffer packed = {0}, plain = {0};
	struct nest_error error;
	uint8_t raw[5000] = {1, 2, 3};
	assert_true(body_compress(&codec, (struct view){raw, sizeof raw}, &packed, &error));
	struct view bytes = {packed.data, packed.size};
	assert_false(body_decompress(&codec, bytes, sizeof raw - 1, &plain, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, "its body is no zstd frame of the 4999 bytes that its header says");
	for (size_t size = 0; size < packed.size; size++) {
		assert_false(
		    body_decompress(&codec, (struct view){packed.data, size}, sizeof raw, &plain, &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_int_equal(plain.size, 0);
	}
	packed.data[packed.size - 3] ^= 0xff;
	if (body_decompress(&codec, bytes, sizeof raw, &plain, &error))
		assert_memory_not_equal(plain.data, raw, sizeof raw);
	buffer_free(&packed);
	buffer_free(&plain);
	body_codec_free(&codec);
}

/* ---- faults that are told ---- */

static unsigned told;

static void
note_fault(void *context, const struct nest_error *fault)
{
	(void)context;
	assert_int_equal(fault->status, NEST_INVALID);
	told++;
}

/* Decodes what has so many keys that are wrong. */
static struct frame_spoilt
decode_all(const char *text, unsigned faults)
{
	static struct frame frame;
	struct nest_error error;
	struct frame_spoilt spoilt;
	const struct faults listener = {note_fault, NULL};
	struct buffer bytes = write_frame(text, "");
	told = 0;
	assert_true(
	    frame_decode_all(&frame, (struct view){bytes.data, bytes.size}, &listener, &spoilt, &error));
	assert_int_equal(told, faults);
	buffer_free(&bytes);
	frame_free(&frame);
	return spoilt;
}

static void
every_key_that_is_wrong_is_told(void **state)
{
	(void)state;
	struct frame_spoilt spoilt = decode_all("{" HEAD("rows") ", " PLACE "}", 0);
	assert_true(!spoilt.place && !spoilt.body);
	spoilt = decode_all("{" HEAD("rows") ", " PLACE ", \"total\": -1, \"meta\": [], \"numbered\": 1}", 3);
	assert_true(!spoilt.place && !spoilt.body);
	spoilt = decode_all("{" HEAD("rows") ", " PLACE ", \"last\": 1}", 1);
	assert_true(spoilt.place && !spoilt.body);
	spoilt = decode_all("{" HEAD("columns") ", " PLACE ", \"leaves\": [[1]]}", 1);
	assert_true(!spoilt.place && spoilt.body);
	spoilt = decode_all("{\"nest\": 1, \"kind\": \"rows\"}", 5);
	assert_true(spoilt.place && spoilt.body);
	spoilt = decode_all("{" HEAD("end") ", \"frames\": 0, \"rows\": 0, \"dataset\": {\"first\": 0}}", 2);
	assert_true(!spoilt.place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_comes_back_as_it_was),
	    cmocka_unit_test(a_dataset_numbered_by_part_says_its_parts_alone),
	    cmocka_unit_test(keys_that_say_nothing_are_not_written),
	    cmocka_unit_test(a_frame_starts_with_its_version),
	    cmocka_unit_test(msgpack_c_reads_two_bins_and_a_map),
	    cmocka_unit_test(a_frame_cut_at_any_byte_is_refused),
	    cmocka_unit_test(a_flipped_byte_does_no_harm),
	    cmocka_unit_test(the_least_that_each_kind_needs_is_taken),
	    cmocka_unit_test(a_run_is_16_bytes_or_not_there),
	    cmocka_unit_test(unknown_keys_are_passed_over),
	    cmocka_unit_test(what_is_no_header_is_refused),
	    cmocka_unit_test(another_version_is_refused),
	    cmocka_unit_test(a_kind_that_is_not_known_is_refused),
	    cmocka_unit_test(a_sender_must_be_named),
	    cmocka_unit_test(a_place_that_is_missing_or_wrong_is_refused),
	    cmocka_unit_test(numbers_over_their_limits_are_refused),
	    cmocka_unit_test(wrong_keys_of_data_are_refused),
	    cmocka_unit_test(wrong_leaves_are_refused),
	    cmocka_unit_test(wrong_keys_of_part_and_end_are_refused),
	    cmocka_unit_test(control_frames_have_no_body),
	    cmocka_unit_test(claims_of_a_header_take_no_memory),
	    cmocka_unit_test(containers_of_a_header_are_nested_so_deep),
	    cmocka_unit_test(prefixes_are_held_against_their_limit),
	    cmocka_unit_test(a_frame_over_the_limits_is_not_encoded),
	    cmocka_unit_test(a_compressed_body_comes_back),
	    cmocka_unit_test(a_body_that_does_not_decompress_is_refused),
	    cmocka_unit_test(every_key_that_is_wrong_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
