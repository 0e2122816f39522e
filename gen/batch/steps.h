/*
 * steps - the loops of a batch: each makes one vector of its scope from others of the same scope.
 *
 * A value is null if one of those that it is made from is, unless the line says
 * otherwise.  `in` are vectors; the lines say what the other members of struct
 * step are.
 */
#ifndef NEST_GEN_STEPS_H
#define NEST_GEN_STEPS_H

#include "gen/batch/batch.h"

/* How many instances a step makes values for. */
static inline size_t
step_instances(const struct batch *batch, const struct step *step)
{
	return batch->scopes[step->scope].count;
}

/* Where the next byte of a text goes; its bytes belong to the batch. */
static inline uint8_t *
step_text_end(struct text *text)
{
	return (uint8_t *)(uintptr_t)text->data + text->size;
}

/* A vector of the rows of a batch that is drawn for another. */
struct referred {
	struct batch *batch;
	uint32_t vector;
};

/* A slice of a random word: BITS of it from bit SHIFT on; in[0] is the word. */

step_function step_expand; /* makes the instances of its scope */
step_function step_word;   /* word NUMBER of each instance */
step_function step_gather; /* for each instance the value of its parent; in[0] is of the parent's scope */
step_function step_even;   /* slice: NUMBER and up to OTHER - 1 more, evenly; OTHER 0 is 2^64 */
step_function step_even_between; /* slice: from in[1] to in[2], evenly; null if that range is empty */
step_function step_share;        /* slice: whether it is below NUMBER */
step_function
    step_select; /* slice of at most 63 bits: how many of the thresholds (int64_t) in TABLE it reaches */
step_function step_pick;      /* the value of vector number in[0] of those (uint32_t) in TABLE */
step_function step_look_up;   /* number or text in[0] in TABLE */
step_function step_hide;      /* null if in[0] is NUMBER; in[1] has the values, and lends them */
step_function step_hide_some; /* the same, if bit in[0], below 64, is set in NUMBER */
step_function step_list_word; /* slice: one of the texts in TABLE, evenly */

/* Numbers; truths are 0 and 1, and compared texts and reals make truths, too. */
step_function step_add, step_subtract, step_multiply, step_negate;
step_function step_quotient, step_remainder; /* rounded down; null if the divisor is 0 */
step_function step_equal, step_less, step_less_equal;
step_function step_and, step_or, step_not;
step_function step_scale_up;   /* times NUMBER */
step_function step_scale_down; /* by NUMBER, which is even, to the nearest, halves away from zero */
step_function step_floor_by;   /* by NUMBER, rounded down */
step_function
    step_eight_digits;    /* the bytes of its last eight; 0 where those before are not the first number's */
step_function step_clamp; /* to at least NUMBER and at most OTHER */
step_function step_least, step_greatest;

/* Reals. */
step_function step_to_real; /* a number divided by NUMBER */
step_function
    step_from_real; /* times OTHER, to the nearest, between the numbers in[1] and in[2]; NaN is null */
step_function step_real_add, step_real_subtract, step_real_multiply, step_real_divide, step_real_negate;
step_function step_real_equal, step_real_less, step_real_less_equal;
step_function step_real_least, step_real_greatest;

/* Texts. */
step_function step_text_equal;
step_function step_text_open;  /* an empty text with room for TEXT_MOST of the vector */
step_function step_text_put;   /* appends in[0] to it */
step_function step_number_put; /* at least NUMBER digits, OTHER of them after the point; at most BITS bytes */
step_function step_truth_put, step_real_put, step_date_put, step_time_put;
step_function step_big_endian; /* the number in[0] as NUMBER bytes, the highest byte first */

/* Draws from a whole word, in[0]; TABLE is the distribution. */
step_function step_uniform, step_normal, step_exponential; /* standard ones (distribution.h) */
step_function step_zipf, step_poisson, step_geometric;
step_function step_weighted;     /* an outcome */
step_function step_pattern;      /* a text */
step_function step_random_bytes; /* in[1] bytes, each one of the OTHER values from NUMBER on */
step_function step_uuid;         /* 16 bytes */

/* The values of rows in[0] of another batch: TABLE is a struct referred. */
step_function step_refer;

step_function step_scatter;   /* the place of in[0] in the permutation TABLE */
step_function step_exp;       /* of a real */
step_function step_uuid_of;   /* 16 bytes, different for each number in[0], which is not a word */
step_function step_uuid_put;  /* appends in[0] to a text, as text */
step_function step_date_part; /* of days: the year, the month or the day, for NUMBER 0, 1 or 2 */
step_function step_is_null;

/* Words of a list, in steps_words.c. */
struct words {
	const struct text *list;
	uint32_t count;
	const struct weights *weights; /* by which they are drawn; NULL if they have none */
	const struct zipf *zipf;       /* likewise; with neither, evenly */
	bool has_blanks;               /* between words */
};
step_function step_word_at; /* number in[0] in TABLE, a list of texts */
step_function step_words;   /* in[1] of the struct words TABLE, one after the other; in[0] is a whole word */

/* in[1], spoilt if in[2] is true, in steps_dirty.c; in[0] is a whole word. */
enum { DIRTY_TEXT_WAYS = 10 };
step_function step_dirty_number; /* of moments, NUMBER is how far off they are; otherwise 0 */
step_function step_dirty_real;
step_function step_dirty_text; /* bytes if NUMBER is not 0; at most twice as many and 4 more */

/* Of all elements of a list together, in steps_lists.c. */
step_function step_distinct; /* NUMBER plus an outcome of TABLE (distinct.h); in[0] is a word of the parent */
step_function step_running;  /* the sum of in[0] in this element and those before it; nulls are 0 */

/* These are of the parent's scope; in[0] is of the scope OTHER, which is in it. */
step_function step_sum, step_count, step_least_of, step_greatest_of;

#endif
