/* compile - turns drawings into the steps of a batch, and into fields to write. */
#ifndef NEST_GEN_COMPILE_H
#define NEST_GEN_COMPILE_H

#include "gen/batch/slots.h"
#include "gen/batch/steps.h"
#include "gen/batch/wide.h"
#include "gen/batch/word_list.h"
#include "gen/notation/drawing.h"

enum field_form {
	FIELD_NUMBER,
	FIELD_TRUTH,
	FIELD_REAL,
	FIELD_TEXT,
	FIELD_BYTES,
	FIELD_CHOICE, /* one of a few values; its only piece has them in written form, the null one last */
	FIELD_PIECES, /* a text that is put together in the row, of fewer than PIECES_BYTES bytes */
	FIELD_STRUCT, /* children follow; the vector says whether it is there; FIELD_ALWAYS: it is */
	FIELD_LIST,   /* one field follows, of scope INNER */
	FIELD_MAP,    /* key and value follow, of scope INNER; in a map without values, the value is null */
};

enum { FIELD_ALWAYS = UINT32_MAX };

enum {
	PIECE_LEAD_BYTES = 15,
	PIECES_BYTES = 256,
};

enum piece_form {
	PIECE_NOTHING, /* except its lead */
	PIECE_SLOT,    /* the slot that the vector names */
	PIECE_NUMBER,
	PIECE_TEXT, /* of at most TEXT_SLACK bytes */
};

/* A part of a text that is put together in its row. */
struct piece {
	enum piece_form form;
	uint32_t vector;
	uint8_t lead[PIECE_LEAD_BYTES]; /* in front of it, whatever the row */
	uint32_t lead_size;
	struct slots slots;
	uint32_t eight;        /* of a number: the vector of its eight digits; 0 if they are not made */
	uint32_t width, scale; /* likewise: its digits at least, and those behind the point */
	uint32_t digits_most;  /* including a sign and a point */
};

/* What is written for each instance; depth first, so that a field's subtree is [field, end). */
struct field {
	enum field_form form;
	uint32_t vector; /* of a list or map, the lengths; with pieces, only its nulls are made */
	uint32_t inner;  /* the scope of the elements; of a struct, its own */
	uint32_t child_count;
	uint32_t end;
	uint32_t first_piece, piece_count;
};

/* A table that steps borrow; RELEASE, if any, gives back what is in it. */
struct table {
	void *data;
	void (*release)(void *data);
};

struct compiled {
	struct batch batch;
	enum batch_width width; /* of the steps */
	struct field *fields;   /* the first is the row */
	uint32_t field_count;
	struct piece *pieces;
	uint32_t piece_count, piece_capacity;
	struct table *tables; /* what the steps borrow */
	uint32_t table_count, table_capacity;
	struct word_list *words;
	uint32_t word_count, word_capacity;
};

/*
 * Rows have numbers below ROW_END, and KEY is the key of all draws.  FOLDER is a descriptor of the directory
 * with the lists of words.  NEST_INVALID with the place of a fault.
 */
bool compile(struct compiled *compiled, const struct drawings *drawings, const struct source *source,
    int folder, uint64_t row_end, uint64_t key, struct nest_error *error);

/* The two halves of compile(): steps as the recipe has them, and faster ones that make the same rows. */
bool compile_steps(struct compiled *compiled, const struct drawings *drawings, const struct source *source,
    int folder, uint64_t row_end, uint64_t key, struct nest_error *error);
/* Call it once; this processor must have WIDTH.  After a failure, free COMPILED. */
bool compile_faster(struct compiled *compiled, enum batch_width width, struct nest_error *error);

void compiled_free(struct compiled *compiled);

/* A table that the compiled recipe owns, of zeros; RELEASE, or NULL, gives back what will be in it. */
bool compiled_add_table(struct compiled *compiled, size_t bytes, void (*release)(void *data), void **table,
    struct nest_error *error);

#endif
