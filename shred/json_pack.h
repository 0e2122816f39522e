/* json_pack - a msgpack value written as JSON, for leaves that take any value as its JSON text. */
#ifndef NEST_SHRED_JSON_PACK_H
#define NEST_SHRED_JSON_PACK_H

#include "lib/base/pack.h"

/*
 * Appends the value that READER is at, and steps over it.  Bytes become base64,
 * keys that are no texts the text of their JSON, and what no JSON number can
 * be, null.  NEST_INVALID for what is broken, an extension type, or nested more
 * than JSON_DEPTH_LIMIT deep.
 */
bool json_from_pack(struct pack_reader *reader, struct buffer *out, struct nest_error *error);

#endif
