/*
 * fuzz_recipe - any bytes as a recipe, without lists of words: each of its first messages.
 *
 * What is taken is drawn from: its rows fit its schema, which printing them as
 * JSON Lines finds out, and are the same when they are drawn one at a time; its
 * lines are the rows that were printed.
 */
#include "gen/compile/compile.h"
#include "gen/lines.h"
#include "gen/rows.h"
#include "lib/print/jsonl.h"

#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 5, FIRST = 254, ROW_END = 1000, NO_FOLDER = -1, MESSAGES = 4 };

/* Rows that are too large are refused, and nothing else is. */
static bool
draw(struct rows *drawn, uint64_t first, uint64_t count, struct buffer *rows)
{
	struct nest_error error;
	if (rows_append(drawn, first, count, rows, &error))
		return true;
	must(error.status == NEST_INVALID && error.text[0] != '\0');
	return false;
}

/* A real may be no float, which is the one thing that is known when it is drawn. */
static bool
has_floats(const struct schema *schema)
{
	bool has = false;
	for (uint32_t i = 0; i < schema->node_count; i++)
		has |= schema->nodes[i].physical == PHYSICAL_FLOAT;
	return has;
}

static void
check_lines(struct compiled *compiled, const struct schema *schema, struct view rows)
{
	struct buffer text = {0}, direct = {0};
	struct jsonl *jsonl;
	struct lines *lines;
	struct nest_error error, other;
	must(jsonl_open(&jsonl, schema, JSONL_HEX, &error));
	bool fine = jsonl_append(jsonl, rows, &text, &error);
	jsonl_close(jsonl);
	must(fine || has_floats(schema));
	must(lines_open(&lines, compiled, schema, JSONL_HEX, &other));
	must(lines_append(lines, FIRST, ROWS, &direct, &other) == fine);
	lines_close(lines);
	if (fine)
		must(text.size == direct.size && memcmp(text.data, direct.data, text.size) == 0);
	buffer_free(&text);
	buffer_free(&direct);
}

static void
check_rows(struct rows *drawn, struct compiled *compiled, const struct schema *schema)
{
	struct buffer rows = {0}, single = {0};
	bool all = draw(drawn, FIRST, ROWS, &rows), each = true;
	for (uint64_t i = 0; i < ROWS && each; i++)
		each = draw(drawn, FIRST + i, 1, &single);
	must(all == each);
	if (all) {
		must(rows.size == single.size && memcmp(rows.data, single.data, rows.size) == 0);
		check_lines(compiled, schema, (struct view){rows.data, rows.size});
	}
	buffer_free(&rows);
	buffer_free(&single);
}

static void
check_message(const struct outline *outline, uint32_t message, const struct source *source)
{
	struct nest_error error;
	struct drawings drawings;
	struct compiled compiled;
	struct rows *drawn;
	if (!drawings_open(&drawings, outline, message, source, &error)) {
		must(error.status == NEST_INVALID && error.text[0] != '\0');
		return;
	}
	if (compile(&compiled, &drawings, source, NO_FOLDER, ROW_END, 1, &error)) {
		must(rows_open(&drawn, &compiled, &error));
		check_rows(drawn, &compiled, &drawings.schema);
		rows_close(drawn);
		compiled_free(&compiled);
	} else {
		must(error.status == NEST_INVALID && error.text[0] != '\0');
	}
	drawings_free(&drawings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct source source = {"fuzz", {data, size}, NULL, 0};
	struct nest_error error;
	struct outline outline;
	if (!outline_parse(&outline, &source, &error)) {
		must(error.status == NEST_INVALID && error.text[0] != '\0');
		return 0;
	}
	for (uint32_t i = 0; i < outline.message_count && i < MESSAGES; i++)
		check_message(&outline, outline.messages[i], &source);
	outline_free(&outline);
	return 0;
}
