/* text - words of other formats: strings of JSON, fields of CSV; and names for tables. */
#ifndef METER_TEXT_H
#define METER_TEXT_H

#include <stdio.h>

/* Writes TEXT in quotes, as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void text_json(FILE *file, const char *text);

/* Writes TEXT as a field of CSV (RFC 4180), in quotes if it needs them. */
void text_csv(FILE *file, const char *text);

enum { TEXT_SHORT_BYTES = 64 };

/*
 * NAME as a table shows it, in SHOWN: long arguments of C++ templates as `<...>`, and of what
 * is too long even so the last words.
 */
const char *text_short(char shown[TEXT_SHORT_BYTES], const char *name);

#endif
