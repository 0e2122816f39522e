/*
 * paper - the text of a recipe while it is written.
 *
 * The first failure is remembered, and nothing is written after it; check for it once, at the end.
 */
#ifndef NEST_GEN_LIKE_PAPER_H
#define NEST_GEN_LIKE_PAPER_H

#include "lib/base/buffer.h"

struct paper {
	struct buffer out; /* owned */
	struct nest_error *error;
	bool has_failed; /* ERROR says how */
};

void paper_free(struct paper *paper);

void paper_bytes(struct paper *paper, struct view bytes);
void paper_put(struct paper *paper, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A new line, with DEPTH tabs. */
void paper_line(struct paper *paper, unsigned depth);

/* TEXT as a literal text of a recipe: in quotes, or without them as part of a template. */
void paper_text(struct paper *paper, struct view text);
void paper_inside(struct paper *paper, struct view text);

/* A character as it is written in a pattern, outside of classes. */
void paper_pattern_character(struct paper *paper, uint32_t character);
void paper_character(struct paper *paper, uint32_t character);

#endif
