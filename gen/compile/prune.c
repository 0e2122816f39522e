/* prune.c - removes steps whose results nothing reads. */
#include "gen/compile/compiler.h"

#include <stdlib.h>

/* Lists the vectors that rows are written from; VECTORS has room for two for each field and each piece. */
static uint32_t
list_vectors(const struct compiled *compiled, uint32_t *vectors)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < compiled->field_count; i++) {
		const struct field *field = &compiled->fields[i];
		/* A field with pieces is not made, except its nulls. */
		bool is_read = field->vector != FIELD_ALWAYS &&
		               (field->piece_count == 0 || compiled->batch.vectors[field->vector].has_nulls);
		if (is_read)
			vectors[count++] = field->vector;
		/* There are elements even if all are alike. */
		if (field->form == FIELD_LIST || field->form == FIELD_MAP)
			vectors[count++] = compiled->batch.scopes[field->inner].place;
	}
	for (uint32_t i = 0; i < compiled->piece_count; i++) {
		vectors[count++] = compiled->pieces[i].vector;
		vectors[count++] =
		    compiled->pieces[i].eight; /* if none, the rows' numbers, which are there */
	}
	return count;
}

bool
compile_prune(struct compiled *compiled, struct nest_error *error)
{
	size_t most = 2 * ((size_t)compiled->field_count + compiled->piece_count);
	uint32_t *vectors = malloc(most * sizeof *vectors);
	if (vectors == NULL)
		return nest_error_memory(error, most * sizeof *vectors, "a recipe");
	bool fine = batch_prune(&compiled->batch, vectors, list_vectors(compiled, vectors), error);
	free(vectors);
	return fine;
}
