/*
 * lexer - the words, numbers and marks of the drawings in a recipe.
 *
 * A lexer reads a range of the source.  Blanks and comments, from # to the end
 * of the line, may stand between tokens.  Nothing is allocated.
 */
#ifndef NEST_GEN_LEXER_H
#define NEST_GEN_LEXER_H

#include "gen/notation/source.h"

enum token_kind {
	TOKEN_END,    /* of the range */
	TOKEN_NAME,   /* letters, digits and _, not beginning with a digit */
	TOKEN_NUMBER, /* digits, perhaps with a point, perhaps followed by k, M or G */
	TOKEN_SHARE,  /* a number and % */
	TOKEN_TEXT,   /* in double or single quotes */
	TOKEN_DATE,   /* 2024-02-29 */
	TOKEN_TIME,   /* 2024-02-29T12:00:00, perhaps with a fraction, perhaps with Z */
	TOKEN_MARK,   /* one of ( ) [ ] , | + - * / // % = != < <= > >= .. . and : in a template, ; after all
	               */
};

struct token {
	enum token_kind kind;
	size_t at, end;   /* offsets in the source */
	struct view word; /* its bytes; of a text, those between the quotes, unchanged */
	int64_t
	    number; /* of a number, its digits without the point; of a date, days; of a time, microseconds */
	unsigned scale; /* digits after the point */
	double share;   /* of 100 */
};

struct lexer {
	const struct source *source;
	struct nest_error *error;
	size_t end; /* of the range */
	struct token token;
};

/* Begins at offset AT; the first token is read. */
bool lexer_open(
    struct lexer *lexer, const struct source *source, size_t at, size_t end, struct nest_error *error);
/* Moves to the next token. */
bool lexer_advance(struct lexer *lexer);

/* Whether the token is that mark or that word. */
bool lexer_at(const struct lexer *lexer, const char *word);
/* Moves past it if it is. */
bool lexer_skip(struct lexer *lexer, const char *word, bool *skipped);
/* Moves past it, or refuses. */
bool lexer_take(struct lexer *lexer, const char *word);
/* "expected WHAT, found ..."; always false. */
bool lexer_expected(const struct lexer *lexer, const char *what);

/* The offset after the text in quotes that begins at AT, or END if it is never closed. */
size_t lexer_behind_text(struct view source, size_t at, size_t end);

#endif
