#include "tests/unit/recipe_text.h"

#include "gen/chance/draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

enum { ROW_END = 1 << 20, SEED = 42, PRINTED_BYTES = 1 << 16 };

bool
recipe_text_open(
    struct recipe_text *recipe, const char *text, int folder, uint64_t seed, struct nest_error *error)
{
	const struct source source = {"t", view_of_text(text), NULL, 0};
	uint32_t message;
	if (!outline_parse(&recipe->outline, &source, error))
		return false;
	if (!outline_choose(&recipe->outline, &source, NULL, &message, error) ||
	    !drawings_open(&recipe->drawings, &recipe->outline, message, &source, error)) {
		outline_free(&recipe->outline);
		return false;
	}
	if (compile(&recipe->compiled, &recipe->drawings, &source, folder, ROW_END, draw_key(seed), error)) {
		if (rows_open(&recipe->rows, &recipe->compiled, error))
			return true;
		compiled_free(&recipe->compiled);
	}
	drawings_free(&recipe->drawings);
	outline_free(&recipe->outline);
	return false;
}

void
recipe_text_close(struct recipe_text *recipe)
{
	rows_close(recipe->rows);
	compiled_free(&recipe->compiled);
	drawings_free(&recipe->drawings);
	outline_free(&recipe->outline);
}

void
recipe_text_open_or_fail(struct recipe_text *recipe, const char *text, int folder, uint64_t seed)
{
	struct nest_error error;
	if (!recipe_text_open(recipe, text, folder, seed, &error))
		fail_msg("%.200s: %s", text, error.text);
}

void
recipe_text_append(struct recipe_text *recipe, uint64_t first, uint64_t count, struct buffer *rows)
{
	struct nest_error error;
	if (!rows_append(recipe->rows, first, count, rows, &error))
		fail_msg("%s", error.text);
}

char *
recipe_text_print(struct recipe_text *recipe, uint64_t first, uint64_t count)
{
	struct buffer rows = {0};
	char *printed = malloc(PRINTED_BYTES);
	size_t offset = 0, size = 0;
	msgpack_unpacked row;
	assert_non_null(printed);
	printed[0] = '\0';
	recipe_text_append(recipe, first, count, &rows);
	msgpack_unpacked_init(&row);
	for (uint64_t i = 0; i < count; i++) {
		assert_int_equal(msgpack_unpack_next(&row, (const char *)rows.data, rows.size, &offset),
		    MSGPACK_UNPACK_SUCCESS);
		if (i > 0)
			printed[size++] = ' ';
		size += (size_t)msgpack_object_print_buffer(printed + size, PRINTED_BYTES - size, row.data);
		assert_true(size < PRINTED_BYTES - 2);
	}
	assert_int_equal(offset, rows.size);
	msgpack_unpacked_destroy(&row);
	buffer_free(&rows);
	return printed;
}

void
assert_rows(const char *fields, uint64_t count, const char *expected)
{
	size_t size = strlen(fields) + 32;
	char *text = malloc(size);
	struct recipe_text recipe;
	assert_non_null(text);
	snprintf(text, size, "message m { %s }", fields);
	recipe_text_open_or_fail(&recipe, text, NO_FOLDER, SEED);
	char *printed = recipe_text_print(&recipe, 0, count);
	if (strcmp(printed, expected) != 0)
		fail_msg("%s\ngives    %s\nand not  %s", fields, printed, expected);
	free(printed);
	recipe_text_close(&recipe);
	free(text);
}

void
assert_refused(const char *text, int folder, const char *expected)
{
	struct recipe_text recipe;
	struct nest_error error;
	char whole[512];
	snprintf(whole, sizeof whole, "t, %s", expected);
	if (recipe_text_open(&recipe, text, folder, SEED, &error))
		fail_msg("%.300s: is taken, and should not be: %s", text, expected);
	if (error.status != NEST_INVALID || strcmp(error.text, whole) != 0)
		fail_msg("%.300s\nis refused by  %s\nand not by     %s", text, error.text, whole);
}

static bool
print_rows(struct compiled *compiled, const struct schema *schema, enum jsonl_binary binary, uint64_t first,
    uint64_t count, struct buffer *text, struct nest_error *error)
{
	struct buffer packed = {0};
	struct rows *rows;
	struct jsonl *jsonl;
	struct nest_error no_error;
	assert_true(rows_open(&rows, compiled, &no_error));
	assert_true(jsonl_open(&jsonl, schema, binary, &no_error));
	bool fine = rows_append(rows, first, count, &packed, error) &&
	            jsonl_append(jsonl, (struct view){packed.data, packed.size}, text, error);
	rows_close(rows);
	jsonl_close(jsonl);
	buffer_free(&packed);
	return fine;
}

bool
assert_lines_of_rows(struct compiled *compiled, const struct schema *schema, enum jsonl_binary binary,
    uint64_t first, uint64_t count, struct buffer *lines)
{
	struct buffer expected = {0}, found = {0};
	struct lines *writer;
	struct nest_error error, other, no_error;
	bool fine = print_rows(compiled, schema, binary, first, count, &expected, &error);
	if (!lines_open(&writer, compiled, schema, binary, &no_error))
		fail_msg("%s", no_error.text);
	bool is_found = lines_append(writer, first, count, &found, &other);
	lines_close(writer);
	if (fine != is_found || (!fine && strcmp(error.text, other.text) != 0))
		fail_msg("rows: %s; lines: %s", fine ? "fine" : error.text, is_found ? "fine" : other.text);
	if (fine &&
	    !view_equal((struct view){expected.data, expected.size}, (struct view){found.data, found.size}))
		fail_msg("lines\n%.*s\nof rows\n%.*s", (int)found.size, (const char *)found.data,
		    (int)expected.size, (const char *)expected.data);
	if (fine && lines != NULL)
		assert_true(buffer_append(lines, found.data, found.size, &no_error));
	buffer_free(&expected);
	buffer_free(&found);
	return fine;
}
