/* json - texts of JSON, for the formats that are made of it. */
#ifndef METER_JSON_H
#define METER_JSON_H

#include <stdbool.h>
#include <stdio.h>

/* A text on its way to FILE, with commas where they belong. */
struct json {
	FILE *file;
	bool is_in_page; /* no `<` is left, which could end the element of a page that holds the text */
	bool follows;    /* what comes next follows a value */
};

/*
 * Prints a piece: one value or more, with their keys, if they have any, and brackets.  A comma comes
 * before it if it follows a value, unless it begins with a bracket that closes or a colon.
 */
void json_print(struct json *json, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints TEXT as a JSON string, after KEY if that is not NULL; bytes that are not UTF-8 become U+FFFD. */
void json_text(struct json *json, const char *key, const char *text);

#endif
