/* Memory that runs out, at each allocation in turn, while files are written, merged, checked, shown and
 * listed: the failure is reported, and nothing is left behind. */
#include "encode/sorting.h"
#include "encode/whole.h"
#include "merge/check.h"
#include "merge/compose.h"
#include "merge/file_list.h"
#include "merge/operands.h"
#include "merge/show.h"
#include "tests/unit/failing.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROWS = 600, LEAVES_MOST = 16, PATH_BYTES = 64 };

static char folder[] = "/tmp/nest-memory-XXXXXX";

/* ---- what is written ---- */

static const char wide[] =
    "message m { required int64 id; optional binary s (STRING); required boolean b; optional float f; "
    "optional int32 d (DATE); optional fixed_len_byte_array(3) x; optional double g; optional int96 old; "
    "optional group l (LIST) { repeated group list { optional int32 element; } } "
    "optional group p { optional binary u (STRING); optional int32 v; } }";

/* Columns of WIDE, and one of which it knows nothing. */
static const char narrow[] =
    "message m { required int64 id; optional binary s (STRING); required boolean b; "
    "optional group l (LIST) { repeated group list { optional int32 element; } } optional int32 more; "
    "optional group p { optional binary u (STRING); } }";

/* Booleans first: nothing before them has made room. */
static const char short_rows[] =
    "message m { required boolean b; required int32 id; optional binary s (STRING); }";

/* Rows as they come, in one frame. */
struct rows {
	const char *schema;
	struct buffer body;
	struct frame_leaf leaves[LEAVES_MOST];
	struct frame frame;
};

static void
put(struct buffer *out, const void *bytes, size_t size)
{
	struct nest_error error;
	assert_true(buffer_append(out, bytes, size, &error));
}

/* Numbers that rise, and behind the first hundreds texts and numbers that are all others. */
static void
put_value(struct buffer *out, const struct schema_node *leaf, uint64_t row)
{
	uint8_t value[16] = {(uint8_t)row, (uint8_t)(row >> 8)};
	if (leaf->physical == PHYSICAL_BYTE_ARRAY) {
		char text[32];
		const uint32_t size =
		    (uint32_t)snprintf(text, sizeof text, "text %u", (unsigned)(row < 300 ? row % 3 : row));
		put(out, &size, sizeof size);
		put(out, text, size);
		return;
	}
	if (leaf->physical == PHYSICAL_BOOLEAN)
		value[0] = row % 3 == 0;
	put(out, value, schema_value_bytes(leaf));
}

/* One leaf: rep, def and values; every fifth is null, and every third list has two elements. */
static void
put_leaf(struct rows *rows, const struct schema_node *leaf, struct frame_leaf *of)
{
	struct buffer rep = {0}, def = {0}, values = {0};
	for (uint64_t row = 0; row < ROWS; row++) {
		unsigned elements = leaf->max_rep > 0 && row % 3 == 0 ? 2 : 1;
		for (unsigned i = 0; i < elements; i++) {
			bool is_there = leaf->max_def == 0 || row % 5 != 0;
			const uint8_t level = is_there ? leaf->max_def : (uint8_t)(leaf->max_rep > 0 ? 2 : 0);
			put(&rep, &(uint8_t){i > 0}, leaf->max_rep > 0);
			put(&def, &level, leaf->max_def > 0);
			of->entries++;
			if (is_there)
				put_value(&values, leaf, row);
		}
	}
	of->value_bytes = values.size;
	put(&rows->body, rep.data, rep.size);
	put(&rows->body, def.data, def.size);
	put(&rows->body, values.data, values.size);
	buffer_free(&rep);
	buffer_free(&def);
	buffer_free(&values);
}

static void
make_rows(struct rows *rows, const char *text)
{
	struct schema schema;
	struct nest_error error;
	*rows = (struct rows){.schema = text};
	assert_true(schema_parse(&schema, view_of_text(text), &error));
	assert_in_range(schema.leaf_count, 1, LEAVES_MOST);
	for (uint32_t i = 0; i < schema.leaf_count; i++)
		put_leaf(rows, &schema.nodes[schema.leaves[i]], &rows->leaves[i]);
	rows->frame = (struct frame){.kind = FRAME_COLUMNS,
	    .schema = view_of_text(text),
	    .rows = ROWS,
	    .last = true,
	    .leaves = rows->leaves,
	    .leaf_count = schema.leaf_count,
	    .body = {rows->body.data, rows->body.size}};
	schema_free(&schema);
}

/* ---- writing ---- */

struct writing {
	const struct rows *rows;
	const char *name;
	struct part_options options;
};

/* The name of a file in the folder; one at a time. */
static const char *
path_of(const char *name)
{
	static char path[PATH_BYTES];
	snprintf(path, sizeof path, "%s/%s.parquet", folder, name);
	return path;
}

/* Puts all that is in the file to OUT. */
static bool
take_bytes(int fd, struct buffer *out, struct nest_error *error)
{
	off_t size = lseek(fd, 0, SEEK_END);
	assert_true(size > 0);
	if (!buffer_reserve(out, (size_t)size, error))
		return false;
	assert_int_equal(pread(fd, out->data, (size_t)size, 0), size);
	out->size = (size_t)size;
	return true;
}

static bool
write_file(const void *what, struct buffer *out, struct nest_error *error)
{
	const struct writing *writing = what;
	struct whole *whole;
	if (!whole_open(&whole, path_of(writing->name), &writing->options, error))
		return false;
	bool fine = whole_take(whole, &writing->rows->frame, error) && whole_finish(whole, NULL, error);
	whole_close(whole);
	if (!fine)
		return false;
	int fd = open(path_of(writing->name), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	fine = take_bytes(fd, out, error);
	close(fd);
	return fine;
}

/* What is said of columns of WIDE and NARROW. */
static struct columns_options columns;
static struct sort_options sorting;

static struct part_options
options_of(enum preset preset, enum codec_kind codec, enum page_type type)
{
	struct part_options options = PART_OPTIONS_DEFAULT;
	options.preset = preset;
	options.compression = (struct codec_choice){codec, 1};
	options.page_type = type;
	options.page_rows = 256;
	options.row_group_rows = 512;
	options.dictionary_page_bytes = 64;
	options.page_checksum = true;
	options.columns = &columns;
	options.sorting = &sorting;
	return options;
}

static void
test_files_are_written(void **state)
{
	/* Without memory snappy ends the program, and brotli and zstd do not say what they lack. */
	static const enum codec_kind codecs[] = {CODEC_NONE, CODEC_GZIP, CODEC_LZ4_RAW};
	struct rows rows;
	(void)state;
	make_rows(&rows, wide);
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
		const struct writing writing = {&rows, "written",
		    options_of((enum preset)(i % 3), codecs[i], i % 2 ? PAGE_DATA_V2 : PAGE_DATA)};
		fail_each_allocation(write_file, &writing);
	}
	buffer_free(&rows.body);
}

/* ---- files made of others ---- */

struct merging {
	enum sources_rule rule;
	struct compose_options options;
};

static bool
merge_files(const void *what, struct buffer *out, struct nest_error *error)
{
	const struct merging *merging = what;
	char one[PATH_BYTES], two[PATH_BYTES];
	char *paths[] = {strcpy(one, path_of("wide")),
	    strcpy(two, path_of(merging->rule == SOURCES_UNION ? "narrow" : "wide"))};
	struct output output = {.fd = memfd_create("made", MFD_CLOEXEC), .name = "made"};
	struct sources sources;
	struct composed composed = {0};
	assert_true(output.fd >= 0);
	bool fine = sources_open(&sources, paths, 2, merging->rule, error) &&
	            compose_file(&output, &sources, 0, 2, &merging->options, &composed, error) &&
	            take_bytes(output.fd, out, error);
	composed_free(&composed);
	sources_free(&sources);
	output_free(&output);
	close(output.fd);
	return fine;
}

static bool
check(const void *what, struct buffer *out, struct nest_error *error)
{
	(void)out;
	return check_file(what, error);
}

struct showing {
	const char *path;
	struct show_options options;
};

/* Takes what is shown, all or nothing of it. */
static bool
show(const void *what, struct buffer *out, struct nest_error *error)
{
	const struct showing *showing = what;
	int kept = dup(STDOUT_FILENO), shown = memfd_create("shown", MFD_CLOEXEC);
	assert_true(kept >= 0 && shown >= 0 && fflush(stdout) == 0);
	assert_int_equal(dup2(shown, STDOUT_FILENO), STDOUT_FILENO);
	bool fine = show_file(showing->path, &showing->options, error);
	assert_true(fflush(stdout) == 0 && dup2(kept, STDOUT_FILENO) == STDOUT_FILENO);
	close(kept);
	fine = fine && take_bytes(shown, out, error);
	close(shown);
	return fine;
}

static void
put_file(const char *schema, const char *name, enum codec_kind codec, uint64_t page_rows)
{
	struct rows rows;
	struct nest_error error;
	make_rows(&rows, schema);
	struct writing writing = {&rows, name, options_of(PRESET_BALANCED, codec, PAGE_DATA)};
	writing.options.page_rows = page_rows;
	struct buffer bytes = {0};
	if (!write_file(&writing, &bytes, &error))
		fail_msg("%s", error.text);
	buffer_free(&bytes);
	buffer_free(&rows.body);
}

static void
test_files_are_made_of_others(void **state)
{
	static const struct merging mergings[] = {
	    {SOURCES_EQUAL, {.group_bytes = 1 << 20}},
	    {SOURCES_UNION, {.group_bytes = 1 << 20}},
	    {SOURCES_UNION, {.codec = {true, true, {CODEC_GZIP, 1}}, .group_bytes = 1 << 20}},
	    {SOURCES_UNION,
		{.codec = {true, false, {CODEC_NONE, 0}}, .group_rows = 1000, .group_bytes = 1 << 20}},
	    {SOURCES_UNION, {.encoding = {true, PRESET_SMALL}, .group_bytes = 1 << 20}},
	    {SOURCES_EQUAL, {.group_rows = 1000, .group_bytes = 1 << 20}},
	};
	(void)state;
	put_file(wide, "wide", CODEC_NONE, 256);
	put_file(narrow, "narrow", CODEC_SNAPPY, 256);
	for (size_t i = 0; i < sizeof mergings / sizeof *mergings; i++)
		fail_each_allocation(merge_files, &mergings[i]);
}

static void
test_files_are_read(void **state)
{
	(void)state;
	put_file(wide, "read", CODEC_ZSTD, 256);
	put_file(short_rows, "short", CODEC_NONE, 512);
	for (size_t i = 0; i < 2; i++) {
		struct showing showing = {path_of(i == 0 ? "read" : "short"), {.json = true}};
		fail_each_allocation(check, showing.path);
		fail_each_allocation(show, &showing);
		showing.options = (struct show_options){.has_rows = true, .rows = ROWS, .binary = JSONL_HEX};
		fail_each_allocation(show, &showing);
	}
}

/* ---- which files ---- */

/* Those that are given, those in the list of that name, and those in the folder. */
static bool
list_files(const void *list, struct buffer *out, struct nest_error *error)
{
	char one[] = "one.parquet", two[] = "two.parquet", *const given[] = {one, two, NULL};
	struct operands operands;
	struct file_list files = {0};
	bool fine =
	    operands_read(&operands, given, list, false, error) && file_list_add(&files, folder, error);
	for (size_t i = 0; fine && i < operands.count; i++)
		fine = file_list_add(&files, operands.paths[i], error) &&
		       file_list_add_in(&files, folder, operands.paths[i], error);
	for (size_t i = 0; fine && i < files.count; i++)
		fine =
		    buffer_append(out, file_list_path(&files, i), strlen(file_list_path(&files, i)), error);
	file_list_free(&files);
	operands_free(&operands);
	return fine;
}

static void
test_files_are_listed(void **state)
{
	(void)state;
	FILE *list = fopen(path_of("list"), "w");
	/* With the two that are given they fill 256 bytes, and the NULL behind them needs more. */
	assert_non_null(list);
	for (int i = 0; i < 30; i++)
		fprintf(list, "%d.parquet\n", i);
	assert_int_equal(fclose(list), 0);
	fail_each_allocation(list_files, path_of("list"));
}

static int
make_folder(void **state)
{
	struct nest_error error;
	(void)state;
	assert_true(columns_options_add(&columns, "s:bloom=0.1", &error));
	columns_options_settle(&columns);
	assert_true(sort_options_add(&sorting, "id", &error));
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = {"written", "wide", "narrow", "read", "short", "list"};
	(void)state;
	columns_options_free(&columns);
	sort_options_free(&sorting);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_files_are_written),
	    cmocka_unit_test(test_files_are_made_of_others),
	    cmocka_unit_test(test_files_are_read),
	    cmocka_unit_test(test_files_are_listed),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
