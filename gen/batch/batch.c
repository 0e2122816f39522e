#include "gen/batch/batch.h"

#include "gen/chance/draw.h"

#include <stdlib.h>

/* ---- what there is ---- */

static bool
grow(void **items, uint32_t count, uint32_t *capacity, size_t item_bytes, struct nest_error *error)
{
	if (count < *capacity)
		return true;
	uint32_t wanted = *capacity == 0 ? 32 : *capacity * 2;
	void *larger = realloc(*items, wanted * item_bytes);
	if (larger == NULL)
		return nest_error_memory(error, wanted * item_bytes, "a recipe");
	*items = larger;
	*capacity = wanted;
	return true;
}

static bool
refuse_number(uint32_t count, struct nest_error *error)
{
	return count < BATCH_STEPS_MOST ||
	       nest_error_set(error, NEST_INVALID, "the recipe takes more than %d steps to draw a row",
		   BATCH_STEPS_MOST);
}

bool
batch_add_vector(struct batch *batch, const struct vector *vector, uint32_t *index, struct nest_error *error)
{
	void *items = batch->vectors;
	if (!refuse_number(batch->vector_count, error) ||
	    !grow(&items, batch->vector_count, &batch->vector_capacity, sizeof *vector, error))
		return false;
	batch->vectors = items;
	*index = batch->vector_count++;
	batch->vectors[*index] = *vector;
	return true;
}

bool
batch_add_scope(struct batch *batch, const struct scope *scope, uint32_t *index, struct nest_error *error)
{
	void *items = batch->scopes;
	if (!grow(&items, batch->scope_count, &batch->scope_capacity, sizeof *scope, error))
		return false;
	batch->scopes = items;
	*index = batch->scope_count++;
	batch->scopes[*index] = *scope;
	return true;
}

bool
batch_add_step(struct batch *batch, const struct step *step, struct nest_error *error)
{
	void *items = batch->steps;
	if (!refuse_number(batch->step_count, error) ||
	    !grow(&items, batch->step_count, &batch->step_capacity, sizeof *step, error))
		return false;
	batch->steps = items;
	batch->steps[batch->step_count++] = *step;
	return true;
}

void
batch_free(struct batch *batch)
{
	for (uint32_t i = 0; i < batch->vector_count; i++) {
		if (!batch->vectors[i].is_borrowed)
			free(batch->vectors[i].numbers);
		free(batch->vectors[i].nulls);
		buffer_free(&batch->vectors[i].bytes);
	}
	for (uint32_t i = 0; i < batch->scope_count; i++) {
		free(batch->scopes[i].counters);
		free(batch->scopes[i].parents);
		free(batch->scopes[i].firsts);
	}
	free(batch->vectors);
	free(batch->scopes);
	free(batch->steps);
}

/* ---- room ---- */

static size_t
value_bytes(enum vector_type type)
{
	return type == VECTOR_TEXT ? sizeof(struct text) : sizeof(int64_t);
}

static void
fill(struct vector *vector, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (vector->type == VECTOR_NUMBER)
			vector->numbers[i] = vector->number;
		else if (vector->type == VECTOR_REAL)
			vector->reals[i] = vector->real;
		else
			vector->texts[i] = vector->text;
	}
	if (vector->has_nulls)
		memset(vector->nulls, 1, count);
}

/* Makes room for CAPACITY values; old ones are lost. */
static bool
reserve_vector(struct batch *batch, struct vector *vector, size_t capacity, struct nest_error *error)
{
	free(vector->nulls);
	vector->nulls = NULL;
	if (vector->has_no_values) {
		vector->numbers = NULL;
	} else if (vector->is_borrowed) {
		vector->numbers = batch->vectors[vector->lender].numbers;
	} else {
		free(vector->numbers);
		vector->numbers = malloc(capacity * value_bytes(vector->type));
	}
	if (vector->has_nulls)
		vector->nulls = calloc(capacity, 1);
	if ((vector->numbers == NULL && !vector->has_no_values) ||
	    (vector->has_nulls && vector->nulls == NULL))
		return nest_error_memory(
		    error, capacity * value_bytes(vector->type), "the values of a batch");
	if (vector->is_constant && !vector->has_no_values)
		fill(vector, capacity);
	return true;
}

bool
batch_spend(struct batch *batch, uint64_t each, uint64_t count, struct nest_error *error)
{
	if (each > 0 && count > (BATCH_BYTES_MOST - batch->spent) / each) {
		batch->is_too_large = true;
		return nest_error_set(error, NEST_INVALID,
		    "row %llu takes more than %d MiB to draw: shorter lists and texts take less",
		    (unsigned long long)batch->first_row, BATCH_BYTES_MOST >> 20);
	}
	batch->spent += each * count;
	return true;
}

/* Allocates *ARRAY anew, with room for COUNT items; old ones are lost. */
static bool
renew(void **array, size_t count, size_t item_bytes, struct nest_error *error)
{
	free(*array);
	*array = malloc(count * item_bytes);
	return *array != NULL || nest_error_memory(error, count * item_bytes, "the values of a batch");
}

bool
batch_reserve(struct batch *batch, uint32_t index, size_t count, struct nest_error *error)
{
	struct scope *scope = &batch->scopes[index];
	scope->count = count;
	if (count <= scope->capacity)
		return true;
	size_t capacity = count + count / 2;
	void *counters = scope->counters, *parents = scope->parents;
	bool fine = renew(&counters, capacity, sizeof *scope->counters, error);
	scope->counters = counters;
	fine = fine && renew(&parents, capacity + BATCH_PARENTS_AT_ONCE, sizeof *scope->parents, error);
	scope->parents = parents;
	scope->capacity = 0;
	for (uint32_t i = 0; fine && i < batch->vector_count; i++)
		if (batch->vectors[i].scope == index && !batch->vectors[i].is_unused)
			fine = reserve_vector(batch, &batch->vectors[i], capacity, error);
	if (fine)
		scope->capacity = capacity;
	return fine;
}

bool
batch_reserve_firsts(struct scope *scope, size_t parents, struct nest_error *error)
{
	size_t count = parents + 1;
	if (count <= scope->first_capacity)
		return true;
	void *firsts = scope->firsts;
	scope->first_capacity = 0;
	bool fine = renew(&firsts, count + count / 2, sizeof *scope->firsts, error);
	scope->firsts = firsts;
	if (fine)
		scope->first_capacity = count + count / 2;
	return fine;
}

/* ---- drawing ---- */

static void
count_bytes(struct batch *batch)
{
	for (uint32_t i = 0; i < batch->scope_count; i++)
		batch->scopes[i].bytes = sizeof *batch->scopes->counters + sizeof *batch->scopes->parents;
	for (uint32_t i = 0; i < batch->vector_count; i++) {
		const struct vector *vector = &batch->vectors[i];
		bool has_values = !vector->is_borrowed && !vector->has_no_values;
		if (!vector->is_unused)
			batch->scopes[vector->scope].bytes +=
			    (has_values ? (uint32_t)value_bytes(vector->type) : 0) + vector->has_nulls;
	}
}

bool
batch_lay_out(struct batch *batch, uint32_t *large)
{
	batch->rows_most = BATCH_ROWS;
	count_bytes(batch);
	for (uint32_t i = 0; i < batch->scope_count; i++)
		batch->scopes[i].words = batch->scopes[i].own_words;
	/* A scope comes after the one that it is in. */
	for (uint32_t i = batch->scope_count; i-- > 1;) {
		struct scope *scope = &batch->scopes[i], *parent = &batch->scopes[scope->parent];
		scope->offset = parent->words;
		if (scope->words > 0 && scope->laid > (BATCH_WORD_LIMIT - parent->words) / scope->words) {
			*large = i;
			return false;
		}
		parent->words += scope->laid * scope->words;
	}
	uint64_t power = 1;
	while (power < batch->scopes[0].words)
		power *= 2;
	batch->scopes[0].words = power;
	return true;
}

static bool
run_steps(struct batch *batch, struct nest_error *error)
{
	for (uint32_t i = 0; i < batch->step_count; i++)
		if (!batch_spend(batch, 1, batch->scopes[batch->steps[i].scope].count, error) ||
		    !batch->steps[i].run(batch, &batch->steps[i], error))
			return false;
	return true;
}

bool
batch_draw(struct batch *batch, uint64_t first, size_t count, struct nest_error *error)
{
	struct scope *rows = &batch->scopes[0];
	batch->first_row = first;
	batch->spent = 0;
	batch->is_too_large = false;
	if (!batch_spend(batch, rows->bytes, count, error) || !batch_reserve(batch, 0, count, error))
		return false;
	int64_t *restrict numbers = batch->vectors[rows->place].numbers;
	uint64_t *restrict counters = rows->counters;
	const uint64_t words = rows->words;
	for (size_t i = 0; i < count; i++) {
		numbers[i] = (int64_t)(first + i);
		counters[i] = (first + i) * words;
	}
	return run_steps(batch, error);
}

bool
batch_draw_rows(struct batch *batch, struct batch *outer, const struct vector *rows, size_t count,
    struct nest_error *error)
{
	struct scope *scope = &batch->scopes[0];
	batch->first_row = outer->first_row;
	batch->spent = outer->spent;
	batch->is_too_large = false;
	bool fine = batch_spend(batch, scope->bytes, count, error) && batch_reserve(batch, 0, count, error);
	for (size_t i = 0; fine && i < count; i++) {
		bool is_null = rows->nulls != NULL && rows->nulls[i];
		uint64_t number = is_null ? 0 : (uint64_t)rows->numbers[i];
		scope->counters[i] = number * scope->words;
		batch->vectors[scope->place].numbers[i] = (int64_t)number;
	}
	fine = fine && run_steps(batch, error);
	outer->spent = batch->spent;
	outer->is_too_large = batch->is_too_large;
	return fine;
}
