/* records - checks the body of a rows frame against its schema, by nest-frame(5). */
#ifndef NEST_CAT_RECORDS_H
#define NEST_CAT_RECORDS_H

#include "lib/base/faults.h"
#include "lib/schema/schema.h"
#include "lib/wire/frame.h"

/*
 * Checks FRAME, whose body must be uncompressed.  FAULTS, unless NULL, receive every value that does not
 * fit, and a body that ends too soon or continues after its rows.
 */
bool records_check(const struct schema *schema, const struct frame *frame, const struct faults *faults,
    struct nest_error *error);

#endif
