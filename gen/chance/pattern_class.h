/*
 * pattern_class - which characters a class of a pattern has.
 *
 * Ranges are appended to a buffer of struct pattern_range; closing a class
 * brings them into order, each character once, and counts them.
 */
#ifndef NEST_GEN_PATTERN_CLASS_H
#define NEST_GEN_PATTERN_CLASS_H

#include "gen/chance/pattern.h"

/* The characters FIRST to LAST, except surrogates, which are not characters. */
bool class_add(struct buffer *ranges, uint32_t first, uint32_t last, struct nest_error *error);

/* The class that a letter after a backslash stands for, d D w W s S; IS_ONE is false if it is none. */
bool class_add_letter(struct buffer *ranges, uint8_t letter, bool *is_one, struct nest_error *error);

/* Makes a class of the ranges from the OFFSETth on; NEGATED: of the printable ASCII outside them. */
bool class_close(
    struct buffer *ranges, size_t offset, bool negated, struct pattern_node *node, struct nest_error *error);

#endif
