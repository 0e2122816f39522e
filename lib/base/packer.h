/*
 * packer - msgpack values appended to a buffer, for programs that cannot bring msgpack-c along.
 *
 * A metered program must not be given a library, so snapshots are packed with these;
 * pack.h reads them.  The first failure is kept, and later calls do nothing.
 */
#ifndef NEST_BASE_PACKER_H
#define NEST_BASE_PACKER_H

#include "lib/base/buffer.h"

struct packer {
	struct buffer *to;
	struct nest_error *error;
	bool failed;
};

void packer_array(struct packer *packer, size_t count);
void packer_map(struct packer *packer, size_t count);
void packer_uint(struct packer *packer, uint64_t value);
void packer_int(struct packer *packer, int64_t value);
void packer_double(struct packer *packer, double value);
void packer_bool(struct packer *packer, bool value);
void packer_text(struct packer *packer, const char *text);
void packer_text_of(struct packer *packer, const void *text, size_t size_bytes);

#endif
