/*
 * fuse.c - puts texts that only a field reads together in its row.
 *
 * A field whose text is one of a few, or a word of a list, is written from a
 * table; one that is a template, from its pieces.  prune.c removes the steps that
 * then make the text in vain.
 */
#include "gen/compile/compiler.h"

#include <stdlib.h>

enum {
	NO_STEP = UINT32_MAX,
	SLOT_LINE = 64, /* slots begin at a cache line, so that few cross the end of one */
};

/* The content of a slot: the text, or the field with this text. */
enum slot_form { SLOT_TEXT, SLOT_STRING, SLOT_BIN, SLOT_FORMS };

struct fusion {
	struct compiled *compiled;
	struct nest_error *error;
	struct batch *batch;
	uint32_t *maker;                   /* of each vector: the first step that makes it, or NO_STEP */
	uint32_t *reads;                   /* of each vector: how many steps and fields read it */
	struct slots (*words)[SLOT_FORMS]; /* of each list of words, once made */
};

static void
count_reads(struct fusion *fusion)
{
	const struct batch *batch = fusion->batch;
	memset(fusion->maker, 0xff, batch->vector_count * sizeof *fusion->maker);
	for (uint32_t i = batch->step_count; i-- > 0;) {
		const struct step *step = &batch->steps[i];
		if (step->run == step_expand)
			continue;
		fusion->maker[step->out] = i;
		for (unsigned k = 0; k < sizeof step->in / sizeof *step->in; k++)
			fusion->reads[step->in[k]]++;
		for (uint32_t k = 0; step->run == step_pick && k < step->table_count; k++)
			fusion->reads[((const uint32_t *)step->table)[k]]++;
	}
	for (uint32_t i = 0; i < fusion->compiled->field_count; i++)
		if (fusion->compiled->fields[i].vector != FIELD_ALWAYS)
			fusion->reads[fusion->compiled->fields[i].vector]++;
}

static struct step *
maker_of(const struct fusion *fusion, uint32_t vector)
{
	uint32_t step = fusion->maker[vector];
	return step != NO_STEP ? &fusion->batch->steps[step] : NULL;
}

static bool
add_piece(struct fusion *fusion, const struct piece *piece)
{
	struct compiled *compiled = fusion->compiled;
	if (compiled->piece_count == compiled->piece_capacity) {
		uint32_t capacity = compiled->piece_capacity == 0 ? 32 : compiled->piece_capacity * 2;
		struct piece *pieces = realloc(compiled->pieces, capacity * sizeof *pieces);
		if (pieces == NULL)
			return nest_error_memory(fusion->error, capacity * sizeof *pieces, "a recipe");
		compiled->pieces = pieces;
		compiled->piece_capacity = capacity;
	}
	compiled->pieces[compiled->piece_count++] = *piece;
	return true;
}

/* ---- slots ---- */

static void
fill_slot(uint8_t *slot, const struct text *text, enum slot_form form)
{
	uint8_t *at = slot;
	if (text == NULL)
		*at++ = 0xc0;
	else if (form == SLOT_STRING)
		*at++ = (uint8_t)(0xa0u | text->size);
	else if (form == SLOT_BIN) {
		*at++ = 0xc4;
		*at++ = (uint8_t)text->size;
	}
	if (text != NULL && text->size > 0)
		memcpy(at, text->data, text->size);
	slot[-1] = (uint8_t)(at - slot + (ptrdiff_t)(text != NULL ? text->size : 0));
}

/* Slots of COUNT texts, a null after them; none if one of them is too long. */
static bool
make_slots(
    struct fusion *fusion, const struct text *texts, uint32_t count, enum slot_form form, struct slots *slots)
{
	size_t longest = 0, head = form == SLOT_TEXT ? 0 : form == SLOT_STRING ? 1 : 2;
	void *table;
	*slots = (struct slots){.bytes = NULL};
	for (uint32_t i = 0; i < count; i++)
		longest = texts[i].size > longest ? texts[i].size : longest;
	if (longest + head > SLOT_TEXT_MOST)
		return true;
	*slots = (struct slots){.slot_bytes = slot_bytes_for(longest + head), .count = count + 1};
	if (!compiled_add_table(fusion->compiled,
		SLOT_LINE + (size_t)slots->count * slots->slot_bytes + TEXT_SLACK, NULL, &table,
		fusion->error))
		return false;
	uint8_t *bytes = (uint8_t *)table + SLOT_LINE - (uintptr_t)table % SLOT_LINE;
	for (uint32_t i = 0; i <= count; i++)
		fill_slot(bytes + (size_t)i * slots->slot_bytes, i < count ? &texts[i] : NULL, form);
	slots->bytes = bytes;
	return true;
}

/* The slots of a table of texts: all who take words from one list share its slots. */
static bool
slots_of_table(struct fusion *fusion, const struct step *step, enum slot_form form, struct slots *slots)
{
	for (uint32_t i = 0; i < fusion->compiled->word_count; i++) {
		const struct word_list *words = &fusion->compiled->words[i];
		if (words->list != step->table)
			continue;
		struct slots *made = &fusion->words[i][form];
		if (made->bytes == NULL && !make_slots(fusion, words->list, words->count, form, made))
			return false;
		*slots = *made;
		return true;
	}
	return make_slots(fusion, step->table, step->table_count, form, slots);
}

/* Makes the piece of a STEP that takes a text from a table; PIECE_NOTHING for any other. */
static bool
slot_piece(struct fusion *fusion, const struct step *step, enum slot_form form, struct piece *piece)
{
	if (step->run != step_look_up && step->run != step_list_word)
		return true;
	if (!slots_of_table(fusion, step, form, &piece->slots))
		return false;
	piece->vector = step->out;
	piece->form = piece->slots.bytes != NULL ? PIECE_SLOT : PIECE_NOTHING;
	return true;
}

/* Slots are found by number: a word that is drawn only for this becomes its number. */
static void
settle_slot(struct fusion *fusion, struct piece *piece)
{
	struct step *step = maker_of(fusion, piece->vector);
	if (step->run == step_look_up) {
		piece->vector = step->in[0];
		return;
	}
	step->run = step_even;
	step->number = 0;
	step->other = step->table_count;
	fusion->batch->vectors[step->out].type = VECTOR_NUMBER;
}

/* ---- fields ---- */

/* One of the texts in a table. */
static bool
fuse_choice(struct fusion *fusion, struct field *field, const struct step *made)
{
	struct piece piece = {.form = PIECE_NOTHING};
	enum slot_form form = field->form == FIELD_TEXT ? SLOT_STRING : SLOT_BIN;
	bool is_list_word = made->run == step_list_word;
	if (is_list_word && fusion->reads[made->out] > 1)
		return true;
	if (!slot_piece(fusion, made, form, &piece))
		return false;
	if (piece.form == PIECE_NOTHING)
		return true;
	settle_slot(fusion, &piece);
	field->form = FIELD_CHOICE;
	field->first_piece = fusion->compiled->piece_count;
	field->piece_count = 1;
	return add_piece(fusion, &piece);
}

/* Whether STEP puts a constant that fits in the lead of PIECE. */
static bool
take_lead(const struct batch *batch, const struct step *step, struct piece *piece)
{
	const struct vector *vector = &batch->vectors[step->in[0]];
	if (step->run != step_text_put || !vector->is_constant ||
	    piece->lead_size + vector->text.size > PIECE_LEAD_BYTES)
		return false;
	if (vector->text.size > 0)
		memcpy(piece->lead + piece->lead_size, vector->text.data, vector->text.size);
	piece->lead_size += (uint32_t)vector->text.size;
	return true;
}

/* Makes the piece that STEP puts into a text; PIECE_NOTHING if a row cannot have it. */
static bool
piece_of(struct fusion *fusion, const struct step *step, struct piece *piece)
{
	const struct vector *vector = &fusion->batch->vectors[step->in[0]];
	const struct step *made = maker_of(fusion, step->in[0]);
	piece->vector = step->in[0];
	if (step->run == step_number_put) {
		piece->form = PIECE_NUMBER;
		piece->width = (uint32_t)step->number;
		piece->scale = (uint32_t)step->other;
		piece->digits_most = step->bits;
		return true;
	}
	if (step->run != step_text_put)
		return true;
	bool is_shared = made != NULL && made->run == step_list_word && fusion->reads[made->out] > 1;
	if (made != NULL && !is_shared && !slot_piece(fusion, made, SLOT_TEXT, piece))
		return false;
	if (piece->form == PIECE_NOTHING && vector->text_most <= TEXT_SLACK)
		piece->form = PIECE_TEXT;
	return true;
}

/* The text that the steps from OPEN on put together. */
static bool
fuse_template(struct fusion *fusion, struct field *field, const struct step *open)
{
	const struct batch *batch = fusion->batch;
	const struct vector *text = &batch->vectors[open->out];
	const struct step *end = batch->steps + batch->step_count;
	uint32_t first = fusion->compiled->piece_count;
	if (text->text_most >= PIECES_BYTES || fusion->reads[open->out] > 1)
		return true;
	struct piece piece = {.form = PIECE_NOTHING};
	for (const struct step *step = open + 1; step < end && step->out == open->out; step++) {
		if (take_lead(batch, step, &piece))
			continue;
		if (!piece_of(fusion, step, &piece))
			return false;
		if (piece.form == PIECE_NOTHING) {
			fusion->compiled->piece_count = first;
			return true;
		}
		if (!add_piece(fusion, &piece))
			return false;
		piece = (struct piece){.form = PIECE_NOTHING};
	}
	if (piece.lead_size > 0 && !add_piece(fusion, &piece))
		return false;
	field->form = FIELD_PIECES;
	field->first_piece = first;
	field->piece_count = fusion->compiled->piece_count - first;
	for (uint32_t i = first; i < fusion->compiled->piece_count; i++)
		if (fusion->compiled->pieces[i].form == PIECE_SLOT)
			settle_slot(fusion, &fusion->compiled->pieces[i]);
	return true;
}

static bool
fuse_field(struct fusion *fusion, struct field *field)
{
	struct step *made = maker_of(fusion, field->vector), *hide = NULL;
	bool is_hidden = made != NULL && (made->run == step_hide || made->run == step_hide_some);
	if (is_hidden && fusion->reads[field->vector] == 1) {
		hide = made;
		made = maker_of(fusion, hide->in[1]);
	}
	if (made == NULL || fusion->batch->vectors[made->out].has_nulls)
		return true;
	bool is_template = made->run == step_text_open && field->form == FIELD_TEXT;
	if (!(is_template ? fuse_template(fusion, field, made) : fuse_choice(fusion, field, made)))
		return false;
	/* Values are no longer made; which of them are hidden still is. */
	if (hide != NULL && field->piece_count > 0) {
		hide->in[1] = hide->in[0];
		fusion->batch->vectors[field->vector].has_no_values = true;
		fusion->batch->vectors[field->vector].is_borrowed = false;
	}
	return true;
}

bool
compile_fuse(struct compiled *compiled, struct nest_error *error)
{
	struct batch *batch = &compiled->batch;
	struct fusion fusion = {.compiled = compiled,
	    .error = error,
	    .batch = batch,
	    .maker = malloc(batch->vector_count * sizeof *fusion.maker),
	    .reads = calloc(batch->vector_count, sizeof *fusion.reads),
	    .words = calloc(compiled->word_count + 1, sizeof *fusion.words)};
	bool fine = (fusion.maker != NULL && fusion.reads != NULL && fusion.words != NULL) ||
	            nest_error_memory(error, batch->vector_count * sizeof *fusion.maker, "a recipe");
	if (fine)
		count_reads(&fusion);
	for (uint32_t i = 0; fine && i < fusion.compiled->field_count; i++) {
		struct field *field = &fusion.compiled->fields[i];
		if (field->form == FIELD_TEXT || field->form == FIELD_BYTES)
			fine = fuse_field(&fusion, field);
	}
	free(fusion.maker);
	free(fusion.reads);
	free(fusion.words);
	return fine;
}

/* ---- digits ---- */

static bool
add_eight(struct batch *batch, struct piece *piece, struct nest_error *error)
{
	struct step step = {
	    .run = step_eight_digits, .scope = batch->vectors[piece->vector].scope, .in = {piece->vector}};
	const struct vector vector = {.type = VECTOR_NUMBER, .scope = step.scope};
	if (!batch_add_vector(batch, &vector, &step.out, error))
		return false;
	piece->eight = step.out;
	return batch_add_step(batch, &step, error);
}

bool
compile_eights(struct compiled *compiled, struct nest_error *error)
{
	for (uint32_t i = 0; i < compiled->piece_count; i++) {
		struct piece *piece = &compiled->pieces[i];
		if (piece->form == PIECE_NUMBER && piece->width == 8 && piece->scale == 0 &&
		    !add_eight(&compiled->batch, piece, error))
			return false;
	}
	return true;
}
