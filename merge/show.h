/* show - prints what is in a Parquet file on standard output. */
#ifndef NEST_MERGE_SHOW_H
#define NEST_MERGE_SHOW_H

#include "lib/print/jsonl.h"

struct show_options {
	bool json;     /* as one JSON value, for programs */
	bool has_rows; /* the rows instead, as JSON Lines */
	uint64_t rows; /* how many of the first ones */
	enum jsonl_binary binary;
};

/* NEST_INVALID names the file, and row group, column and page if they are known. */
bool show_file(const char *path, const struct show_options *options, struct nest_error *error);

#endif
