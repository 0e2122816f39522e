/* text - words of other formats: JSON, fields of CSV; and names for tables. */
#ifndef METER_TEXT_H
#define METER_TEXT_H

#include <stdbool.h>
#include <stdio.h>

/* A JSON text on its way to FILE, with commas where they belong. */
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

/* Writes TEXT as a field of CSV (RFC 4180), in quotes if it needs them. */
void text_csv(FILE *file, const char *text);

enum { TEXT_SHORT_BYTES = 64 };

/*
 * NAME as a table shows it, in SHOWN: long arguments of C++ templates as `<...>`, and of what
 * is too long even so the last words.
 */
const char *text_short(char shown[TEXT_SHORT_BYTES], const char *name);

#endif
