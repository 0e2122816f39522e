/*
 * fuzz_like - a sample of JSON in any layout, and a recipe like it.
 *
 * The input is a byte of options and the sample.  A recipe that is made compiles, is the same when it is made
 * again, and has rows that can be printed as JSON Lines.
 */
#include "gen/compile/compile.h"
#include "gen/like/like.h"
#include "gen/rows.h"
#include "lib/print/jsonl.h"

#include "tests/fuzz/must.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 5, ROW_END = 1000000, NO_FOLDER = -1 };

static void
check_rows(struct compiled *compiled, const struct schema *schema)
{
	struct buffer rows = {0}, text = {0};
	struct rows *drawn;
	struct jsonl *jsonl;
	struct nest_error error;
	must(rows_open(&drawn, compiled, &error));
	if (rows_append(drawn, 0, ROWS, &rows, &error)) {
		must(jsonl_open(&jsonl, schema, JSONL_UTF8, &error));
		must(jsonl_append(jsonl, (struct view){rows.data, rows.size}, &text, &error));
		jsonl_close(jsonl);
	} else {
		/* Rows may be too large, and nothing else. */
		must(error.status == NEST_INVALID);
	}
	buffer_free(&rows);
	buffer_free(&text);
	rows_close(drawn);
}

static void
check_recipe(struct view recipe)
{
	const struct source source = {"like", recipe, NULL, 0};
	struct nest_error error;
	struct outline outline;
	struct drawings drawings;
	struct compiled compiled;
	must(outline_parse(&outline, &source, &error) && outline.message_count == 1);
	must(drawings_open(&drawings, &outline, outline.messages[0], &source, &error));
	must(compile(&compiled, &drawings, &source, NO_FOLDER, ROW_END, 1, &error));
	check_rows(&compiled, &drawings.schema);
	compiled_free(&compiled);
	drawings_free(&drawings);
	outline_free(&outline);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	const struct like_options options = {
	    .keeps_values = (data[0] & 1) != 0, .dates = (data[0] & 2) != 0, .maps = data[0] >> 2 & 3};
	int fd = memfd_create("sample", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	struct input_file file = {.name = "sample", .fd = fd, .is_sized = true, .size = size - 1};
	struct input input = {
	    .files = &file, .file_count = 1, .is_sized = true, .size = size - 1, .part_bytes = 1 << 20};
	struct buffer text = {0}, again = {0};
	struct nest_error error;
	if (like_input(&input, &options, &text, &error)) {
		check_recipe((struct view){text.data, text.size});
		must(like_input(&input, &options, &again, &error));
		must(view_equal((struct view){text.data, text.size}, (struct view){again.data, again.size}));
	} else {
		must(error.status == NEST_INVALID && error.text[0] != '\0');
	}
	buffer_free(&text);
	buffer_free(&again);
	close(fd);
	return 0;
}
