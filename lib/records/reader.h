/*
 * reader - the records of one file of the input, one after the other, in
 * whatever layout they lie there.
 *
 * JSON lies in lines, a record in each, or in a stream of values with any
 * blanks between, or in one array at the top.  The first record tells which:
 * lines are what can be entered anywhere, at the next line feed.  Records of
 * msgpack follow one another.
 */
#ifndef NEST_RECORDS_READER_H
#define NEST_RECORDS_READER_H

#include "lib/json/json.h"
#include "lib/records/window.h"

enum record_format { FORMAT_AUTO, FORMAT_JSONL, FORMAT_MSGPACK };

enum layout { LAYOUT_LINES, LAYOUT_STREAM, LAYOUT_ARRAY, LAYOUT_PACK };

struct reader {
	struct window window;
	enum record_format format; /* FORMAT_AUTO no more, once it is open */
	enum layout layout;
	bool is_begun, is_ended; /* the array's brackets have come */
	bool is_found;           /* a record begins at window.at, and has not been stepped over */
	size_t block_end;        /* of lines: behind the last line feed; else of what is in the window */
	uint64_t records;        /* begun so far, where reading began at the file's beginning */
	uint64_t fills;          /* counts how often the window moved */
};

/*
 * By the first byte of a record that is no blank: JSON, or an array or a map of
 * msgpack; FORMAT_AUTO where it tells nothing.
 */
enum record_format record_format_of(uint8_t head);

/* Arguments as of window_open(). */
bool reader_open(struct reader *reader, const struct input_file *file, enum record_format format,
    bool (*wait)(void *context, int fd, struct nest_error *error), void *context, struct nest_error *error);
void reader_close(struct reader *reader);

/* Private to reader_find(). */
bool reader_look(struct reader *reader, bool *found, struct nest_error *error);

/*
 * Moves to the first byte of the next record, unless it is there already: it is
 * window.at then, and records end before block_end, unless more must be read.
 * *FOUND is false at the end of the file.  NEST_INVALID for what stands where a
 * record is due.
 */
static inline bool
reader_find(struct reader *reader, bool *found, struct nest_error *error)
{
	struct window *window = &reader->window;
	size_t at = window->at;
	/* Of lines, the next one, mostly. */
	at += window->bytes[at] == '\n';
	if (__builtin_expect(reader->layout != LAYOUT_LINES || reader->is_found || window->bytes[at] != '{' ||
				 at >= reader->block_end,
		0))
		return reader_look(reader, found, error);
	window->at = at;
	reader->records++;
	reader->is_found = *found = true;
	return true;
}

/* Reads on, the record at window.at being longer than what is here; *MORE is false at the end of the file. */
bool reader_more(struct reader *reader, bool *more, struct nest_error *error);

/* Steps over the record at window.at, which has SIZE bytes. */
static inline void
reader_step(struct reader *reader, size_t size)
{
	reader->window.at += size;
	reader->is_found = false;
}

/* Begins again with what window.is_kept kept. */
void reader_rewind(struct reader *reader);

/* Steps over all records whose first byte is before PLACE. */
bool reader_skip_to(struct reader *reader, uint64_t place, struct nest_error *error);

/*
 * Where the record ends that begins at window.at and could not be walked:
 * *SIZE bytes, without its line feed.  False where that cannot be told; ERROR
 * is filled then where something else failed, and its status is NEST_OK where
 * not.
 */
bool reader_measure(struct reader *reader, size_t *size, struct nest_error *error);

/* Whether JSON may go on over the ends of lines. */
static inline bool
reader_spans_lines(const struct reader *reader)
{
	return reader->layout != LAYOUT_LINES;
}

/*
 * Puts the file, the line and the column of the byte AT, and the field PATH
 * where that is not empty, before the sentence of ERROR; always false.
 */
bool reader_prefix(struct reader *reader, const uint8_t *at, const char *path, struct nest_error *error);

#endif
