/*
 * number_list - a set of numbers, such as those of parts, and its text:
 * numbers and ranges like 5-7, with commas or white space between them.
 *
 * A zeroed list is empty; it owns its ranges, and number_list_free() gives
 * them back.  They stand in ascending order, with a gap before each.
 */
#ifndef NEST_BASE_NUMBER_LIST_H
#define NEST_BASE_NUMBER_LIST_H

#include "lib/base/buffer.h"

#include <stdio.h>

struct number_range {
	uint64_t first, last;
};

struct number_list {
	struct number_range *ranges;
	size_t count, capacity;
};

void number_list_free(struct number_list *list);

/*
 * Adds the numbers in TEXT, in any order.  NEST_USAGE if TEXT is not a list;
 * WHAT ("--only-parts") begins the message.
 */
bool number_list_parse(
    struct number_list *list, struct view text, const char *what, struct nest_error *error);

/* The same for everything read from the descriptor FD. */
bool number_list_read(struct number_list *list, int fd, const char *what, struct nest_error *error);

/*
 * The value of an option: a list that is not empty, or "-" for standard input,
 * which may be empty.
 */
bool number_list_option(
    struct number_list *list, const char *text, const char *what, struct nest_error *error);

/* NEST_USAGE if the list has a number other than 0 to COUNT - 1. */
bool number_list_check(
    const struct number_list *list, uint64_t count, const char *what, struct nest_error *error);

/* Adds NUMBER, which must be greater than all numbers in the list. */
bool number_list_add(struct number_list *list, uint64_t number, struct nest_error *error);

bool number_list_has(const struct number_list *list, uint64_t number);

/* Prints a line that number_list_parse() takes, "0,3,5-7"; nothing for an empty list.  False if writing
 * fails. */
bool number_list_print(const struct number_list *list, FILE *file);

#endif
