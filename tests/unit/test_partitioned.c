/* Rows divided into partitions: the same however they came and wherever they waited; and no allocation
 * fails silently. */
#include "encode/partition_options.h"
#include "encode/partitioned.h"
#include "encode/scatter.h"
#include "tests/unit/failing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { LEAVES = 4, KEPT = 3, PARTITIONS = 5, ROWS = 3000 };

static const char TEXT[] = "message t { required int64 id; optional binary k (STRING); "
			   "repeated binary tag (STRING); optional boolean flag; }";

static struct nest_error error;
static struct schema schema;
static struct leaf leaves[LEAVES];
static struct partition_options options;
static char scratch[] = "/tmp/test_partitioned.XXXXXX";
static struct place *place;

/* ---- rows ---- */

struct column_rows {
	struct buffer rep, def, values;
	size_t entry_at[ROWS + 1], value_at[ROWS + 1];
};

static struct column_rows columns[LEAVES];
static uint32_t partitions[ROWS];

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
put_text(struct buffer *out, uint32_t letter, uint8_t size)
{
	put(out, (const uint8_t[4]){size, 0, 0, 0}, 4);
	for (unsigned i = 0; i < size; i++)
		put_level(out, 'a' + letter);
}

static void
mark(size_t row)
{
	for (size_t c = 0; c < LEAVES; c++) {
		columns[c].entry_at[row] = c == 0 ? row : columns[c].def.size;
		columns[c].value_at[row] = columns[c].values.size;
	}
}

static void
make_rows(void)
{
	uint32_t random = 7;
	for (uint64_t row = 0; row < ROWS; row++) {
		random = random * 1103515245u + 12345u;
		uint32_t partition = random / 65536 % PARTITIONS, tags = random / 1024 % 4;
		partitions[row] = partition;
		mark(row);
		put(&columns[0].values, &row, sizeof row);
		/* The last one is null. */
		put_level(&columns[1].def, partition < PARTITIONS - 1);
		if (partition < PARTITIONS - 1)
			put_text(&columns[1].values, partition, 1);
		for (unsigned i = 0; i < tags || i == 0; i++) {
			put_level(&columns[2].rep, i > 0);
			put_level(&columns[2].def, tags > 0);
			if (tags > 0)
				put_text(&columns[2].values, i, (uint8_t)(row % 19));
		}
		put_level(&columns[3].def, row % 3 > 0);
		if (row % 3 > 0)
			put_level(&columns[3].values, row % 2);
	}
	mark(ROWS);
	for (size_t c = 0; c < LEAVES; c++)
		assert_true(buffer_reserve(&columns[c].values, PLAIN_SLACK, &error));
}

static void
slices_of(size_t first, size_t end, struct leaf_slice slices[LEAVES])
{
	for (size_t c = 0; c < LEAVES; c++) {
		const struct column_rows *column = &columns[c];
		slices[c] = (struct leaf_slice){
		    .rep = column->rep.size > 0 ? column->rep.data + column->entry_at[first] : NULL,
		    .def = column->def.size > 0 ? column->def.data + column->entry_at[first] : NULL,
		    .entries = column->entry_at[end] - column->entry_at[first],
		    .values = column->values.data + column->value_at[first],
		    .value_bytes = column->value_at[end] - column->value_at[first],
		};
	}
}

/* ---- scattered ---- */

static const uint32_t kept[KEPT] = {0, 2, 3};

/* What comes out of each leaf, one partition after another. */
static void
scatter_all(size_t cut, uint64_t memory_bytes, struct buffer out[3 * KEPT])
{
	struct scatter scatter = {0};
	const uint32_t ranks[PARTITIONS] = {4, 2, 0, 3, 1};
	assert_true(scatter_open(&scatter, place, leaves, kept, KEPT, &error));
	scatter.memory_bytes = memory_bytes;
	for (size_t row = 0, end; row < ROWS; row = end) {
		struct leaf_slice slices[LEAVES];
		end = row + cut < ROWS ? row + cut : ROWS;
		slices_of(row, end, slices);
		assert_true(
		    scatter_take(&scatter, slices, end - row, row, partitions + row, PARTITIONS, &error));
		assert_true(scatter.bytes.size < memory_bytes);
	}
	assert_int_equal(scatter.has_file, memory_bytes < SCATTER_BYTES);
	scatter_sort(&scatter, ranks);
	for (uint32_t rank = 0; rank < PARTITIONS; rank++)
		for (uint64_t rows = 1; rows > 0;) {
			if (!scatter_next(&scatter, rank, &rows, &error))
				fail_msg("%s", error.text);
			for (size_t i = 0; i < KEPT; i++) {
				const struct leaf_slice *slice = &scatter.slices[i];
				if (slice->rep != NULL)
					put(&out[3 * i], slice->rep, slice->entries);
				if (slice->def != NULL)
					put(&out[3 * i + 1], slice->def, slice->entries);
				put(&out[3 * i + 2], slice->values, slice->value_bytes);
			}
		}
	scatter_free(&scatter);
}

/* The file has no name, but a file system may lose what is in it. */
static void
rows_that_waited_in_a_file_that_has_become_shorter(void **state)
{
	struct scatter scatter = {0};
	const uint32_t ranks[PARTITIONS] = {4, 2, 0, 3, 1};
	struct leaf_slice slices[LEAVES];
	uint64_t rows;
	(void)state;
	assert_true(scatter_open(&scatter, place, leaves, kept, KEPT, &error));
	scatter.memory_bytes = 1;
	slices_of(0, ROWS, slices);
	assert_true(scatter_take(&scatter, slices, ROWS, 0, partitions, PARTITIONS, &error));
	assert_true(scatter.has_file);
	scatter_sort(&scatter, ranks);
	assert_int_equal(ftruncate(scatter.fd, 1), 0);
	errno = 0;
	assert_false(scatter_next(&scatter, 0, &rows, &error));
	assert_string_equal(error.text, "unable to keep rows aside: Input/output error");
	scatter_free(&scatter);
}

/* The same, row by row. */
static void
expect_all(struct buffer out[3 * KEPT])
{
	static const uint32_t order[PARTITIONS] = {2, 4, 1, 3, 0};
	for (size_t rank = 0; rank < PARTITIONS; rank++)
		for (size_t row = 0; row < ROWS; row++) {
			struct leaf_slice slices[LEAVES];
			if (partitions[row] != order[rank])
				continue;
			slices_of(row, row + 1, slices);
			for (size_t i = 0; i < KEPT; i++) {
				const struct leaf_slice *slice = &slices[kept[i]];
				if (slice->rep != NULL)
					put(&out[3 * i], slice->rep, slice->entries);
				if (slice->def != NULL)
					put(&out[3 * i + 1], slice->def, slice->entries);
				put(&out[3 * i + 2], slice->values, slice->value_bytes);
			}
		}
}

static void
rows_come_out_by_partition_wherever_they_waited(void **state)
{
	(void)state;
	struct buffer expected[3 * KEPT] = {0};
	expect_all(expected);
	static const struct {
		size_t cut;
		uint64_t memory_bytes;
	} ways[] = {{ROWS, SCATTER_BYTES}, {1, SCATTER_BYTES}, {77, SCATTER_BYTES}, {77, 1}, {100, 10000}};
	for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
		struct buffer out[3 * KEPT] = {0};
		scatter_all(ways[way].cut, ways[way].memory_bytes, out);
		for (size_t i = 0; i < 3 * KEPT; i++) {
			assert_int_equal(out[i].size, expected[i].size);
			if (out[i].size > 0)
				assert_memory_equal(out[i].data, expected[i].data, out[i].size);
			buffer_free(&out[i]);
		}
	}
	for (size_t i = 0; i < 3 * KEPT; i++)
		buffer_free(&expected[i]);
}

/* ---- a part ---- */

static bool
read_file(const char *name, size_t size, struct buffer *out, struct nest_error *failure)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", place_path(place), name);
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	bool fine = buffer_reserve(out, size, failure);
	if (fine)
		assert_int_equal(read(fd, out->data, size), size);
	out->size = fine ? size : 0;
	close(fd);
	assert_int_equal(unlink(path), 0);
	return fine;
}

static bool
fill(struct partitioned *part, size_t cut, struct nest_error *failure)
{
	for (size_t row = 0, end; row < ROWS; row = end) {
		struct leaf_slice slices[LEAVES];
		end = row + cut < ROWS ? row + cut : ROWS;
		slices_of(row, end, slices);
		if (!partitioned_append(part, end - row, slices, failure))
			return false;
	}
	return true;
}

static bool
write_part(const void *what, struct buffer *out, struct nest_error *failure)
{
	const size_t *cut = what;
	struct part_options chosen = PART_OPTIONS_DEFAULT;
	struct part_pool pool = {0};
	struct partitioned *part = NULL;
	struct attempt_result result;
	const struct part_position position = {.number = 3, .first_row = 1000};
	const struct key_value meta = {view_of_text("key"), view_of_text("value")};
	uint64_t rows;
	chosen.partitioning = &options;
	bool fine = partitioned_open(&part, &pool, place, &position, &schema, &meta, 1, &chosen, failure) &&
	            fill(part, *cut, failure) && partitioned_finish(part, &rows, &result, failure);
	partitioned_close(part);
	part_pool_free(&pool);
	return fine && read_file(result.file, result.size_bytes, out, failure);
}

static void
bytes_do_not_tell_how_rows_came(void **state)
{
	(void)state;
	struct buffer whole = {0};
	assert_true(write_part(&(size_t){ROWS}, &whole, &error));
	for (size_t cut = 1; cut < ROWS; cut = cut * 7 + 3) {
		struct buffer made = {0};
		assert_true(write_part(&cut, &made, &error));
		assert_int_equal(made.size, whole.size);
		assert_memory_equal(made.data, whole.data, whole.size);
		buffer_free(&made);
	}
	buffer_free(&whole);
}

static void
slices_that_are_too_large(void **state)
{
	(void)state;
	static const struct {
		uint64_t first_row, rows;
		const char *problem;
	} samples[] = {
	    {0, INT32_MAX, "column id has 1 entries for 2147483647 rows"},
	    {0, (uint64_t)INT32_MAX + 1, "a slice of 2147483648 rows is too large"},
	    {(uint64_t)INT64_MAX - 2, 2, "column id has 1 entries for 2 rows"},
	    {(uint64_t)INT64_MAX - 1, 2, "a slice of 2 rows is too large"},
	};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct part_options chosen = PART_OPTIONS_DEFAULT;
		struct part_pool pool = {0};
		struct partitioned *part = NULL;
		struct leaf_slice slices[LEAVES];
		const struct part_position position = {.number = 1, .first_row = samples[i].first_row};
		chosen.partitioning = &options;
		assert_true(
		    partitioned_open(&part, &pool, place, &position, &schema, NULL, 0, &chosen, &error));
		slices_of(0, 1, slices);
		assert_false(partitioned_append(part, samples[i].rows, slices, &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_string_equal(error.text, samples[i].problem);
		partitioned_close(part);
		part_pool_free(&pool);
	}
}

static void
no_allocation_fails_in_silence(void **state)
{
	(void)state;
	fail_each_allocation(write_part, &(size_t){1000});
}

static int
set_up(void **state)
{
	(void)state;
	char set[sizeof scratch + 4];
	make_rows();
	if (mkdtemp(scratch) == NULL || !schema_parse(&schema, view_of_text(TEXT), &error) ||
	    !partition_options_add(&options, "k", &error))
		return 1;
	slice_leaves(leaves, &schema);
	snprintf(set, sizeof set, "%s/set", scratch);
	return !place_open(&place, set, "test", &error) || !place_create(place, &error) ||
	       !place_join(place, (struct digest_value){0}, &error);
}

static int
tear_down(void **state)
{
	char command[sizeof scratch + 16];
	(void)state;
	place_close(place);
	schema_free(&schema);
	partition_options_free(&options);
	for (size_t c = 0; c < LEAVES; c++) {
		buffer_free(&columns[c].rep);
		buffer_free(&columns[c].def);
		buffer_free(&columns[c].values);
	}
	snprintf(command, sizeof command, "rm -rf '%s'", scratch);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_come_out_by_partition_wherever_they_waited),
	    cmocka_unit_test(rows_that_waited_in_a_file_that_has_become_shorter),
	    cmocka_unit_test(bytes_do_not_tell_how_rows_came),
	    cmocka_unit_test(slices_that_are_too_large),
	    cmocka_unit_test(no_allocation_fails_in_silence),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
