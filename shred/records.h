/*
 * records - the source of records from files or standard input, as JSON or
 * msgpack: which of them belong to this process's parts, what becomes of them,
 * and of wrong ones.
 */
#ifndef NEST_SHRED_RECORDS_H
#define NEST_SHRED_RECORDS_H

#include "lib/base/number_list.h"
#include "lib/records/input.h"
#include "lib/records/reader.h"
#include "lib/wire/wire.h"
#include "shred/walk.h"

struct records_options {
	enum record_format format;
	uint64_t batch_rows;
	uint64_t share, shares;         /* this process makes the parts p with p % shares == share */
	const struct number_list *only; /* of these, only those in the list; NULL: all */
	bool skips_wrong;               /* otherwise the first wrong record ends the run */
	const char *rejects;            /* a file for wrong records and what is wrong with them, or NULL */
	struct walk_rules rules;
	struct digest_value run; /* that the columns belong to */
};

struct records_count {
	uint64_t rows, skipped, input_bytes;
	bool breaks_schema; /* the run was ended by a sound record that does not fit the schema */
};

/*
 * Shreds the records of INPUT by the message type SCHEMA, and ends OUT with all
 * parts of this process's share.  READER is open on the input's first file.
 */
bool records_shred(struct input *input, struct reader *reader, struct view schema,
    const struct records_options *options, struct wire_out *out, struct records_count *count,
    struct nest_error *error);

/* For window_open(): waits for FD, and notices if a receiver of CONTEXT, a struct wire_out, is lost. */
bool records_wait(void *context, int fd, struct nest_error *error);

#endif
