/* steps_words.c - words of lists: by number, and several as one text. */
#include "gen/batch/steps.h"
#include "gen/chance/draw.h"
#include "gen/chance/weights.h"
#include "gen/chance/zipf.h"

bool
step_word_at(struct batch *batch, const struct step *step, struct nest_error *error)
{
	(void)error;
	const struct vector *in = &batch->vectors[step->in[0]], *out = &batch->vectors[step->out];
	const struct text *list = step->table;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		/* The number under a null may be outside of the list. */
		bool is_null = in->nulls != NULL && in->nulls[i];
		out->texts[i] = list[is_null ? 0 : in->numbers[i]];
		if (out->nulls != NULL)
			out->nulls[i] = is_null;
	}
	return true;
}

enum { DRAWN_AT_ONCE = 64 };

/* Draws the numbers of COUNT words, at most DRAWN_AT_ONCE, from the FIRSTth on; they follow from WORD. */
static void
draw_numbers(const struct words *words, uint64_t word, uint64_t first, size_t count, uint64_t *numbers)
{
	uint64_t drawn[DRAWN_AT_ONCE];
	for (size_t k = 0; k < count; k++)
		drawn[k] = draw(word, first + k + 1);
	if (words->weights != NULL)
		weights_draw(words->weights, drawn, count, numbers);
	else if (words->zipf != NULL)
		zipf_draw(words->zipf, drawn, count, numbers);
	for (size_t k = 0; k < count; k++) {
		if (words->weights == NULL && words->zipf == NULL)
			numbers[k] = draw_below(drawn[k], 64, words->count);
		else if (words->zipf != NULL)
			numbers[k]--; /* ranks begin at 1 */
	}
}

static void
put_words(const struct words *words, uint64_t word, uint64_t count, struct text *text)
{
	uint64_t numbers[DRAWN_AT_ONCE];
	for (uint64_t done = 0, more; done < count; done += more) {
		more = count - done < DRAWN_AT_ONCE ? count - done : DRAWN_AT_ONCE;
		draw_numbers(words, word, done, (size_t)more, numbers);
		for (uint64_t k = 0; k < more; k++) {
			struct text piece = words->list[numbers[k]];
			if (words->has_blanks && done + k > 0) {
				*step_text_end(text) = ' ';
				text->size++;
			}
			memcpy(step_text_end(text), piece.data, piece.size);
			text->size += piece.size;
		}
	}
}

bool
step_words(struct batch *batch, const struct step *step, struct nest_error *error)
{
	const int64_t *words = batch->vectors[step->in[0]].numbers;
	const struct vector *sizes = &batch->vectors[step->in[1]], *out = &batch->vectors[step->out];
	if (!step_text_open(batch, step, error))
		return false;
	for (size_t i = 0, count = step_instances(batch, step); i < count; i++) {
		bool is_null = sizes->nulls != NULL && sizes->nulls[i];
		if (!is_null)
			put_words(
			    step->table, (uint64_t)words[i], (uint64_t)sizes->numbers[i], &out->texts[i]);
		if (out->nulls != NULL)
			out->nulls[i] = is_null;
	}
	return true;
}
