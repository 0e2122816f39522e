/*
 * packer - msgpack values appended to a buffer; pack.h reads them.
 *
 * A metered program must not be given a library, so snapshots are packed with these, and not with
 * msgpack-c; rows that are put together of columns are, too.  The first failure is kept, and later
 * calls do nothing.
 */
#ifndef NEST_BASE_PACKER_H
#define NEST_BASE_PACKER_H

#include "lib/base/buffer.h"

struct packer {
	struct buffer *to;
	struct nest_error *error;
	bool failed;
};

void packer_nil(struct packer *packer);
void packer_array(struct packer *packer, size_t count);
void packer_map(struct packer *packer, size_t count);
void packer_uint(struct packer *packer, uint64_t value);
void packer_int(struct packer *packer, int64_t value);
void packer_double(struct packer *packer, double value);
/* The same, and a float, by their bits. */
void packer_double_bits(struct packer *packer, uint64_t bits);
void packer_float_bits(struct packer *packer, uint32_t bits);
void packer_bool(struct packer *packer, bool value);
void packer_text(struct packer *packer, const char *text);
void packer_text_of(struct packer *packer, const void *text, size_t size_bytes);
void packer_bytes(struct packer *packer, const void *bytes, size_t size_bytes);

#endif
