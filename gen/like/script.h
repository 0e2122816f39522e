/* script - the characters that may replace a character of a text: of the same script and kind. */
#ifndef NEST_GEN_LIKE_SCRIPT_H
#define NEST_GEN_LIKE_SCRIPT_H

#include "lib/base/buffer.h"

enum script {
	SCRIPT_MARK, /* blanks and punctuation, which are not replaced */
	SCRIPT_LOWER,
	SCRIPT_UPPER,
	SCRIPT_DIGIT,
	SCRIPT_GREEK,
	SCRIPT_CYRILLIC,
	SCRIPT_HEBREW,
	SCRIPT_ARABIC,
	SCRIPT_INDIC,
	SCRIPT_THAI,
	SCRIPT_KANA,
	SCRIPT_HAN,
	SCRIPT_HANGUL,
	SCRIPT_OTHER,
	SCRIPT_COUNT,
};

struct script_range {
	uint32_t first, last; /* that may be drawn */
};

enum script script_of(uint32_t character);
struct script_range script_range(enum script script);

/* The character at *AT in TEXT, which must be UTF-8; moves *AT past it. */
uint32_t script_take(struct view text, size_t *at);

#endif
