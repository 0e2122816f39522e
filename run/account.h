/*
 * account - what a process says that it did: the JSON line that --stats writes.
 *
 * nest(7), "Statistics", says what its keys mean; unknown keys are ignored.
 */
#ifndef NEST_RUN_ACCOUNT_H
#define NEST_RUN_ACCOUNT_H

#include "lib/base/buffer.h"

struct account {
	uint64_t rows, bytes_in, bytes_out;
	uint64_t cpu_us, peak_bytes;
	uint64_t skipped;
};

enum { ACCOUNT_BYTES_MOST = 1 << 16 };

/*
 * Reads one flat JSON object of strings, numbers, true, false and null; false for any
 * other text, and if rows, bytes_in, bytes_out, user_s, system_s or peak_bytes is missing.
 */
bool account_parse(struct view text, struct account *account);

/* The same from a file. */
bool account_read(const char *path, struct account *account);

#endif
