/*
 * pattern - texts that a regular expression matches.
 *
 * | in the pattern            | in a text                                    |
 * | a character               | itself; UTF-8 is taken as characters         |
 * | \. \\ \- and so on        | the character, where it is punctuation       |
 * | \n \t \r \f \v            | the control character                        |
 * | \d \w \s                  | a digit; a letter, digit or _; a space, \t,  |
 * |                           | \n, \v, \f or \r; all of ASCII               |
 * | .                         | a printable character of ASCII, space to ~   |
 * | \D \W \S [^...]           | any other printable character of ASCII       |
 * | [a-z0-9_-]                | a member; also escapes and ranges of any     |
 * |                           | characters; - is one at either end           |
 * | (...) (?:...) |           | a group; one of the alternatives             |
 * | ? * + {n} {n,} {,m} {n,m} | so many; if unbounded, at most 8 more;       |
 * |                           | a ? after it (lazy) makes no difference      |
 * | ^ $                       | nothing; only at the ends                    |
 *
 * Alternatives, members and counts are each drawn evenly.  Everything else is
 * refused.  A pattern is untrusted: it takes memory in proportion to
 * its size, and a draw takes time in proportion to the longest text.
 */
#ifndef NEST_GEN_PATTERN_H
#define NEST_GEN_PATTERN_H

#include "lib/base/buffer.h"

enum {
	PATTERN_MOST = 65535, /* bytes of a pattern, and of the longest text that it can make */
	PATTERN_DEPTH = 64,   /* of groups in groups */
	PATTERN_MORE = 8,     /* repetitions by * + {n,} beyond the least, at most */
};

enum pattern_kind {
	PATTERN_TEXT,   /* bytes of texts */
	PATTERN_CLASS,  /* one of the members that ranges have */
	PATTERN_EACH,   /* the nodes that links name, one after the other */
	PATTERN_ONE_OF, /* one of them; a link may be PATTERN_NOTHING */
	PATTERN_REPEAT, /* one node, from LEAST to MOST times */
};

#define PATTERN_NOTHING UINT32_MAX

struct pattern_node {
	enum pattern_kind kind;
	uint32_t first, count; /* bytes, ranges or links; the node that is repeated is FIRST */
	uint32_t least, most;  /* times; a class has MOST members */
	uint32_t longest_bytes;
};

/* Characters from FIRST to LAST; BEFORE members of the class are in the ranges before. */
struct pattern_range {
	uint32_t first, last, before;
};

/* The plan of a pattern; each buffer is an array. */
struct pattern {
	uint32_t longest_bytes;
	uint32_t root; /* a node, or PATTERN_NOTHING */
	struct buffer nodes, ranges, links, texts;
};

/*
 * NEST_USAGE, and a sentence that names the offset, if TEXT is not such a
 * pattern; NEST_FAILED for lack of memory.  Free PATTERN after success; after
 * a failure it is empty.  TEXT is not kept.
 */
bool pattern_open(struct pattern *pattern, struct view text, struct nest_error *error);
void pattern_free(struct pattern *pattern);

/* Writes the text that follows from WORD to TO, which has room for longest_bytes; returns its size. */
size_t pattern_draw(const struct pattern *pattern, uint64_t word, uint8_t *to);

#endif
