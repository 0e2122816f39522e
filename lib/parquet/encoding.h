/*
 * encoding - the encodings' names, and which of them a type can have.
 */
#ifndef NEST_PARQUET_ENCODING_H
#define NEST_PARQUET_ENCODING_H

#include "lib/parquet/metadata.h"

/* "RLE_DICTIONARY" */
const char *encoding_name(enum encoding encoding);

/* The encoding called NAME; false if there is none. */
bool encoding_of_name(struct view name, enum encoding *encoding);

/* Whether a data page of PHYSICAL values can have ENCODING (Encodings.md); booleans have no dictionary. */
bool encoding_fits(enum encoding encoding, enum physical_type physical);

#endif
