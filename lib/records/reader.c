#include "lib/records/reader.h"

#include "lib/base/pack.h"

#include <stdio.h>

enum {
	FIRST_BYTES = 4,        /* looked at for a format and a byte-order mark */
	BYTE_ORDER_MARK = 0xef, /* the first of its three bytes */
};

static inline const uint8_t *
here(const struct reader *reader)
{
	return reader->window.bytes + reader->window.at;
}

static void
move_to(struct reader *reader, const uint8_t *at)
{
	reader->window.at = (size_t)(at - reader->window.bytes);
}

/* ---- reading on ---- */

/* The place after the last line feed in the bytes from FROM on; a record at the file's end is whole, too. */
static void
find_block_end(struct reader *reader, size_t from)
{
	const struct window *window = &reader->window;
	if (reader->layout != LAYOUT_LINES || window->is_at_end) {
		reader->block_end = window->size;
		return;
	}
	const uint8_t *feed = memrchr(window->bytes + from, '\n', window->size - from);
	if (feed != NULL)
		reader->block_end = (size_t)(feed + 1 - window->bytes);
}

bool
reader_more(struct reader *reader, bool *more, struct nest_error *error)
{
	struct window *window = &reader->window;
	*more = !window->is_at_end;
	if (!*more)
		return true;
	uint64_t end = window->offset + window->size;
	size_t gone = window->is_kept ? 0 : window->at;
	if (!window_more(window, error))
		return false;
	reader->fills++;
	reader->block_end -= reader->block_end < gone ? reader->block_end : gone;
	find_block_end(reader, (size_t)(end - window->offset));
	return true;
}

/* ---- layouts ---- */

static const uint8_t *
skip_blanks(const uint8_t *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
		at++;
	return at;
}

/* Reads until something that is no blank stands at window.at, or the file ends. */
static bool
skip_to_something(struct reader *reader, struct nest_error *error)
{
	bool more = true;
	for (;;) {
		move_to(reader, skip_blanks(here(reader)));
		if (reader->window.at < reader->window.size || !more)
			return true;
		if (!reader_more(reader, &more, error))
			return false;
	}
}

/* Whether JSON is cut off by the end of what is here. */
static bool
is_cut_off(const struct reader *reader, const uint8_t *end, const struct json *json)
{
	return end == NULL && json->fault.at >= reader->window.bytes + reader->window.size;
}

/*
 * Whether records lie in lines: the first one's line holds no other.  What is no
 * JSON is a line, too, and the walk says what is wrong with it.
 */
static bool
is_lines(const struct reader *reader, bool *is_cut)
{
	struct json line = {.spans_lines = false}, text = {.spans_lines = true};
	const uint8_t *end = json_skip(&line, here(reader));
	*is_cut = is_cut_off(reader, end, &line);
	if (*is_cut)
		return true;
	if (end == NULL && *line.fault.at == '\n') {
		end = json_skip(&text, here(reader));
		*is_cut = is_cut_off(reader, end, &text);
		return end == NULL;
	}
	if (end == NULL)
		return true;
	end = json_blanks(&line, end);
	*is_cut = end >= reader->window.bytes + reader->window.size;
	return *is_cut || *end != '{';
}

static bool
look_for_lines(struct reader *reader, bool *lines, struct nest_error *error)
{
	bool is_cut, more = true;
	for (;;) {
		*lines = is_lines(reader, &is_cut);
		if (!is_cut || !more)
			return true;
		if (!reader_more(reader, &more, error))
			return false;
	}
}

/* A byte-order mark at the beginning of JSON says nothing. */
static void
skip_mark(struct reader *reader)
{
	static const uint8_t mark[] = {BYTE_ORDER_MARK, 0xbb, 0xbf};
	struct window *window = &reader->window;
	if (reader->format == FORMAT_JSONL && window->size >= sizeof mark &&
	    memcmp(window->bytes, mark, sizeof mark) == 0)
		window->at = sizeof mark;
}

enum record_format
record_format_of(uint8_t head)
{
	if ((head >= 0x80 && head <= 0x9f) || (head >= 0xdc && head <= 0xdf))
		return FORMAT_MSGPACK;
	return head == '{' || head == '[' || head == BYTE_ORDER_MARK ? FORMAT_JSONL : FORMAT_AUTO;
}

static bool
find_format(struct reader *reader, struct nest_error *error)
{
	const uint8_t *first = skip_blanks(here(reader));
	uint8_t head = *first;
	bool is_blank = first == reader->window.bytes + reader->window.size;
	reader->format = is_blank ? FORMAT_JSONL : record_format_of(head);
	if (reader->format != FORMAT_AUTO)
		return true;
	return nest_error_set(error, NEST_INVALID,
	    "%s begins with %s, as neither JSON nor msgpack does; --format would say what it is",
	    reader->window.file->name, json_found(&head, &head + 1).text);
}

static bool
find_layout(struct reader *reader, struct nest_error *error)
{
	struct window *window = &reader->window;
	bool lines, more = true;
	/* Until it is known, all that is here is one block. */
	reader->layout = LAYOUT_STREAM;
	while (more &&
	       (window->size < FIRST_BYTES || skip_blanks(window->bytes) == window->bytes + window->size))
		if (!reader_more(reader, &more, error))
			return false;
	if (reader->format == FORMAT_AUTO && !find_format(reader, error))
		return false;
	if (reader->format == FORMAT_MSGPACK) {
		reader->layout = LAYOUT_PACK;
		return true;
	}
	skip_mark(reader);
	if (!skip_to_something(reader, error))
		return false;
	if (*here(reader) == '[')
		reader->layout = LAYOUT_ARRAY;
	else if (!look_for_lines(reader, &lines, error))
		return false;
	else if (lines)
		reader->layout = LAYOUT_LINES;
	reader->block_end = window->at;
	find_block_end(reader, window->at);
	return true;
}

bool
reader_open(struct reader *reader, const struct input_file *file, enum record_format format,
    bool (*wait)(void *context, int fd, struct nest_error *error), void *context, struct nest_error *error)
{
	*reader = (struct reader){.format = format};
	if (!window_open(&reader->window, file, wait, context, error))
		return false;
	reader->block_end = reader->window.size;
	if (find_layout(reader, error))
		return true;
	reader_close(reader);
	return false;
}

void
reader_close(struct reader *reader)
{
	window_close(&reader->window);
}

/* ---- the next record ---- */

static bool
not_due(struct reader *reader, const uint8_t *at, const char *due, struct nest_error *error)
{
	const uint8_t *end = reader->window.bytes + reader->window.size;
	nest_error_set(error, NEST_INVALID, "%s due, not %s", due, json_found(at, end).text);
	return reader_prefix(reader, at, "", error);
}

/* The brackets and commas of an array at the top: *FOUND is false after it. */
static bool
find_element(struct reader *reader, bool *found, struct nest_error *error)
{
	const uint8_t *at = here(reader);
	*found = false;
	if (reader->is_ended)
		return not_due(reader, at, "nothing behind the array is", error);
	if (*at == ']' && reader->is_begun) {
		reader->is_ended = true;
	} else if (reader->is_begun && reader->records > 0) {
		if (*at != ',')
			return not_due(reader, at, "a ',' or ']' is", error);
		*found = true;
	} else if (reader->is_begun) {
		*found = true;
		return true;
	}
	reader->is_begun = true;
	move_to(reader, at + 1);
	return true;
}

static bool
find_in_array(struct reader *reader, bool *found, struct nest_error *error)
{
	*found = false;
	while (!*found) {
		if (!skip_to_something(reader, error))
			return false;
		if (reader->window.at == reader->window.size)
			return reader->is_ended || not_due(reader, here(reader), "a ']' is", error);
		if (!find_element(reader, found, error))
			return false;
	}
	if (!skip_to_something(reader, error))
		return false;
	return *here(reader) != ']' || not_due(reader, here(reader), "a value is", error);
}

/* There is a whole line at least, or the file's last one. */
static bool
find_in_lines(struct reader *reader, bool *found, struct nest_error *error)
{
	bool more = true;
	for (;;) {
		move_to(reader, skip_blanks(here(reader)));
		*found = reader->window.at < reader->block_end;
		if (*found || !more)
			return true;
		if (!reader_more(reader, &more, error))
			return false;
	}
}

bool
reader_look(struct reader *reader, bool *found, struct nest_error *error)
{
	bool fine = true;
	*found = reader->is_found;
	if (*found)
		return true;
	switch (reader->layout) {
	case LAYOUT_LINES:
		fine = find_in_lines(reader, found, error);
		break;
	case LAYOUT_ARRAY:
		fine = find_in_array(reader, found, error);
		break;
	case LAYOUT_STREAM:
		fine = skip_to_something(reader, error);
		*found = fine && reader->window.at < reader->window.size;
		break;
	case LAYOUT_PACK:
		for (bool more = true; fine && more && reader->window.at == reader->window.size;)
			fine = reader_more(reader, &more, error);
		*found = fine && reader->window.at < reader->window.size;
		break;
	}
	if (!fine || !*found)
		return fine;
	reader->is_found = true;
	reader->records++;
	return true;
}

void
reader_rewind(struct reader *reader)
{
	window_rewind(&reader->window);
	reader->is_begun = reader->is_ended = reader->is_found = false;
	reader->records = 0;
	reader->fills++;
	/* A byte-order mark was there before the layout was looked for. */
	skip_mark(reader);
}

/* ---- stepping over records ---- */

/* The end of the record at window.at, as far as its notation tells; NULL if the bytes end first, or it is
 * broken. */
static const uint8_t *
record_end(const struct reader *reader, bool *is_cut)
{
	const struct window *window = &reader->window;
	const uint8_t *end = window->bytes + window->size;
	if (reader->layout == LAYOUT_PACK) {
		struct pack_reader pack = {here(reader), end};
		*is_cut = !pack_skip(&pack);
		return *is_cut ? NULL : pack.at;
	}
	if (reader->layout == LAYOUT_LINES) {
		const uint8_t *feed = memchr(here(reader), '\n', (size_t)(end - here(reader)));
		*is_cut = feed == NULL && !window->is_at_end;
		return feed != NULL ? feed : end;
	}
	struct json json = {.spans_lines = true};
	const uint8_t *behind = json_skip(&json, here(reader));
	*is_cut = behind == NULL && json.fault.at >= end;
	return behind;
}

bool
reader_measure(struct reader *reader, size_t *size, struct nest_error *error)
{
	bool more = true, is_cut;
	error->status = NEST_OK;
	for (;;) {
		const uint8_t *end = record_end(reader, &is_cut);
		if (end != NULL && !is_cut) {
			*size = (size_t)(end - here(reader));
			return true;
		}
		if (!is_cut || !more)
			return false;
		if (!reader_more(reader, &more, error))
			return false;
	}
}

/* The record before PLACE is somebody else's. */
static bool
pass_over(struct reader *reader, struct nest_error *error)
{
	size_t size;
	if (!reader_measure(reader, &size, error)) {
		if (error->status == NEST_OK) {
			nest_error_set(
			    error, NEST_INVALID, "the record that begins here is broken or ends early");
			return reader_prefix(reader, here(reader), "", error);
		}
		return false;
	}
	reader_step(reader, size);
	return true;
}

/* Moves past the first line feed from the byte before PLACE on. */
static bool
enter_at(struct reader *reader, uint64_t place, struct nest_error *error)
{
	struct window *window = &reader->window;
	bool more = true;
	window_seek(window, place - window->file->position - 1);
	reader->is_found = false;
	reader->block_end = 0;
	reader->fills++;
	for (;;) {
		size_t from = window->at;
		const uint8_t *feed = memchr(window->bytes + from, '\n', window->size - from);
		window->at = feed != NULL ? (size_t)(feed + 1 - window->bytes) : window->size;
		if (feed != NULL || !more)
			return true;
		if (!reader_more(reader, &more, error))
			return false;
	}
}

bool
reader_skip_to(struct reader *reader, uint64_t place, struct nest_error *error)
{
	struct window *window = &reader->window;
	bool found, is_ahead = place > window_place(window, window->at);
	if (is_ahead && reader->layout == LAYOUT_LINES && window_can_seek(window) &&
	    !enter_at(reader, place, error))
		return false;
	for (;;) {
		if (!reader_find(reader, &found, error))
			return false;
		if (!found || window->at >= window_cut(window, place) ||
		    window_place(window, window->at) >= place)
			return true;
		if (!pass_over(reader, error))
			return false;
	}
}

/* ---- messages ---- */

bool
reader_prefix(struct reader *reader, const uint8_t *at, const char *path, struct nest_error *error)
{
	struct window *window = &reader->window;
	struct nest_error failure;
	struct window_line line;
	size_t offset = (size_t)(at - window->bytes);
	if (offset > window->size)
		offset = window->size;
	nest_error_prefix(error, "%s%s: ", path[0] != '\0' ? ", field " : "", path);
	if (reader->layout == LAYOUT_PACK)
		return nest_error_prefix(error, "%s, record %llu, byte %llu", window->file->name,
		    (unsigned long long)reader->records, (unsigned long long)(window->offset + offset));
	if (window_line(window, offset, &line, &failure))
		return nest_error_prefix(error, "%s, line %llu, column %llu", window->file->name,
		    (unsigned long long)line.line, (unsigned long long)line.column);
	*error = failure;
	return false;
}
