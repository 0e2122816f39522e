/*
 * infer - the schema that records have, found by looking at them.
 *
 * What comes as a value, a list or an object is noted in a tree of fields, in
 * the order in which they come; the tree becomes a message type in which
 * everything is optional.  A field of conflicting kinds, and one that never has
 * a value, become JSON text.
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
	bool skips_wrong; /* what is no record is passed over; else NEST_INVALID says where */
	const char *keep; /* a field for unknown ones that is added, or NULL */
};

/*
 * Appends the message type of INPUT's records to TEXT; *ALL where every record
 * was looked at.  READER is open on the input's first file; what it read of an
 * input that cannot be read twice is unread again afterwards.  Fields that
 * became JSON because their values conflict are warned of.
 */
bool infer_schema(const struct input *input, struct reader *reader, const struct infer_options *options,
    struct buffer *text, bool *all, struct nest_error *error);

/*
 * The two halves of it.  The tree of what was seen in *COUNT records, the caller's to guess_free(),
 * which may have no field; and its message type, behind which some nodes may have become JSON for
 * want of room.
 */
bool infer_look(const struct input *input, struct reader *reader, const struct infer_options *options,
    struct guess *guess, uint64_t *count, bool *all, struct nest_error *error);
bool infer_print(
    struct guess *guess, const struct infer_options *options, struct buffer *text, struct nest_error *error);

#endif
