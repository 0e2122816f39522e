/* base64 - bytes as text (RFC 4648, section 4): the common alphabet, padded. */
#ifndef NEST_BASE_BASE64_H
#define NEST_BASE_BASE64_H

#include "lib/base/buffer.h"

bool base64_append(struct buffer *out, struct view bytes, struct nest_error *error);

#endif
