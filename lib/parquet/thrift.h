/*
 * thrift - the compact protocol, as far as Parquet needs it.
 *
 * The writer appends to the caller's buffer.  The reader borrows untrusted
 * bytes and never reads past them; what it hands out as a view lives as long
 * as they do.  Neither owns memory.
 *
 * Both remember their first failure and do nothing from then on, so that code
 * that walks a struct reads like the struct and checks once, at the end.  The
 * format is thrift-compact-protocol.md of Apache Thrift.
 */
#ifndef NEST_PARQUET_THRIFT_H
#define NEST_PARQUET_THRIFT_H

#include "lib/base/buffer.h"

enum thrift_type {
	THRIFT_STOP = 0,
	THRIFT_TRUE = 1, /* in a list: a boolean */
	THRIFT_FALSE = 2,
	THRIFT_I8 = 3,
	THRIFT_I16 = 4,
	THRIFT_I32 = 5,
	THRIFT_I64 = 6,
	THRIFT_DOUBLE = 7,
	THRIFT_BINARY = 8,
	THRIFT_LIST = 9,
	THRIFT_SET = 10,
	THRIFT_MAP = 11,
	THRIFT_STRUCT = 12,
};

enum { THRIFT_DEPTH_LIMIT = 32 };

struct thrift_writer {
	struct buffer *out;
	struct nest_error *error;
	bool failed;
	unsigned depth;
	int16_t last[THRIFT_DEPTH_LIMIT]; /* the last field id of each open struct */
};

/* Starts inside the outermost struct, which thrift_struct_end() closes like any other. */
void thrift_writer_init(struct thrift_writer *writer, struct buffer *out, struct nest_error *error);

/* Write a field of the open struct; ids need not rise, but take fewer bytes if they do. */
void thrift_field_bool(struct thrift_writer *writer, int16_t id, bool value);
void thrift_field_i8(struct thrift_writer *writer, int16_t id, int8_t value);
void thrift_field_i16(struct thrift_writer *writer, int16_t id, int16_t value);
void thrift_field_i32(struct thrift_writer *writer, int16_t id, int32_t value);
void thrift_field_i64(struct thrift_writer *writer, int16_t id, int64_t value);
void thrift_field_binary(struct thrift_writer *writer, int16_t id, struct view value);
void thrift_field_struct(struct thrift_writer *writer, int16_t id);
void thrift_field_list(struct thrift_writer *writer, int16_t id, enum thrift_type element, size_t count);

/* Writes a field of TYPE whose VALUE is as thrift_raw() returned it. */
void thrift_field_raw(struct thrift_writer *writer, int16_t id, enum thrift_type type, struct view value);

/* Write an element of the list begun last. */
void thrift_element_bool(struct thrift_writer *writer, bool value);
void thrift_element_i32(struct thrift_writer *writer, int32_t value);
void thrift_element_i64(struct thrift_writer *writer, int64_t value);
void thrift_element_binary(struct thrift_writer *writer, struct view value);
void thrift_element_struct(struct thrift_writer *writer);

void thrift_struct_end(struct thrift_writer *writer);

struct thrift_reader {
	const uint8_t *begin, *at, *end;
	const char *problem; /* what is wrong at AT; NULL if nothing is */
	bool is_short;       /* more bytes might mend it */
	unsigned depth;
};

/* A field of the struct that is being read; start each struct with a zeroed one. */
struct thrift_field {
	int16_t id;
	enum thrift_type type;
};

void thrift_reader_init(struct thrift_reader *reader, struct view bytes);

/* Remembers PROBLEM, which must outlive the reader, unless there is one already; always returns false. */
bool thrift_fail(struct thrift_reader *reader, const char *problem);

/*
 * Moves on to the next field of the struct; false after the last one and
 * after a failure.  The caller then takes the value with one of the calls below
 * or skips it.
 */
bool thrift_next(struct thrift_reader *reader, struct thrift_field *field);

/* The value of FIELD; fails the reader if it has another type. */
bool thrift_bool(struct thrift_reader *reader, struct thrift_field field);
int8_t thrift_i8(struct thrift_reader *reader, struct thrift_field field);
int32_t thrift_i32(struct thrift_reader *reader, struct thrift_field field);
int64_t thrift_i64(struct thrift_reader *reader, struct thrift_field field);
struct view thrift_binary(struct thrift_reader *reader, struct thrift_field field);
/* The number of elements, each of type ELEMENT and no more than there are bytes left; 0 on failure. */
size_t thrift_list(struct thrift_reader *reader, struct thrift_field field, enum thrift_type element);
/* The same for booleans, whose type differs between writers; and one of them. */
size_t thrift_bool_list(struct thrift_reader *reader, struct thrift_field field);
bool thrift_bool_element(struct thrift_reader *reader);
/* Enters the struct in FIELD, whose fields follow; fails the reader if FIELD is not a struct. */
bool thrift_enter(struct thrift_reader *reader, struct thrift_field field);
/* Skips the value of FIELD as thrift_skip() does, and returns its bytes; a boolean, being in its type, has
 * none. */
struct view thrift_raw(struct thrift_reader *reader, struct thrift_field field);
/* Skips the value of FIELD, whatever it is; fails the reader if it is nested beyond THRIFT_DEPTH_LIMIT. */
void thrift_skip(struct thrift_reader *reader, struct thrift_field field);

/* A field with which to read an element of a list. */
static inline struct thrift_field
thrift_element(enum thrift_type type)
{
	return (struct thrift_field){0, type};
}

#endif
