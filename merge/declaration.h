/* declaration - what a part file says of itself in its footer: the frame that declared it, or would have. */
#ifndef NEST_MERGE_DECLARATION_H
#define NEST_MERGE_DECLARATION_H

#include "lib/dataset/part_reader.h"
#include "lib/parquet/metadata.h"
#include "lib/wire/frame.h"

struct declaration {
	struct file_metadata metadata;
	struct frame frame; /* borrows the metadata, and the reader's file name */
};

/* NEST_INVALID if the file is not Parquet, or does not say that it is the part NUMBER; there is then nothing
 * to free. */
bool declaration_read(
    struct declaration *declaration, struct part_reader *reader, uint64_t number, struct nest_error *error);
void declaration_free(struct declaration *declaration);

#endif
