/*
 * batch - rows drawn a column at a time.
 *
 * A scope is what repeats together: the rows, or the elements of one list in
 * all rows.  A vector holds one value for each instance of its scope; a step
 * makes one vector from others in one loop.  The steps run in an order in which
 * each finds what it needs, so that no draw is dispatched one value at a time.
 *
 * Every instance has its own place on the counter of draws: the most words that
 * a row can need are laid out once, list within list, as if every list had all
 * the elements that it can have.  What a row draws thus depends on its number
 * alone.  The room for a list must not depend on how many rows are asked for, so
 * a list whose bounds do is laid out for the longest list possible.
 */
#ifndef NEST_GEN_BATCH_H
#define NEST_GEN_BATCH_H

#include "lib/base/buffer.h"

enum {
	BATCH_ROWS = 256,           /* drawn at a time, so that their vectors stay in the cache */
	BATCH_WORD_LIMIT = 1 << 24, /* of one row, so that 2^64 / this many rows have words of their own */
	BATCH_BYTES_MOST = 1 << 28, /* of the values of a batch, and of the rows made from it */
	BATCH_STEPS_MOST = 1 << 19, /* also for vectors */
	BATCH_PARENTS_AT_ONCE = 8,  /* so many more can be written after those of a scope */
	TEXT_SLACK = 32, /* bytes after a text that may be read, and after a row that may be written */
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
	bool is_borrowed; /* the values, but not the nulls, are those of the vector `lender` */
	uint32_t lender;  /* comes before this one */
	bool has_nulls;
	bool has_no_values; /* nothing reads the values, and they get no room */
	union {
		int64_t *numbers; /* also random words, as their bits */
		double *reals;
		struct text *texts;
	};
	uint8_t *nulls; /* 1: there is no value; NULL if all have one */
	int64_t number;
	double real;
	struct text text;
	struct buffer bytes; /* of texts that are put together */
	size_t text_most;    /* no text is longer */
};

struct scope {
	uint32_t parent;  /* that of the rows is 0, themselves */
	uint32_t lengths; /* the vector of the parent's scope with the number of elements; null means none */
	uint32_t place;   /* the vector of numbers: which element of its parent, or which row */
	uint64_t most;    /* the most elements of one parent */
	uint64_t laid;    /* for how many of them words are laid out: MOST, or more */
	uint64_t offset;  /* where the first element's words begin in the parent's */
	uint64_t words;   /* of one instance, with those of the scopes in it */
	uint32_t own_words;
	uint32_t bytes; /* of the vectors, for one instance, without texts that are put together */
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
	size_t rows_most;  /* drawn at a time: BATCH_ROWS, or fewer if those took too much */
	bool is_too_large; /* a batch failed for its size: one of fewer rows may not */
};

/* These add something, and set INDEX to its index; the first scope is that of the rows. */
bool batch_add_vector(
    struct batch *batch, const struct vector *vector, uint32_t *index, struct nest_error *error);
bool batch_add_scope(
    struct batch *batch, const struct scope *scope, uint32_t *index, struct nest_error *error);
bool batch_add_step(struct batch *batch, const struct step *step, struct nest_error *error);
void batch_free(struct batch *batch);

/* Lays out the words of a row; false if there are more than BATCH_WORD_LIMIT, in the scope LARGE. */
bool batch_lay_out(struct batch *batch, uint32_t *large);

/* Make room for COUNT instances of a scope, whose old values are lost, and for where those of PARENTS begin.
 */
bool batch_reserve(struct batch *batch, uint32_t scope, size_t count, struct nest_error *error);
bool batch_reserve_firsts(struct scope *scope, size_t parents, struct nest_error *error);

/*
 * Counts EACH bytes, or turns of a loop, for each of COUNT values: NEST_INVALID, and the batch is too
 * large, if the rows at hand have taken more than BATCH_BYTES_MOST.
 */
bool batch_spend(struct batch *batch, uint64_t each, uint64_t count, struct nest_error *error);

/* Draws COUNT rows, at most BATCH_ROWS, from number FIRST on. */
bool batch_draw(struct batch *batch, uint64_t first, size_t count, struct nest_error *error);
/*
 * Draws the COUNT rows whose numbers are in ROWS, a vector of the batch OUTER, to which their bytes are
 * charged; for a null, row 0 is drawn.
 */
bool batch_draw_rows(struct batch *batch, struct batch *outer, const struct vector *rows, size_t count,
    struct nest_error *error);

/*
 * Keeps only the steps that make the COUNT VECTORS and what these are made from; the places of words do not
 * change.
 */
bool batch_prune(struct batch *batch, const uint32_t *vectors, uint32_t count, struct nest_error *error);

#endif
