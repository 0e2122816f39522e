/* level_counts.c - counts levels, and writes and reads the struct SizeStatistics. */
#include "lib/parquet/level_counts.h"

#include "lib/parquet/levels.h"
#include "lib/parquet/value_range.h"

/* Counts the levels FIRST to LAST, which IN_ALL of the entries have. */
static void
count_levels(
    uint64_t *counts, const uint8_t *levels, uint64_t entries, uint64_t in_all, uint8_t first, uint8_t last)
{
	for (uint8_t level = first; level < last; level++) {
		counts[level] = levels_count(levels, (size_t)entries, level);
		in_all -= counts[level];
	}
	counts[last] = in_all;
}

struct level_shape
level_shape(const struct schema_node *leaf)
{
	return (struct level_shape){leaf->max_rep, leaf->max_def, leaf->physical == PHYSICAL_BYTE_ARRAY};
}

void
level_counts_take(struct level_counts *counts, struct level_shape shape, const struct level_run *run)
{
	uint8_t max_rep = shape.max_rep, max_def = shape.max_def;
	counts->rep[0] = run->rows;
	if (max_rep > 0)
		count_levels(counts->rep, run->rep, run->entries, run->entries - run->rows, 1, max_rep);
	counts->def[max_def] = run->value_count;
	if (max_def > 0)
		count_levels(counts->def, run->def, run->entries, run->entries - run->value_count, 0,
		    (uint8_t)(max_def - 1));
}

void
level_counts_add(struct level_counts *counts, struct level_shape shape, const struct level_counts *from)
{
	for (size_t i = 0; i <= shape.max_rep; i++)
		counts->rep[i] += from->rep[i];
	for (size_t i = 0; i <= shape.max_def; i++)
		counts->def[i] += from->def[i];
	counts->value_bytes += from->value_bytes;
}

size_t
level_counts_reps(struct level_shape shape)
{
	return shape.max_rep > 0 ? shape.max_rep + 1u : 0;
}

size_t
level_counts_defs(struct level_shape shape)
{
	return shape.max_def > 1 ? shape.max_def + 1u : 0;
}

static void
put_counts(struct thrift_writer *writer, int16_t id, const uint64_t *counts, size_t count)
{
	if (count == 0)
		return;
	thrift_field_list(writer, id, THRIFT_I64, count);
	for (size_t i = 0; i < count; i++)
		thrift_element_i64(writer, metadata_signed(counts[i]));
}

bool
size_statistics_encode(
    struct buffer *out, const struct level_counts *counts, struct level_shape shape, struct nest_error *error)
{
	struct thrift_writer writer;
	thrift_writer_init(&writer, out, error);
	if (shape.is_binary)
		thrift_field_i64(&writer, 1, metadata_signed(counts->value_bytes));
	put_counts(&writer, 2, counts->rep, level_counts_reps(shape));
	put_counts(&writer, 3, counts->def, level_counts_defs(shape));
	thrift_struct_end(&writer);
	return !writer.failed;
}

/* Reads a count for each level up to MOST; *FOUND if there are any. */
static void
take_counts(
    struct thrift_reader *reader, struct thrift_field field, uint64_t *counts, uint8_t most, bool *found)
{
	size_t count = thrift_list(reader, field, THRIFT_I64);
	*found = count > 0;
	if (count > 0 && count != most + 1u)
		thrift_fail(reader, "counts of levels are not one for each level");
	for (size_t i = 0; i <= most && *found && reader->problem == NULL; i++)
		counts[i] = metadata_unsigned(reader, thrift_element(THRIFT_I64));
}

bool
size_statistics_decode(
    struct size_statistics *sizes, struct view bytes, struct level_shape shape, struct nest_error *error)
{
	struct thrift_reader reader;
	*sizes = (struct size_statistics){0};
	thrift_reader_init(&reader, bytes);
	for (struct thrift_field field = {0}; thrift_next(&reader, &field);) {
		if (field.id == 1) {
			sizes->counts.value_bytes = metadata_unsigned(&reader, field);
			sizes->has_value_bytes = true;
		} else if (field.id == 2) {
			take_counts(&reader, field, sizes->counts.rep, shape.max_rep, &sizes->has_reps);
		} else if (field.id == 3) {
			take_counts(&reader, field, sizes->counts.def, shape.max_def, &sizes->has_defs);
		} else {
			thrift_skip(&reader, field);
		}
	}
	return reader.problem == NULL ||
	       nest_error_set(error, NEST_INVALID, "the size statistics are invalid: %s", reader.problem);
}
