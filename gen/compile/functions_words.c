/* functions_words.c - functions that take words from lists, or letters from an alphabet. */
#include "gen/compile/functions.h"

#include "gen/chance/weights.h"
#include "gen/chance/zipf.h"
#include "lib/base/utf8.h"

#include <stdlib.h>

enum {
	LISTS_BYTES_MOST = 256 << 20, /* of all lists of a recipe */
	TEXT_BYTES_MOST = 1 << 20,    /* of several words */
};

/* ---- lists ---- */

static bool
read_words(const struct call *call, struct view name, struct word_list *found)
{
	struct compiled *compiled = call->compiler->shared->compiled;
	struct nest_error why;
	if (compiled->word_count == compiled->word_capacity) {
		uint32_t capacity = compiled->word_capacity == 0 ? 8 : compiled->word_capacity * 2;
		struct word_list *words = realloc(compiled->words, capacity * sizeof *words);
		if (words == NULL)
			return nest_error_memory(
			    call->compiler->error, capacity * sizeof *words, "lists of words");
		compiled->words = words;
		compiled->word_capacity = capacity;
	}
	if (!word_list_read(found, call->compiler->folder, name, &why))
		return call_refuse(call, call->arguments[0], &why);
	compiled->words[compiled->word_count++] = *found;
	size_t bytes = 0;
	for (uint32_t i = 0; i < compiled->word_count; i++)
		bytes += compiled->words[i].bytes.size;
	return bytes <= LISTS_BYTES_MOST ||
	       compile_refuse(call->compiler, call->arguments[0],
		   "the lists of words have more than %d bytes, all together", LISTS_BYTES_MOST);
}

/* The list NAME, relative to the folder of the recipe. */
static bool
find_list(const struct call *call, struct view name, struct word_list *found)
{
	const struct compiled *compiled = call->compiler->shared->compiled;
	for (uint32_t i = 0; i < compiled->word_count; i++) {
		*found = compiled->words[i];
		if (strlen(found->name) == name.size + strlen(".txt") &&
		    memcmp(found->name, name.data, name.size) == 0)
			return true;
	}
	return read_words(call, name, found);
}

/* The list that the first argument names is beside the file that names it. */
static bool
put_path(const struct call *call, struct buffer *path)
{
	struct compiler *compiler = call->compiler;
	const struct expression *e = expression_at(compiler, call->arguments[0]);
	const char *file = source_file_at(compiler->source, e->at).path, *slash = strrchr(file, '/');
	struct view name;
	return call_text(call, 0, &name) && buffer_reserve(path, name.size + 1, compiler->error) &&
	       buffer_append(path, file, slash != NULL ? (size_t)(slash - file) + 1 : 0, compiler->error) &&
	       buffer_append(path, name.data, name.size, compiler->error);
}

/* Each list is read once. */
bool
call_words(const struct call *call, struct word_list *found)
{
	struct buffer path = {0};
	bool fine = put_path(call, &path) && find_list(call, (struct view){path.data, path.size}, found);
	buffer_free(&path);
	return fine;
}

/* ---- which word: by its weight, by its place, or evenly ---- */

static void
release_weights(void *weights)
{
	weights_free(weights);
}

static bool
open_weights(const struct call *call, const struct word_list *words, void **table)
{
	struct nest_error why;
	if (!compile_table(call->compiler, sizeof(struct weights), release_weights, table))
		return false;
	if (weights_open(*table, words->weights, words->count, &why))
		return true;
	nest_error_prefix(&why, "%s: ", words->name);
	return call_refuse(call, call->arguments[0], &why);
}

/* The exponent is the argument INDEX. */
static bool
open_zipf(const struct call *call, unsigned index, const struct word_list *words, void **table)
{
	double exponent;
	struct nest_error why;
	if (words->weights != NULL)
		return compile_refuse(call->compiler, call->arguments[index],
		    "the words of this list have weights, and take no exponent");
	if (!call_constant(call, index, &exponent) ||
	    !compile_table(call->compiler, sizeof(struct zipf), NULL, table))
		return false;
	return zipf_init(*table, exponent, words->count, &why) ||
	       call_refuse(call, call->arguments[index], &why);
}

static bool
weighted_number(const struct call *call, const struct word_list *words, struct value *value)
{
	struct step select = {.run = step_weighted};
	return open_weights(call, words, &select.table) && compile_bits(call->compiler, 64, &select) &&
	       compile_step(call->compiler, &select, value);
}

/* By its place in the list, the first ones more often. */
static bool
ranked_number(const struct call *call, const struct word_list *words, struct value *value)
{
	struct value rank = {.type = VALUE_NUMBER, .low = 1, .high = words->count}, one;
	struct step draw = {.run = step_zipf};
	if (!open_zipf(call, 1, words, &draw.table) || !compile_bits(call->compiler, 64, &draw) ||
	    !compile_step(call->compiler, &draw, &rank) ||
	    !compile_number(call->compiler, VALUE_NUMBER, 1, 0, &one))
		return false;
	struct step subtract = {.run = step_subtract, .in = {rank.vector, one.vector}};
	return compile_step(call->compiler, &subtract, value);
}

static bool
even_number(const struct call *call, const struct word_list *words, struct value *value)
{
	struct step step = {.run = step_even, .other = words->count};
	return compile_bits(call->compiler, compile_bits_for(words->count), &step) &&
	       compile_step(call->compiler, &step, value);
}

/* word_number("list"), word_number("list", exponent): from 0 */
bool
function_word_number(const struct call *call, struct value *value)
{
	struct word_list words;
	if (!call_words(call, &words))
		return false;
	*value = (struct value){.type = VALUE_NUMBER, .high = words.count - 1};
	if (call->count > 1)
		return ranked_number(call, &words, value);
	return words.weights != NULL ? weighted_number(call, &words, value)
	                             : even_number(call, &words, value);
}

/* word_count("list") */
bool
function_word_count(const struct call *call, struct value *value)
{
	struct word_list words;
	return call_words(call, &words) &&
	       compile_number(call->compiler, VALUE_NUMBER, words.count, 0, value);
}

/* ---- one word ---- */

bool
call_word_at(
    const struct call *call, const struct word_list *words, const struct value *number, struct value *value)
{
	struct step step = {.run = step_word_at, .in = {number->vector}, .table = words->list};
	*value = (struct value){.type = VALUE_TEXT,
	    .low = (int64_t)words->shortest,
	    .high = (int64_t)words->longest,
	    .has_nulls = number->has_nulls};
	return compile_step(call->compiler, &step, value);
}

/* word("list"), word("list", exponent) */
bool
function_word(const struct call *call, struct value *value)
{
	struct word_list words;
	struct value number;
	if (!call_words(call, &words))
		return false;
	if (call->count > 1 || words.weights != NULL)
		return function_word_number(call, &number) && call_word_at(call, &words, &number, value);
	struct step step = {.run = step_list_word, .table = words.list, .table_count = words.count};
	*value = (struct value){
	    .type = VALUE_TEXT, .low = (int64_t)words.shortest, .high = (int64_t)words.longest};
	return compile_bits(call->compiler, compile_bits_for(words.count), &step) &&
	       compile_step(call->compiler, &step, value);
}

/* word_at("list", number): so that the words of two lists go together */
bool
function_word_at(const struct call *call, struct value *value)
{
	struct word_list words;
	struct value number;
	return call_words(call, &words) && call_index(call, 1, words.count, &number) &&
	       call_word_at(call, &words, &number, value);
}

/* ---- several ---- */

/* SIZE words, or as many letters as the first argument says, as one text. */
static bool
join_words(const struct call *call, const struct value *size, size_t shortest, size_t longest,
    struct words *words, struct value *value)
{
	int64_t blanks_low = words->has_blanks && size->low > 0 ? size->low - 1 : 0,
		blanks_high = words->has_blanks && size->high > 0 ? size->high - 1 : 0;
	struct step step = {.run = step_words, .table = words};
	*value = (struct value){.type = VALUE_TEXT,
	    .low = size->low * (int64_t)shortest + blanks_low,
	    .high = size->high * (int64_t)longest + blanks_high,
	    .has_nulls = size->has_nulls};
	if (value->high > TEXT_BYTES_MOST)
		return compile_refuse(
		    call->compiler, call->node, "the text may have more than %d bytes", TEXT_BYTES_MOST);
	if (!compile_bits(call->compiler, 64, &step))
		return false;
	step.in[1] = size->vector;
	return compile_step(call->compiler, &step, value);
}

/* words("list", count), words("list", count, exponent): with blanks between */
bool
function_words(const struct call *call, struct value *value)
{
	struct word_list words;
	struct value size;
	void *table, *weights = NULL, *zipf = NULL;
	if (!call_words(call, &words) || !call_size(call, 1, &size) ||
	    (call->count > 2 && !open_zipf(call, 2, &words, &zipf)) ||
	    (words.weights != NULL && !open_weights(call, &words, &weights)) ||
	    !compile_table(call->compiler, sizeof(struct words), NULL, &table))
		return false;
	*(struct words *)table = (struct words){words.list, words.count, weights, zipf, true};
	return join_words(call, &size, words.shortest, words.longest, table, value);
}

/* letters(count, "alphabet"): each of its characters as likely as any other */
bool
letters_of_alphabet(const struct call *call, const struct value *size, struct value *value)
{
	struct view alphabet;
	void *bytes, *list, *table;
	uint32_t count = 0;
	size_t shortest = UTF8_BYTES, longest = 0;
	if (!call_text(call, 1, &alphabet))
		return false;
	if (alphabet.size == 0)
		return compile_refuse(
		    call->compiler, call->arguments[1], "an alphabet has one letter or more");
	if (!compile_table(call->compiler, alphabet.size + TEXT_SLACK, NULL, &bytes) ||
	    !compile_table(call->compiler, alphabet.size * sizeof(struct text), NULL, &list) ||
	    !compile_table(call->compiler, sizeof(struct words), NULL, &table))
		return false;
	memcpy(bytes, alphabet.data, alphabet.size);
	for (size_t at = 0, bytes_of; at < alphabet.size; at += bytes_of, count++) {
		for (bytes_of = 1;
		     at + bytes_of < alphabet.size && (alphabet.data[at + bytes_of] & 0xc0) == 0x80;)
			bytes_of++;
		((struct text *)list)[count] = (struct text){(const uint8_t *)bytes + at, bytes_of};
		shortest = bytes_of < shortest ? bytes_of : shortest;
		longest = bytes_of > longest ? bytes_of : longest;
	}
	*(struct words *)table = (struct words){.list = list, .count = count};
	return join_words(call, size, shortest, longest, table, value);
}
