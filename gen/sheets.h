/*
 * sheets - the vectors of a batch as bytes: a column at a time, and scope by scope.
 *
 * The instances of a scope are written to a sheet, one after the other; those of
 * the rows are the rows.  Inner scopes come first: what a list has is copied from
 * the sheet of its elements.  A block of instances is written a column at a time,
 * each instance where it has room for all that it can take, and then moved
 * together; a last column of choices or lists, the tail, is put meanwhile.  What
 * has one column, but for the tail, is put together at once.
 *
 * Who says what the columns are decides the notation: rows (gen/rows.h), lines (gen/lines.h).
 */
#ifndef NEST_GEN_SHEETS_H
#define NEST_GEN_SHEETS_H

#include "gen/columns.h"
#include "gen/compile/compile.h"

enum { SHORT_TEXT_ROOM = 64 }; /* longer texts have the room that they need, and not what they might */

/* Where a column's vectors are. */
struct origin {
	uint32_t values, nulls; /* vectors; 0 if there are none, which is the row's number */
	uint32_t parts[2], eights[2];
	uint32_t inner;    /* the scope of a list's elements */
	size_t room_bytes; /* what an instance takes at most, but for what ROOM_VARIES says */
	bool room_varies;  /* a list or a long text */
	uint32_t each;     /* of a long text: bytes for each of its bytes */
};

struct sheet {
	uint32_t first_column, rooms_end, end_column; /* up to the second are columns in rooms, if any are */
	bool has_tail;                                /* the last is put where instances go together */
	size_t room_bytes; /* of an instance, but for what ROOM_VARIES says; 0 if there are no rooms */
	bool room_varies;  /* there are lists and long texts */
	size_t end_bytes;  /* of what is in no room, but for these */
	lead_bytes close;  /* after each instance */
	uint32_t close_size;
	struct buffer bytes;
	uint32_t *ends; /* of each instance, after a 0; END_CAPACITY of them */
	size_t end_capacity;
};

struct sheets {
	struct compiled *compiled;
	put_column *put;
	struct sheet *sheets; /* of each scope */
	struct column *columns;
	struct origin *origins; /* of each column */
	uint32_t column_count;
	lead_bytes lead; /* of the next column */
	uint32_t lead_size;
	struct block block;
	uint32_t depth;        /* of the block's marks */
	struct buffer scratch; /* a block, before its instances are moved together */
};

/* No sheet has columns yet, of which all have COLUMNS_MOST at most.  COMPILED is borrowed; close SHEETS also
 * after a failure. */
bool sheets_open(struct sheets *sheets, struct compiled *compiled, put_column *put, size_t columns_most,
    struct nest_error *error);
void sheets_close(struct sheets *sheets);

/* Adds the columns of one instance: of an element, or entry, of the list or map that the field I is, or of a
 * row where I is 0; constants behind the columns close each instance. */
typedef bool sheets_instance(void *notation, uint32_t i, struct nest_error *error);

/* Has the columns of all sheets added. */
bool sheets_add(struct sheets *sheets, sheets_instance *add, void *notation, struct nest_error *error);

/* A column after the others: what stands in every row before it is its lead. */
void sheets_add_column(
    struct sheets *sheets, const struct column *column, const struct origin *origin, size_t room_bytes);
/* Bytes that stand in every row. */
void sheets_add_constant(struct sheets *sheets, const uint8_t *bytes, size_t size);
/* A text of pieces, which begins with the byte BEGIN and may take END_BYTES more than that and the pieces,
 * also where it is null; DEPTH counts the groups that may be null around it. */
void sheets_add_pieces(
    struct sheets *sheets, const struct field *field, uint32_t depth, uint8_t begin, size_t end_bytes);
/* Of a group that may be null: its begin and its end, between which its fields have a DEPTH of one more. */
void sheets_begin_group(struct sheets *sheets, const struct field *field, uint32_t depth, size_t nil_bytes);
void sheets_end_group(struct sheets *sheets, const struct field *field, uint32_t depth);

/* The most bytes that those of all sheets take together. */
size_t sheets_bytes_most(const struct sheets *sheets);

/* Appends the rows that were drawn last. */
bool sheets_write(struct sheets *sheets, struct buffer *out, struct nest_error *error);

/* Appends what a batch has drawn to OUT. */
typedef bool sheets_writer(void *writer, struct buffer *out, struct nest_error *error);

/* Draws COUNT rows from number FIRST on, as many at a time as may be, and has them written. */
bool sheets_append(struct sheets *sheets, uint64_t first, uint64_t count, sheets_writer *write, void *writer,
    struct buffer *out, struct nest_error *error);

#endif
