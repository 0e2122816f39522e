/* Part files: the same bytes however the rows are cut into frames, decisions at their right place, bad slices
 * refused. */
#include "encode/part.h"
#include "lib/dataset/place.h"
#include "lib/parquet/chunk_reader.h"
#include "tests/unit/metadata_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { LEAVES = 5, FIRST_ROW = 1000 };

static const char TEXT[] =
    "message t { required int64 id; optional binary name (STRING); repeated group tag { "
    "required binary key (STRING); optional boolean flag; } optional double sparse; }";

static struct nest_error error;
static struct schema schema;
static char scratch[] = "/tmp/test_part.XXXXXX";
static struct place *place;
static struct attempt_result result; /* of the part that was finished last */

/* ---- rows ---- */

struct column_rows {
	struct buffer rep, def, values;
	size_t *entry_at, *value_at; /* where each row starts, and the end */
};

struct rows {
	uint64_t count;
	struct column_rows columns[LEAVES];
};

static uint64_t
mix(uint64_t value)
{
	value = (value ^ value >> 31) * 0x9e3779b97f4a7c15u;
	return value ^ value >> 29;
}

static void
put(struct buffer *out, const void *data, size_t size)
{
	assert_true(buffer_append(out, data, size, &error));
}

static void
put_level(struct buffer *out, unsigned level)
{
	put(out, &(uint8_t){(uint8_t)level}, 1);
}

static void
put_text(struct buffer *out, const char *text)
{
	uint32_t size = (uint32_t)strlen(text);
	const uint8_t length[4] = {(uint8_t)size, (uint8_t)(size >> 8), 0, 0};
	put(out, length, sizeof length);
	put(out, text, size);
}

static void
put_row(struct rows *rows, uint64_t row)
{
	struct column_rows *id = &rows->columns[0], *name = &rows->columns[1], *key = &rows->columns[2],
			   *flag = &rows->columns[3], *sparse = &rows->columns[4];
	uint64_t random = mix(row + 1);
	char text[64];
	put(&id->values, &row, sizeof row);
	put_level(&name->def, random % 5 != 0);
	if (random % 5 != 0) {
		snprintf(text, sizeof text, row % 3 == 0 ? "n%llu" : "a longer name \xc3\xa9 %llu",
		    (unsigned long long)random);
		put_text(&name->values, text);
	}
	unsigned tags = random / 8 % 4;
	for (unsigned i = 0; i < tags || i == 0; i++) {
		bool has_flag = tags > 0 && random >> (20 + i) & 1;
		put_level(&key->rep, i > 0);
		put_level(&flag->rep, i > 0);
		put_level(&key->def, tags > 0);
		put_level(&flag->def, tags == 0 ? 0 : 1 + (unsigned)has_flag);
		if (tags > 0)
			put_text(&key->values, random >> (30 + i) & 1 ? "red" : "a rather long key");
		if (has_flag)
			put_level(&flag->values, random >> (40 + i) & 1);
	}
	bool has_sparse = random / 64 % 100 == 0;
	put_level(&sparse->def, has_sparse);
	if (has_sparse)
		put(&sparse->values, &(double){(double)row / 3}, sizeof(double));
}

static void
mark(struct rows *rows, uint64_t row)
{
	for (size_t c = 0; c < LEAVES; c++) {
		struct column_rows *column = &rows->columns[c];
		column->entry_at[row] = c == 0 ? row : column->def.size;
		column->value_at[row] = column->values.size;
	}
}

static struct rows *
rows_make(uint64_t count)
{
	struct rows *rows = calloc(1, sizeof *rows);
	assert_non_null(rows);
	rows->count = count;
	for (size_t c = 0; c < LEAVES; c++) {
		rows->columns[c].entry_at = calloc(count + 1, sizeof(size_t));
		rows->columns[c].value_at = calloc(count + 1, sizeof(size_t));
		assert_true(rows->columns[c].entry_at != NULL && rows->columns[c].value_at != NULL);
	}
	for (uint64_t row = 0; row < count; row++) {
		mark(rows, row);
		put_row(rows, row);
	}
	mark(rows, count);
	for (size_t c = 0; c < LEAVES; c++)
		assert_true(buffer_reserve(&rows->columns[c].values, PLAIN_SLACK, &error));
	return rows;
}

static void
rows_free(struct rows *rows)
{
	for (size_t c = 0; c < LEAVES; c++) {
		buffer_free(&rows->columns[c].rep);
		buffer_free(&rows->columns[c].def);
		buffer_free(&rows->columns[c].values);
		free(rows->columns[c].entry_at);
		free(rows->columns[c].value_at);
	}
	free(rows);
}

/* Rows [FIRST, END) as slices. */
static void
slices_of(const struct rows *rows, uint64_t first, uint64_t end, struct leaf_slice slices[LEAVES])
{
	for (size_t c = 0; c < LEAVES; c++) {
		const struct column_rows *column = &rows->columns[c];
		size_t entry = column->entry_at[first], value = column->value_at[first];
		slices[c] = (struct leaf_slice){
		    .rep = column->rep.size > 0 ? column->rep.data + entry : NULL,
		    .def = column->def.size > 0 ? column->def.data + entry : NULL,
		    .entries = column->entry_at[end] - entry,
		    .values = column->values.data + value,
		    .value_bytes = column->value_at[end] - value,
		};
	}
}

/* ---- files ---- */

static const char *
path_of(const char *name)
{
	static char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", place_path(place), name);
	return path;
}

static const struct part_position third = {.number = 3, .first_row = FIRST_ROW};
static const struct part_position first = {.number = 1};

static struct part *
open_part(struct part_pool *pool, const struct part_options *options)
{
	static const char *const texts[] = {"zeta", "1", "alpha", "2"};
	struct key_value meta[2];
	struct part *part;
	for (size_t i = 0; i < 2; i++)
		meta[i] = (struct key_value){view_of_text(texts[2 * i]), view_of_text(texts[2 * i + 1])};
	if (!part_open(&part, pool, place, &third, &schema, meta, 2, options, &error))
		fail_msg("%s", error.text);
	return part;
}

/* How many attempts, or else parts that are complete, stand in the place. */
static int
count_files(bool is_attempt)
{
	int count = 0;
	DIR *listing = opendir(place_path(place));
	assert_non_null(listing);
	for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
		count += strncmp(entry->d_name, is_attempt ? ".part-" : "part-", is_attempt ? 6 : 5) == 0;
	closedir(listing);
	return count;
}

static void
remove_finished(void)
{
	char command[PATH_MAX];
	snprintf(command, sizeof command, "rm '%s'/part-*", place_path(place));
	assert_int_equal(system(command), 0);
	assert_int_equal(count_files(false), 0);
}

/*
 * Writes ROWS in cuts of CUT rows, or of random size when that is 0, to part-00003; returns
 * the file's content.
 */
static struct buffer
write_part(struct part_pool *pool, const struct rows *rows, uint64_t cut, const struct part_options *options)
{
	struct part *part = open_part(pool, options);
	uint64_t written, random = 1;
	for (uint64_t row = 0, end; row < rows->count; row = end) {
		struct leaf_slice slices[LEAVES];
		random = mix(random + row);
		end = row + (cut > 0 ? cut : 1 + random % 1500);
		end = end < rows->count ? end : rows->count;
		slices_of(rows, row, end, slices);
		if (!part_append(part, end - row, slices, &error))
			fail_msg("%s", error.text);
	}
	/* It has a name only where the file system knows no files without. */
	assert_in_range(count_files(true), 0, 1);
	if (!part_finish(part, &written, &result, &error))
		fail_msg("%s", error.text);
	assert_int_equal(written, rows->count);
	assert_int_equal(count_files(true), 0);
	struct buffer content = {0};
	int fd = open(path_of(result.file), O_RDONLY);
	assert_true(fd >= 0);
	assert_true(buffer_reserve(&content, result.size_bytes + 1, &error));
	assert_int_equal(read(fd, content.data, result.size_bytes + 1), result.size_bytes);
	content.size = result.size_bytes;
	close(fd);
	return content;
}

static void
read_metadata(struct file_metadata *metadata)
{
	struct metadata_file file;
	assert_true(metadata_file_open(&file, path_of(result.file)));
	if (!metadata_read(metadata, &file.source, &error))
		fail_msg("%s", error.text);
	metadata_file_close(&file);
}

/* Every page of the file that was finished last holds what ROWS do. */
static void
read_back(const struct rows *rows)
{
	struct file_metadata metadata;
	read_metadata(&metadata);
	struct chunk_reader reader = {.checks_crc = true};
	struct metadata_file file;
	assert_true(metadata_file_open(&file, path_of(result.file)));
	for (uint32_t c = 0; c < LEAVES; c++) {
		struct buffer rep = {0}, def = {0}, values = {0};
		uint64_t count = 0;
		for (size_t g = 0; g < metadata.row_group_count; g++) {
			bool found;
			chunk_reader_open(&reader, &file.source, &metadata.row_groups[g].columns[c],
			    &metadata.schema->nodes[metadata.schema->leaves[c]]);
			while (chunk_reader_next_data(&reader, &found, &error) && found) {
				const struct page_content *content = &reader.content;
				put(&rep, content->rep.data, content->rep.size);
				put(&def, content->def.data, content->def.size);
				put(&values, content->values.data, content->values.size);
				count += content->rows;
			}
			if (found)
				fail_msg("%s", error.text);
			assert_int_equal(reader.at, reader.end);
		}
		const struct column_rows *column = &rows->columns[c];
		assert_int_equal(count, rows->count);
		assert_true(view_equal(
		    (struct view){rep.data, rep.size}, (struct view){column->rep.data, column->rep.size}));
		assert_true(view_equal(
		    (struct view){def.data, def.size}, (struct view){column->def.data, column->def.size}));
		assert_true(view_equal((struct view){values.data, values.size},
		    (struct view){column->values.data, column->values.size}));
		buffer_free(&rep);
		buffer_free(&def);
		buffer_free(&values);
	}
	chunk_reader_free(&reader);
	metadata_file_close(&file);
	metadata_free(&metadata);
}

static uint32_t
pages_of(const struct column_chunk *chunk, enum page_type page, enum encoding encoding)
{
	for (size_t i = 0; i < chunk->count_count; i++)
		if (chunk->counts[i].page == page && chunk->counts[i].encoding == (int32_t)encoding)
			return chunk->counts[i].count;
	return 0;
}

/* ---- tests ---- */

static void
cuts_do_not_show(void **state)
{
	(void)state;
	static const uint64_t cuts[] = {1, 3, 255, 256, 257, 1000, 8192, 0};
	struct part_options options[7];
	struct part_pool pool = {0};
	struct rows *rows = rows_make(9000);
	for (size_t i = 0; i < 7; i++)
		options[i] = PART_OPTIONS_DEFAULT;
	options[1].row_group_rows = 3000;
	options[1].page_rows = 700;
	options[2].page_bytes = 5000;
	options[2].row_group_bytes = 100000;
	options[3].compression = (struct codec_choice){CODEC_ZSTD, 1};
	options[3].page_bytes = 20000;
	options[4].dictionary = false;
	options[5].preset = PRESET_BALANCED;
	options[5].row_group_rows = 3000;
	options[5].page_rows = 700;
	options[6].preset = PRESET_SMALL;
	options[6].page_type = PAGE_DATA_V2;
	options[6].compression.kind = CODEC_ZSTD;
	options[6].page_bytes = 20000;
	for (size_t o = 0; o < 7; o++) {
		struct buffer whole = write_part(&pool, rows, rows->count, &options[o]);
		read_back(rows);
		for (size_t c = 0; c < sizeof cuts / sizeof cuts[0]; c++) {
			struct buffer content = write_part(&pool, rows, cuts[c], &options[o]);
			assert_int_equal(content.size, whole.size);
			assert_memory_equal(content.data, whole.data, whole.size);
			buffer_free(&content);
		}
		buffer_free(&whole);
	}
	part_pool_free(&pool);
	rows_free(rows);
}

static void
footer_tells(void **state)
{
	(void)state;
	struct part_options options = PART_OPTIONS_DEFAULT;
	struct part_pool pool = {0};
	struct rows *rows = rows_make(5000);
	options.row_group_rows = 2000;
	struct buffer content = write_part(&pool, rows, 0, &options);
	struct file_metadata metadata;
	read_metadata(&metadata);
	static const char *const pairs[] = {
	    "alpha", "2", "nest.first_row", "1000", "nest.part", "3", "nest.part_rows", "5000", "zeta", "1"};
	assert_string_equal(metadata.schema->text, schema.text);
	assert_int_equal(metadata.num_rows, 5000);
	assert_int_equal(metadata.key_value_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_true(view_equal(metadata.key_values[i].key, view_of_text(pairs[2 * i])));
		assert_true(view_equal(metadata.key_values[i].value, view_of_text(pairs[2 * i + 1])));
	}
	/* 2000 rows and on to the end of the stride. */
	assert_int_equal(metadata.row_group_count, 3);
	assert_int_equal(metadata.row_groups[0].num_rows, 2048);
	assert_int_equal(metadata.row_groups[2].num_rows, 5000 - 4096);
	const struct value_range *ids = &metadata.row_groups[1].columns[0].range;
	assert_true(ids->has_min_max);
	assert_memory_equal(ids->min.data, &(uint64_t){2048}, 8);
	assert_memory_equal(ids->max.data, &(uint64_t){4095}, 8);
	/* Chunks stand one behind the other from the magic to the footer. */
	uint64_t offset = METADATA_MAGIC_BYTES;
	for (size_t g = 0; g < 3; g++) {
		assert_int_equal(metadata.row_groups[g].file_offset, offset);
		for (size_t c = 0; c < LEAVES; c++) {
			const struct column_chunk *chunk = &metadata.row_groups[g].columns[c];
			assert_int_equal(chunk->dictionary_page_offset > 0 ? chunk->dictionary_page_offset
									   : chunk->data_page_offset,
			    offset);
			offset += chunk->total_compressed_bytes;
		}
	}
	metadata_free(&metadata);
	buffer_free(&content);
	part_pool_free(&pool);
	rows_free(rows);
}

static void
dictionaries_where_they_pay(void **state)
{
	(void)state;
	struct part_options options = PART_OPTIONS_DEFAULT;
	struct part_pool pool = {0};
	struct rows *rows = rows_make(6000);
	options.page_rows = 2000;
	struct buffer content = write_part(&pool, rows, 0, &options);
	struct file_metadata metadata;
	read_metadata(&metadata);
	const struct column_chunk *chunks = metadata.row_groups[0].columns;
	assert_int_equal(pages_of(&chunks[0], PAGE_DICTIONARY, ENCODING_PLAIN), 0);
	assert_int_equal(pages_of(&chunks[0], PAGE_DATA, ENCODING_PLAIN), 3);
	assert_int_equal(pages_of(&chunks[1], PAGE_DICTIONARY, ENCODING_PLAIN), 0);
	assert_int_equal(pages_of(&chunks[2], PAGE_DICTIONARY, ENCODING_PLAIN), 1);
	assert_int_equal(pages_of(&chunks[2], PAGE_DATA, ENCODING_RLE_DICTIONARY), 3);
	assert_int_equal(
	    chunks[2].encodings, 1u << ENCODING_PLAIN | 1u << ENCODING_RLE | 1u << ENCODING_RLE_DICTIONARY);
	assert_int_equal(pages_of(&chunks[3], PAGE_DATA, ENCODING_PLAIN), 3);
	/* Some 20 distinct values a page: never on trial long enough, and no smaller with a dictionary. */
	assert_int_equal(pages_of(&chunks[4], PAGE_DICTIONARY, ENCODING_PLAIN), 0);
	metadata_free(&metadata);
	buffer_free(&content);
	part_pool_free(&pool);
	rows_free(rows);
}

/* Columns of which the encoding is told are not tried: ids, all different, get a dictionary, and keys none.
 */
static void
encodings_as_told(void **state)
{
	(void)state;
	struct part_options options = PART_OPTIONS_DEFAULT;
	struct columns_options told = {0};
	struct part_pool pool = {0};
	struct rows *rows = rows_make(6000);
	assert_true(columns_options_add(&told, "id:encoding=RLE_DICTIONARY", &error));
	assert_true(columns_options_add(&told, "tag.key:encoding=PLAIN", &error));
	columns_options_settle(&told);
	options.columns = &told;
	options.page_rows = 2000;
	struct buffer content = write_part(&pool, rows, 0, &options);
	struct file_metadata metadata;
	read_metadata(&metadata);
	read_back(rows);
	const struct column_chunk *chunks = metadata.row_groups[0].columns;
	assert_int_equal(pages_of(&chunks[0], PAGE_DATA, ENCODING_RLE_DICTIONARY), 3);
	assert_int_equal(pages_of(&chunks[2], PAGE_DATA, ENCODING_PLAIN), 3);
	assert_int_equal(pages_of(&chunks[2], PAGE_DICTIONARY, ENCODING_PLAIN), 0);
	metadata_free(&metadata);
	buffer_free(&content);
	part_pool_free(&pool);
	columns_options_free(&told);
	rows_free(rows);
}

/* By a preset: ids by their differences, and keys by a dictionary, until that is closed. */
static void
encodings_as_chosen(void **state)
{
	(void)state;
	struct part_options options = PART_OPTIONS_DEFAULT;
	struct part_pool pool = {0};
	struct rows *rows = rows_make(6000);
	options.page_rows = 2000;
	options.preset = PRESET_BALANCED;
	for (int i = 0; i < 3; i++) {
		options.dictionary = i < 2;
		options.dictionary_page_bytes = i == 1 ? 10 : 1 << 20;
		struct buffer content = write_part(&pool, rows, 0, &options);
		struct file_metadata metadata;
		read_metadata(&metadata);
		read_back(rows);
		const struct column_chunk *chunks = metadata.row_groups[0].columns;
		assert_int_equal(pages_of(&chunks[0], PAGE_DATA, ENCODING_DELTA_BINARY_PACKED), 3);
		assert_int_equal(
		    chunks[0].encodings, 1u << ENCODING_DELTA_BINARY_PACKED | 1u << ENCODING_RLE);
		static const uint32_t dictionary_pages[] = {3, 1, 0};
		assert_int_equal(
		    pages_of(&chunks[2], PAGE_DATA, ENCODING_RLE_DICTIONARY), dictionary_pages[i]);
		assert_int_equal(
		    pages_of(&chunks[2], PAGE_DATA, ENCODING_DELTA_BYTE_ARRAY), 3 - dictionary_pages[i]);
		assert_int_equal(pages_of(&chunks[2], PAGE_DATA, ENCODING_PLAIN), 0);
		metadata_free(&metadata);
		buffer_free(&content);
	}
	part_pool_free(&pool);
	rows_free(rows);
}

/* A dictionary that is full at the end of a page takes no more: the pages behind are PLAIN. */
static void
full_dictionaries_stop(void **state)
{
	(void)state;
	struct part_options options = PART_OPTIONS_DEFAULT;
	struct part_pool pool = {0};
	struct rows *rows = rows_make(6000);
	options.page_rows = 2000;
	options.dictionary_page_bytes = 10;
	struct buffer content = write_part(&pool, rows, 0, &options);
	struct file_metadata metadata;
	read_metadata(&metadata);
	const struct column_chunk *chunk = &metadata.row_groups[0].columns[2];
	assert_int_equal(pages_of(chunk, PAGE_DICTIONARY, ENCODING_PLAIN), 1);
	assert_int_equal(pages_of(chunk, PAGE_DATA, ENCODING_RLE_DICTIONARY), 1);
	assert_int_equal(pages_of(chunk, PAGE_DATA, ENCODING_PLAIN), 2);
	metadata_free(&metadata);
	buffer_free(&content);
	part_pool_free(&pool);
	rows_free(rows);
}

/* Every NaN counts, also where a dictionary holds it once. */
static void
nans_are_counted(void **state)
{
	(void)state;
	enum { VALUES = 3000 };
	struct schema doubles;
	struct part_pool pool = {0};
	struct part_options options = PART_OPTIONS_DEFAULT;
	double values[VALUES + PLAIN_SLACK];
	uint64_t rows;
	assert_true(schema_parse(&doubles, view_of_text("message t { required double a; }"), &error));
	for (size_t i = 0; i < VALUES + PLAIN_SLACK; i++)
		values[i] = i % 3 == 0 ? NAN : (double)(i % 5);
	const struct leaf_slice slice = {
	    .entries = VALUES, .values = (const uint8_t *)values, .value_bytes = VALUES * sizeof *values};
	for (int dictionary = 0; dictionary < 2; dictionary++) {
		struct part *part;
		options.dictionary = dictionary;
		assert_true(part_open(&part, &pool, place, &(struct part_position){.number = 3}, &doubles,
		    NULL, 0, &options, &error));
		assert_true(part_append(part, VALUES, &slice, &error));
		assert_true(part_finish(part, &rows, &result, &error));
		struct file_metadata metadata;
		read_metadata(&metadata);
		const struct column_chunk *chunk = &metadata.row_groups[0].columns[0];
		assert_int_equal(pages_of(chunk, PAGE_DICTIONARY, ENCODING_PLAIN), dictionary);
		assert_true(chunk->range.has_nan_count);
		assert_int_equal(chunk->range.nan_count, VALUES / 3);
		metadata_free(&metadata);
	}
	part_pool_free(&pool);
	schema_free(&doubles);
}

static void
no_rows(void **state)
{
	(void)state;
	struct part_pool pool = {0};
	struct rows *rows = rows_make(0);
	struct buffer content = write_part(&pool, rows, 1, &PART_OPTIONS_DEFAULT);
	struct file_metadata metadata;
	read_metadata(&metadata);
	assert_int_equal(metadata.num_rows, 0);
	assert_int_equal(metadata.row_group_count, 0);
	metadata_free(&metadata);
	buffer_free(&content);
	part_pool_free(&pool);
	rows_free(rows);
}

static void
aborted_parts_leave_nothing(void **state)
{
	(void)state;
	struct part_pool pool = {0};
	struct rows *rows = rows_make(300);
	struct leaf_slice slices[LEAVES];
	int before = count_files(false);
	struct part *part = open_part(&pool, &PART_OPTIONS_DEFAULT);
	slices_of(rows, 0, 300, slices);
	assert_true(part_append(part, 300, slices, &error));
	part_abort(part);
	part_abort(NULL);
	assert_int_equal(count_files(true), 0);
	assert_int_equal(count_files(false), before);
	part_pool_free(&pool);
	rows_free(rows);
}

/* The rows of each row group of a part of FIELD, whose ROWS values are 0 and come at once. */
static void
expect_groups(const char *field, uint64_t rows, uint64_t group_bytes, const uint64_t groups[4])
{
	enum { MOST = 2000 };
	static uint8_t zeros[MOST * sizeof(int64_t) + PLAIN_SLACK], ones[MOST];
	struct part_options options = PART_OPTIONS_DEFAULT;
	struct part_pool pool = {0};
	struct part *part;
	struct schema made;
	struct file_metadata metadata;
	uint64_t written;
	assert_true(rows <= MOST);
	memset(ones, 1, sizeof ones);
	options.dictionary = false;
	options.row_group_bytes = group_bytes;
	assert_true(schema_parse(&made, view_of_text(field), &error));
	const struct schema_node *leaf = &made.nodes[1];
	const struct leaf_slice slice = {leaf->max_rep > 0 ? zeros : NULL, leaf->max_def > 0 ? ones : NULL,
	    rows, zeros, rows * sizeof(int64_t)};
	assert_true(part_open(&part, &pool, place, &first, &made, NULL, 0, &options, &error));
	assert_true(part_append(part, rows, &slice, &error));
	assert_true(part_finish(part, &written, &result, &error));
	read_metadata(&metadata);
	size_t count = 0;
	for (; count < 4 && groups[count] > 0; count++)
		assert_int_equal(metadata.row_groups[count].num_rows, groups[count]);
	assert_int_equal(metadata.row_group_count, count);
	metadata_free(&metadata);
	schema_free(&made);
	part_pool_free(&pool);
}

/* They end at the first stride of 256 rows that has as many bytes, of values and of levels. */
static void
row_groups_by_bytes(void **state)
{
	(void)state;
	static const char plain[] = "message m { required int64 a; }",
			  nullable[] = "message m { optional int64 a; }",
			  repeated[] = "message m { repeated int64 a; }";
	expect_groups(plain, 2000, 512 * 8, (const uint64_t[]){512, 512, 512, 464});
	expect_groups(plain, 2000, 512 * 8 + 1, (const uint64_t[]){768, 768, 464, 0});
	expect_groups(plain, 511, 511 * 8, (const uint64_t[]){511, 0, 0, 0});
	expect_groups(plain, 560, 512 * 8, (const uint64_t[]){512, 48, 0, 0});
	expect_groups(nullable, 560, 512 * 9, (const uint64_t[]){512, 48, 0, 0});
	expect_groups(repeated, 560, 512 * 10, (const uint64_t[]){512, 48, 0, 0});
	expect_groups(repeated, 560, 512 * 10 + 1, (const uint64_t[]){560, 0, 0, 0});
}

/* ---- bad slices ---- */

enum { BAD_ROWS = 400 };

static uint64_t bad_row; /* the one that a change made bad, where it says */

/*
 * Slices of BAD_ROWS rows, after CHANGE, must be refused: where COLUMN is
 * told, with its name and the bad row before PROBLEM.
 */
static void
refuse_with(const struct part_options *options, void (*change)(struct leaf_slice *, struct rows *),
    const char *column, const char *problem)
{
	struct part_pool pool = {0};
	struct rows *rows = rows_make(2 * BAD_ROWS);
	struct leaf_slice slices[LEAVES];
	struct part *part = open_part(&pool, options);
	char wanted[200];
	slices_of(rows, 0, BAD_ROWS, slices);
	assert_true(part_append(part, BAD_ROWS, slices, &error));
	slices_of(rows, BAD_ROWS, 2 * BAD_ROWS, slices);
	change(slices, rows);
	if (column == NULL)
		snprintf(wanted, sizeof wanted, "%s", problem);
	else
		snprintf(wanted, sizeof wanted, "column %s, row %llu: %s", column,
		    (unsigned long long)(FIRST_ROW + bad_row), problem);
	if (part_append(part, BAD_ROWS, slices, &error))
		fail_msg("not refused: %s", wanted);
	assert_int_equal(error.status, NEST_INVALID);
	if (strstr(error.text, wanted) == NULL)
		fail_msg("\"%s\" is not in: %s", wanted, error.text);
	part_abort(part);
	part_pool_free(&pool);
	rows_free(rows);
}

/* With dictionaries and without, whose values are walked by other loops. */
static void
refuse_row(void (*change)(struct leaf_slice *, struct rows *), const char *column, const char *problem)
{
	struct part_options plain = PART_OPTIONS_DEFAULT;
	plain.dictionary = false;
	refuse_with(&PART_OPTIONS_DEFAULT, change, column, problem);
	refuse_with(&plain, change, column, problem);
}

static void
refuse(void (*change)(struct leaf_slice *, struct rows *), const char *problem)
{
	refuse_row(change, NULL, problem);
}

/* The row that holds entry AT of the slice of COLUMN that begins at row BAD_ROWS becomes the bad one. */
static void
set_bad_entry(const struct rows *rows, size_t column, size_t at)
{
	const size_t *entry_at = rows->columns[column].entry_at;
	at += entry_at[BAD_ROWS];
	for (bad_row = BAD_ROWS; entry_at[bad_row + 1] <= at;)
		bad_row++;
}

/* And the row that holds the byte AT of its values. */
static void
set_bad_value(const struct rows *rows, size_t column, size_t at)
{
	const size_t *value_at = rows->columns[column].value_at;
	at += value_at[BAD_ROWS];
	for (bad_row = BAD_ROWS; value_at[bad_row + 1] <= at;)
		bad_row++;
}

/* The bytes of ROWS that a slice's pointer borrows. */
static uint8_t *
own(struct buffer *buffer, const uint8_t *borrowed)
{
	return buffer->data + (borrowed - buffer->data);
}

static void
short_of_an_entry(struct leaf_slice *slices, struct rows *rows)
{
	(void)rows;
	slices[1].entries--;
}

static void
one_entry_more(struct leaf_slice *slices, struct rows *rows)
{
	(void)rows;
	slices[0].entries++;
}

static void
no_levels(struct leaf_slice *slices, struct rows *rows)
{
	(void)rows;
	slices[2].rep = NULL;
}

static void
def_too_great(struct leaf_slice *slices, struct rows *rows)
{
	own(&rows->columns[1].def, slices[1].def)[10] = 2;
	set_bad_entry(rows, 1, 10);
}

static void
rep_too_great(struct leaf_slice *slices, struct rows *rows)
{
	own(&rows->columns[2].rep, slices[2].rep)[1] = 2;
	/* It may begin a row no more. */
	bad_row = BAD_ROWS;
}

static void
first_rep_not_zero(struct leaf_slice *slices, struct rows *rows)
{
	own(&rows->columns[2].rep, slices[2].rep)[0] = 1;
	bad_row = BAD_ROWS;
}

static void
a_row_less(struct leaf_slice *slices, struct rows *rows)
{
	uint8_t *rep = own(&rows->columns[2].rep, slices[2].rep);
	for (size_t i = 1; i < slices[2].entries; i++)
		if (rep[i] == 0) {
			rep[i] = 1;
			return;
		}
}

/* The first entry from the second on with the repetition level 1. */
static size_t
second_element(const struct leaf_slice *slice)
{
	for (size_t i = 1; i < slice->entries; i++)
		if (slice->rep[i] == 1)
			return i;
	fail();
	return 0;
}

static void
null_that_goes_on(struct leaf_slice *slices, struct rows *rows)
{
	size_t at = second_element(&slices[2]);
	own(&rows->columns[2].def, slices[2].def)[at - 1] = 0;
	set_bad_entry(rows, 2, at);
}

static void
element_of_a_null(struct leaf_slice *slices, struct rows *rows)
{
	size_t at = second_element(&slices[2]);
	own(&rows->columns[2].def, slices[2].def)[at] = 0;
	set_bad_entry(rows, 2, at);
}

static void
twins_that_repeat_differently(struct leaf_slice *slices, struct rows *rows)
{
	/* A one moves: as many rows, as many entries. */
	uint8_t *rep = own(&rows->columns[3].rep, slices[3].rep),
		*def = own(&rows->columns[3].def, slices[3].def);
	for (size_t i = 1; i + 1 < slices[3].entries; i++)
		if (rep[i] == 1 && rep[i + 1] == 0 && def[i + 1] > 0) {
			rep[i] = 0;
			rep[i + 1] = 1;
			/* Which it now begins. */
			set_bad_entry(rows, 3, i + 1);
			return;
		}
	fail();
}

static void
twins_that_differ_in_nulls(struct leaf_slice *slices, struct rows *rows)
{
	uint8_t *def = own(&rows->columns[3].def, slices[3].def);
	for (size_t i = 1; i < slices[3].entries; i++)
		if (def[i] == 0) {
			def[i] = 1;
			set_bad_entry(rows, 3, i);
			return;
		}
	fail();
}

static void
value_too_few(struct leaf_slice *slices, struct rows *rows)
{
	(void)rows;
	bad_row = 2 * BAD_ROWS - 1;
	slices[0].value_bytes -= 8;
}

static void
part_of_a_value(struct leaf_slice *slices, struct rows *rows)
{
	(void)rows;
	bad_row = 2 * BAD_ROWS - 1;
	slices[0].value_bytes -= 1;
}

static void
text_cut_off(struct leaf_slice *slices, struct rows *rows)
{
	slices[1].value_bytes -= 1;
	set_bad_value(rows, 1, slices[1].value_bytes);
}

static void
text_of_four_gigabytes(struct leaf_slice *slices, struct rows *rows)
{
	memset(own(&rows->columns[1].values, slices[1].values), 0xff, 4);
	set_bad_value(rows, 1, 0);
}

static void
key_of_four_gigabytes(struct leaf_slice *slices, struct rows *rows)
{
	memset(own(&rows->columns[2].values, slices[2].values), 0xff, 4);
	set_bad_value(rows, 2, 0);
}

static void
bytes_behind_the_last(struct leaf_slice *slices, struct rows *rows)
{
	slices[0].values = rows->columns[0].values.data;
	slices[0].value_bytes *= 2;
}

static void
bad_text(struct leaf_slice *slices, struct rows *rows)
{
	uint8_t *values = own(&rows->columns[1].values, slices[1].values);
	for (size_t i = 0; i + 1 < slices[1].value_bytes; i++)
		if (values[i] == 0xc3) {
			values[i + 1] = 'x';
			set_bad_value(rows, 1, i);
			return;
		}
	fail();
}

static void
bad_key(struct leaf_slice *slices, struct rows *rows)
{
	own(&rows->columns[2].values, slices[2].values)[4] = 0xff;
	set_bad_value(rows, 2, 4);
}

/* Behind many that are well-formed and no ASCII. */
static void
bad_last_text(struct leaf_slice *slices, struct rows *rows)
{
	uint8_t *values = own(&rows->columns[1].values, slices[1].values);
	for (size_t i = slices[1].value_bytes - 2; i > 0; i--)
		if (values[i] == 0xc3) {
			values[i + 1] = 'x';
			set_bad_value(rows, 1, i);
			return;
		}
	fail();
}

/* In a length of its own behind values of one length, which are walked by another loop. */
static void
last_text_of_four_gigabytes(struct leaf_slice *slices, struct rows *rows)
{
	const size_t *value_at = rows->columns[1].value_at;
	for (bad_row = 2 * BAD_ROWS - 1; value_at[bad_row] == value_at[bad_row + 1];)
		bad_row--;
	memset(rows->columns[1].values.data + value_at[bad_row], 0xff, 4);
	(void)slices;
}

static void
bad_boolean(struct leaf_slice *slices, struct rows *rows)
{
	own(&rows->columns[3].values, slices[3].values)[5] = 2;
	set_bad_value(rows, 3, 5);
}

static void
bad_slices(void **state)
{
	(void)state;
	refuse(short_of_an_entry, "column name has 399 entries for 400 rows");
	refuse(one_entry_more, "column id has 401 entries for 400 rows");
	refuse(no_levels, "column tag.key lacks");
	refuse_row(def_too_great, "name", "definition level 2 is above 1");
	refuse_row(rep_too_great, "tag.key", "repetition level 2 is above 1");
	refuse_row(first_rep_not_zero, "tag.key", "the first repetition level is 1");
	refuse(a_row_less, "column tag.key has the beginnings of 399 rows, not of 400");
	refuse_row(null_that_goes_on, "tag.key", "a list goes on that is null or empty");
	refuse_row(element_of_a_null, "tag.key", "a list goes on that is null or empty");
	refuse_row(
	    twins_that_repeat_differently, "tag.flag", "its levels contradict those of column tag.key");
	refuse_row(twins_that_differ_in_nulls, "tag.flag", "its levels contradict those of column tag.key");
	refuse_row(value_too_few, "id", "the values end inside");
	refuse_row(part_of_a_value, "id", "the values end inside");
	refuse_row(text_cut_off, "name", "the values end inside");
	refuse_row(text_of_four_gigabytes, "name", "the values end inside");
	refuse_row(last_text_of_four_gigabytes, "name", "the values end inside");
	refuse_row(key_of_four_gigabytes, "tag.key", "the values end inside");
	refuse(
	    bytes_behind_the_last, "column id has 3200 bytes behind the last value of the slice at row 1400");
	refuse_row(bad_text, "name", "the value is not well-formed UTF-8");
	refuse_row(bad_last_text, "name", "the value is not well-formed UTF-8");
	refuse_row(bad_key, "tag.key", "the value is not well-formed UTF-8");
	refuse_row(bad_boolean, "tag.flag", "the boolean is neither 0 nor 1");
}

/* Rows behind FIRST, more than can be counted, and what is said of them. */
static void
refuse_rows(uint64_t first_row, uint64_t rows, const char *problem)
{
	struct part_pool pool = {0};
	struct rows *made = rows_make(BAD_ROWS);
	struct leaf_slice slices[LEAVES];
	struct part *part;
	const struct part_position position = {.number = 1, .first_row = first_row};
	assert_true(
	    part_open(&part, &pool, place, &position, &schema, NULL, 0, &PART_OPTIONS_DEFAULT, &error));
	slices_of(made, 0, BAD_ROWS, slices);
	assert_false(part_append(part, rows, slices, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(error.text, problem);
	part_abort(part);
	part_pool_free(&pool);
	rows_free(made);
}

static void
slices_that_are_too_large(void **state)
{
	(void)state;
	refuse_rows(0, INT32_MAX, "column id has 400 entries for 2147483647 rows");
	refuse_rows(0, (uint64_t)INT32_MAX + 1, "a slice of 2147483648 rows is too large");
	refuse_rows((uint64_t)INT64_MAX - 401, 401, "column id has 400 entries for 401 rows");
	refuse_rows((uint64_t)INT64_MAX - 400, 401, "a slice of 401 rows is too large");
}

/* One text, again and again, which takes little room in a dictionary; a page ends with a stride of rows. */
static void
a_page_that_is_too_large(void **state)
{
	(void)state;
	enum { VALUE_BYTES = 1 << 24, MOST = PART_PAGE_LIMIT / VALUE_BYTES };
	struct schema texts;
	struct part_pool pool = {0};
	struct part *part;
	uint8_t *value = calloc(1, VALUE_BYTES + PLAIN_SLACK);
	const uint32_t length = VALUE_BYTES - sizeof length;
	const struct leaf_slice slice = {.entries = 1, .values = value, .value_bytes = VALUE_BYTES};
	assert_non_null(value);
	memcpy(value, &length, sizeof length);
	assert_true(schema_parse(&texts, view_of_text("message m { required binary a; }"), &error));
	assert_true(part_open(&part, &pool, place, &first, &texts, NULL, 0, &PART_OPTIONS_DEFAULT, &error));
	for (int row = 0; row < MOST; row++)
		if (!part_append(part, 1, &slice, &error))
			fail_msg("%s", error.text);
	assert_false(part_append(part, 1, &slice, &error));
	assert_int_equal(error.status, NEST_INVALID);
	assert_string_equal(
	    error.text, "column a has 1090519040 bytes in 65 rows, more than a page can hold");
	part_abort(part);
	part_pool_free(&pool);
	schema_free(&texts);
	free(value);
}

/* COUNT values of FIELD, behind 700 sound ones, of which BAD is refused with PROBLEM; NULL: none is. */
static void
check_values(const char *field, const void *sound, const void *value, size_t size, const char *problem)
{
	enum { SOUND = 700 };
	struct part_options options = PART_OPTIONS_DEFAULT;
	struct part_pool pool = {0};
	struct schema values_schema;
	char text[100], wanted[200];
	snprintf(
	    text, sizeof text, "message m { required %s%s; }", field, strchr(field, ' ') != NULL ? "" : " a");
	assert_true(schema_parse(&values_schema, view_of_text(text), &error));
	snprintf(wanted, sizeof wanted, "column a, row %d: %s", SOUND, problem != NULL ? problem : "");
	bool is_binary = strncmp(field, "binary", 6) == 0;
	for (int dictionary = 0; dictionary < 2; dictionary++) {
		struct buffer values = {0};
		struct part *part;
		const uint8_t length[4] = {(uint8_t)size, 0, 0, 0}, sound_length[4] = {1, 0, 0, 0};
		for (int i = 0; i < SOUND; i++) {
			put(&values, sound_length, is_binary ? 4 : 0);
			put(&values, sound, is_binary ? 1 : size);
		}
		put(&values, length, is_binary ? 4 : 0);
		put(&values, value, size);
		size_t value_bytes = values.size;
		assert_true(buffer_reserve(&values, PLAIN_SLACK, &error));
		const struct leaf_slice slice = {
		    .entries = SOUND + 1, .values = values.data, .value_bytes = value_bytes};
		options.dictionary = dictionary;
		assert_true(part_open(&part, &pool, place, &(struct part_position){.number = 3},
		    &values_schema, NULL, 0, &options, &error));
		bool fine = part_append(part, SOUND + 1, &slice, &error);
		if (fine != (problem == NULL) || (!fine && strcmp(error.text, wanted) != 0))
			fail_msg("%s: %s", field, fine ? "taken" : error.text);
		part_abort(part);
		buffer_free(&values);
	}
	part_pool_free(&pool);
	schema_free(&values_schema);
}

/* What the format says of logical types. */
static void
values_of_logical_types(void **state)
{
	(void)state;
	static const char day[] = "the TIME is not within a day";
	const int32_t noon = 43200000, last = 86399999, end = 86400000, minus = -1;
	check_values("int32 a (TIME(MILLIS,true))", &noon, &last, 4, NULL);
	check_values("int32 a (TIME(MILLIS,true))", &noon, &end, 4, day);
	check_values("int32 a (TIME(MILLIS,true))", &noon, &minus, 4, day);
	const int64_t zero = 0, last_micro = 86399999999, end_micro = 86400000000, end_nano = 86400000000000;
	const int64_t last_nano = end_nano - 1, before = INT64_MIN;
	check_values("int64 a (TIME(MICROS,true))", &zero, &last_micro, 8, NULL);
	check_values("int64 a (TIME(MICROS,true))", &zero, &end_micro, 8, day);
	check_values("int64 a (TIME(MICROS,true))", &zero, &before, 8, day);
	check_values("int64 a (TIME(NANOS,false))", &zero, &last_nano, 8, NULL);
	check_values("int64 a (TIME(NANOS,false))", &zero, &end_nano, 8, day);
	check_values("int64", &zero, &before, 8, NULL);
	/* Two digits fit seven bits and a sign, three do not; 38 digits take 16 bytes. */
	static const char bytes[17] = "\1";
	check_values("binary a (DECIMAL(2,0))", bytes, bytes, 1, NULL);
	check_values("binary a (DECIMAL(2,0))", bytes, bytes, 2,
	    "the DECIMAL has more bytes than its precision needs");
	check_values("binary a (DECIMAL(3,0))", bytes, bytes, 2, NULL);
	check_values("binary a (DECIMAL(3,0))", bytes, bytes, 0, "the DECIMAL has no bytes");
	check_values("binary a (DECIMAL(38,0))", bytes, bytes, 16, NULL);
	check_values("binary a (DECIMAL(38,0))", bytes, bytes, 17,
	    "the DECIMAL has more bytes than its precision needs");
	check_values("binary", bytes, bytes, 0, NULL);
}

/* Where rows are numbered by part, nobody knows the first one's number in the dataset. */
static void
footer_of_a_part_numbered_on_its_own(void **state)
{
	(void)state;
	struct part_pool pool = {0};
	struct part *part;
	uint64_t rows;
	struct part_position own = {.number = 3, .is_part_numbered = true};
	assert_true(part_open(&part, &pool, place, &own, &schema, NULL, 0, &PART_OPTIONS_DEFAULT, &error));
	assert_true(part_finish(part, &rows, &result, &error));
	struct file_metadata metadata;
	read_metadata(&metadata);
	assert_int_equal(metadata.key_value_count, 2);
	assert_true(view_equal(*metadata_value(&metadata, "nest.part"), view_of_text("3")));
	assert_true(view_equal(*metadata_value(&metadata, "nest.part_rows"), view_of_text("0")));
	metadata_free(&metadata);
	part_pool_free(&pool);
}

static void
bad_metadata(void **state)
{
	(void)state;
	struct part_pool pool = {0};
	struct part *part;
	static const char *const keys[] = {
	    "nest.part", "nest.first_row", "nest.part_rows", "nest.partitions", "a", "nest.par"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		bool is_own = i < 4;
		char problem[100];
		/* Others may come, but each once. */
		const struct key_value pairs[2] = {
		    {view_of_text(keys[i]), view_of_text("1")}, {view_of_text(keys[i]), view_of_text("2")}};
		snprintf(problem, sizeof problem, "the key %s of the metadata is %s", keys[i],
		    is_own ? "this program's own" : "there twice");
		part = NULL;
		assert_false(part_open(&part, &pool, place, &first, &schema, pairs, is_own ? 1 : 2,
		    &PART_OPTIONS_DEFAULT, &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_string_equal(error.text, problem);
		assert_null(part);
	}
	part_pool_free(&pool);
}

/* ---- the file system ---- */

static void
a_place_that_is_gone(void **state)
{
	(void)state;
	struct part_pool pool = {0};
	struct part *part;
	struct place *gone;
	char set[sizeof scratch + 8];
	snprintf(set, sizeof set, "%s/gone", scratch);
	assert_true(place_open(&gone, set, "test", &error) && place_create(gone, &error));
	assert_int_equal(rmdir(place_path(gone)), 0);
	assert_false(part_open(&part, &pool, gone, &first, &schema, NULL, 0, &PART_OPTIONS_DEFAULT, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_non_null(strstr(error.text, "or its folder was removed: parquet-merge was lost"));
	place_close(gone);
	part_pool_free(&pool);
}

/* As parquet-merge does when it fails, while the part is being written. */
static void
a_part_that_is_removed(void **state)
{
	(void)state;
	struct part_pool pool = {0};
	struct rows *rows = rows_make(300);
	struct leaf_slice slices[LEAVES];
	struct part *part;
	struct place *gone;
	uint64_t written;
	char set[sizeof scratch + 8], command[PATH_MAX];
	snprintf(set, sizeof set, "%s/gone", scratch);
	assert_true(place_open(&gone, set, "test", &error) && place_create(gone, &error) &&
		    place_join(gone, (struct digest_value){0}, &error));
	slices_of(rows, 0, 300, slices);
	assert_true(part_open(&part, &pool, gone, &third, &schema, NULL, 0, &PART_OPTIONS_DEFAULT, &error));
	assert_true(part_append(part, 300, slices, &error));
	snprintf(command, sizeof command, "rm -r '%s'", place_path(gone));
	assert_int_equal(system(command), 0);
	assert_false(part_finish(part, &written, &result, &error));
	assert_int_equal(error.status, NEST_FAILED);
	assert_non_null(strstr(error.text, "was removed: parquet-merge was lost"));
	place_close(gone);
	part_pool_free(&pool);
	rows_free(rows);
}

/* The second finds the first's file, which stays the one that it is. */
static void
two_writers_of_a_part(void **state)
{
	(void)state;
	struct part_pool pool = {0}, other_pool = {0};
	struct rows *rows = rows_make(300);
	struct leaf_slice slices[LEAVES];
	uint64_t written;
	slices_of(rows, 0, 300, slices);
	remove_finished();

	struct part *part = open_part(&pool, &PART_OPTIONS_DEFAULT);
	struct part *other = open_part(&other_pool, &PART_OPTIONS_DEFAULT);
	assert_in_range(count_files(true), 0, 2);
	assert_true(part_append(part, 300, slices, &error));
	assert_true(part_append(other, 300, slices, &error));
	assert_true(part_finish(part, &written, &result, &error));
	struct attempt_result one = result;
	assert_true(part_finish(other, &written, &result, &error));
	assert_string_equal(one.file, result.file);
	assert_memory_equal(&one.stamp, &result.stamp, sizeof one.stamp);
	assert_int_equal(result.size_bytes, one.size_bytes);
	assert_int_equal(count_files(true), 0);
	assert_int_equal(count_files(false), 1);

	part_pool_free(&pool);
	part_pool_free(&other_pool);
	rows_free(rows);
}

/* A limit on the file's size stands for a full disk. */
static void
disk_that_is_full(void **state)
{
	(void)state;
	struct part_pool pool = {0};
	struct rows *rows = rows_make(6000);
	struct rlimit kept, limit;
	struct leaf_slice slices[LEAVES];
	uint64_t written;
	int before = count_files(false);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
	limit = kept;
	limit.rlim_cur = 10000;
	struct part *part = open_part(&pool, &PART_OPTIONS_DEFAULT);
	slices_of(rows, 0, 6000, slices);
	assert_true(part_append(part, 6000, slices, &error));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	struct attempt_result none;
	bool fine = part_finish(part, &written, &none, &error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
	assert_false(fine);
	assert_int_equal(error.status, NEST_FAILED);
	assert_non_null(strstr(error.text, "unable to write "));
	assert_non_null(strstr(error.text, "part-00003"));
	assert_non_null(strstr(error.text, ": File too large"));
	assert_int_equal(count_files(true), 0);
	assert_int_equal(count_files(false), before);
	part_pool_free(&pool);
	rows_free(rows);
}

static int
set_up(void **state)
{
	(void)state;
	char set[sizeof scratch + 8];
	if (mkdtemp(scratch) == NULL)
		return 1;
	snprintf(set, sizeof set, "%s/set", scratch);
	return !place_open(&place, set, "test", &error) || !place_create(place, &error) ||
	       !place_join(place, (struct digest_value){0}, &error) ||
	       !schema_parse(&schema, view_of_text(TEXT), &error);
}

static int
tear_down(void **state)
{
	(void)state;
	schema_free(&schema);
	if (!place_leave(place, false, &error))
		return 1;
	place_close(place);
	return rmdir(scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cuts_do_not_show),
	    cmocka_unit_test(footer_tells),
	    cmocka_unit_test(footer_of_a_part_numbered_on_its_own),
	    cmocka_unit_test(dictionaries_where_they_pay),
	    cmocka_unit_test(encodings_as_told),
	    cmocka_unit_test(encodings_as_chosen),
	    cmocka_unit_test(full_dictionaries_stop),
	    cmocka_unit_test(nans_are_counted),
	    cmocka_unit_test(no_rows),
	    cmocka_unit_test(aborted_parts_leave_nothing),
	    cmocka_unit_test(row_groups_by_bytes),
	    cmocka_unit_test(bad_slices),
	    cmocka_unit_test(slices_that_are_too_large),
	    cmocka_unit_test(a_page_that_is_too_large),
	    cmocka_unit_test(values_of_logical_types),
	    cmocka_unit_test(bad_metadata),
	    cmocka_unit_test(a_place_that_is_gone),
	    cmocka_unit_test(a_part_that_is_removed),
	    cmocka_unit_test(two_writers_of_a_part),
	    cmocka_unit_test(disk_that_is_full),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
