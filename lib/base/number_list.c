#include "lib/base/number_list.h"

#include "lib/base/program.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TEXT_LIMIT = 64 << 20, /* bytes of a list to read */
	READ_BYTES = 1 << 16,
	SHOWN_BYTES = 40, /* of something wrong, in a message */
};

void
number_list_free(struct number_list *list)
{
	free(list->ranges);
	*list = (struct number_list){0};
}

/* Appends a range, or joins it to the last one if they touch; the order is not checked. */
static bool
append(struct number_list *list, struct number_range range, struct nest_error *error)
{
	struct number_range *last = list->count > 0 ? &list->ranges[list->count - 1] : NULL;
	if (last != NULL && range.first > last->first && range.first - 1 <= last->last) {
		last->last = range.last > last->last ? range.last : last->last;
		return true;
	}
	if (list->count == list->capacity) {
		size_t capacity = 2 * list->capacity + 16;
		struct number_range *ranges = realloc(list->ranges, capacity * sizeof *ranges);
		if (ranges == NULL)
			return nest_error_memory(error, capacity * sizeof *ranges, "a list of numbers");
		list->ranges = ranges;
		list->capacity = capacity;
	}
	list->ranges[list->count++] = range;
	return true;
}

static int
by_first(const void *a, const void *b)
{
	const struct number_range *x = a, *y = b;
	return (x->first > y->first) - (x->first < y->first);
}

/* Sorts the ranges and joins those that touch. */
static void
settle(struct number_list *list)
{
	size_t kept = 0;
	if (list->count > 0)
		qsort(list->ranges, list->count, sizeof *list->ranges, by_first);
	for (size_t i = 1; i < list->count; i++) {
		struct number_range *last = &list->ranges[kept], range = list->ranges[i];
		if (range.first == 0 || range.first - 1 <= last->last)
			last->last = range.last > last->last ? range.last : last->last;
		else
			list->ranges[++kept] = range;
	}
	list->count = list->count > 0 ? kept + 1 : 0;
}

/* ---- text ---- */

static bool
is_separator(uint8_t byte)
{
	return byte == ',' || byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Digits from *AT on, up to END; false if there are none, or too many. */
static bool
take_number(const uint8_t **at, const uint8_t *end, uint64_t *number)
{
	const uint8_t *begin = *at;
	bool fits = true;
	*number = 0;
	for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
		fits = fits && !__builtin_mul_overflow(*number, 10u, number) &&
		       !__builtin_add_overflow(*number, (uint64_t)(**at - '0'), number);
	return fits && *at > begin;
}

static bool
take_range(struct view word, struct number_range *range)
{
	const uint8_t *at = word.data, *end = at + word.size;
	if (!take_number(&at, end, &range->first))
		return false;
	range->last = range->first;
	if (at < end && *at == '-') {
		at++;
		if (!take_number(&at, end, &range->last))
			return false;
	}
	return at == end && range->first <= range->last;
}

bool
number_list_parse(struct number_list *list, struct view text, const char *what, struct nest_error *error)
{
	for (size_t at = 0, begin; at < text.size;) {
		struct number_range range;
		if (is_separator(text.data[at])) {
			at++;
			continue;
		}
		for (begin = at; at < text.size && !is_separator(text.data[at]);)
			at++;
		struct view word = {text.data + begin, at - begin};
		if (!take_range(word, &range))
			return nest_error_set(error, NEST_USAGE,
			    "%s: '%.*s' is neither a number nor a range such as 5-7", what,
			    (int)(word.size < SHOWN_BYTES ? word.size : SHOWN_BYTES),
			    (const char *)word.data);
		if (!append(list, range, error))
			return false;
	}
	settle(list);
	return true;
}

static bool
read_all(int fd, struct buffer *text, const char *what, struct nest_error *error)
{
	for (;;) {
		if (program_interrupted())
			return program_interrupt_error(error);
		if (!buffer_reserve(text, READ_BYTES, error))
			return false;
		ssize_t got = read(fd, text->data + text->size, READ_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return nest_error_system(error, "%s: unable to read the list", what);
		if (got == 0)
			return true;
		text->size += (size_t)got;
		if (text->size > TEXT_LIMIT)
			return nest_error_set(error, NEST_USAGE,
			    "%s: the list that is read has more than %d bytes", what, TEXT_LIMIT);
	}
}

bool
number_list_read(struct number_list *list, int fd, const char *what, struct nest_error *error)
{
	struct buffer text = {0};
	bool fine = read_all(fd, &text, what, error) &&
	            number_list_parse(list, (struct view){text.data, text.size}, what, error);
	buffer_free(&text);
	return fine;
}

bool
number_list_option(struct number_list *list, const char *text, const char *what, struct nest_error *error)
{
	if (strcmp(text, "-") == 0)
		return number_list_read(list, STDIN_FILENO, what, error);
	if (!number_list_parse(list, view_of_text(text), what, error))
		return false;
	return list->count > 0 || nest_error_set(error, NEST_USAGE, "%s: the list is empty", what);
}

bool
number_list_print(const struct number_list *list, FILE *file)
{
	bool fine = true;
	for (size_t i = 0; i < list->count && fine; i++) {
		const struct number_range *range = &list->ranges[i];
		fine = fprintf(file, "%s%" PRIu64, i > 0 ? "," : "", range->first) > 0 &&
		       (range->first == range->last || fprintf(file, "-%" PRIu64, range->last) > 0);
	}
	return fine && (list->count == 0 || fputc('\n', file) != EOF);
}

/* ---- the set ---- */

bool
number_list_check(const struct number_list *list, uint64_t count, const char *what, struct nest_error *error)
{
	uint64_t last = list->count > 0 ? list->ranges[list->count - 1].last : 0;
	return list->count == 0 || last < count ||
	       nest_error_set(error, NEST_USAGE,
		   "%s: there is no part %" PRIu64 "; the parts are numbered 0 to %" PRIu64, what, last,
		   count - 1);
}

bool
number_list_add(struct number_list *list, uint64_t number, struct nest_error *error)
{
	return append(list, (struct number_range){number, number}, error);
}

bool
number_list_has(const struct number_list *list, uint64_t number)
{
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->ranges[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->count && list->ranges[low].first <= number;
}
