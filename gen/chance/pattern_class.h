/*
 * pattern_class - which characters a class of a pattern has.
 *
 * Ranges are appended to a buffer of struct pattern_range; closing a class
 * brings them into order, each character once, and counts them.
 */
#ifndef NEST_GEN_PATTERN_CLASS_H
#define NEST_GEN_PATTERN_CLASS_H

#include "gen/chance/pattern.h"

/* The characters FIRST to LAST, without those that are no characters (surrogates). */
bool class_add(struct buffer *ranges, uint32_t first, uint32_t last, struct nest_error *error);

/* What the letter of a backslash stands for, d D w W s S; false in IS_ONE where it stands for no class. */
bool class_add_letter(struct buffer *ranges, uint8_t letter, bool *is_one, struct nest_error *error);

/* The ranges from the OFFSETth on become a class; NEGATED: the printable ASCII that they do not have. */
bool class_close(
    struct buffer *ranges, size_t offset, bool negated, struct pattern_node *node, struct nest_error *error);

#endif
