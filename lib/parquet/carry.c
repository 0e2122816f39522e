/* carry.c - structs of thrift copied field by field, but for those that must change. */
#include "lib/parquet/carry.h"

#include "lib/parquet/thrift.h"

#include <inttypes.h>

struct carrier {
	struct thrift_reader reader;
	struct thrift_writer writer;
	const struct carried_file *files;
	size_t count;
	uint64_t shift_bytes; /* of the file that is read */
	uint64_t groups;      /* row groups so far */
};

/* Takes FIELD and writes what is to stand in its place; false where it is to stay as it is. */
typedef bool editor(struct carrier *carrier, struct thrift_field field);

/* The fields of the struct that was entered, and begun. */
static void
copy_struct(struct carrier *carrier, editor *edit)
{
	for (struct thrift_field field = {0}; thrift_next(&carrier->reader, &field);)
		if (!edit(carrier, field))
			thrift_field_raw(
			    &carrier->writer, field.id, field.type, thrift_raw(&carrier->reader, field));
	thrift_struct_end(&carrier->writer);
}

/* A place in the file; 0 is none. */
static bool
move(struct carrier *carrier, struct thrift_field field)
{
	int64_t offset = thrift_i64(&carrier->reader, field);
	if (offset > 0 && carrier->shift_bytes > (uint64_t)(INT64_MAX - offset))
		thrift_fail(&carrier->reader, "an offset is out of range");
	else if (offset > 0)
		offset += (int64_t)carrier->shift_bytes;
	thrift_field_i64(&carrier->writer, field.id, offset);
	return true;
}

/* Places of pages and of the bloom filter. */
static bool
edit_chunk_metadata(struct carrier *carrier, struct thrift_field field)
{
	bool is_place = field.id == 9 || field.id == 10 || field.id == 11 || field.id == 14;
	return is_place && move(carrier, field);
}

static bool
edit_chunk(struct carrier *carrier, struct thrift_field field)
{
	bool is_index = field.id >= 4 && field.id <= 7;
	if (is_index && carrier->shift_bytes > 0) {
		thrift_skip(&carrier->reader, field);
		return true;
	}
	if (field.id == 2 || field.id == 4 || field.id == 6)
		return move(carrier, field);
	if (field.id != 3 || !thrift_enter(&carrier->reader, field))
		return false;
	thrift_field_struct(&carrier->writer, field.id);
	copy_struct(carrier, edit_chunk_metadata);
	return true;
}

/* The structs of a list whose length is written already. */
static void
copy_elements(struct carrier *carrier, size_t count, editor *edit)
{
	for (; count > 0 && thrift_enter(&carrier->reader, thrift_element(THRIFT_STRUCT)); count--) {
		thrift_element_struct(&carrier->writer);
		copy_struct(carrier, edit);
	}
}

static bool
edit_group(struct carrier *carrier, struct thrift_field field)
{
	if (field.id == 1) {
		size_t count = thrift_list(&carrier->reader, field, THRIFT_STRUCT);
		thrift_field_list(&carrier->writer, field.id, THRIFT_STRUCT, count);
		copy_elements(carrier, count, edit_chunk);
		carrier->groups++;
		return true;
	}
	if (field.id == 5)
		return move(carrier, field);
	if (field.id != 7)
		return false;
	/* The columns come before it; a number that does not fit is left out. */
	thrift_skip(&carrier->reader, field);
	if (carrier->groups > 0 && carrier->groups - 1 <= INT16_MAX)
		thrift_field_i16(&carrier->writer, field.id, (int16_t)(carrier->groups - 1));
	return true;
}

/* The row groups of FILE; the reader is set to it, and back. */
static void
copy_groups(struct carrier *carrier, const struct carried_file *file)
{
	struct thrift_reader kept = carrier->reader;
	const struct buffer *bytes = &file->metadata->own_bytes;
	thrift_reader_init(&carrier->reader, (struct view){bytes->data, bytes->size});
	carrier->shift_bytes = file->shift_bytes;
	struct thrift_field field = {0};
	while (thrift_next(&carrier->reader, &field) && field.id != 4)
		thrift_skip(&carrier->reader, field);
	copy_elements(carrier, thrift_list(&carrier->reader, field, THRIFT_STRUCT), edit_group);
	if (carrier->reader.problem != NULL)
		thrift_fail(&kept, carrier->reader.problem);
	carrier->reader = kept;
}

static bool
edit_file(struct carrier *carrier, struct thrift_field field)
{
	if (field.id != 3 && field.id != 4)
		return false;
	uint64_t rows = 0;
	size_t groups = 0;
	thrift_skip(&carrier->reader, field);
	for (size_t i = 0; i < carrier->count; i++) {
		const struct file_metadata *metadata = carrier->files[i].metadata;
		if (metadata->group_rows > INT64_MAX - rows)
			thrift_fail(&carrier->reader, "the files have too many rows");
		rows += metadata->group_rows;
		groups += metadata->row_group_count;
	}
	if (field.id == 3) {
		thrift_field_i64(&carrier->writer, field.id, (int64_t)rows);
		return true;
	}
	thrift_field_list(&carrier->writer, field.id, THRIFT_STRUCT, groups);
	for (size_t i = 0; i < carrier->count; i++)
		copy_groups(carrier, &carrier->files[i]);
	return true;
}

bool
carry_footer(struct buffer *out, const struct carried_file *files, size_t count, struct nest_error *error)
{
	struct carrier carrier = {.files = files, .count = count};
	const struct buffer *bytes = &files[0].metadata->own_bytes;
	size_t start = out->size;
	thrift_reader_init(&carrier.reader, (struct view){bytes->data, bytes->size});
	thrift_writer_init(&carrier.writer, out, error);
	copy_struct(&carrier, edit_file);
	if (carrier.writer.failed)
		return false;
	if (carrier.reader.problem != NULL)
		return nest_error_set(
		    error, NEST_INVALID, "a footer cannot be carried over: %s", carrier.reader.problem);
	return metadata_end(out, start, error);
}
