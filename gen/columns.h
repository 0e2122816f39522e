/*
 * columns - a part of a row, written for a block of instances in one loop.
 *
 * Each instance has room of its own, so the loops of a row's columns run one
 * after the other, and the next column overwrites what one has written too much: no
 * value is dispatched on its own, and none waits for the one before it.
 */
#ifndef NEST_GEN_COLUMNS_H
#define NEST_GEN_COLUMNS_H

#include "gen/batch/slots.h"
#include "gen/batch/wide.h"
#include "lib/schema/schema.h"

enum { BLOCK_MOST = 256, BLOCK_SLACK = 2 * TEXT_SLACK, LEAD_BYTES = 32 };

/* Bytes before what a column writes, in every row; all are written, and the lead's size of them stay.
 * malloc() aligns nothing better. */
typedef uint8_t lead_bytes __attribute__((vector_size(LEAD_BYTES), aligned(16)));

enum column_form {
	COLUMN_NOTHING, /* except its lead */
	COLUMN_NUMBER,
	COLUMN_TRUTH,
	COLUMN_REAL,
	COLUMN_TEXT,
	COLUMN_SHORT_TEXT, /* of less than PUT_SHORT_TEXT bytes */
	COLUMN_BYTES,
	/* Where a notation has the leaf's own form: */
	COLUMN_FLOAT,
	COLUMN_DECIMAL, /* in a number */
	COLUMN_DATE,
	COLUMN_TIME,
	COLUMN_TIMESTAMP,
	COLUMN_UUID,
	COLUMN_LONG_DECIMAL, /* in bytes */
	COLUMN_CHOICE,       /* a slot as it is; the last is for null */
	COLUMN_LIST,         /* elements from their sheet */
	COLUMN_MAP,          /* likewise */
	COLUMN_GROUP_BEGIN,  /* nil where VALUES are 0 */
	COLUMN_GROUP_END,    /* takes back the contents of a group that is nil */
	COLUMN_TWO_PIECES,   /* a text of two pieces; the second may be nothing */
	COLUMN_TEXT_BEGIN,   /* a text of more pieces, which are the columns up to its end */
	COLUMN_PIECE,
	COLUMN_TEXT_END,
	COLUMN_ROOMS, /* what other columns have put */
};

enum part_form {
	PART_NOTHING, /* except its lead */
	PART_SLOT,    /* of SLOT_SHORT bytes */
	PART_LONG_SLOT,
	PART_DIGITS, /* at least WIDTH of them, SCALE after the point */
	PART_COPY,   /* of a text of TEXT_SLACK bytes at most */
	PART_EIGHT,  /* the last eight digits from EIGHTS; all from the number where that is 0 */
	PART_FORMS
};

/* A part of a text. */
struct part {
	enum part_form form;
	uint32_t lead_size;
	lead_bytes lead;
	const void *values; /* of all instances */
	const uint64_t *eights;
	lead_bytes before; /* what stands before the last eight digits of the first instance's number */
	uint32_t before_size;
	struct slots slots;
	uint32_t width, scale;
};

struct column {
	enum column_form form;
	uint32_t lead_size;
	lead_bytes lead;
	struct part parts[2];
	uint32_t head_bytes; /* of a text: its head and the first piece's lead, which end the column's lead */
	uint32_t depth;      /* of a group or text in others: whose places are in MARKS there */
	const void *values;  /* of all instances */
	const uint8_t *nulls;               /* NULL if none is null */
	const struct logical_type *logical; /* of a leaf that has its own form */
	struct slots slots;
	/* Of a list: */
	const uint32_t *firsts;  /* of each instance: its first element, and one more at the end */
	const uint32_t *ends;    /* of each element, after a 0: where it ends in */
	const uint8_t *elements; /* these, in one piece; BLOCK_SLACK bytes more can be read */
};

typedef uint8_t *block_places[BLOCK_MOST];

/* Where the instances of blocks are put together. */
struct ending {
	const struct column *tail; /* of choices or lists, put after each instance; NULL if there is none */
	uint8_t *to;               /* of the next instance, with up to BLOCK_SLACK bytes after the last */
	const uint8_t *start;
	uint32_t *ends;   /* where each of the block ends, counted from START */
	lead_bytes close; /* what stands after each, as a lead does before */
	uint32_t close_size;
};

struct block {
	size_t first, count;
	block_places begins; /* of each instance: its room; BLOCK_SLACK bytes more can be read */
	block_places at;     /* of each: where its next byte goes */
	block_places *marks; /* of each depth */
	struct ending *ending;
};

/*
 * Writes COLUMN for each instance of BLOCK, and up to PUT_SLACK bytes beyond it.
 *
 * If the block has no ending, it writes into the rooms.  If it has one, the
 * instances are put one after the other, each with its tail: this column, which
 * is their only one except for the tail, or, for COLUMN_ROOMS, the contents of the rooms.
 * Lists in a tail are thus moved only once, from their sheet.
 */
typedef void put_column(const struct column *column, struct block *block);

/* As msgpack (gen/put.h), for each width (gen/batch/wide.h); all write the same. */
put_column column_put_plain;
#if defined(__x86_64__)
put_column column_put_avx2, column_put_avx512;
#else
#define column_put_avx2 column_put_plain
#define column_put_avx512 column_put_plain
#endif

static inline put_column *
column_put_of(enum batch_width width)
{
	return width == WIDTH_AVX512 ? column_put_avx512
	       : width == WIDTH_AVX2 ? column_put_avx2
	                             : column_put_plain;
}

/* As JSON (gen/put_json.h). */
put_column column_put_json;

#endif
