#include "merge/inspect.h"

#include "lib/dataset/bundle.h"
#include "lib/dataset/keys.h"
#include "lib/dataset/part_reader.h"
#include "lib/meter/probe.h"
#include "lib/parquet/metadata.h"
#include "lib/schema/unite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
inspect_init(struct inspection *inspection, const struct place *place)
{
	*inspection = (struct inspection){.place = place};
}

void
inspect_free(struct inspection *inspection)
{
	if (inspection->has_schema)
		schema_free(&inspection->schema);
	inspection->has_schema = false;
}

enum { DIFFERENCE_BYTES = 500 };

/* Describes how FOUND differs from DUE, which has another text, in words that follow "it ". */
static bool
describe_difference(const struct schema *due, const struct schema *found, char text[DIFFERENCE_BYTES],
    struct nest_error *error)
{
	const char *message = found->nodes[0].name, *due_message = due->nodes[0].name;
	struct buffer difference = {0};
	bool is_unitable, fine = schema_difference(due, found, &difference, &is_unitable, error);
	if (difference.size > 0)
		snprintf(text, DIFFERENCE_BYTES, "%.*s", (int)difference.size, (const char *)difference.data);
	else if (strcmp(message, due_message) != 0)
		snprintf(text, DIFFERENCE_BYTES, "is of message %s, not of message %s", message, due_message);
	else
		snprintf(text, DIFFERENCE_BYTES, "spells out that a number is signed, or leaves it out");
	buffer_free(&difference);
	return fine;
}

/* Checks a frame's schema against that of the first part. */
static bool
hold_schema(const struct inspection *inspection, const struct schema *schema, struct nest_error *error)
{
	char difference[DIFFERENCE_BYTES];
	if (strcmp(schema->text, inspection->schema.text) == 0)
		return true;
	return describe_difference(&inspection->schema, schema, difference, error) &&
	       nest_error_set(error, NEST_INVALID,
		   "the schema differs from that of part %" PRIu64 ", which came first: it %s",
		   inspection->first_part, difference);
}

/* Checks the file's schema against the frame's. */
static bool
hold_file_schema(const struct schema *due, const struct schema *found, struct nest_error *error)
{
	char difference[DIFFERENCE_BYTES];
	if (strcmp(found->text, due->text) == 0)
		return true;
	return describe_difference(due, found, difference, error) &&
	       nest_error_set(error, NEST_INVALID,
		   "the file's schema is not the one that the frame declares: it %s", difference);
}

/* Takes the schema in the frame: that of the first part, or the same again. */
static bool
take_schema(struct inspection *inspection, uint64_t number, struct view text, struct nest_error *error)
{
	struct schema schema;
	if (!schema_parse(&schema, text, error))
		return nest_error_prefix(error, "the frame's schema: ");
	if (!inspection->has_schema) {
		inspection->schema = schema;
		inspection->has_schema = true;
		inspection->first_part = number;
		return true;
	}
	bool fine = hold_schema(inspection, &schema, error);
	schema_free(&schema);
	return fine;
}

static bool
check_key(const struct file_metadata *metadata, const char *key, uint64_t declared, struct nest_error *error)
{
	char expected[32];
	snprintf(expected, sizeof expected, "%" PRIu64, declared);
	const struct view *value = metadata_value(metadata, key);
	if (value == NULL)
		return nest_error_set(error, NEST_INVALID, "the file has no key-value %s", key);
	if (!view_equal(*value, view_of_text(expected)))
		return nest_error_set(error, NEST_INVALID,
		    "the file's key-value %s is '%.*s', but the frame declares %s", key,
		    value->size < 32 ? (int)value->size : 32, (const char *)value->data, expected);
	return true;
}

/* Whether all parts are bundles, or none is. */
static bool
check_likeness(const struct inspection *inspection, const struct dataset_part *part, bool is_bundle,
    struct nest_error *error)
{
	if (part->number == inspection->first_part || is_bundle == inspection->is_bundle)
		return true;
	return nest_error_set(error, NEST_INVALID,
	    is_bundle ? "it has partitions, and part %" PRIu64 ", which came first, has none"
		      : "it has no partitions, and part %" PRIu64 ", which came first, has some",
	    inspection->first_part);
}

/* A bundle has its rows in the files that it consists of, and no row group of its own. */
static bool
take_index(struct inspection *inspection, struct dataset_part *part, const struct file_metadata *metadata,
    struct nest_error *error)
{
	const struct view *index = metadata_value(metadata, KEY_PARTITIONS);
	if (!check_likeness(inspection, part, index != NULL, error))
		return false;
	inspection->is_bundle = index != NULL;
	if (index == NULL)
		return metadata->num_rows == metadata->group_rows ||
		       nest_error_set(error, NEST_INVALID,
			   "the file holds %" PRIu64 " rows, but its row groups %" PRIu64, metadata->num_rows,
			   metadata->group_rows);
	if (!bundle_check(*index, part->size_bytes, part->rows, error))
		return false;
	part->index = strndup((const char *)index->data, index->size);
	return part->index != NULL || nest_error_memory(error, index->size + 1, "an index of partitions");
}

static bool
check_metadata(struct inspection *inspection, struct dataset_part *part, const struct file_metadata *metadata,
    struct nest_error *error)
{
	if (!hold_file_schema(&inspection->schema, metadata->schema, error))
		return false;
	if (metadata->num_rows != part->rows)
		return nest_error_set(error, NEST_INVALID,
		    "the file holds %" PRIu64 " rows, but the frame declares %" PRIu64, metadata->num_rows,
		    part->rows);
	return take_index(inspection, part, metadata, error) &&
	       check_key(metadata, KEY_PART, part->number, error) &&
	       (part->is_part_numbered || check_key(metadata, KEY_FIRST_ROW, part->first_row, error)) &&
	       check_key(metadata, KEY_PART_ROWS, part->rows, error);
}

static bool
check_file(struct inspection *inspection, struct dataset_part *part, struct part_reader *reader,
    struct digest_value stamp, struct nest_error *error)
{
	if (reader->size_bytes != part->size_bytes)
		return nest_error_set(error, NEST_INVALID,
		    "the file has %" PRIu64 " bytes, but the frame declares %" PRIu64, reader->size_bytes,
		    part->size_bytes);
	if (!digest_equal(reader->stamp, stamp) && !part_reader_verify(reader, error))
		return false;

	const struct metadata_source source = {part_reader_read_at, reader, reader->size_bytes, "the file"};
	struct file_metadata metadata = {0};
	if (!metadata_read(&metadata, &source, error))
		return false;
	bool fine = check_metadata(inspection, part, &metadata, error);
	metadata_free(&metadata);
	return fine;
}

static bool
open_and_check(struct inspection *inspection, struct dataset_part *part, struct digest_value stamp,
    struct nest_error *error)
{
	struct part_reader reader;
	if (!part_reader_open(&reader, inspection->place, part->file, part->number, error))
		return false;
	bool fine = check_file(inspection, part, &reader, stamp, error);
	part->stamp = reader.stamp;
	part_reader_close(&reader);
	return fine;
}

bool
inspect_part(struct inspection *inspection, struct dataset_part *part, const struct frame *frame,
    struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.inspect");
	return (take_schema(inspection, part->number, frame->schema, error) &&
		   open_and_check(inspection, part, frame->stamp, error)) ||
	       nest_error_prefix(error, "part %" PRIu64 ", file %s: ", part->number, part->file);
}
