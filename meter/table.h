/*
 * table - rows of text set in columns, and names as they show them.
 *
 * A zeroed struct is an empty table.  It gets its columns, then its cells, row after row, and is
 * printed in the end, which tells of a lack of memory.  Characters that a terminal could take for
 * a command become '?'.
 */
#ifndef METER_TABLE_H
#define METER_TABLE_H

#include "lib/base/error.h"

#include <stdio.h>

enum table_align { TABLE_LEFT, TABLE_RIGHT };

enum { TABLE_COLUMNS = 16 };

struct table {
	size_t columns;
	enum table_align align[TABLE_COLUMNS];
	bool failed;  /* for lack of memory */
	FILE *stream; /* into text */
	char *text;   /* of the cells, each ended by a zero byte; the titles come first */
	size_t size;
};

/* Adds columns with these titles, up to a NULL. */
void table_columns(struct table *table, enum table_align align, ...) __attribute__((sentinel));

/* Fills the next cell. */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints the titles and the rows, two spaces between columns, and frees the table. */
bool table_print(struct table *table, FILE *file, struct nest_error *error);

enum { TABLE_NAME_BYTES = 64 };

/*
 * NAME as a table shows it, in SHOWN: long arguments of C++ templates as `<...>`, and of what
 * is too long even so the last words.
 */
const char *table_name(char shown[TABLE_NAME_BYTES], const char *name);

#endif
