/*
 * A footer as parquet-merge meets one: any bytes as the FileMetaData of a file
 * whose data end at byte 1 MiB.  What is accepted must come back from being
 * written and read again.
 */
#include "lib/parquet/metadata.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATA_BYTES = 1 << 20 };

/* A file of which the magics, the footer BYTES and its length are all that is read. */
static bool
read_at(void *context, void *data, size_t size, uint64_t offset, struct nest_error *error)
{
	const struct view *bytes = context;
	uint8_t tail[METADATA_TAIL_BYTES] = {(uint8_t)bytes->size, (uint8_t)(bytes->size >> 8),
	    (uint8_t)(bytes->size >> 16), (uint8_t)(bytes->size >> 24), 'P', 'A', 'R', '1'};
	(void)error;
	/* A footer without bytes begins where the tail does, and has no place to go. */
	if (size == 0)
		return true;
	if (offset == DATA_BYTES + bytes->size)
		memcpy(data, tail, size);
	else if (offset == 0)
		memcpy(data, "PAR1", size);
	else
		memcpy(data, bytes->data, size);
	return true;
}

static bool
decode(struct file_metadata *metadata, struct view bytes, struct nest_error *error)
{
	const struct metadata_source source = {
	    read_at, &bytes, DATA_BYTES + bytes.size + METADATA_TAIL_BYTES, "input"};
	return metadata_read(metadata, &source, error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file_metadata metadata, again;
	struct nest_error error;
	if (!decode(&metadata, (struct view){data, size}, &error))
		return 0;
	struct buffer out = {0};
	if (!metadata_encode(&out, &metadata, &error) ||
	    !decode(&again, (struct view){out.data, out.size - METADATA_TAIL_BYTES}, &error))
		abort();
	if (again.num_rows != metadata.num_rows || again.row_group_count != metadata.row_group_count ||
	    again.schema->text_size != metadata.schema->text_size)
		abort();
	metadata_free(&again);
	metadata_free(&metadata);
	buffer_free(&out);
	return 0;
}
