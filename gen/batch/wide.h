/*
 * wide - the loops of expand.c, steps.c and steps_reals.c for processors with wider vectors.
 *
 * The width is chosen at run time; all widths make the same values.
 */
#ifndef NEST_GEN_WIDE_H
#define NEST_GEN_WIDE_H

#include "gen/batch/batch.h"

enum batch_width { WIDTH_PLAIN, WIDTH_AVX2, WIDTH_AVX512, WIDTHS };

/* Whether this processor has it. */
bool width_is_here(enum batch_width width);
/* The widest that it has. */
enum batch_width width_widest(void);

/*
 * Replaces the steps of a batch, and of those that it refers to, which must be plain ones, by wider ones.
 * Steps that have no wider form stay.
 */
void batch_widen(struct batch *batch, enum batch_width width);

/* The steps that exist in each width: X(name). */
/* clang-format off */
#define WIDE_STEPS(X) \
	X(step_expand) X(step_word) X(step_even) X(step_even_between) X(step_share) X(step_select) \
	X(step_pick) X(step_look_up) X(step_hide) X(step_hide_some) X(step_eight_digits) X(step_gather) X(step_list_word) \
	X(step_quotient) X(step_remainder) X(step_scale_down) X(step_floor_by) \
	X(step_from_real) X(step_add) X(step_subtract) X(step_multiply) X(step_equal) \
	X(step_less) X(step_less_equal) X(step_and) X(step_or) X(step_least) X(step_greatest) \
	X(step_real_add) X(step_real_subtract) X(step_real_multiply) X(step_real_divide) \
	X(step_real_equal) X(step_real_less) X(step_real_less_equal) X(step_real_least) \
	X(step_real_greatest) X(step_negate) X(step_not) X(step_scale_up) X(step_clamp) \
	X(step_to_real) X(step_real_negate) X(step_sum) X(step_count) X(step_least_of) \
	X(step_greatest_of) \
	X(step_uniform) X(step_normal) X(step_exponential) X(step_exp) X(step_zipf) X(step_geometric)
/* clang-format on */

#endif
