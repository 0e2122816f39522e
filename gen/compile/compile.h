/* compile - drawings to the steps of a batch, and to fields that are written. */
#ifndef NEST_GEN_COMPILE_H
#define NEST_GEN_COMPILE_H

#include "gen/batch/steps.h"
#include "gen/batch/word_list.h"
#include "gen/notation/drawing.h"

enum field_form {
	FIELD_NUMBER,
	FIELD_TRUTH,
	FIELD_REAL,
	FIELD_TEXT,
	FIELD_SHORT_TEXT, /* of less than 32 bytes, always; rows.c finds out */
	FIELD_BYTES,
	FIELD_STRUCT, /* children follow; the vector says whether it is there, FIELD_ALWAYS where it is */
	FIELD_LIST,   /* one field follows, of scope INNER */
	FIELD_MAP,    /* key and value follow, of scope INNER; a map without values has a null one */
};

enum { FIELD_ALWAYS = UINT32_MAX };

/* What is written of each instance; depth first, so that a field's subtree is [field, end). */
struct field {
	enum field_form form;
	uint32_t vector; /* of a list or map the lengths */
	uint32_t inner;  /* the scope of the elements; of a struct its own */
	uint32_t child_count;
	uint32_t end;
};

/* What a step borrows; RELEASE, if any, gives back what is in it. */
struct table {
	void *data;
	void (*release)(void *data);
};

struct compiled {
	struct batch batch;
	struct field *fields; /* the first is the row */
	uint32_t field_count;
	struct table *tables; /* what the steps borrow */
	uint32_t table_count, table_capacity;
	struct word_list *words;
	uint32_t word_count, word_capacity;
};

/*
 * Rows have numbers below ROW_END, and KEY is that of all draws.  FOLDER is the directory, a descriptor, in
 * which the lists of words lie.  NEST_INVALID with the place of a fault.
 */
bool compile(struct compiled *compiled, const struct drawings *drawings, const struct source *source,
    int folder, uint64_t row_end, uint64_t key, struct nest_error *error);
void compiled_free(struct compiled *compiled);

#endif
