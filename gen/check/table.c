#include "gen/check/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	NAME_WIDTH = 20,
	NULLS_WIDTH = 7,
	DISTINCT_WIDTH = 9,
	VALUES_AT = NAME_WIDTH + NULLS_WIDTH + DISTINCT_WIDTH + 2, /* two blanks before them */
	VALUES_WIDTH = TABLE_WIDTH - VALUES_AT,
	INDENT = 2,
	INDENT_MOST = 16,
};

static const char between[] = " .. ";

/* After a failure nothing more is written, so that a check at the end is enough. */
struct table {
	const struct tally *tally;
	struct jsonl *jsonl;
	uint64_t rows; /* that the user wants */
	bool has_unique, has_estimates;
	struct buffer *out;
	struct buffer least, greatest; /* a value as text */
	struct nest_error *error;
	bool fine;
};

static __attribute__((format(printf, 2, 3))) void
put(struct table *table, const char *format, ...)
{
	char text[256];
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	table->fine = table->fine && buffer_append(table->out, text, (size_t)size, table->error);
}

/* ---- texts ---- */

/* The columns that a terminal needs for the character at TEXT, which is well-formed UTF-8; sets *BYTES. */
static size_t
character(const uint8_t *text, size_t *bytes)
{
	*bytes = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	/* From U+2E80 on, and at the beginning of Hangul, characters are two columns wide. */
	return *bytes == 4 || (*bytes == 3 && (text[0] > 0xe2 || (text[0] == 0xe2 && text[1] >= 0xba) ||
						  (text[0] == 0xe1 && text[1] >= 0x84 && text[1] < 0x86)))
	           ? 2
	           : 1;
}

static size_t
columns(struct view text)
{
	size_t bytes, count = 0;
	for (size_t at = 0; at < text.size; at += bytes)
		count += character(text.data + at, &bytes);
	return count;
}

/* TEXT, or its beginning and three points, in at most WIDTH columns. */
static void
put_cut(struct table *table, struct view text, size_t width)
{
	size_t bytes, at = 0, count = 0, limit = width - 3;
	bool is_cut = columns(text) > width;
	for (size_t more; is_cut && count + (more = character(text.data + at, &bytes)) <= limit; at += bytes)
		count += more;
	table->fine =
	    table->fine && buffer_append(table->out, text.data, is_cut ? at : text.size, table->error);
	if (is_cut)
		put(table, "...");
}

static struct view
view_of(const struct buffer *buffer)
{
	return (struct view){buffer->data, buffer->size};
}

/* ---- columns ---- */

/* The percentage of nulls, with one digit after the point; 0 and 100 only if exact. */
static void
put_nulls(struct table *table, const struct schema_node *node, const struct tally_field *field)
{
	char text[16] = "";
	double share = 100 * (double)field->nulls / (double)field->places;
	if (node->repetition != REPETITION_OPTIONAL || field->places == 0)
		;
	else if (share > 0 && share < 0.1)
		snprintf(text, sizeof text, "<0.1%%");
	else if (share > 99.9 && share < 100)
		snprintf(text, sizeof text, ">99.9%%");
	else
		snprintf(text, sizeof text, "%.1f%%", share);
	put(table, "%*s", NULLS_WIDTH, text);
}

/* NUMBER, rounded to three digits. */
static void
print_about(char *to, size_t size, double number)
{
	static const char units[][2] = {"", "k", "M", "G", "T"};
	size_t unit = 0;
	while (number >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
		number /= 1000;
		unit++;
	}
	int places = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
	snprintf(to, size, "~%.*f%s", places, number, units[unit]);
}

/* The number of values, if all rows have as many as those drawn. */
static double
most_distinct(const struct table *table, const struct kinds *distinct)
{
	return (double)distinct->values * ((double)table->rows / (double)table->tally->apart);
}

static void
put_distinct(struct table *table, const struct tally_field *field)
{
	const struct kinds *distinct = &field->distinct;
	char text[32] = "";
	if (distinct->values > 1 && !field->is_repeated) {
		snprintf(text, sizeof text, "unique");
		table->has_unique = true;
	} else if (table->tally->rows != table->rows && distinct->once > 0) {
		print_about(
		    text, sizeof text, fmin(kinds_estimate(distinct), most_distinct(table, distinct)));
		table->has_estimates = true;
	} else if (distinct->used > 0) {
		snprintf(text, sizeof text, "%llu", (unsigned long long)distinct->used);
	}
	put(table, "%*s", DISTINCT_WIDTH, text);
}

static void
print_value(struct table *table, uint32_t leaf, const struct buffer *value, struct buffer *text)
{
	buffer_clear(text);
	table->fine =
	    table->fine && jsonl_append_value(table->jsonl, leaf, view_of(value), text, table->error);
}

/* The least and the greatest value in one line, or in two. */
static void
put_extremes(struct table *table, uint32_t leaf, const struct tally_field *field)
{
	print_value(table, leaf, &field->least, &table->least);
	print_value(table, leaf, &field->greatest, &table->greatest);
	if (!table->fine)
		return;
	struct view least = view_of(&table->least), greatest = view_of(&table->greatest);
	put(table, "  ");
	if (view_equal(least, greatest)) {
		put_cut(table, least, VALUES_WIDTH);
	} else if (columns(least) + strlen(between) + columns(greatest) <= VALUES_WIDTH) {
		put_cut(table, least, VALUES_WIDTH);
		put(table, "%s", between);
		put_cut(table, greatest, VALUES_WIDTH);
	} else {
		put_cut(table, least, VALUES_WIDTH);
		put(table, "\n%*s%s", VALUES_AT - 1, "", between);
		put_cut(table, greatest, VALUES_WIDTH - 3);
	}
}

static void
put_lengths(struct table *table, const struct tally_field *field)
{
	if (field->lists == 0)
		return;
	put(table, "%*s  length %llu .. %llu, mean %.2f", DISTINCT_WIDTH, "",
	    (unsigned long long)field->shortest, (unsigned long long)field->longest,
	    (double)field->elements / (double)field->lists);
}

/* ---- lines ---- */

/* A name that leaves no room for the columns has its own line. */
static void
put_name(struct table *table, struct view name, unsigned depth)
{
	size_t indent = INDENT * depth < INDENT_MOST ? INDENT * depth : INDENT_MOST;
	put(table, "%*s", (int)indent, "");
	put_cut(table, name, TABLE_WIDTH - indent);
	size_t count = indent + columns(name);
	if (count >= NAME_WIDTH) {
		put(table, "\n");
		count = 0;
	}
	put(table, "%*s", (int)(NAME_WIDTH - count), "");
}

static void
put_node_name(struct table *table, uint32_t index, unsigned depth)
{
	struct buffer name = {0};
	const char *text = table->tally->schema->nodes[index].name;
	table->fine = table->fine && schema_put_name(&name, view_of_text(text), table->error);
	if (table->fine)
		put_name(table, view_of(&name), depth);
	buffer_free(&name);
}

/* No line ends in blanks or has only blanks, as it would after a name that fills one. */
static void
end_line(struct table *table)
{
	struct buffer *out = table->out;
	while (table->fine && out->data[out->size - 1] == ' ')
		out->size--;
	if (table->fine && out->data[out->size - 1] != '\n')
		put(table, "\n");
}

static bool
is_list(const struct schema_node *node)
{
	return node->form == FORM_LIST || node->form == FORM_MAP;
}

static void put_field(struct table *table, uint32_t index, unsigned depth);

static void
put_children(struct table *table, uint32_t group, unsigned depth)
{
	const struct schema_node *nodes = table->tally->schema->nodes;
	for (uint32_t child = group + 1; child < nodes[group].end; child = nodes[child].end)
		put_field(table, child, depth);
}

static void
put_leaf(struct table *table, uint32_t leaf)
{
	const struct tally_field *field = &table->tally->fields[leaf];
	put_distinct(table, field);
	if (field->least.size > 0)
		put_extremes(table, leaf, field);
}

/* A list's element, below the list; a group that is always there gets no line. */
static void
put_element(struct table *table, uint32_t index, unsigned depth)
{
	const struct schema_node *node = &table->tally->schema->nodes[index];
	if (node->form == FORM_STRUCT && node->repetition != REPETITION_OPTIONAL) {
		put_children(table, index, depth);
	} else if (node->repetition == REPETITION_REPEATED && node->form == FORM_LEAF) {
		put_name(table, view_of_text("element"), depth);
		put(table, "%*s", NULLS_WIDTH, "");
		put_leaf(table, index);
		end_line(table);
	} else {
		put_field(table, index, depth);
	}
}

/* A list's line, and its elements'. */
static void
put_list(struct table *table, uint32_t index, unsigned depth)
{
	const struct schema_node *node = &table->tally->schema->nodes[index];
	put_lengths(table, &table->tally->fields[index]);
	end_line(table);
	if (node->repetition == REPETITION_REPEATED)
		put_element(table, index, depth + 1);
	else if (node->form == FORM_MAP)
		put_children(table, node->element, depth + 1);
	else
		put_element(table, node->element, depth + 1);
}

static void
put_field(struct table *table, uint32_t index, unsigned depth)
{
	const struct schema_node *node = &table->tally->schema->nodes[index];
	put_node_name(table, index, depth);
	put_nulls(table, node, &table->tally->fields[index]);
	if (node->repetition == REPETITION_REPEATED || is_list(node)) {
		put_list(table, index, depth);
	} else if (node->form == FORM_STRUCT) {
		end_line(table);
		put_children(table, index, depth + 1);
	} else {
		put_leaf(table, index);
		end_line(table);
	}
}

static void
put_legend(struct table *table)
{
	if (!table->has_unique && !table->has_estimates)
		return;
	put(table, "\n");
	if (table->has_unique)
		put(table, "unique: no two of the values that were drawn are equal\n");
	if (table->has_estimates)
		put(table, "~: estimated from those that were drawn; more where some are rare\n");
}

bool
table_append(struct buffer *out, const struct tally *tally, struct jsonl *jsonl, uint64_t rows,
    struct nest_error *error)
{
	struct table table = {
	    .tally = tally, .jsonl = jsonl, .rows = rows, .out = out, .error = error, .fine = true};
	put(&table, "%-*s%*s%*s  %s\n", NAME_WIDTH, "field", NULLS_WIDTH, "nulls", DISTINCT_WIDTH, "distinct",
	    "least .. greatest");
	put_children(&table, 0, 0);
	put_legend(&table);
	buffer_free(&table.least);
	buffer_free(&table.greatest);
	return table.fine;
}
