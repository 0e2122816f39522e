/*
 * digest - a fingerprint of bytes, 128 bits of XXH3 (xxhash), fed piece by piece.
 *
 * It tells apart bytes that differ by accident or by decision.  It has no
 * secret: anyone who may choose the bytes can make two inputs that agree.
 */
#ifndef NEST_BASE_DIGEST_H
#define NEST_BASE_DIGEST_H

#include "lib/base/buffer.h"

enum { DIGEST_BYTES = 16, DIGEST_TEXT_BYTES = 2 * DIGEST_BYTES + 1 };

/* A fingerprint, in the byte order in which it is printed. */
struct digest_value {
	uint8_t bytes[DIGEST_BYTES];
};

struct digest;

/* An empty digest, which belongs to the caller until digest_close(); that takes NULL, too. */
bool digest_open(struct digest **digest, struct nest_error *error);
void digest_close(struct digest *digest);

/* Forgets what was added. */
void digest_reset(struct digest *digest);

/* It does not matter how bytes are cut into pieces. */
void digest_add(struct digest *digest, struct view bytes);

/*
 * A named word or number: pairs that differ in name, value or order never add the
 * same bytes.
 */
void digest_add_text(struct digest *digest, const char *name, struct view value);
void digest_add_count(struct digest *digest, const char *name, uint64_t value);

/* Of all that was added; more may be added afterwards. */
struct digest_value digest_value(const struct digest *digest);

bool digest_equal(struct digest_value a, struct digest_value b);

/* Whether all its bytes are 0, which stands for a missing fingerprint. */
bool digest_is_zero(struct digest_value value);

/* As 32 lower-case hexadecimal digits and a zero, and back; false for any other text. */
void digest_print(struct digest_value value, char text[DIGEST_TEXT_BYTES]);
bool digest_parse(struct view text, struct digest_value *value);

#endif
