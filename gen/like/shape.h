/*
 * shape - what texts look like: which words, of which characters and lengths, between which marks.
 *
 * A word is a run of letters and digits; anything between words is a mark.
 * Texts with the same marks and the same number of words have one shape; those of many words are prose.
 */
#ifndef NEST_GEN_LIKE_SHAPE_H
#define NEST_GEN_LIKE_SHAPE_H

#include "gen/like/script.h"

enum {
	SHAPE_WORDS_MOST = 10, /* of a text that is not prose */
	SHAPE_MARKS_MOST = 32, /* bytes */
	SHAPES_MOST = 24,      /* that are distinguished; texts of others are prose */
	PROSE_SIZES = 16,
};

/* What a word consists of. */
enum word_kind {
	WORD_LOWER,
	WORD_UPPER,
	WORD_CAPITAL, /* one upper letter, then lower ones */
	WORD_LETTERS,
	WORD_DIGITS,
	WORD_HEX, /* lower: digits and a to f */
	WORD_LOWER_DIGITS,
	WORD_UPPER_DIGITS,
	WORD_MIXED,
	WORD_FOREIGN, /* of another script */
	WORD_KINDS,
};

/* All the words in one place of a shape. */
struct word_seen {
	uint64_t count, sum; /* of characters */
	uint32_t least, most;
	uint64_t kinds[WORD_KINDS];
	bool is_hex;        /* all of them are, letters or digits or both */
	bool has_zero;      /* one begins with 0, and goes on */
	enum script script; /* of the last foreign one */
};

struct shape {
	uint64_t count;
	uint32_t marks_size;
	uint8_t marks[SHAPE_MARKS_MOST]; /* with a zero in place of each word */
	uint32_t word_count;
	struct word_seen words[SHAPE_WORDS_MOST];
};

/* The most frequent marks between words. */
#define PROSE_MARKS " -._/,:;"

/* Prose; sizes[i] is of texts of 2^i up to 2^(i+1) - 1 words. */
struct prose {
	uint64_t count, words, characters; /* of all words together */
	uint64_t scripts[SCRIPT_COUNT];
	uint64_t capitals; /* texts that begin with an upper letter */
	uint64_t marks[sizeof PROSE_MARKS - 1];
	struct {
		uint64_t count, words;
	} sizes[PROSE_SIZES];
};

/* A zeroed struct has no texts. */
struct shapes {
	struct shape *shapes; /* owned */
	uint32_t count, capacity;
	uint64_t texts, empty;
	struct prose prose;
};

/* Adds TEXT, which came TIMES times; a negative number takes it away again. */
bool shapes_add(struct shapes *shapes, struct view text, int64_t times, struct nest_error *error);
void shapes_free(struct shapes *shapes);

#endif
