/*
 * words - the words of a plan's lines, quoted as in a shell.
 *
 * Blanks separate words, an end of line ends them, and '#' where a word could begin
 * hides the rest of the line.  Single quotes take everything literally; so do double
 * quotes, except for holes and for a backslash before one of "\{}$` or an end of
 * line; a backslash elsewhere takes the next character literally, and hides an end
 * of line.  A hole is {...} outside single quotes: the words in it stand for
 * what is known only when the plan runs.  Nothing is expanded, and characters that
 * mean something to a shell are refused unless they are quoted.
 *
 * A struct words owns its memory; words_free() gives it back.  Pieces are named by
 * offsets, which stay valid while more is added.
 */
#ifndef NEST_RUN_WORDS_H
#define NEST_RUN_WORDS_H

#include "lib/base/buffer.h"

/* A part of a word: text ended by a zero, or the text between the braces of a hole. */
struct word_piece {
	size_t at, size; /* in the text */
	bool is_hole;
};

/* Pieces FIRST to FIRST + COUNT; there is at least one. */
struct word {
	size_t first, count;
};

struct words {
	struct buffer text;
	struct buffer pieces; /* struct word_piece */
	struct buffer list;   /* struct word */
};

/* Where reading goes on; .line counts from 1. */
struct words_source {
	struct view rest;
	unsigned line;
};

/* The words of one line, FIRST to FIRST + COUNT, which begin in LINE. */
struct words_line {
	size_t first, count;
	unsigned line;
};

/*
 * Adds the words of the next line that has any; if .count is 0 then, none are
 * left.  NEST_USAGE for a line that is not words; .line of SOURCE says where.
 */
bool words_next(
    struct words *words, struct words_source *source, struct words_line *line, struct nest_error *error);
void words_free(struct words *words);

static inline const struct word *
words_at(const struct words *words, size_t index)
{
	return (const struct word *)(const void *)words->list.data + index;
}

/* A piece of WORD, and its bytes, which are followed by a zero. */
static inline const struct word_piece *
words_piece(const struct words *words, const struct word *word, size_t index)
{
	return (const struct word_piece *)(const void *)words->pieces.data + word->first + index;
}

static inline struct view
words_bytes(const struct words *words, const struct word_piece *piece)
{
	return (struct view){words->text.data + piece->at, piece->size};
}

/* A word without holes, as text; NULL for one that has any. */
const char *words_text(const struct words *words, size_t index);

#endif
