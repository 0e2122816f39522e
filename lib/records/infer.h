/*
 * infer - finds the schema of records by looking at them.
 *
 * Values, lists and objects are noted in a tree of fields, in the order in which
 * they come; the tree becomes a message type in which everything is optional.
 * A field of conflicting kinds, and one that never has a value, become JSON text.
 */
#ifndef NEST_RECORDS_INFER_H
#define NEST_RECORDS_INFER_H

#include "lib/records/guess.h"
#include "lib/records/input.h"
#include "lib/records/reader.h"

struct infer_options {
	uint64_t rows;    /* records looked at; 0: all */
	uint64_t maps;    /* an object with more keys than this may be a MAP; 0: none is */
	bool dates;       /* ISO dates and timestamps are DATE and TIMESTAMP */
	bool skips_wrong; /* skip wrong records; otherwise NEST_INVALID says where one is */
	const char *keep; /* a field to add for unknown ones, or NULL */
};

/*
 * Appends the message type of INPUT's records to TEXT; *ALL is set if every record
 * was looked at.  READER is open on the input's first file; what it read of an
 * input that cannot be read twice is unread again afterwards.  Warns of fields that
 * became JSON because their values conflict.
 */
bool infer_schema(const struct input *input, struct reader *reader, const struct infer_options *options,
    struct buffer *text, bool *all, struct nest_error *error);

/*
 * The two halves of it.  infer_look() makes the tree of what was seen in *COUNT records, which
 * may have no field, and which the caller gives back with guess_free(); infer_print() makes its
 * message type, for which some nodes may become JSON for lack of room.
 */
bool infer_look(const struct input *input, struct reader *reader, const struct infer_options *options,
    struct guess *guess, uint64_t *count, bool *all, struct nest_error *error);
bool infer_print(
    struct guess *guess, const struct infer_options *options, struct buffer *text, struct nest_error *error);

#endif
