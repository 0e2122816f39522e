#include "gen/like/shape.h"

#include <stdlib.h>

/* A parsed text. */
struct parsed {
	struct shape shape; /* of this text alone */
	uint64_t words, characters;
	uint64_t scripts[SCRIPT_COUNT];
	uint64_t marks[sizeof PROSE_MARKS - 1];
	bool is_prose;
	bool begins_upper;
};

struct word {
	uint32_t size;
	uint32_t scripts[SCRIPT_COUNT];
	bool begins_upper, begins_zero, is_hex;
};

/* ---- words ---- */

static bool
is_hex_digit(uint32_t character)
{
	return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
}

static enum word_kind
kind_of(const struct word *word)
{
	uint32_t lower = word->scripts[SCRIPT_LOWER], upper = word->scripts[SCRIPT_UPPER];
	uint32_t digits = word->scripts[SCRIPT_DIGIT];
	if (lower + upper + digits < word->size)
		return WORD_FOREIGN;
	if (digits == word->size)
		return WORD_DIGITS;
	if (digits > 0)
		return word->is_hex ? WORD_HEX
		       : upper == 0 ? WORD_LOWER_DIGITS
		       : lower == 0 ? WORD_UPPER_DIGITS
		                    : WORD_MIXED;
	if (upper == 0 || lower == 0)
		return upper == 0 ? WORD_LOWER : WORD_UPPER;
	return upper == 1 && word->begins_upper ? WORD_CAPITAL : WORD_LETTERS;
}

static void
note_script(struct word *word, enum script script, uint32_t character)
{
	if (word->size == 0) {
		word->is_hex = true;
		word->begins_upper = script == SCRIPT_UPPER;
		word->begins_zero = character == '0';
	}
	word->is_hex = word->is_hex && is_hex_digit(character);
	word->size++;
	word->scripts[script]++;
}

static enum script
foreign_script(const struct word *word)
{
	enum script most = SCRIPT_OTHER;
	for (enum script i = SCRIPT_GREEK; i < SCRIPT_COUNT; i++)
		if (word->scripts[i] > word->scripts[most])
			most = i;
	return most;
}

/* ---- texts ---- */

static void
put_mark(struct parsed *parsed, const uint8_t *bytes, size_t size)
{
	struct shape *shape = &parsed->shape;
	if (shape->marks_size + size > SHAPE_MARKS_MOST) {
		parsed->is_prose = true;
		return;
	}
	memcpy(shape->marks + shape->marks_size, bytes, size);
	shape->marks_size += (uint32_t)size;
}

static void
note_mark(struct parsed *parsed, uint32_t character)
{
	for (size_t i = 0; i < sizeof PROSE_MARKS - 1; i++)
		parsed->marks[i] += character == (uint8_t)PROSE_MARKS[i];
}

static void
end_word(struct parsed *parsed, const struct word *word)
{
	struct shape *shape = &parsed->shape;
	for (unsigned i = 0; i < SCRIPT_COUNT; i++)
		parsed->scripts[i] += word->scripts[i];
	parsed->words++;
	parsed->characters += word->size;
	if (shape->word_count == SHAPE_WORDS_MOST) {
		parsed->is_prose = true;
		return;
	}
	struct word_seen *seen = &shape->words[shape->word_count++];
	*seen = (struct word_seen){.count = 1,
	    .sum = word->size,
	    .least = word->size,
	    .most = word->size,
	    .is_hex = word->is_hex,
	    .has_zero = word->begins_zero && word->size > 1,
	    .script = foreign_script(word)};
	seen->kinds[kind_of(word)] = 1;
}

/* Whether it has several words, few of them numbers, with blanks between most. */
static bool
is_sentence(const struct parsed *parsed)
{
	enum { WORDS_LEAST = 4 };
	const struct shape *shape = &parsed->shape;
	uint64_t blanks = 0, numbers = 0;
	for (uint32_t i = 0; i < shape->marks_size; i++)
		blanks += shape->marks[i] == ' ';
	for (uint32_t i = 0; i < shape->word_count; i++)
		numbers += shape->words[i].kinds[WORD_DIGITS];
	return shape->word_count >= WORDS_LEAST && 2 * blanks >= shape->word_count &&
	       2 * numbers < shape->word_count;
}

static void
parse(struct parsed *parsed, struct view text)
{
	struct word word = {0};
	*parsed = (struct parsed){0};
	for (size_t at = 0; at < text.size;) {
		size_t begin = at;
		uint32_t character = script_take(text, &at);
		enum script script = script_of(character);
		if (script != SCRIPT_MARK) {
			parsed->begins_upper |= begin == 0 && script == SCRIPT_UPPER;
			if (word.size == 0)
				put_mark(parsed, (const uint8_t *)"", 1);
			note_script(&word, script, character);
			continue;
		}
		if (word.size > 0)
			end_word(parsed, &word);
		word = (struct word){0};
		note_mark(parsed, character);
		/* A zero stands for a word, and cannot be a mark. */
		if (character != 0)
			put_mark(parsed, text.data + begin, at - begin);
	}
	if (word.size > 0)
		end_word(parsed, &word);
	parsed->is_prose |= is_sentence(parsed);
}

/* ---- shapes ---- */

static bool
is_shape(const struct shape *shape, const struct shape *of)
{
	return shape->marks_size == of->marks_size && shape->word_count == of->word_count &&
	       memcmp(shape->marks, of->marks, of->marks_size) == 0;
}

/* *FOUND is NULL if there is no room for one more. */
static bool
find_shape(struct shapes *shapes, const struct shape *of, struct shape **found, struct nest_error *error)
{
	*found = NULL;
	for (uint32_t i = 0; i < shapes->count && *found == NULL; i++)
		if (is_shape(&shapes->shapes[i], of))
			*found = &shapes->shapes[i];
	if (*found != NULL || shapes->count == SHAPES_MOST)
		return true;
	if (shapes->count == shapes->capacity) {
		uint32_t capacity = shapes->capacity == 0 ? 1 : 2 * shapes->capacity;
		struct shape *grown = realloc(shapes->shapes, capacity * sizeof *grown);
		if (grown == NULL)
			return nest_error_memory(error, capacity * sizeof *grown, "shapes of texts");
		shapes->shapes = grown;
		shapes->capacity = capacity;
	}
	struct shape *made = &shapes->shapes[shapes->count++];
	*made = *of;
	made->count = 0;
	for (uint32_t i = 0; i < made->word_count; i++) {
		made->words[i].count = made->words[i].sum = 0;
		memset(made->words[i].kinds, 0, sizeof made->words[i].kinds);
	}
	*found = made;
	return true;
}

/* Counts that shrink do not go below 0. */
static void
change(uint64_t *count, uint64_t by, int64_t times)
{
	uint64_t amount = by * (uint64_t)(times < 0 ? -times : times);
	if (times >= 0)
		*count += amount;
	else
		*count -= amount < *count ? amount : *count;
}

static void
add_words(struct shape *shape, const struct shape *of, int64_t times)
{
	change(&shape->count, 1, times);
	for (uint32_t i = 0; i < shape->word_count; i++) {
		struct word_seen *seen = &shape->words[i];
		const struct word_seen *word = &of->words[i];
		change(&seen->count, 1, times);
		change(&seen->sum, word->sum, times);
		for (unsigned kind = 0; kind < WORD_KINDS; kind++)
			change(&seen->kinds[kind], word->kinds[kind], times);
		seen->least = word->least < seen->least ? word->least : seen->least;
		seen->most = word->most > seen->most ? word->most : seen->most;
		seen->is_hex &= word->is_hex;
		seen->has_zero |= word->has_zero;
		seen->script = word->kinds[WORD_FOREIGN] > 0 ? word->script : seen->script;
	}
}

static void
add_prose(struct prose *prose, const struct parsed *parsed, int64_t times)
{
	unsigned size = 0;
	while (size + 1 < PROSE_SIZES && parsed->words >> (size + 1) > 0)
		size++;
	change(&prose->count, 1, times);
	change(&prose->words, parsed->words, times);
	change(&prose->characters, parsed->characters, times);
	change(&prose->capitals, parsed->begins_upper, times);
	for (unsigned i = 0; i < SCRIPT_COUNT; i++)
		change(&prose->scripts[i], parsed->scripts[i], times);
	for (unsigned i = 0; i < sizeof PROSE_MARKS - 1; i++)
		change(&prose->marks[i], parsed->marks[i], times);
	change(&prose->sizes[size].count, 1, times);
	change(&prose->sizes[size].words, parsed->words, times);
}

bool
shapes_add(struct shapes *shapes, struct view text, int64_t times, struct nest_error *error)
{
	struct parsed parsed;
	struct shape *shape = NULL;
	change(&shapes->texts, 1, times);
	if (text.size == 0) {
		change(&shapes->empty, 1, times);
		return true;
	}
	parse(&parsed, text);
	if (!parsed.is_prose && !find_shape(shapes, &parsed.shape, &shape, error))
		return false;
	if (shape != NULL)
		add_words(shape, &parsed.shape, times);
	else
		add_prose(&shapes->prose, &parsed, times);
	return true;
}

void
shapes_free(struct shapes *shapes)
{
	free(shapes->shapes);
	*shapes = (struct shapes){0};
}
