/*
 * batch - rows drawn a column at a time.
 *
 * A scope is what repeats together: the rows, or the elements of one list of
 * all rows.  A vector holds one value for each instance of its scope; a step
 * makes one vector from others in one loop.  The steps run in an order in which
 * each finds what it needs, so that no draw is dispatched one value at a time.
 *
 * Every instance has a place of its own on the counter of draws: the words that
 * one row needs at most are laid out once, list within list, as if every list
 * had all the elements that it can have.  What a row draws thus depends on its
 * number alone: how long a list can be must not depend on how many rows are
 * asked for, so one whose bounds do is laid out for the longest list of all.
 */
#ifndef NEST_GEN_BATCH_H
#define NEST_GEN_BATCH_H

#include "lib/base/buffer.h"

enum {
	BATCH_ROWS = 256,           /* drawn at a time: their vectors stay in the cache */
	BATCH_WORD_LIMIT = 1 << 24, /* of one row: so many rows as 2^64 / this have words of their own */
	BATCH_BYTES_MOST = 1 << 28, /* of the values of a batch, and of the rows that are made of it */
	BATCH_STEPS_MOST = 1 << 19, /* of vectors, too */
	TEXT_SLACK = 32, /* bytes behind a text that may be read, and behind a row that may be written */
};

enum vector_type { VECTOR_NUMBER, VECTOR_REAL, VECTOR_TEXT };

/* Bytes that live as long as the vector's next batch; TEXT_SLACK more may be read. */
struct text {
	const uint8_t *data;
	uint64_t size;
};

struct vector {
	enum vector_type type;
	uint32_t scope;
	bool is_unused;   /* no step makes or takes it: it gets no room */
	bool is_constant; /* filled once, from `number`, `real` or `text` */
	bool is_borrowed; /* the values, not the nulls, are those of the vector `lender` */
	uint32_t lender;  /* one before this one */
	bool has_nulls;
	bool has_no_values; /* nobody reads them, and there is no room for them */
	union {
		int64_t *numbers; /* also random words, as their bits */
		double *reals;
		struct text *texts;
	};
	uint8_t *nulls; /* 1 where there is no value; NULL where all have one */
	int64_t number;
	double real;
	struct text text;
	struct buffer bytes; /* of texts that are put together */
	size_t text_most;    /* no text is longer */
};

struct scope {
	uint32_t parent;  /* the rows' is 0, themselves */
	uint32_t lengths; /* the vector of the parent's scope with the number of elements; nulls are none */
	uint32_t place;   /* the vector of numbers: which element of its parent, or which row */
	uint64_t most;    /* elements of one parent at most */
	uint64_t laid;    /* how many of them words are laid out for: MOST, or more */
	uint64_t offset;  /* where the first element's words begin in the parent's */
	uint64_t words;   /* of one instance, with those of the scopes in it */
	uint32_t own_words;
	uint32_t bytes; /* of the vectors, for one instance; texts that are put together aside */
	/* The batch at hand. */
	size_t count, capacity;
	uint64_t *counters; /* of each instance: where its words begin */
	uint32_t *parents;  /* of each: its parent */
	uint32_t *firsts;   /* of each parent: its first element, and one more at the end */
	size_t first_capacity;
};

struct batch;
struct step;
typedef bool step_function(struct batch *batch, const struct step *step, struct nest_error *error);

struct step {
	step_function *run;
	uint32_t scope, out;
	uint32_t in[3];
	int64_t number, other;
	unsigned shift, bits;
	void *table; /* borrowed, or owned by the recipe */
	uint32_t table_count;
};

struct batch {
	struct vector *vectors;
	uint32_t vector_count, vector_capacity;
	struct scope *scopes;
	uint32_t scope_count, scope_capacity;
	struct step *steps;
	uint32_t step_count, step_capacity;
	uint64_t key;
	uint64_t first_row;
	uint64_t spent;    /* of BATCH_BYTES_MOST */
	size_t rows_most;  /* drawn at a time: BATCH_ROWS, or fewer where those took too much */
	bool is_too_large; /* why a batch was not drawn: fewer rows may be */
};

/* These add, and say the index; the first scope is the rows'. */
bool batch_add_vector(
    struct batch *batch, const struct vector *vector, uint32_t *index, struct nest_error *error);
bool batch_add_scope(
    struct batch *batch, const struct scope *scope, uint32_t *index, struct nest_error *error);
bool batch_add_step(struct batch *batch, const struct step *step, struct nest_error *error);
void batch_free(struct batch *batch);

/* Lays the words of a row out; false where they would be more than BATCH_WORD_LIMIT, in the scope LARGE. */
bool batch_lay_out(struct batch *batch, uint32_t *large);

/* The step that makes the instances of its scope. */
step_function batch_expand;

/*
 * Counts EACH bytes for each of COUNT values, or as many turns of a loop: NEST_INVALID, and the batch is
 * too large, where the rows at hand have taken more than BATCH_BYTES_MOST.
 */
bool batch_spend(struct batch *batch, uint64_t each, uint64_t count, struct nest_error *error);

/* Draws COUNT rows, at most BATCH_ROWS, from number FIRST on. */
bool batch_draw(struct batch *batch, uint64_t first, size_t count, struct nest_error *error);
/*
 * Draws the rows whose numbers are in ROWS, COUNT of a vector of the batch OUTER, which pays for them;
 * where they are null, row 0 is drawn.
 */
bool batch_draw_rows(struct batch *batch, struct batch *outer, const struct vector *rows, size_t count,
    struct nest_error *error);

/*
 * Leaves of the steps those that make the COUNT of VECTORS and what these are made from; where words lie does
 * not change.
 */
bool batch_prune(struct batch *batch, const uint32_t *vectors, uint32_t count, struct nest_error *error);

#endif
