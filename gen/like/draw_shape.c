/* draw_shape.c - patterns for texts of the shapes that were seen. */
#include "gen/like/draw.h"

#include "lib/base/utf8.h"

#include <math.h>
#include <stdlib.h>

enum {
	SHAPES_TOLD = 8,
	SHAPE_PARTS = 50, /* a shape that fewer than one in this many texts have is put with the others */
	KINDS_TOLD = 3,
	KIND_PARTS = 10,
	MARKS_IN_A_ROW = 3, /* this many marks could be a value */
	DIGITS_MOST = 12,
	TEXT_BYTES = 60000,
	BITS_ENOUGH = 4,
};

/* ---- words ---- */

/* Writes the length of words: as long as those seen, on average. */
static void
put_length(struct paper *paper, uint64_t least, uint64_t most)
{
	if (least == most && most == 1)
		return;
	if (least == most)
		paper_put(paper, "{%llu}", (unsigned long long)least);
	else
		paper_put(paper, "{%llu,%llu}", (unsigned long long)least, (unsigned long long)most);
}

static uint64_t
usual_most(const struct word_seen *word)
{
	uint64_t twice = word->count > 0 ? (2 * word->sum + word->count / 2) / word->count : word->most;
	uint64_t most = twice > word->least ? twice - word->least : word->least;
	return most < word->most ? most : word->most;
}

static void
put_script(struct paper *paper, enum script script)
{
	struct script_range range = script_range(script);
	paper_put(paper, "[");
	paper_character(paper, range.first);
	paper_put(paper, "-");
	paper_character(paper, range.last);
	paper_put(paper, "]");
}

/* KIND with LEAST to MOST characters. */
static void
put_kind(
    struct paper *paper, const struct word_seen *word, enum word_kind kind, uint64_t least, uint64_t most)
{
	static const char *const classes[WORD_KINDS] = {[WORD_LOWER] = "[a-z]",
	    [WORD_UPPER] = "[A-Z]",
	    [WORD_LETTERS] = "[A-Za-z]",
	    [WORD_DIGITS] = "\\d",
	    [WORD_HEX] = "[0-9a-f]",
	    [WORD_LOWER_DIGITS] = "[a-z0-9]",
	    [WORD_UPPER_DIGITS] = "[A-Z0-9]",
	    [WORD_MIXED] = "[A-Za-z0-9]"};
	bool has_first = (kind == WORD_CAPITAL || (kind == WORD_DIGITS && !word->has_zero)) && most > 1;
	if (has_first) {
		paper_put(paper, kind == WORD_CAPITAL ? "[A-Z]" : "[1-9]");
		/* A capital alone is not a word of this kind, a digit alone is. */
		least -= least > 1 || kind == WORD_DIGITS;
		most--;
	}
	if (kind == WORD_FOREIGN)
		put_script(paper, word->script);
	else
		paper_put(
		    paper, "%s", kind == WORD_CAPITAL ? (has_first ? "[a-z]" : "[A-Z]") : classes[kind]);
	put_length(paper, least, most);
}

/* Fills KINDS with those that more than a few of the words have; returns how many. */
static unsigned
main_kinds(const struct word_seen *word, enum word_kind kinds[WORD_KINDS])
{
	unsigned count = 0;
	bool has_hex = word->is_hex && word->kinds[WORD_HEX] > 0;
	for (enum word_kind kind = 0; kind < WORD_KINDS && !has_hex; kind++)
		if (word->kinds[kind] * KIND_PARTS >= word->count && word->kinds[kind] > 0)
			kinds[count++] = kind;
	if (count == 0 || count > KINDS_TOLD) {
		kinds[0] = has_hex ? WORD_HEX : WORD_MIXED;
		count = 1;
	}
	return count;
}

/* Writes one of the WORDS of a text, which must fit a pattern as a whole. */
static void
put_word(struct paper *paper, const struct word_seen *word, uint32_t words)
{
	enum word_kind kinds[WORD_KINDS];
	unsigned count = main_kinds(word, kinds);
	uint64_t room = TEXT_BYTES / words / (word->kinds[WORD_FOREIGN] > 0 ? UTF8_BYTES : 1);
	uint64_t most = usual_most(word) < room ? usual_most(word) : room;
	uint64_t least = word->least < most ? word->least : most;
	if (count > 1)
		paper_put(paper, "(");
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			paper_put(paper, "|");
		put_kind(paper, word, kinds[i], least, most);
	}
	if (count > 1)
		paper_put(paper, ")");
}

/* ---- texts of one shape ---- */

/* Writes the marks from *AT up to the next word. */
static void
put_marks(struct paper *paper, const struct shape *shape, size_t *at)
{
	size_t end = *at, characters = 0;
	struct view marks = {shape->marks, shape->marks_size};
	for (; end < marks.size && marks.data[end] != 0; characters++)
		script_take(marks, &end);
	bool is_scheme = end - *at == 3 && memcmp(marks.data + *at, "://", 3) == 0;
	if (characters >= MARKS_IN_A_ROW && !is_scheme) {
		paper_put(paper, "[._~]{%zu}", characters);
		*at = end;
	}
	while (*at < end)
		paper_pattern_character(paper, script_take(marks, at));
}

/* The place of the longest word of digits, which can be a separate number; word_count if there is none. */
static uint32_t
place_of_number(const struct shape *shape)
{
	uint32_t best = shape->word_count;
	for (uint32_t i = 0; i < shape->word_count; i++)
		if (shape->words[i].kinds[WORD_DIGITS] == shape->words[i].count &&
		    (best == shape->word_count || shape->words[i].most > shape->words[best].most))
			best = i;
	return best;
}

/* Writes the pieces of a text from marks at *AT and word *WORD on, up to word END. */
static void
put_pieces(struct paper *paper, const struct shape *shape, size_t *at, uint32_t *word, uint32_t end)
{
	while (*at < shape->marks_size) {
		if (shape->marks[*at] != 0) {
			put_marks(paper, shape, at);
			continue;
		}
		if (*word == end)
			return;
		put_word(paper, &shape->words[(*word)++], shape->word_count);
		++*at;
	}
}

static void
put_shape(struct paper *paper, const struct shape *shape)
{
	size_t at = 0;
	uint32_t word = 0;
	paper_put(paper, "pattern(\"");
	put_pieces(paper, shape, &at, &word, shape->word_count);
	paper_put(paper, "\")");
}

/* The least number of random bits in the words of a shape. */
static double
bits_of(const struct shape *shape)
{
	static const double bits[WORD_KINDS] = {[WORD_LOWER] = 4.7,
	    [WORD_UPPER] = 4.7,
	    [WORD_CAPITAL] = 4.7,
	    [WORD_LETTERS] = 5.7,
	    [WORD_DIGITS] = 3.3,
	    [WORD_HEX] = 4,
	    [WORD_LOWER_DIGITS] = 5.2,
	    [WORD_UPPER_DIGITS] = 5.2,
	    [WORD_MIXED] = 5.9,
	    [WORD_FOREIGN] = 4};
	enum word_kind kinds[WORD_KINDS];
	double sum = 0;
	for (uint32_t i = 0; i < shape->word_count; i++) {
		main_kinds(&shape->words[i], kinds);
		sum += bits[kinds[0]] * shape->words[i].least;
	}
	return sum;
}

/*
 * Whether a number must make texts of a shape unique, since randomness alone would not, and can; *DIGITS is
 * its length.
 */
static bool
has_number(const struct shape *shape, uint32_t *place, unsigned *digits)
{
	double room = 1;
	*place = place_of_number(shape);
	if (*place == shape->word_count || bits_of(shape) > BITS_ENOUGH + 2 * log2((double)shape->count))
		return false;
	*digits = shape->words[*place].most < DIGITS_MOST ? shape->words[*place].most : DIGITS_MOST;
	for (unsigned i = 0; i < *digits; i++)
		room *= 10;
	return room >= (double)shape->count;
}

static void
put_part(struct paper *paper, const struct shape *shape, size_t *at, uint32_t *word, uint32_t end)
{
	size_t begin = paper->out.size;
	paper_put(paper, "{pattern('");
	size_t empty = paper->out.size;
	put_pieces(paper, shape, at, word, end);
	if (paper->has_failed)
		return;
	if (paper->out.size == empty)
		paper->out.size = begin;
	else
		paper_put(paper, "')}");
}

/* Writes texts of a shape of which no two are equal. */
static void
put_unique(struct paper *paper, const struct shape *shape, uint32_t place, unsigned digits)
{
	size_t at = 0;
	uint32_t word = 0;
	unsigned long long room = 1;
	for (unsigned i = 0; i < digits; i++)
		room *= 10;
	paper_put(paper, "\"");
	put_part(paper, shape, &at, &word, place);
	paper_put(paper, "{scatter(row %% %llu, %llu)", room, room);
	if (shape->words[place].least == shape->words[place].most && digits > 1)
		paper_put(paper, ":0%u", digits);
	paper_put(paper, "}");
	at++;
	word++;
	put_part(paper, shape, &at, &word, shape->word_count);
	paper_put(paper, "\"");
}

/* ---- prose ---- */

static enum script
main_script(const struct prose *prose)
{
	enum script most = SCRIPT_LOWER;
	for (enum script i = SCRIPT_GREEK; i < SCRIPT_COUNT; i++)
		if (prose->scripts[i] > prose->scripts[most])
			most = i;
	return most;
}

static uint8_t
main_mark(const struct prose *prose)
{
	unsigned most = 0;
	for (unsigned i = 1; i < sizeof PROSE_MARKS - 1; i++)
		if (prose->marks[i] > prose->marks[most])
			most = i;
	return (uint8_t)PROSE_MARKS[most];
}

/* Writes words, as many as texts of this size have on average. */
static void
put_prose(struct paper *paper, const struct prose *prose, unsigned size)
{
	uint64_t least = (uint64_t)1 << size, mean = prose->sizes[size].words / prose->sizes[size].count;
	uint64_t most = mean > least ? 2 * mean - least : least;
	uint64_t letters = prose->words > 0 ? prose->characters / prose->words : 4;
	letters = letters < 1 ? 1 : letters > 100 ? 100 : letters;
	/* The last characters of a script take four bytes. */
	uint64_t words_most = TEXT_BYTES / (4 * 2 * letters + 1);
	most = most < words_most ? most : words_most;
	least = least < most ? least : most;
	bool begins_upper = 2 * prose->capitals > prose->count;
	paper_put(paper, "pattern(\"");
	paper_put(paper, "%s", begins_upper ? "[A-Z]" : "");
	put_script(paper, main_script(prose));
	put_length(paper, 1, 2 * letters - 1);
	if (most > 1) {
		paper_put(paper, "(");
		paper_pattern_character(paper, main_mark(prose));
		put_script(paper, main_script(prose));
		put_length(paper, 1, 2 * letters - 1);
		paper_put(paper, ")");
		put_length(paper, least - 1, most - 1);
	}
	paper_put(paper, "\")");
}

static void
draw_prose(struct drawer *drawer, const struct prose *prose, double weight)
{
	for (unsigned i = 0; i < PROSE_SIZES; i++) {
		if (prose->sizes[i].count == 0)
			continue;
		draw_next(drawer, (double)prose->sizes[i].count / (double)prose->count * weight, 1);
		put_prose(&drawer->choice.paper, prose, i);
	}
}

/* ---- all shapes ---- */

/* No two compare equal, so that a recipe does not depend on the sort. */
static int
compare_shapes(const void *left, const void *right)
{
	const struct shape *a = left, *b = right;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	int order = memcmp(a->marks, b->marks, SHAPE_MARKS_MOST);
	return order != 0 ? order : (a->marks_size > b->marks_size) - (a->marks_size < b->marks_size);
}

/* How many shapes, the most frequent first, get an alternative. */
static uint32_t
count_told(const struct drawer *drawer, const struct shapes *shapes)
{
	uint64_t all = shapes->texts - shapes->empty;
	uint32_t most = SHAPES_TOLD < drawer->detail ? SHAPES_TOLD : drawer->detail, told = 0;
	while (told < shapes->count && told < most && shapes->shapes[told].count > 0 &&
	       (told == 0 || shapes->shapes[told].count * SHAPE_PARTS >= all))
		told++;
	return told;
}

void
draw_shapes(struct drawer *drawer, struct shapes *shapes, double weight, bool is_unique)
{
	struct paper *paper = &drawer->choice.paper;
	if (shapes->count > 0)
		qsort(shapes->shapes, shapes->count, sizeof *shapes->shapes, compare_shapes);
	uint32_t told = count_told(drawer, shapes), place;
	unsigned digits;
	uint64_t known = shapes->empty;
	for (uint32_t i = 0; i < told; i++)
		known += shapes->shapes[i].count;
	/* Texts of other shapes are prose; if there is none, the shapes stand for them. */
	uint64_t all = shapes->texts, prose = shapes->prose.count > 0 ? shapes->texts - known : 0;
	all = prose > 0 ? all : known;
	if (all == 0 || weight <= 0)
		return;
	for (uint32_t i = 0; i < told; i++) {
		const struct shape *shape = &shapes->shapes[i];
		draw_next(drawer, (double)shape->count / (double)all * weight, 4);
		if (is_unique && has_number(shape, &place, &digits)) {
			put_unique(paper, shape, place, digits);
			drawer->note = "unique";
		} else {
			put_shape(paper, shape);
		}
	}
	draw_next(drawer, (double)shapes->empty / (double)all * weight, 0);
	paper_put(paper, "\"\"");
	if (prose > 0)
		draw_prose(drawer, &shapes->prose, (double)prose / (double)all * weight);
}
