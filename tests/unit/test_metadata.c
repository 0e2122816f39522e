/* Footers: what is written is read back; what is broken is refused, whichever byte it is. */
#include "lib/parquet/page_header.h"
#include "lib/parquet/sorting.h"
#include "tests/unit/metadata_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { DATA_BYTES = 1000, GROUPS = 2, LEAVES = 3 };

static struct nest_error error;
static const char TEXT[] =
    "message m { required int64 id = 7; optional group l (LIST) { repeated group list { "
    "optional binary element (STRING); } } repeated double x; }";

struct sample {
	struct schema schema;
	struct column_chunk chunks[GROUPS][LEAVES];
	struct row_group groups[GROUPS];
	struct key_value pairs[2];
	struct file_metadata metadata;
};

static void
sample_init(struct sample *sample)
{
	static const enum physical_type types[LEAVES] = {
	    PHYSICAL_INT64, PHYSICAL_BYTE_ARRAY, PHYSICAL_DOUBLE};
	uint64_t offset = METADATA_MAGIC_BYTES;
	*sample = (struct sample){0};
	assert_true(schema_parse(&sample->schema, view_of_text(TEXT), &error));
	for (size_t g = 0; g < GROUPS; g++) {
		for (size_t c = 0; c < LEAVES; c++) {
			struct column_chunk *chunk = &sample->chunks[g][c];
			*chunk = (struct column_chunk){
			    .physical = types[c],
			    .encodings = 1u << ENCODING_PLAIN | 1u << ENCODING_RLE,
			    .codec = CODEC_ZSTD,
			    .num_values = 10 * (g + 1),
			    .total_uncompressed_bytes = 200,
			    .total_compressed_bytes = 100,
			    .data_page_offset = offset + (c == 1 ? 20 : 0),
			    .dictionary_page_offset = c == 1 ? offset : 0,
			    .range = {.has_null_count = true, .null_count = c},
			    .counts = {{PAGE_DATA, ENCODING_PLAIN, 3}},
			    .count_count = 1,
			};
			offset += 100;
		}
		sample->chunks[g][1].range.has_min_max = true;
		sample->chunks[g][1].range.min = view_of_text("aa");
		sample->chunks[g][1].range.max = view_of_text("zz");
		sample->chunks[g][2].range.has_nan_count = true;
		sample->chunks[g][2].range.nan_count = 4;
		sample->groups[g] =
		    (struct row_group){sample->chunks[g], 10 * (g + 1), 600, 300, 4 + 300 * g, {0}};
	}
	sample->pairs[0] = (struct key_value){view_of_text("a"), view_of_text("1")};
	sample->pairs[1] = (struct key_value){view_of_text("b"), view_of_text("")};
	sample->metadata = (struct file_metadata){
	    .schema = &sample->schema,
	    .num_rows = 30,
	    .row_groups = sample->groups,
	    .row_group_count = GROUPS,
	    .key_values = sample->pairs,
	    .key_value_count = 2,
	};
}

/* The FileMetaData of SAMPLE alone. */
static void
encode(struct sample *sample, struct buffer *out)
{
	assert_true(metadata_encode(out, &sample->metadata, &error));
	assert_true(out->size > METADATA_TAIL_BYTES);
	assert_memory_equal(out->data + out->size - 4, "PAR1", 4);
	out->size -= METADATA_TAIL_BYTES;
}

/* Reads the footer that BYTES are the FileMetaData of, behind DATA_BYTES of a file. */
static bool
decode(struct file_metadata *metadata, const uint8_t *bytes, size_t size)
{
	static const uint8_t data[DATA_BYTES] = "PAR1";
	const uint8_t length[] = {
	    (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), (uint8_t)(size >> 24)};
	struct buffer file = {0};
	assert_true(buffer_append(&file, data, sizeof data, &error) &&
		    buffer_append(&file, bytes, size, &error) &&
		    buffer_append(&file, length, sizeof length, &error) &&
		    buffer_append(&file, "PAR1", METADATA_MAGIC_BYTES, &error));
	const struct metadata_source source = metadata_memory(&file);
	bool fine = metadata_read(metadata, &source, &error);
	buffer_free(&file);
	return fine;
}

static void
assert_chunk(const struct column_chunk *a, const struct column_chunk *b)
{
	assert_int_equal(a->physical, b->physical);
	assert_int_equal(a->encodings, b->encodings);
	assert_int_equal(a->codec, b->codec);
	assert_int_equal(a->num_values, b->num_values);
	assert_int_equal(a->total_uncompressed_bytes, b->total_uncompressed_bytes);
	assert_int_equal(a->total_compressed_bytes, b->total_compressed_bytes);
	assert_int_equal(a->data_page_offset, b->data_page_offset);
	assert_int_equal(a->dictionary_page_offset, b->dictionary_page_offset);
	assert_int_equal(a->count_count, b->count_count);
	assert_int_equal(a->counts[0].count, b->counts[0].count);
	assert_int_equal(a->range.null_count, b->range.null_count);
	assert_int_equal(a->range.has_min_max, b->range.has_min_max);
	assert_true(view_equal(a->range.min, b->range.min));
	assert_true(view_equal(a->range.max, b->range.max));
	assert_int_equal(a->range.has_nan_count, b->range.has_nan_count);
	assert_int_equal(a->range.nan_count, b->range.nan_count);
}

static void
reads_what_was_written(void **state)
{
	(void)state;
	struct sample sample;
	struct buffer out = {0};
	struct file_metadata back;
	sample_init(&sample);
	encode(&sample, &out);
	if (!decode(&back, out.data, out.size))
		fail_msg("%s", error.text);
	assert_string_equal(back.schema->text, sample.schema.text);
	assert_int_equal(back.num_rows, 30);
	assert_int_equal(back.row_group_count, GROUPS);
	for (size_t g = 0; g < GROUPS; g++) {
		assert_int_equal(back.row_groups[g].num_rows, sample.groups[g].num_rows);
		assert_int_equal(back.row_groups[g].file_offset, sample.groups[g].file_offset);
		for (size_t c = 0; c < LEAVES; c++)
			assert_chunk(&back.row_groups[g].columns[c], &sample.chunks[g][c]);
	}
	assert_true(view_equal(*metadata_value(&back, "a"), view_of_text("1")));
	assert_int_equal(metadata_value(&back, "b")->size, 0);
	assert_null(metadata_value(&back, "c"));
	assert_memory_equal(back.created_by.data, "nest version ", 13);
	/* And written again it is the same. */
	struct buffer again = {0};
	assert_true(metadata_encode(&again, &back, &error));
	assert_int_equal(again.size - METADATA_TAIL_BYTES, out.size);
	assert_memory_equal(again.data, out.data, out.size);
	buffer_free(&again);
	metadata_free(&back);
	buffer_free(&out);
	schema_free(&sample.schema);
}

/* Of as few letters as there can be. */
static void
keeps_who_wrote_it(void **state)
{
	(void)state;
	struct sample sample;
	struct buffer out = {0};
	struct file_metadata back;
	sample_init(&sample);
	sample.metadata.created_by = view_of_text("x");
	encode(&sample, &out);
	assert_true(decode(&back, out.data, out.size));
	assert_true(view_equal(back.created_by, view_of_text("x")));
	metadata_free(&back);
	buffer_free(&out);
	schema_free(&sample.schema);
}

/* And not in what stands behind the last one. */
static void
values_are_found_among_so_many(void **state)
{
	(void)state;
	struct key_value pairs[] = {
	    {view_of_text("a"), view_of_text("1")}, {view_of_text("b"), view_of_text("2")}};
	const struct file_metadata metadata = {.key_values = pairs, .key_value_count = 1};
	assert_non_null(metadata_value(&metadata, "a"));
	assert_null(metadata_value(&metadata, "b"));
}

static void
keeps_every_logical_type(void **state)
{
	(void)state;
	static const char text[] =
	    "message m { optional binary a (STRING); optional binary b (ENUM); optional binary c (JSON); "
	    "optional binary d (BSON); optional fixed_len_byte_array(16) e (UUID); optional int32 f (DATE); "
	    "optional int32 g (TIME(MILLIS,true)); optional int64 h (TIME(MICROS,false)); "
	    "optional int64 i (TIME(NANOS,true)); optional int64 j (TIMESTAMP(MILLIS,false)); "
	    "optional int64 k (TIMESTAMP(MICROS,true)); optional int64 l (TIMESTAMP(NANOS,true)); "
	    "optional int32 m (DECIMAL(9,2)); optional binary n (DECIMAL(30,0)); optional int32 o "
	    "(INTEGER(8,true)); optional int32 p (INTEGER(16,false)); optional int64 q (INTEGER(64,false)); "
	    "optional fixed_len_byte_array(2) r (FLOAT16); optional fixed_len_byte_array(12) s (INTERVAL); "
	    "optional group t (MAP) { repeated group key_value { required binary key; required int96 value; "
	    "} } "
	    "optional int96 x (UNKNOWN); optional group y (VARIANT) { required binary metadata; } optional "
	    "group "
	    "z (VARIANT(1)) { required binary metadata; } optional binary aa (GEOMETRY); optional binary ab "
	    "(GEOMETRY(\"srid: 4326\")); optional binary ac (GEOGRAPHY); optional binary ad "
	    "(GEOGRAPHY(OGC:CRS84)); optional binary ae (GEOGRAPHY(\"\",KARNEY)); optional binary af "
	    "(GEOGRAPHY(\"a\\\"(),b\",VINCENTY)); "
	    "required boolean u; required float v = 0; }";
	struct schema schema;
	struct buffer out = {0};
	if (!schema_parse(&schema, view_of_text(text), &error))
		fail_msg("%s", error.text);
	struct file_metadata metadata = {.schema = &schema}, back;
	assert_true(metadata_encode(&out, &metadata, &error));
	if (!decode(&back, out.data, out.size - METADATA_TAIL_BYTES))
		fail_msg("%s", error.text);
	assert_string_equal(back.schema->text, schema.text);
	metadata_free(&back);
	buffer_free(&out);
	schema_free(&schema);
}

static void
survives_every_damage(void **state)
{
	(void)state;
	struct sample sample;
	struct buffer out = {0};
	struct file_metadata back;
	sample_init(&sample);
	encode(&sample, &out);
	for (size_t size = 0; size < out.size; size++)
		assert_false(decode(&back, out.data, size));
	for (size_t at = 0; at < out.size; at++)
		for (unsigned value = 0; value < 256; value++) {
			uint8_t kept = out.data[at];
			out.data[at] = (uint8_t)value;
			if (decode(&back, out.data, out.size))
				metadata_free(&back);
			else
				assert_int_equal(error.status, NEST_INVALID);
			out.data[at] = kept;
		}
	buffer_free(&out);
	schema_free(&sample.schema);
}

/* Whether SAMPLE can be read when it is written. */
static bool
is_read(struct sample *sample)
{
	struct buffer out = {0};
	struct file_metadata back;
	encode(sample, &out);
	bool fine = decode(&back, out.data, out.size);
	if (fine)
		metadata_free(&back);
	buffer_free(&out);
	return fine;
}

/* Encodes the sample after CHANGE has had its way; it must be refused with PROBLEM in the message. */
static void
refuse(void (*change)(struct sample *), const char *problem)
{
	struct sample sample;
	sample_init(&sample);
	change(&sample);
	if (is_read(&sample))
		fail_msg("not refused: %s", problem);
	assert_int_equal(error.status, NEST_INVALID);
	if (strstr(error.text, problem) == NULL)
		fail_msg("\"%s\" is not in: %s", problem, error.text);
	schema_free(&sample.schema);
}

/* One byte or row further they are refused. */
static void
what_just_can_be(void **state)
{
	(void)state;
	struct sample sample;
	sample_init(&sample);
	struct column_chunk *chunk = &sample.chunks[0][1], *last = &sample.chunks[1][2];
	/* Of a chunk that has nothing behind its dictionary. */
	for (uint64_t more = 0; more < 2; more++) {
		chunk->data_page_offset =
		    chunk->dictionary_page_offset + chunk->total_compressed_bytes + more;
		assert_int_equal(is_read(&sample), more == 0);
	}
	chunk->data_page_offset = chunk->dictionary_page_offset;
	for (uint64_t more = 0; more < 2; more++) {
		last->data_page_offset = DATA_BYTES - last->total_compressed_bytes + more;
		assert_int_equal(is_read(&sample), more == 0);
	}
	/* Without bytes, also at the end of the data; without values as well, anywhere. */
	last->total_compressed_bytes = 0;
	for (uint64_t more = 0; more < 2; more++) {
		last->data_page_offset = DATA_BYTES + more;
		assert_int_equal(is_read(&sample), more == 0);
	}
	last->num_values = 0;
	assert_true(is_read(&sample));
	last->total_compressed_bytes = 1;
	assert_false(is_read(&sample));
	last->data_page_offset = METADATA_MAGIC_BYTES;
	for (uint64_t more = 0; more < 2; more++) {
		sample.groups[0].num_rows = (uint64_t)INT64_MAX - sample.groups[1].num_rows + more;
		assert_int_equal(is_read(&sample), more == 0);
	}
	schema_free(&sample.schema);
}

static void
chunk_past_the_data(struct sample *sample)
{
	sample->chunks[1][2].total_compressed_bytes = DATA_BYTES;
}

static void
chunk_before_the_data(struct sample *sample)
{
	sample->chunks[0][0].data_page_offset = 3;
}

static void
chunk_that_overflows(struct sample *sample)
{
	sample->chunks[1][2].total_compressed_bytes = INT64_MAX;
}

static void
data_behind_the_chunk(struct sample *sample)
{
	sample->chunks[0][1].data_page_offset += 200;
}

static void
rows_that_overflow(struct sample *sample)
{
	sample->groups[0].num_rows = sample->groups[1].num_rows = INT64_MAX;
}

static void
type_of_another(struct sample *sample)
{
	sample->chunks[0][0].physical = PHYSICAL_INT32;
}

static void
rename_first(struct sample *sample, const char *name)
{
	free(sample->schema.nodes[1].name);
	sample->schema.nodes[1].name = strdup(name);
}

static void
name_that_is_no_text(struct sample *sample)
{
	rename_first(sample, "a\x85");
}

static void
name_that_hides_no_text(struct sample *sample)
{
	rename_first(sample, "\"\x80");
}

static void
group_too_large(struct sample *sample)
{
	sample->schema.nodes[2].child_count = 100;
}

/* A column's chunk may name another file: as its first field, which is not written here. */
static void
refuse_chunk_elsewhere(void)
{
	struct sample sample;
	struct buffer out = {0}, moved = {0};
	struct file_metadata back;
	/* A chunk, from its offset in the file, 0, on, and the same with the path "f" before it. */
	static const uint8_t chunk[] = {0x26, 0x00, 0x1c, 0x15, 0x04}, path[] = {0x18, 0x01, 'f', 0x16, 0x00};
	sample_init(&sample);
	encode(&sample, &out);
	const uint8_t *at = memmem(out.data, out.size, chunk, sizeof chunk);
	assert_non_null(at);
	assert_true(buffer_append(&moved, out.data, (size_t)(at - out.data), &error));
	assert_true(buffer_append(&moved, path, sizeof path, &error));
	assert_true(buffer_append(&moved, at + 2, (size_t)(out.data + out.size - at - 2), &error));
	assert_false(decode(&back, moved.data, moved.size));
	assert_int_equal(error.status, NEST_INVALID);
	assert_non_null(strstr(error.text, "a column's data lie in another file"));
	buffer_free(&moved);
	buffer_free(&out);
	schema_free(&sample.schema);
}

static void
refuses_what_cannot_be(void **state)
{
	(void)state;
	refuse(chunk_past_the_data, "outside the file");
	refuse(chunk_before_the_data, "outside the file");
	refuse(chunk_that_overflows, "outside the file");
	refuse(data_behind_the_chunk, "outside their chunk");
	refuse_chunk_elsewhere();
	refuse(rows_that_overflow, "too many rows");
	refuse(type_of_another, "not the schema's");
	refuse(name_that_is_no_text, "the schema in the footer: a name is not well-formed UTF-8");
	refuse(name_that_hides_no_text, "a name is not well-formed UTF-8");
	refuse(group_too_large, "inside a group");
}

#define BYTES(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

/*
 * What stands behind the name a of a field, by the numbers of parquet.thrift: ConvertedType with what belongs
 * to it, and how many fields a group has before; then LogicalType.
 */
static const struct type_sample {
	const char *field;
	struct view converted, logical;
} TYPE_SAMPLES[] = {
    {"binary a (STRING)", BYTES("\x25\x00"), BYTES("\x4c\x1c\x00\x00")},
    {"group a (MAP) { repeated group b { required int32 c; } }", BYTES("\x15\x02\x15\x02"),
	BYTES("\x4c\x2c\x00\x00")},
    {"group a (LIST) { repeated group list { required int32 element; } }", BYTES("\x15\x02\x15\x06"),
	BYTES("\x4c\x3c\x00\x00")},
    {"binary a (ENUM)", BYTES("\x25\x08"), BYTES("\x4c\x4c\x00\x00")},
    {"int32 a (DECIMAL(3,1))", BYTES("\x25\x0a\x15\x02\x15\x06"), BYTES("\x2c\x5c\x15\x02\x15\x06\x00\x00")},
    {"int32 a (DATE)", BYTES("\x25\x0c"), BYTES("\x4c\x6c\x00\x00")},
    {"int32 a (TIME(MILLIS,true))", BYTES("\x25\x0e"), BYTES("\x4c\x7c\x11\x1c\x1c\x00\x00\x00\x00")},
    {"int64 a (TIME(MICROS,true))", BYTES("\x25\x10"), BYTES("\x4c\x7c\x11\x1c\x2c\x00\x00\x00\x00")},
    {"int64 a (TIMESTAMP(MILLIS,true))", BYTES("\x25\x12"), BYTES("\x4c\x8c\x11\x1c\x1c\x00\x00\x00\x00")},
    {"int64 a (TIMESTAMP(MICROS,true))", BYTES("\x25\x14"), BYTES("\x4c\x8c\x11\x1c\x2c\x00\x00\x00\x00")},
    {"int32 a (INTEGER(8,false))", BYTES("\x25\x16"), BYTES("\x4c\xac\x13\x08\x12\x00\x00")},
    {"int32 a (INTEGER(16,false))", BYTES("\x25\x18"), BYTES("\x4c\xac\x13\x10\x12\x00\x00")},
    {"int32 a (INTEGER(32,false))", BYTES("\x25\x1a"), BYTES("\x4c\xac\x13\x20\x12\x00\x00")},
    {"int64 a (INTEGER(64,false))", BYTES("\x25\x1c"), BYTES("\x4c\xac\x13\x40\x12\x00\x00")},
    {"int32 a (INTEGER(8,true))", BYTES("\x25\x1e"), BYTES("\x4c\xac\x13\x08\x11\x00\x00")},
    {"int32 a (INTEGER(16,true))", BYTES("\x25\x20"), BYTES("\x4c\xac\x13\x10\x11\x00\x00")},
    {"int32 a (INTEGER(32,true))", BYTES("\x25\x22"), BYTES("\x4c\xac\x13\x20\x11\x00\x00")},
    {"int64 a (INTEGER(64,true))", BYTES("\x25\x24"), BYTES("\x4c\xac\x13\x40\x11\x00\x00")},
    {"binary a (JSON)", BYTES("\x25\x26"), BYTES("\x4c\xcc\x00\x00")},
    {"binary a (BSON)", BYTES("\x25\x28"), BYTES("\x4c\xdc\x00\x00")},
    {"fixed_len_byte_array(12) a (INTERVAL)", BYTES("\x25\x2a"), BYTES("")},
    /* For local times writers use the same old words, so that old readers take them for times. */
    {"int64 a (TIME(MICROS,false))", BYTES("\x25\x10"), BYTES("\x4c\x7c\x12\x1c\x2c\x00\x00\x00\x00")},
    {"int64 a (TIMESTAMP(MILLIS,false))", BYTES("\x25\x12"), BYTES("\x4c\x8c\x12\x1c\x1c\x00\x00\x00\x00")},
    {"int64 a (TIMESTAMP(NANOS,true))", BYTES(""), BYTES("\x6c\x8c\x11\x1c\x3c\x00\x00\x00\x00")},
    {"int96 a (UNKNOWN)", BYTES(""), BYTES("\x6c\xbc\x00\x00")},
    {"fixed_len_byte_array(16) a (UUID)", BYTES(""), BYTES("\x6c\xec\x00\x00")},
    {"fixed_len_byte_array(2) a (FLOAT16)", BYTES(""), BYTES("\x6c\xfc\x00\x00")},
    {"group a (VARIANT(1)) { required binary metadata; }", BYTES("\x15\x02"),
	BYTES("\x5c\x0c\x20\x13\x01\x00\x00")},
    {"binary a (GEOMETRY(x))", BYTES(""), BYTES("\x6c\x0c\x22\x18\x01\x78\x00\x00")},
    {"binary a (GEOGRAPHY(x,KARNEY))", BYTES(""), BYTES("\x6c\x0c\x24\x18\x01\x78\x15\x08\x00\x00")},
};

enum { TYPE_SAMPLE_COUNT = sizeof TYPE_SAMPLES / sizeof TYPE_SAMPLES[0], OLD_TYPE_COUNT = 21 };

/* Makes the schema of SAMPLE and its footer; returns where in that the name ends. */
static size_t
put_sample(const struct type_sample *sample, struct schema *schema, struct buffer *out)
{
	static const uint8_t name[] = {0x18, 1, 'a'};
	char text[128];
	snprintf(text, sizeof text, "message m { required %s; }", sample->field);
	if (!schema_parse(schema, view_of_text(text), &error))
		fail_msg("%s: %s", sample->field, error.text);
	const struct file_metadata metadata = {.schema = schema};
	assert_true(metadata_encode(out, &metadata, &error));
	out->size -= METADATA_TAIL_BYTES;
	const uint8_t *at = memmem(out->data, out->size, name, sizeof name);
	assert_non_null(at);
	return (size_t)(at - out->data) + sizeof name;
}

static void
types_have_their_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < TYPE_SAMPLE_COUNT; i++) {
		const struct type_sample *sample = &TYPE_SAMPLES[i];
		struct schema schema;
		struct buffer out = {0};
		size_t at = put_sample(sample, &schema, &out);
		size_t end = at + sample->converted.size;
		if (memcmp(out.data + at, sample->converted.data, sample->converted.size) != 0)
			fail_msg("%s: another ConvertedType", sample->field);
		if (memcmp(out.data + end, sample->logical.data, sample->logical.size) != 0 ||
		    out.data[end + sample->logical.size] != 0)
			fail_msg("%s: another LogicalType", sample->field);
		buffer_free(&out);
		schema_free(&schema);
	}
}

/* They told of ConvertedType alone. */
static void
types_of_older_writers(void **state)
{
	(void)state;
	for (size_t i = 0; i < OLD_TYPE_COUNT; i++) {
		const struct type_sample *sample = &TYPE_SAMPLES[i];
		struct schema schema;
		struct file_metadata back;
		struct buffer out = {0};
		size_t at = put_sample(sample, &schema, &out) + sample->converted.size;
		size_t end = at + sample->logical.size;
		memmove(out.data + at, out.data + end, out.size - end);
		if (!decode(&back, out.data, out.size - sample->logical.size))
			fail_msg("%s: %s", sample->field, error.text);
		assert_string_equal(back.schema->text, schema.text);
		metadata_free(&back);
		buffer_free(&out);
		schema_free(&schema);
	}
}

/* Reads a footer whose message has one field, ELEMENT, and that has these GROUPS. */
static bool
read_groups(struct file_metadata *back, struct view element, struct view groups)
{
	static const uint8_t head[] = {0x15, 0x02, 0x19, 0x2c, 0x48, 0x01, 'm', 0x15, 0x02, 0x00};
	struct buffer out = {0};
	assert_true(buffer_append(&out, head, sizeof head, &error) &&
		    buffer_append(&out, element.data, element.size, &error) &&
		    buffer_append(&out, "\x16\x00", 2, &error) &&
		    buffer_append(&out, groups.data, groups.size, &error) &&
		    buffer_append(&out, "", 1, &error));
	bool fine = decode(back, out.data, out.size);
	buffer_free(&out);
	return fine;
}

/* NULL where such a footer is read, else what is said. */
static const char *
refusal(struct view element, struct view groups)
{
	struct file_metadata back;
	if (!read_groups(&back, element, groups))
		return error.text;
	metadata_free(&back);
	return NULL;
}

static void
assert_refused(struct view element, struct view groups, const char *expected)
{
	const char *why = refusal(element, groups);
	if ((why == NULL) != (expected == NULL) || (why != NULL && strstr(why, expected) == NULL))
		fail_msg("\"%s\" is not in: %s", expected != NULL ? expected : "", why != NULL ? why : "");
}

static void
fields_that_cannot_be(void **state)
{
	(void)state;
	/* An INT32 that is required is 15 02, 25 00; what is called a is 18 01 61. */
	static const struct {
		struct view bytes;
		const char *why;
	} samples[] = {
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x00"), NULL},
	    /* What a later version may add: to a field, a kind of logical type, and to one. */
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x85\x0e\x1c\x15\x0e\x00\x00"), NULL},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x6c\x0c\x50\x15\x0e\x00\x00\x00"), NULL},
	    {BYTES("\x15\x0c\x25\x00\x18\x01\x61\x6c\x1c\x15\x02\x00\x00\x00"), NULL},
	    {BYTES("\x15\x02\x25\x00\x00"), "a field has no name"},
	    {BYTES("\x15\x02\x25\x06\x18\x01\x61\x00"), "a field has an unknown repetition type"},
	    {BYTES("\x15\x02\x38\x01\x61\x00"), "a field has an unknown repetition type"},
	    {BYTES("\x15\x10\x25\x00\x18\x01\x61\x00"), "a field has an unknown type"},
	    {BYTES("\x35\x00\x18\x01\x61\x00"), "a group has no fields"},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x25\x2c\x00"), "a field has an unknown converted type"},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x25\x0a\x15\x00\x15\x00\x00"),
		"a DECIMAL has a precision or a scale that cannot be"},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x6c\xac\x13\x07\x11\x00\x00\x00"),
		"an INTEGER has a width that cannot be"},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x6c\x7c\x11\x1c\x4c\x00\x00\x00\x00\x00"),
		"a time has an unknown unit"},
	    {BYTES("\x15\x0c\x25\x00\x18\x01\x61\x6c\x0c\x24\x25\x0e\x00\x00\x00"),
		"a GEOGRAPHY has an unknown algorithm"},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x6c\x5c\x15\x0a\x15\x0a\x00\x00\x00"), NULL},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x6c\x5c\x15\x0c\x15\x0a\x00\x00\x00"),
		"a DECIMAL has a precision or a scale that cannot be"},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x6c\x5c\x15\x01\x15\x0a\x00\x00\x00"),
		"a DECIMAL has a precision or a scale that cannot be"},
	    {BYTES("\x15\x02\x25\x00\x18\x01\x61\x6c\x0c\x20\x13\xff\x00\x00\x00"),
		"a VARIANT has a version that cannot be"},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		assert_refused(samples[i].bytes, (struct view)BYTES("\x19\x0c"), samples[i].why);
}

/* As many as are told of there may be, but not all of them are a message's. */
static void
fields_without_number(void **state)
{
	(void)state;
	static const uint8_t head[] = {0x15, 0x02, 0x19, 0xfc, 0x81, 0x80, 0x01};
	static const uint8_t fields[SCHEMA_NODE_LIMIT + 1];
	struct buffer out = {0};
	struct file_metadata back;
	assert_true(buffer_append(&out, head, sizeof head, &error) &&
		    buffer_append(&out, fields, sizeof fields, &error));
	assert_false(decode(&back, out.data, out.size));
	assert_non_null(strstr(error.text, "the schema has too many fields"));
	out.data[4] = 0x80;
	assert_false(decode(&back, out.data, out.size));
	assert_non_null(strstr(error.text, "a field has no name"));
	buffer_free(&out);
}

/* The old word for MAP, on the map and on what repeats in it, as LogicalTypes.md has it. */
static void
maps_by_their_old_word(void **state)
{
	(void)state;
	static const char footer[] = "\x15\x02\x19\x5c\x48\x01m\x15\x02\x00"
				     "\x35\x02\x18\x01\x61\x15\x02\x15\x04\x00" /* optional group a */
				     "\x35\x04\x18\x01\x62\x15\x04\x15\x04\x00" /* repeated group b */
				     "\x15\x02\x25\x00\x18\x01\x63\x00"         /* required int32 c */
				     "\x15\x02\x25\x02\x18\x01\x64\x00"         /* optional int32 d */
				     "\x16\x00\x19\x0c";
	struct schema schema;
	struct file_metadata back;
	assert_true(schema_parse(&schema,
	    view_of_text("message m { optional group a (MAP) { repeated group b { required int32 c; "
			 "optional int32 d; } } }"),
	    &error));
	assert_true(decode(&back, (const uint8_t *)footer, sizeof footer));
	assert_string_equal(back.schema->text, schema.text);
	metadata_free(&back);
	schema_free(&schema);
}

/* INT32, no encodings, path a, no codec, no values in no bytes, at byte 4. */
#define CHUNK_FIELDS "\x15\x02\x19\x05\x19\x18\x01\x61\x15\x00\x16\x00\x16\x00\x16\x00\x26\x08"
#define CHUNK_METADATA "\x1c" CHUNK_FIELDS "\x00"         /* behind the second field */
#define ENCODING_COUNT "\x19\x1c\x15\x00\x15\x00\x15\x02" /* one page, and the struct goes on */

/* As many chunks as there are columns, with all that a row group is to tell. */
static void
groups_that_cannot_be(void **state)
{
	(void)state;
	static const struct view field = BYTES("\x15\x02\x25\x00\x18\x01\x61\x00");
	static const struct {
		struct view bytes;
		const char *why;
	} samples[] = {
	    {BYTES("\x19\x0c"), NULL},
	    {BYTES("\x19\x1c\x19\x0c\x16\x00\x16\x00\x00"), "a row group has not the columns of the schema"},
	    {BYTES("\x19\x1c\x26\x00\x16\x00\x00"), "a row group lacks a required field"},
	    {BYTES("\x19\x1c\x19\x1c\x26\x00\x00\x16\x00\x16\x00\x00"), "a column has no metadata"},
	    {BYTES("\x19\x1c\x19\x1c\x26\x00" CHUNK_METADATA "\x00\x16\x00\x16\x00\x00"), NULL},
	    {BYTES("\x19\x1c\x19\x1c\x26\x00" CHUNK_METADATA "\x0c\x06" CHUNK_FIELDS "\x00"
		   "\x00\x16\x00\x16\x00\x00"),
		"a column has its metadata twice"},
	    /* What a later version may add to statistics, their encodings' counts, a chunk and key-values. */
	    {BYTES("\x19\x1c\x19\x1c\x26\x00\x1c" CHUNK_FIELDS "\x3c\xa5\x02\x00" ENCODING_COUNT
		   "\x15\x02\x00\x75\x02\x00\x00\x16\x00\x16\x00\x00"),
		NULL},
	    {BYTES("\x19\x0c\x19\x1c\x18\x01\x61\x18\x01\x62\x15\x02\x00"), NULL},
	    {BYTES("\x19\x1c\x19\x1c\x26\x00" CHUNK_METADATA "\x00\x09\x02\x1c\x26\x00" CHUNK_METADATA
		   "\x00\x16\x00\x16\x00\x00"),
		"a row group lists its columns twice"},
	    {BYTES("\x19\x0c\x09\x08\x0c"), "the row groups come before the schema, or twice"},
	    {BYTES("\x19\x0c\x09\x04\x0c"), "the schema comes twice"},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		assert_refused(field, samples[i].bytes, samples[i].why);
}

/* Some writers have them where a bloom filter's size, size statistics and sorting columns are due. */
static void
fields_of_other_types(void **state)
{
	(void)state;
	static const struct view groups[] = {
	    BYTES("\x19\x1c\x19\x1c\x26\x00\x1c" CHUNK_FIELDS "\x6c\x00\x00\x00\x16\x00\x16\x00\x15\x02\x00"),
	    BYTES(
		"\x19\x1c\x19\x1c\x26\x00\x1c" CHUNK_FIELDS "\x75\x02\x00\x00\x16\x00\x16\x00\x15\x02\x00")};
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		struct file_metadata back;
		if (!read_groups(&back, (struct view)BYTES("\x15\x02\x25\x00\x18\x01\x61\x00"), groups[i]))
			fail_msg("%s", error.text);
		assert_int_equal(back.row_groups[0].columns[0].bloom_bytes, 0);
		assert_int_equal(back.row_groups[0].columns[0].size_statistics.size, 0);
		assert_int_equal(back.row_groups[0].sorting.size, 0);
		metadata_free(&back);
	}
}

/* One field of a chunk's metadata is missing or is another one, and all others are as they should be. */
static void
chunks_that_cannot_be(void **state)
{
	(void)state;
	enum { FIELDS = 9 };
	static const struct {
		uint8_t id, type;
		struct view value;
	} fields[FIELDS] = {{1, 5, BYTES("\x02")}, {2, 9, BYTES("\x05")}, {3, 9, BYTES("\x18\x01\x61")},
	    {4, 5, BYTES("\x00")}, {5, 6, BYTES("\x00")}, {6, 6, BYTES("\x00")}, {7, 6, BYTES("\x00")},
	    {9, 6, BYTES("\x08")}, {13, 9, BYTES("\x0c")}};
	static const char absent[] = "a column's metadata lack a required field",
			  path[] = "a column's path is not the schema's",
			  encoding[] = "a column has an unknown encoding",
			  range[] = "a column's encoding statistics are out of range";
	/* What a field is instead; it is left out if there are no bytes. */
	static const struct {
		uint8_t id;
		struct view value;
		const char *why;
	} samples[] = {
	    {1, BYTES(""), absent},
	    {2, BYTES(""), absent},
	    {3, BYTES(""), absent},
	    {4, BYTES(""), absent},
	    {5, BYTES(""), absent},
	    {6, BYTES(""), absent},
	    {7, BYTES(""), absent},
	    {9, BYTES(""), absent},
	    {13, BYTES(""), NULL},
	    {2, BYTES("\x15\x3e"), NULL},
	    {2, BYTES("\x15\x40"), encoding},
	    {2, BYTES("\x15\x01"), encoding},
	    {3, BYTES("\x08"), path},
	    {3, BYTES("\x18\x01\x62"), path},
	    {3, BYTES("\x28\x01\x61\x01\x61"), path},
	    {13, BYTES("\x1c\x15\x06\x15\x00\x15\x02\x00"), NULL},
	    {13, BYTES("\x1c\x15\x08\x15\x00\x15\x02\x00"), range},
	    {13, BYTES("\x1c\x15\x06\x15\x01\x15\x02\x00"), range},
	    {13, BYTES("\x1c\x15\x06\x15\x00\x15\x01\x00"), range},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct buffer group = {0};
		uint8_t before = 0;
		assert_true(buffer_append(&group, "\x19\x1c\x19\x1c\x26\x00\x1c", 7, &error));
		for (size_t f = 0; f < FIELDS; f++) {
			bool is_other = fields[f].id == samples[i].id;
			struct view value = is_other ? samples[i].value : fields[f].value;
			const uint8_t head = (uint8_t)((fields[f].id - before) << 4 | fields[f].type);
			if (value.size == 0)
				continue;
			assert_true(buffer_append(&group, &head, 1, &error) &&
				    buffer_append(&group, value.data, value.size, &error));
			before = fields[f].id;
		}
		assert_true(buffer_append(&group, "\x00\x00\x16\x00\x16\x00\x00", 7, &error));
		assert_refused((struct view)BYTES("\x15\x02\x25\x00\x18\x01\x61\x00"),
		    (struct view){group.data, group.size}, samples[i].why);
		buffer_free(&group);
	}
}

/* Without row groups, rows or a schema, and with row groups before their schema. */
static void
footers_that_lack_something(void **state)
{
	(void)state;
	static const char absent[] = "the footer lacks a required field";
	static const struct {
		struct view bytes;
		const char *why;
	} samples[] = {
	    {BYTES("\x15\x02\x19\x2c\x48\x01m\x15\x02\x00\x15\x02\x25\x00\x18\x01\x61\x00\x16\x00\x00"),
		absent},
	    {BYTES("\x15\x02\x19\x2c\x48\x01m\x15\x02\x00\x15\x02\x25\x00\x18\x01\x61\x00\x29\x0c\x00"),
		absent},
	    {BYTES("\x15\x02\x26\x00\x00"), absent},
	    {BYTES("\x15\x02\x39\x0c\x00"), "the row groups come before the schema, or twice"},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct file_metadata back;
		assert_false(decode(&back, samples[i].bytes.data, samples[i].bytes.size));
		if (strstr(error.text, samples[i].why) == NULL)
			fail_msg("\"%s\" is not in: %s", samples[i].why, error.text);
	}
}

static void
columns_that_rows_are_sorted_by(void **state)
{
	(void)state;
	/* The second column, descending, nulls last, and what a later version may add. */
	static const uint8_t sorted[] = {0x1c, 0x15, 2, 0x11, 0x12, 0x45, 2, 0};
	static const uint8_t before_all[] = {0x1c, 0x15, 1, 0x11, 0x12, 0};
	struct buffer columns = {0};
	const struct view bytes = {sorted, sizeof sorted};
	assert_true(sorting_decode(&columns, bytes, 2, &error));
	assert_int_equal(columns.size, sizeof(struct sorting_column));
	const struct sorting_column *column = (const struct sorting_column *)(const void *)columns.data;
	assert_true(column->leaf == 1 && column->descending && !column->nulls_first);
	buffer_clear(&columns);
	assert_false(sorting_decode(&columns, bytes, 1, &error));
	assert_string_equal(
	    error.text, "the sorting columns are invalid: rows are sorted by a column that is not there");
	assert_false(sorting_decode(&columns, (struct view){before_all, sizeof before_all}, 2, &error));
	assert_false(sorting_decode(&columns, (struct view){sorted, sizeof sorted - 1}, 2, &error));
	buffer_free(&columns);
}

/* Some have written files that tell of no rows; who reads them has both numbers. */
static void
rows_that_do_not_add_up(void **state)
{
	(void)state;
	struct sample sample;
	struct buffer out = {0};
	struct file_metadata back;
	sample_init(&sample);
	sample.metadata.num_rows = 0;
	encode(&sample, &out);
	assert_true(decode(&back, out.data, out.size));
	assert_int_equal(back.num_rows, 0);
	assert_int_equal(back.group_rows, 30);
	metadata_free(&back);
	buffer_free(&out);
	schema_free(&sample.schema);
}

/* Whatever a field is called, it is one field, and called the same when it is read. */
static void
keeps_every_name(void **state)
{
	(void)state;
	static const char *const names[] = {"", " ", "a; required int64 b", "two words", "a.b", "\"", "\"a\"",
	    "\\", "\\u0041", "\n\r\t\1\177", "\xc2\x85", "} } }", "(x) = 7", "\xf0\x9f\x98\x80"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sample sample;
		struct buffer out = {0};
		struct file_metadata back;
		sample_init(&sample);
		rename_first(&sample, names[i]);
		encode(&sample, &out);
		if (!decode(&back, out.data, out.size))
			fail_msg("%s: %s", names[i], error.text);
		assert_int_equal(back.schema->node_count, sample.schema.node_count);
		assert_string_equal(back.schema->nodes[1].name, names[i]);
		metadata_free(&back);
		buffer_free(&out);
		schema_free(&sample.schema);
	}
}

/* A file of DATA_BYTES before what TAIL holds. */
static bool
read_file(struct file_metadata *metadata, const char *magic, const struct buffer *tail)
{
	char path[] = "/tmp/test_metadata.XXXXXX";
	uint8_t data[DATA_BYTES] = {0};
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	memcpy(data, magic, 4);
	assert_int_equal(write(fd, data, sizeof data), sizeof data);
	assert_int_equal(write(fd, tail->data, tail->size), tail->size);
	assert_int_equal(close(fd), 0);
	struct metadata_file file;
	assert_true(metadata_file_open(&file, path));
	bool fine = metadata_read(metadata, &file.source, &error);
	if (!fine)
		assert_non_null(strstr(error.text, path));
	metadata_file_close(&file);
	unlink(path);
	return fine;
}

static void
files(void **state)
{
	(void)state;
	struct sample sample;
	struct buffer out = {0};
	struct file_metadata back;
	sample_init(&sample);
	assert_true(metadata_encode(&out, &sample.metadata, &error));
	if (!read_file(&back, "PAR1", &out))
		fail_msg("%s", error.text);
	assert_int_equal(back.num_rows, 30);
	metadata_free(&back);
	assert_false(read_file(&back, "PARE", &out));
	assert_int_equal(error.status, NEST_INVALID);
	out.data[out.size - 1] = '2';
	assert_false(read_file(&back, "PAR1", &out));
	out.data[out.size - 1] = '1';
	out.data[out.size - 6] = 0xff;
	assert_false(read_file(&back, "PAR1", &out));
	assert_non_null(strstr(error.text, "more than there can be"));
	buffer_free(&out);
	schema_free(&sample.schema);
}

/* A file of SIZE_BYTES of which only both ends are there; nothing else of it may be read. */
struct hollow {
	uint64_t size_bytes;
	uint8_t tail[METADATA_TAIL_BYTES];
	bool was_entered; /* something between the ends was asked for */
};

static bool
read_hollow(void *context, void *data, size_t size, uint64_t offset, struct nest_error *failure)
{
	struct hollow *hollow = context;
	if (offset == 0 && size == METADATA_MAGIC_BYTES) {
		memcpy(data, "PAR1", size);
		return true;
	}
	if (offset == hollow->size_bytes - METADATA_TAIL_BYTES && size == METADATA_TAIL_BYTES) {
		memcpy(data, hollow->tail, size);
		return true;
	}
	hollow->was_entered = true;
	return nest_error_set(failure, NEST_FAILED, "there is nothing");
}

/* Reads a file of SIZE_BYTES whose footer has LENGTH bytes by its own word; whether it was read. */
static bool
enters(uint64_t size_bytes, uint32_t length)
{
	struct file_metadata back;
	struct hollow hollow = {size_bytes,
	    {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), (uint8_t)(length >> 24), 'P',
		'A', 'R', '1'},
	    false};
	const struct metadata_source source = {read_hollow, &hollow, size_bytes, "hollow"};
	assert_false(metadata_read(&back, &source, &error));
	assert_int_equal(error.status, hollow.was_entered ? NEST_FAILED : NEST_INVALID);
	return hollow.was_entered;
}

/* Up to the limits a footer is read, one byte beyond it is not even looked at. */
static void
limits(void **state)
{
	(void)state;
	enum { ENDS = METADATA_MAGIC_BYTES + METADATA_TAIL_BYTES };
	assert_true(enters(1000 + ENDS, 1000));
	assert_false(enters(1000 + ENDS, 1001));
	assert_true(enters(UINT64_MAX, METADATA_FOOTER_LIMIT));
	assert_false(enters(UINT64_MAX, METADATA_FOOTER_LIMIT + 1));
	assert_non_null(strstr(error.text, "a footer of 268435457 bytes, which is more than there can be"));
	assert_false(enters(UINT64_MAX, UINT32_MAX));
	assert_false(enters(ENDS, 1));
	assert_false(enters(ENDS - 1, 0));
	assert_non_null(strstr(error.text, "hollow is no Parquet file: it has 11 bytes only"));
	assert_false(enters(0, 0));
}

static void
short_files(void **state)
{
	(void)state;
	struct file_metadata back;
	struct metadata_file file;
	assert_true(metadata_file_open(&file, "/dev/null"));
	assert_false(metadata_read(&back, &file.source, &error));
	assert_int_equal(error.status, NEST_INVALID);
	metadata_file_close(&file);
}

static void
page_headers(void **state)
{
	(void)state;
	struct buffer out = {0};
	struct page_header header = {
	    .type = PAGE_DATA, .uncompressed_bytes = 300, .compressed_bytes = 200, .num_values = 2};
	/* type 0; 300; 200; data page header: 2 values, PLAIN, RLE, RLE, no statistics; ends */
	static const uint8_t data[] = {
	    0x15, 0, 0x15, 0xd8, 4, 0x15, 0x90, 3, 0x2c, 0x15, 4, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0};
	static const uint8_t dictionary[] = {
	    0x15, 4, 0x15, 0xd8, 4, 0x15, 0x90, 3, 0x4c, 0x15, 4, 0x15, 0, 0x12, 0, 0};
	assert_true(page_header_encode(&out, &header, &error));
	assert_int_equal(out.size, sizeof data);
	assert_memory_equal(out.data, data, sizeof data);
	buffer_clear(&out);
	header.type = PAGE_DICTIONARY;
	assert_true(page_header_encode(&out, &header, &error));
	assert_int_equal(out.size, sizeof dictionary);
	assert_memory_equal(out.data, dictionary, sizeof dictionary);
	uint32_t *const limited[] = {
	    &header.uncompressed_bytes, &header.compressed_bytes, &header.num_values};
	for (size_t i = 0; i < sizeof limited / sizeof *limited; i++) {
		uint32_t kept = *limited[i];
		*limited[i] = INT32_MAX;
		assert_true(page_header_encode(&out, &header, &error));
		*limited[i] = (uint32_t)INT32_MAX + 1;
		assert_false(page_header_encode(&out, &header, &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_non_null(strstr(error.text, " 2147483648 "));
		*limited[i] = kept;
	}
	buffer_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_was_written),
	    cmocka_unit_test(keeps_who_wrote_it),
	    cmocka_unit_test(values_are_found_among_so_many),
	    cmocka_unit_test(keeps_every_logical_type),
	    cmocka_unit_test(keeps_every_name),
	    cmocka_unit_test(survives_every_damage),
	    cmocka_unit_test(refuses_what_cannot_be),
	    cmocka_unit_test(what_just_can_be),
	    cmocka_unit_test(fields_that_cannot_be),
	    cmocka_unit_test(fields_without_number),
	    cmocka_unit_test(types_have_their_numbers),
	    cmocka_unit_test(types_of_older_writers),
	    cmocka_unit_test(maps_by_their_old_word),
	    cmocka_unit_test(groups_that_cannot_be),
	    cmocka_unit_test(fields_of_other_types),
	    cmocka_unit_test(chunks_that_cannot_be),
	    cmocka_unit_test(footers_that_lack_something),
	    cmocka_unit_test(columns_that_rows_are_sorted_by),
	    cmocka_unit_test(rows_that_do_not_add_up),
	    cmocka_unit_test(files),
	    cmocka_unit_test(short_files),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(page_headers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
