/*
 * metadata_schema - a message type as the list of SchemaElements in a footer.
 *
 * Private to lib/parquet/metadata.  The caller owns what metadata_schema_decode()
 * fills, and gives it back with schema_free().
 */
#ifndef NEST_PARQUET_METADATA_SCHEMA_H
#define NEST_PARQUET_METADATA_SCHEMA_H

#include "lib/parquet/thrift.h"
#include "lib/schema/schema.h"

/* Writes the list as field ID of the struct that is open. */
void metadata_schema_encode(struct thrift_writer *writer, int16_t id, const struct schema *schema);

/* Reads the list at FIELD.  Unsound thrift fails READER; any other problem is NEST_INVALID in ERROR. */
bool metadata_schema_decode(
    struct thrift_reader *reader, struct thrift_field field, struct schema *schema, struct nest_error *error);

#endif
