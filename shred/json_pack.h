/* json_pack - writes a msgpack value as JSON, for leaves that take any value as JSON text. */
#ifndef NEST_SHRED_JSON_PACK_H
#define NEST_SHRED_JSON_PACK_H

#include "lib/base/pack.h"

/*
 * Appends the value that READER is at, and moves past it.  Bytes become base64,
 * keys other than texts become their JSON as a text, and NaN and infinities
 * become null.  NEST_INVALID for broken msgpack, an extension type, or nesting
 * deeper than JSON_DEPTH_LIMIT.
 */
bool json_from_pack(struct pack_reader *reader, struct buffer *out, struct nest_error *error);

#endif
