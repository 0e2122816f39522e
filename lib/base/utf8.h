/*
 * utf8 - whether bytes are well-formed UTF-8 (Unicode 15, table 3-7: no
 * overlong forms, no surrogates, nothing above U+10FFFF), and how to write it.
 */
#ifndef NEST_BASE_UTF8_H
#define NEST_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_BYTES = 4 }; /* of one character at most */

bool utf8_valid(const uint8_t *text, size_t size_bytes);

/* Where the first sequence that is not well-formed begins; NULL if there is none. */
const uint8_t *utf8_fault(const uint8_t *text, size_t size_bytes);

/* Writes the character CODE, up to U+10FFFF and not a surrogate; returns the byte after it. */
uint8_t *utf8_put(uint8_t *to, uint32_t code);

#endif
