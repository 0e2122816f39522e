#include "meter/table.h"

#include <stdarg.h>

void
table_column(struct table *table, const char *title, enum table_align align)
{
	table->titles[table->columns] = title;
	table->align[table->columns] = align;
	table->width[table->columns] = strlen(title);
	table->columns++;
}

/* The columns that TEXT takes: bytes that continue a character of UTF-8 take none. */
static size_t
text_width(const char *text)
{
	size_t width = 0;
	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0u) != 0x80u;
	return width;
}

/* Control characters: those of ASCII, and the second 32, which UTF-8 writes as two bytes. */
static void
make_harmless(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = '?';
	}
}

bool
table_cell(struct table *table, struct nest_error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return nest_error_set(error, NEST_FAILED, "unable to format a table");
	size_t size = (size_t)length + 1;
	if (!buffer_reserve(&table->cells, size, error))
		return false;
	char *text = (char *)table->cells.data + table->cells.size;
	va_start(args, format);
	vsnprintf(text, size, format, args);
	va_end(args);
	make_harmless(text);
	table->cells.size += size;
	size_t column = table->count++ % table->columns, width = text_width(text);
	if (width > table->width[column])
		table->width[column] = width;
	return true;
}

static void
print_cell(const struct table *table, size_t column, const char *text, FILE *file)
{
	size_t width = text_width(text);
	int pad = (int)(table->width[column] - width);
	if (column > 0)
		fputs("  ", file);
	if (table->align[column] == TABLE_RIGHT)
		fprintf(file, "%*s%s", pad, "", text);
	else
		fprintf(file, "%s%*s", text, column + 1 < table->columns ? pad : 0, "");
	if (column + 1 == table->columns)
		fputc('\n', file);
}

void
table_print(const struct table *table, FILE *file)
{
	for (size_t i = 0; i < table->columns; i++)
		print_cell(table, i, table->titles[i], file);
	const char *text = (const char *)table->cells.data;
	for (size_t i = 0; i < table->count; i++) {
		print_cell(table, i % table->columns, text, file);
		text += strlen(text) + 1;
	}
}

void
table_free(struct table *table)
{
	buffer_free(&table->cells);
	*table = (struct table){0};
}
