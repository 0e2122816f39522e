/*
 * table - rows of text set in columns.
 *
 * A zeroed struct is an empty table; table_free() gives its memory back.  Cells
 * are copied.  Characters that a terminal could take for a command become '?'.
 */
#ifndef METER_TABLE_H
#define METER_TABLE_H

#include "lib/base/buffer.h"

#include <stdio.h>

enum table_align { TABLE_LEFT, TABLE_RIGHT };

enum { TABLE_COLUMNS = 16 };

struct table {
	size_t columns;
	const char *titles[TABLE_COLUMNS]; /* borrowed */
	enum table_align align[TABLE_COLUMNS];
	size_t width[TABLE_COLUMNS];
	struct buffer cells; /* texts, each ended by a zero byte */
	size_t count;        /* of cells */
};

/* Adds a column to a table without rows; TITLE must outlive the table. */
void table_column(struct table *table, const char *title, enum table_align align);

/* Fills the next cell, row after row. */
bool table_cell(struct table *table, struct nest_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints the titles and the rows, two spaces between columns. */
void table_print(const struct table *table, FILE *file);
void table_free(struct table *table);

#endif
