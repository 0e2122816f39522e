/*
 * value_range - the struct Statistics of a page's header or of a chunk, both ways.
 *
 * Private to the files of lib/parquet that write and read thrift structs.
 */
#ifndef NEST_PARQUET_VALUE_RANGE_H
#define NEST_PARQUET_VALUE_RANGE_H

#include "lib/parquet/metadata.h"
#include "lib/parquet/thrift.h"

/* A count, size or offset for writing: these are signed in the format, but never negative. */
int64_t metadata_signed(uint64_t value);
/* The same for a field that is read; fails the reader if it is negative. */
uint64_t metadata_unsigned(struct thrift_reader *reader, struct thrift_field field);

/* Writes RANGE as field ID of the open struct; writes nothing if RANGE is empty. */
void value_range_encode(struct thrift_writer *writer, int16_t id, const struct value_range *range);
/* Reads it; its views are borrowed from what READER reads. */
void value_range_decode(struct thrift_reader *reader, struct thrift_field field, struct value_range *range);

#endif
