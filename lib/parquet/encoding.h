/*
 * encoding - the encodings' names, and which of them a type can have.
 */
#ifndef NEST_PARQUET_ENCODING_H
#define NEST_PARQUET_ENCODING_H

#include "lib/parquet/metadata.h"

/* "RLE_DICTIONARY" */
const char *encoding_name(enum encoding encoding);

/* The encoding that is called NAME; false where none is. */
bool encoding_of_name(struct view name, enum encoding *encoding);

/* Whether a data page's values of PHYSICAL can be written so (Encodings.md); a boolean has no dictionary. */
bool encoding_fits(enum encoding encoding, enum physical_type physical);

#endif
