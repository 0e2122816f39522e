/*
 * A footer as parquet-merge meets one: any bytes as the FileMetaData of a file
 * whose data end at byte 1 MiB.  What is accepted must come back from being
 * written and read again.
 */
#include "lib/parquet/metadata.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATA_BYTES = 1 << 20 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file_metadata metadata, again;
	struct nest_error error;
	if (!metadata_decode(&metadata, (struct view){data, size}, DATA_BYTES, &error))
		return 0;
	struct buffer out = {0};
	if (!metadata_encode(&out, &metadata, &error) ||
	    !metadata_decode(
		&again, (struct view){out.data, out.size - METADATA_TAIL_BYTES}, DATA_BYTES, &error))
		abort();
	if (again.num_rows != metadata.num_rows || again.row_group_count != metadata.row_group_count ||
	    again.schema->text_size != metadata.schema->text_size)
		abort();
	metadata_free(&again);
	metadata_free(&metadata);
	buffer_free(&out);
	return 0;
}
