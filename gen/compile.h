/*
 * compile - drawings to the steps of a batch, and to fields that are written.
 *
 * compile.c goes through the schema and finds what names mean, operators.c
 * compiles expressions, functions.c the functions of nest-recipe(5).
 */
#ifndef NEST_GEN_COMPILE_H
#define NEST_GEN_COMPILE_H

#include "gen/drawing.h"
#include "gen/steps.h"
#include "gen/word_list.h"

/* ---- what comes out ---- */

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
 * Rows have numbers below ROW_END, and KEY is that of their draws.  FOLDER is the directory, a descriptor, in
 * which the lists of words lie.  NEST_INVALID with the place of a fault.
 */
bool compile(struct compiled *compiled, const struct drawings *drawings, const struct source *source,
    int folder, uint64_t row_end, uint64_t key, struct nest_error *error);
void compiled_free(struct compiled *compiled);

/* ---- what the files of the compiler share ---- */

enum { SCALE_MOST = 18 }; /* digits behind the point: 10^18 is the last power that a number holds */

enum value_type {
	VALUE_NULL,
	VALUE_TRUTH,
	VALUE_NUMBER,
	VALUE_REAL,
	VALUE_DATE,
	VALUE_TIME,
	VALUE_TEXT,
	VALUE_BYTES,
	VALUE_UUID
};

/* A vector, and what is known of its values. */
struct value {
	enum value_type type;
	uint32_t vector;
	unsigned scale;    /* of a number: digits behind the point */
	int64_t low, high; /* of numbers, truths, days and microseconds; of texts the bytes */
	bool has_nulls;
	bool is_constant;
};

/* What is left of the random word that a scope takes its bits from. */
struct word {
	uint32_t vector;
	unsigned used; /* 64: none is open */
};

enum memo_state { MEMO_NONE, MEMO_AT_WORK, MEMO_DONE };

/* Of a drawing: what its expressions have become. */
struct memo {
	enum memo_state value_state, length_state;
	struct value value, length;
	bool value_is_of_row, length_is_of_row;
};

struct compiler {
	struct compiled *compiled;
	struct batch *batch;
	const struct drawings *drawings;
	const struct source *source;
	struct nest_error *error;
	int folder;
	uint64_t row_end;
	uint32_t *inner;        /* of each node: the scope of what is in it */
	uint32_t *drawing_of;   /* of each node: its drawing */
	struct memo *memos;     /* of each drawing */
	struct word *words;     /* of each scope */
	uint32_t *length_nodes; /* of each scope: the node with the length */
	bool *is_open;          /* of each scope: whether its elements are made */
	uint32_t group;         /* where the expression at hand looks for names */
	uint32_t scope;         /* whose instances it is made for */
	bool is_of_row;         /* whether its bounds may depend on row_end */
	unsigned depth;         /* of the expressions at work, each for the one before it */
};

const struct expression *expression_at(const struct compiler *compiler, uint32_t node);

/* NEST_INVALID at the place of an expression; always false. */
bool compile_refuse(const struct compiler *compiler, uint32_t node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An expression, for each instance of the compiler's scope. */
bool compile_expression(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_call(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_name(struct compiler *compiler, uint32_t node, struct value *value);
/* The elements of lists that the path NODE leads to: their value, and the scope that they are of. */
bool compile_path(struct compiler *compiler, uint32_t node, struct value *value, uint32_t *scope);

/* A vector of the compiler's scope for values like LIKE, whose vector is put; STEP makes it. */
bool compile_step(struct compiler *compiler, struct step *step, struct value *like);
/* A constant; of a text, BYTES live as long as the recipe. */
bool compile_number(
    struct compiler *compiler, enum value_type type, int64_t number, unsigned scale, struct value *value);
bool compile_real(struct compiler *compiler, double real, struct value *value);
bool compile_text(struct compiler *compiler, struct view bytes, struct value *value);

/* BITS of chance for a step: its in[0], shift and bits. */
bool compile_bits(struct compiler *compiler, unsigned bits, struct step *step);
/* How many bits an even draw among COUNT takes; 0 counts as 2^64. */
unsigned compile_bits_for(uint64_t count);
/* A table that the compiled recipe owns, of zeros; RELEASE, or NULL, gives back what will be in it. */
bool compile_table(struct compiler *compiler, size_t bytes, void (*release)(void *data), void **table);

/* Values as another type. */
bool compile_rescale(struct compiler *compiler, uint32_t node, unsigned scale, struct value *value);
bool compile_to_real(struct compiler *compiler, uint32_t node, struct value *value);
/* A real, or a number of any scale, as a number of SCALE between LOW and HIGH, to which reals are clamped. */
bool compile_to_number(
    struct compiler *compiler, uint32_t node, unsigned scale, int64_t low, int64_t high, struct value *value);
/* LEFT and RIGHT as one type. */
bool compile_agree(struct compiler *compiler, uint32_t node, struct value *left, struct value *right);
/* One of COUNT values, of one type, by the numbers in WHICH. */
bool compile_pick(struct compiler *compiler, const struct value *which, const struct value *values,
    uint32_t count, struct value *picked);
const char *value_name(enum value_type type);

#endif
