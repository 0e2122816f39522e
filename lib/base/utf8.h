/*
 * utf8 - whether bytes are well-formed UTF-8 (Unicode 15, table 3-7: no
 * overlong forms, no surrogates, nothing above U+10FFFF).
 */
#ifndef NEST_BASE_UTF8_H
#define NEST_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool utf8_valid(const uint8_t *text, size_t size_bytes);

#endif
