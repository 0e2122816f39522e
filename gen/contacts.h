/*
 * contacts - a recipe written by hand, because it is faster than a compiled one.
 *
 * gen/recipes/contacts.recipe, which is compiled, makes the same rows: a test compares them.
 */
#ifndef NEST_GEN_CONTACTS_H
#define NEST_GEN_CONTACTS_H

#include "lib/base/error.h"

#include <stdint.h>

enum { CONTACTS_VERSION = 1 }; /* changes when the same numbers make other rows than before */

extern const char *const contacts_schema; /* message type text */
extern const size_t contacts_row_bytes;   /* no row's msgpack form is longer */

struct contacts; /* tables that are made once for each seed */

bool contacts_open(struct contacts **contacts, uint64_t seed, struct nest_error *error);
void contacts_close(struct contacts *contacts); /* which may be NULL */

/*
 * Writes COUNT rows from number FIRST on at AT, each one msgpack array, and
 * returns the byte after the last.  There must be room for count * contacts_row_bytes.
 */
uint8_t *contacts_write_rows(const struct contacts *contacts, uint64_t first, uint64_t count, uint8_t *at);

#endif
