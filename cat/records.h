/* records - the body of a rows frame held against its schema, as nest-frame(5) has it. */
#ifndef NEST_CAT_RECORDS_H
#define NEST_CAT_RECORDS_H

#include "lib/base/faults.h"
#include "lib/schema/schema.h"
#include "lib/wire/frame.h"

/*
 * FRAME has a plain body.  FAULTS, or NULL, hear of every value that does not fit, and of a body that
 * ends too soon or goes on behind its rows.
 */
bool records_check(const struct schema *schema, const struct frame *frame, const struct faults *faults,
    struct nest_error *error);

#endif
