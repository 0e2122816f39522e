#include "merge/inspect.h"

#include "lib/meter/probe.h"
#include "lib/parquet/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
inspect_init(struct inspection *inspection, int fd, const char *path)
{
	*inspection = (struct inspection){.fd = fd, .path = path};
}

void
inspect_free(struct inspection *inspection)
{
	if (inspection->has_schema)
		schema_free(&inspection->schema);
	inspection->has_schema = false;
}

/* The schema as it came in the frame: that of the first part, or the same again. */
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
	bool equal = strcmp(schema.text, inspection->schema.text) == 0;
	schema_free(&schema);
	return equal || nest_error_set(error, NEST_INVALID,
			    "the schema differs from that of part %" PRIu64 ", which came first",
			    inspection->first_part);
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

static bool
check_metadata(const struct inspection *inspection, const struct dataset_part *part,
    const struct file_metadata *metadata, struct nest_error *error)
{
	if (strcmp(metadata->schema->text, inspection->schema.text) != 0)
		return nest_error_set(
		    error, NEST_INVALID, "the file's schema is not the one that the frame declares");
	if (metadata->num_rows != part->rows)
		return nest_error_set(error, NEST_INVALID,
		    "the file holds %" PRIu64 " rows, but the frame declares %" PRIu64, metadata->num_rows,
		    part->rows);
	return check_key(metadata, "nest.part", part->number, error) &&
	       (part->is_part_numbered || check_key(metadata, "nest.first_row", part->first_row, error)) &&
	       check_key(metadata, "nest.part_rows", part->rows, error);
}

static bool
check_file(
    const struct inspection *inspection, const struct dataset_part *part, int fd, struct nest_error *error)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return nest_error_system(error, "unable to examine it");
	if (!S_ISREG(status.st_mode))
		return nest_error_set(error, NEST_INVALID, "it is not a regular file");
	if ((uint64_t)status.st_size != part->size_bytes)
		return nest_error_set(error, NEST_INVALID,
		    "the file has %" PRIu64 " bytes, but the frame declares %" PRIu64,
		    (uint64_t)status.st_size, part->size_bytes);

	struct file_metadata metadata = {0};
	if (!metadata_read(&metadata, fd, "the file", error))
		return false;
	bool fine = check_metadata(inspection, part, &metadata, error);
	metadata_free(&metadata);
	return fine;
}

static bool
open_and_check(const struct inspection *inspection, const struct dataset_part *part, struct nest_error *error)
{
	/* O_NONBLOCK: a FIFO under the name is to be refused, not waited for. */
	int fd = openat(inspection->fd, part->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return nest_error_set(error, NEST_FAILED,
		    "there is no such file in %s: its encoder was lost, or writes elsewhere",
		    inspection->path);
	if (fd < 0 && errno == ELOOP)
		return nest_error_set(error, NEST_INVALID, "it is a symbolic link, not a file");
	if (fd < 0)
		return nest_error_system(error, "unable to open it in %s", inspection->path);
	bool fine = check_file(inspection, part, fd, error);
	close(fd);
	return fine;
}

bool
inspect_part(struct inspection *inspection, const struct dataset_part *part, struct view schema,
    struct nest_error *error)
{
	NEST_SCOPE("parquet_merge.inspect");
	return (take_schema(inspection, part->number, schema, error) &&
		   open_and_check(inspection, part, error)) ||
	       nest_error_prefix(error, "part %" PRIu64 ", file %s: ", part->number, part->file);
}
