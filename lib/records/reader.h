/*
 * reader - the records of one file of the input, one after the other, in any layout.
 *
 * JSON is in lines, a record in each, or a stream of values with any
 * blanks between them, or one array at the top.  The first record tells which;
 * only lines can be entered anywhere, at the next line feed.  Records of
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
	enum record_format format; /* never FORMAT_AUTO once it is open */
	enum layout layout;
	bool is_begun, is_ended; /* the array's brackets have come */
	bool is_found;           /* a record begins at window.at, and has not been skipped */
	size_t block_end;        /* for lines: after the last line feed; otherwise the end of the window */
	uint64_t records;        /* begun so far, if reading began at the file's beginning */
	uint64_t fills;          /* counts how often the window moved */
};

/*
 * By the first byte of a record that is not a blank: JSON, or an array or a map of
 * msgpack; FORMAT_AUTO if it decides nothing.
 */
enum record_format record_format_of(uint8_t head);

/* Arguments as of window_open(). */
bool reader_open(struct reader *reader, const struct input_file *file, enum record_format format,
    bool (*wait)(void *context, int fd, struct nest_error *error), void *context, struct nest_error *error);
void reader_close(struct reader *reader);

/* Private to reader_find(). */
bool reader_look(struct reader *reader, bool *found, struct nest_error *error);

/*
 * Moves to the first byte of the next record, unless it is there already.  It is
 * then at window.at, and records end before block_end, unless more must be read.
 * *FOUND is false at the end of the file.  NEST_INVALID if something else is there
 * where a record is due.
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

/* Reads on, since the record at window.at is longer than the window; *MORE is false at the end of the file.
 */
bool reader_more(struct reader *reader, bool *more, struct nest_error *error);

/* Skips the record at window.at, which has SIZE bytes. */
static inline void
reader_step(struct reader *reader, size_t size)
{
	reader->window.at += size;
	reader->is_found = false;
}

/* Begins again with what was kept because of window.is_kept. */
void reader_rewind(struct reader *reader);

/* Skips all records whose first byte is before PLACE. */
bool reader_skip_to(struct reader *reader, uint64_t place, struct nest_error *error);

/*
 * Finds the end of the record that begins at window.at and could not be walked:
 * *SIZE bytes, without its line feed.  False if the end cannot be found; then ERROR
 * is filled if something else failed, and its status is NEST_OK if not.
 */
bool reader_measure(struct reader *reader, size_t *size, struct nest_error *error);

/* Whether JSON may continue past the end of a line. */
static inline bool
reader_spans_lines(const struct reader *reader)
{
	return reader->layout != LAYOUT_LINES;
}

/*
 * Puts the file, the line and the column of the byte AT, and the field PATH
 * if that is not empty, before the sentence of ERROR; always false.
 */
bool reader_prefix(struct reader *reader, const uint8_t *at, const char *path, struct nest_error *error);

#endif
