/*
 * compiler - what the files of the compiler share.
 *
 * compile.c walks the schema, names.c finds what names mean, operators.c compiles
 * expressions of all kinds (choices.c, arithmetic.c, templates.c and, for the
 * functions of nest-recipe(5), functions.c), references.c compiles values of
 * other rows, leaves.c turns a value into what a leaf holds; all are built on
 * values.c.
 */
#ifndef NEST_GEN_COMPILER_H
#define NEST_GEN_COMPILER_H

#include "gen/compile/compile.h"

enum { ELEMENTS_MOST = 1 << 16 }; /* of one list, and of all lists of a scope in one row */
enum { CHOICE_MOST = 4096 };      /* alternatives */
enum { SCALE_MOST = 18 }; /* digits after the point: 10^18 is the highest power of ten that a number holds */

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

/* A vector, and what is known about its values. */
struct value {
	enum value_type type;
	uint32_t vector;
	unsigned scale;    /* of a number: digits after the point */
	int64_t low, high; /* of numbers, truths, days and microseconds; of texts, the bytes */
	bool has_nulls;
	bool is_constant;
	bool is_number; /* of a real one: never NaN, and from LEAST to MOST, which may be infinite */
	double least, most;
	uint32_t rest_of; /* of a remainder by HIGH + 1: the vector of the dividend, plus 1; otherwise 0 */
};

/* The random word that a scope takes its bits from. */
struct word {
	uint32_t vector;
	unsigned used; /* 64: none is open */
};

enum memo_state { MEMO_NONE, MEMO_AT_WORK, MEMO_DONE };

/* What an expression of a drawing has become. */
struct memo {
	enum memo_state state;
	bool is_of_row;
	struct value value;
};

/* The expressions that a drawing may have. */
enum drawing_part { PART_VALUE, PART_LENGTH, PART_PRESENT, PART_COUNT };

/* Shared by the compilers of one recipe: that of its rows, and those of rows that are referred to. */
struct shared {
	struct compiled *compiled;       /* has the lists of words */
	uint64_t key;                    /* that all messages have in common */
	const struct drawings *drawings; /* whose rows are made */
	struct drawings **tables;        /* of each other message, once it is referred to */
	uint64_t referred;               /* how many fields and lets references led through */
};

struct compiler {
	struct compiled *compiled;
	struct batch *batch;
	const struct drawings *drawings;
	const struct source *source;
	struct nest_error *error;
	struct shared *shared;
	const struct compiler *outer; /* compiles an expression that refers to rows of this one; or NULL */
	int folder;
	uint64_t row_end;
	uint32_t *inner;                  /* of each node: the scope of what is in it */
	uint32_t *drawing_of;             /* of each node: its drawing */
	struct memo (*memos)[PART_COUNT]; /* of each drawing */
	struct word *words;               /* of each scope */
	uint32_t *length_nodes;           /* of each scope: the node with the length */
	bool *is_open;                    /* of each scope: whether its elements are made */
	uint32_t group;                   /* where the present expression looks for names */
	uint32_t scope;                   /* whose instances it is made for */
	bool is_of_row;                   /* whether its bounds may depend on row_end */
	uint64_t pattern_bytes;           /* of the longest texts of all patterns so far */
	unsigned depth;                   /* of the expressions being compiled, each for the one before it */
	unsigned referred_depth;          /* how many compilers wait for this one */
};

const struct expression *expression_at(const struct compiler *compiler, uint32_t node);

static inline const struct schema_node *
node_at(const struct compiler *compiler, uint32_t node)
{
	return &compiler->drawings->schema.nodes[node];
}

static inline bool
is_list(const struct compiler *compiler, uint32_t node)
{
	enum schema_form form = node_at(compiler, node)->form;
	return node_at(compiler, node)->repetition != REPETITION_REPEATED &&
	       (form == FORM_LIST || form == FORM_MAP);
}

static inline uint32_t
parent_of(const struct compiler *compiler, uint32_t node)
{
	return node_at(compiler, node)->parent;
}

/* NEST_INVALID at the place of an expression; always false. */
bool compile_refuse(const struct compiler *compiler, uint32_t node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* NEST_INVALID at the field NODE; always false. */
#define refuse_field(compiler, node, ...)                                                               \
	source_refuse((compiler)->source, (compiler)->drawings->items[(compiler)->drawing_of[node]].at, \
	    (compiler)->error, __VA_ARGS__)
/* ---- expressions: operators.c, and what it calls ---- */

/* Compiles an expression, for each instance of the compiler's scope. */
bool compile_expression(struct compiler *compiler, uint32_t node, struct value *value);
/* The same for one that is true or false. */
bool compile_truth(struct compiler *compiler, uint32_t node, struct value *value);

/* Those of one kind, for compile_expression(). */
bool compile_share(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_choice(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_if(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_range(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_binary(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_in(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_minus(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_negation(struct compiler *compiler, struct value *value);
bool compile_template(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_name(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_row(struct compiler *compiler, uint32_t node, struct value *value);
bool compile_call(struct compiler *compiler, uint32_t node, struct value *value);

/* ---- other rows: references.c ---- */

/* Room for the messages that are referred to. */
bool references_open(struct shared *shared, const struct drawings *drawings, struct nest_error *error);
void references_close(struct shared *shared);

/* Makes a batch of its own for each value that the steps refer to. */
bool compile_references(struct compiler *compiler);

/* ---- names: names.c ---- */

/* A compiler of DRAWINGS: its memos and the scopes of the schema; compiler_close() gives the room back. */
bool compiler_open(struct compiler *compiler, const struct drawings *drawings);
void compiler_close(struct compiler *compiler);
/* Compiles all that is drawn, in the order in which draws take their bits. */
bool compile_in_order(struct compiler *compiler);

/* Lays out words, once all steps are there. */
bool compile_lay_out(const struct compiler *compiler);

/* Makes the scopes of the schema, one for each thing that repeats. */
bool compile_scopes(struct compiler *compiler);
/* The value of a let, a leaf, or the elements of a repeated leaf: the drawing INDEX, for its own scope. */
bool compile_drawing(struct compiler *compiler, uint32_t index, struct value *value);
/* Whether an optional group is there. */
bool compile_present(struct compiler *compiler, uint32_t node, struct value *value);
/* The number of elements of a list, a map or a repeated field. */
bool compile_length(struct compiler *compiler, uint32_t node, struct value *value);
/* Makes the elements of a scope, once, after those of the scopes that it is in. */
bool compile_elements(struct compiler *compiler, uint32_t scope);
/* The elements of lists that the path NODE leads to: their value, and their scope. */
bool compile_path(struct compiler *compiler, uint32_t node, struct value *value, uint32_t *scope);

/* ---- values: values.c ---- */

const char *value_name(enum value_type type);
enum vector_type value_vector_type(enum value_type type);

/* Makes a vector of the compiler's scope for values like LIKE, and sets it there; STEP makes it. */
bool compile_step(struct compiler *compiler, struct step *step, struct value *like);
/* Makes a constant; the BYTES of a text must live as long as the recipe. */
bool compile_number(
    struct compiler *compiler, enum value_type type, int64_t number, unsigned scale, struct value *value);
bool compile_real(struct compiler *compiler, double real, struct value *value);
bool compile_text(struct compiler *compiler, struct view bytes, struct value *value);

/* The constant VALUE, of the batch FROM, for the compiler's scope; a real one is never a constant by itself.
 */
bool compile_again(struct compiler *compiler, const struct batch *from, struct value *value);

/* Takes random BITS for a step: sets its in[0], shift and bits. */
bool compile_bits(struct compiler *compiler, unsigned bits, struct step *step);
/* How many bits an even draw among COUNT takes; 0 counts as 2^64. */
unsigned compile_bits_for(uint64_t count);
/* A table that the compiled recipe owns, of zeros; RELEASE, or NULL, gives back what will be in it. */
bool compile_table(struct compiler *compiler, size_t bytes, void (*release)(void *data), void **table);

/* 10 to the EXPONENT, of at most SCALE_MOST. */
int64_t power_of_ten(unsigned exponent);
/* NEST_INVALID: the values at NODE do not fit 64 bits. */
bool compile_refuse_size(const struct compiler *compiler, uint32_t node);

/* Bounds the result of + - * or / of LEFT and RIGHT, which are real: real_bounds.c. */
void compile_bound_reals(
    enum operation operation, const struct value *left, const struct value *right, struct value *value);

/* Convert values to another type. */
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
/* The alternatives of the choice NODE, up to CHOICE_MOST: shares of 100, and values of one type. */
bool compile_alternatives(
    struct compiler *compiler, uint32_t node, double *weights, struct value *values, uint32_t *count);
/* Makes VALUE null where the vector WHICH, of the same scope, is HIDDEN or null. */
bool compile_hide(struct compiler *compiler, uint32_t which, int64_t hidden, struct value *value);
/* Turns VALUE into what the leaf LEAF of a schema holds: leaves.c. */
bool compile_to_leaf(
    struct compiler *compiler, uint32_t expression, const struct schema_node *leaf, struct value *value);

/* ---- removing steps that are not needed, once all are there ---- */

/* Makes conditions on a choice among constants bits, one for each alternative: truths.c. */
bool compile_truths(struct compiled *compiled, struct nest_error *error);
/* Puts texts that only a field reads together in its row: fuse.c. */
bool compile_fuse(struct compiled *compiled, struct nest_error *error);
/* Makes the digits of numbers that mostly have at most eight side by side: fuse.c. */
bool compile_eights(struct compiled *compiled, struct nest_error *error);
/* Removes steps whose results nothing reads: prune.c. */
bool compile_prune(struct compiled *compiled, struct nest_error *error);

#endif
