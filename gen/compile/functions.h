/* functions - the functions of nest-recipe(5); each compiles a call of itself. */
#ifndef NEST_GEN_FUNCTIONS_H
#define NEST_GEN_FUNCTIONS_H

#include "gen/compile/compiler.h"

enum { ARGUMENTS_MOST = 4 };

/* A call: its node, the nodes of its arguments, and how many there are. */
struct call {
	struct compiler *compiler;
	uint32_t node;
	uint32_t arguments[ARGUMENTS_MOST];
	unsigned count;
};

typedef bool function(const struct call *call, struct value *value);

/* ---- arguments ---- */

/* A number or a real, as a real. */
bool call_real(const struct call *call, unsigned index, struct value *value);
/* The same, if it is the same for all rows. */
bool call_constant(const struct call *call, unsigned index, double *real);
/* A whole number from LOW to HIGH that is the same for all rows. */
bool call_count(const struct call *call, unsigned index, int64_t low, int64_t high, int64_t *count);
/* A whole number from 0 to 65536, of words, letters or bytes. */
bool call_size(const struct call *call, unsigned index, struct value *value);
/* A whole number from 0 to COUNT - 1. */
bool call_index(const struct call *call, unsigned index, int64_t count, struct value *value);
/* A text in quotes, without braces. */
bool call_text(const struct call *call, unsigned index, struct view *text);
/* A text in quotes as it is written, including backslashes and braces. */
bool call_raw_text(const struct call *call, unsigned index, struct view *text);

/* Fails for the reason WHY, with the place of the argument or call NODE; a failure of the host has none. */
bool call_refuse(const struct call *call, uint32_t node, const struct nest_error *why);

/* ---- functions_random.c ---- */

function function_uniform, function_normal, function_lognormal, function_exponential;
function function_zipf, function_poisson, function_geometric, function_scatter;
function function_pattern, function_bytes, function_letters, function_uuid;

/* ---- functions_words.c ---- */

function function_word, function_words, function_word_at, function_word_number, function_word_count;
/* The list that the first argument names; the recipe owns it. */
bool call_words(const struct call *call, struct word_list *words);
/* The word of that number. */
bool call_word_at(
    const struct call *call, const struct word_list *words, const struct value *number, struct value *value);
/* letters(size, alphabet) */
bool letters_of_alphabet(const struct call *call, const struct value *size, struct value *value);

/* ---- functions_lists.c ---- */

function function_sum, function_count, function_least_of, function_greatest_of;
function function_running, function_distinct;

/* ---- functions_dirty.c ---- */

function function_dirty;

#endif
