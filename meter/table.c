#include "meter/table.h"

#include "lib/base/program.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

void
table_cell(struct table *table, const char *format, ...)
{
	va_list args;
	if (table->stream == NULL && !table->failed)
		table->stream = open_memstream(&table->text, &table->size);
	/* The stream itself notes no lack of memory, and its end leaves no text then. */
	table->failed |= table->stream == NULL;
	if (table->failed)
		return;
	va_start(args, format);
	table->failed = vfprintf(table->stream, format, args) < 0 || fputc('\0', table->stream) == EOF;
	va_end(args);
}

void
table_columns(struct table *table, enum table_align align, ...)
{
	va_list titles;
	const char *title;
	va_start(titles, align);
	while ((title = va_arg(titles, const char *)) != NULL) {
		table->align[table->columns++] = align;
		table_cell(table, "%s", title);
	}
	va_end(titles);
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

static void
print_cell(const struct table *table, size_t column, size_t width, const char *text, FILE *file)
{
	bool last = column + 1 == table->columns;
	int pad = (int)(width - text_width(text));
	fputs(column > 0 ? "  " : "", file);
	if (table->align[column] == TABLE_RIGHT)
		fprintf(file, "%*s%s", pad, "", text);
	else
		fprintf(file, "%s%*s", text, last ? 0 : pad, "");
	fputs(last ? "\n" : "", file);
}

bool
table_print(struct table *table, FILE *file, struct nest_error *error)
{
	size_t widths[TABLE_COLUMNS] = {0}, column = 0;
	bool fine = !table->failed;
	if (table->stream != NULL)
		fine &= fclose(table->stream) == 0 && table->text != NULL;
	for (size_t at = 0; at < table->size && fine; at += strlen(table->text + at) + 1) {
		program_make_plain(table->text + at);
		widths[column] = MAX(widths[column], text_width(table->text + at));
		column = (column + 1) % table->columns;
	}
	for (size_t at = 0; at < table->size && fine; at += strlen(table->text + at) + 1) {
		print_cell(table, column, widths[column], table->text + at, file);
		column = (column + 1) % table->columns;
	}
	free(table->text);
	return fine || nest_error_memory(error, table->size, "a table");
}

/* The bytes of an operator's name at TEXT, whose angle brackets hold no arguments; 0 where there is none. */
static size_t
operator_size(const char *text)
{
	return strncmp(text, "operator", 8) == 0 ? 8 + strspn(text + 8, "<>=-*") : 0;
}

/* The bytes from the bracket at TEXT to the one that closes it; 0 where none does. */
static size_t
brackets_size(const char *text)
{
	int depth = 0;
	for (size_t size = 0; text[size] != '\0'; size++) {
		depth += (text[size] == '<') - (text[size] == '>');
		if (depth == 0)
			return size + 1;
	}
	return 0;
}

/* Copies NAME without the long arguments; false where the brackets do not match or it does not fit. */
static bool
copy_without_arguments(char *to, size_t room, const char *name)
{
	enum { SHORT_ARGUMENTS = 12 };
	size_t used = 0;
	for (const char *at = name; *at != '\0';) {
		size_t size = operator_size(at);
		bool is_bracket = size == 0 && *at == '<';
		if (size == 0)
			size = is_bracket ? brackets_size(at) : 1;
		bool is_long = is_bracket && size > SHORT_ARGUMENTS;
		size_t copied = is_long ? 5 : size;
		if (size == 0 || used + copied >= room)
			return false;
		memcpy(to + used, is_long ? "<...>" : at, copied);
		used += copied;
		at += size;
	}
	to[used] = '\0';
	return true;
}

const char *
table_name(char shown[TABLE_NAME_BYTES], const char *name)
{
	static const char cut[] = "...";
	char whole[4096];
	if (copy_without_arguments(whole, sizeof whole, name))
		name = whole;
	size_t size = strlen(name), most = TABLE_NAME_BYTES - sizeof cut;
	if (size < TABLE_NAME_BYTES) {
		memcpy(shown, name, size + 1);
		return shown;
	}
	const char *end = name + size - most, *dot = strchr(end, '.');
	if (dot != NULL && dot[1] != '\0')
		end = dot;
	while (((unsigned char)*end & 0xc0u) == 0x80u)
		end++;
	snprintf(shown, TABLE_NAME_BYTES, "%s%s", cut, end);
	return shown;
}
