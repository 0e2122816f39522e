/* inferring - the schema inferred from records, for tests. */
#ifndef NEST_TESTS_INFERRING_H
#define NEST_TESTS_INFERRING_H

#include "lib/records/infer.h"

/* Appends the message type of RECORDS as it was printed, and a zero; *ALL where all were looked at. */
bool infer_text(struct view records, const struct infer_options *options, struct buffer *text, bool *all,
    struct nest_error *error);

/* All records are looked at, and have FIELDS, as a message type has them. */
void expect_inferred(struct view records, const struct infer_options *options, const char *fields);

#endif
