/*
 * words - the words of a plan's lines, quoted as in a shell.
 *
 * Blanks part words, an end of line ends them, and '#' where a word could begin
 * hides the rest of the line.  Single quotes take everything as it is; double
 * quotes too, but for holes and for a backslash before one of "\{}$` or an end of
 * line; a backslash elsewhere takes the next character as it is, and hides an end
 * of line.  A hole is {...} outside of single quotes: the words in it stand for
 * what is known only when the plan runs.  Nothing is expanded, and what would
 * mean something to a shell is refused unless it is quoted.
 *
 * A struct words owns its memory; words_free() gives it back.  Pieces are told by
 * offsets, which stay right while more is added.
 */
#ifndef NEST_RUN_WORDS_H
#define NEST_RUN_WORDS_H

#include "lib/base/buffer.h"

/* A part of a word: text, which a zero ends, or what stands between the braces of a hole. */
struct word_piece {
	size_t at, size; /* in the text */
	bool is_hole;
};

/* Pieces FIRST to FIRST + COUNT; there is one at least. */
struct word {
	size_t first, count;
};

struct words {
	struct buffer text;
	struct buffer pieces; /* struct word_piece */
	struct buffer list;   /* struct word */
};

/* Where the next line is read; .line counts from 1. */
struct words_source {
	struct view rest;
	unsigned line;
};

/* Of one line: words FIRST to FIRST + COUNT, which begin in LINE. */
struct words_line {
	size_t first, count;
	unsigned line;
};

/*
 * Adds the words of the next line that has any; none are left where .count is 0
 * then.  NEST_USAGE for what is no line of words; .line of SOURCE says where.
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

/* A word without a hole as text; NULL for one that has any. */
const char *words_text(const struct words *words, size_t index);

#endif
