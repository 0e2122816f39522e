#include "gen/check/check.h"

#include "gen/chance/draw.h"
#include "gen/check/table.h"

#include <stdio.h>

enum {
	FRAMES = 8,      /* of the usual size, the most that a sample takes */
	NEIGHBOURS = 15, /* one in this many pieces gives a row and its neighbour */
};

/* The buffers hold what was drawn last. */
struct check {
	struct recipe *recipe;
	uint64_t first_row, rows; /* that the user wants */
	struct tally tally;
	struct jsonl *jsonl;
	struct buffer drawn, lines;
	uint64_t json_bytes;
};

static bool
take_rows(struct check *check, uint64_t first, uint64_t count, bool are_neighbours, struct nest_error *error)
{
	buffer_clear(&check->drawn);
	buffer_clear(&check->lines);
	if (!recipe_append_rows(check->recipe, first, count, &check->drawn, error))
		return false;
	struct view rows = {check->drawn.data, check->drawn.size};
	if (!tally_rows(&check->tally, rows, are_neighbours, error) ||
	    !jsonl_append(check->jsonl, rows, &check->lines, error))
		return false;
	check->json_bytes += check->lines.size;
	return true;
}

/*
 * A row of piece INDEX, if the rows are cut into PIECES: a random one, so that no remainder of row
 * numbers is preferred; but the first row of the first piece, and the last of the last.
 */
static uint64_t
row_of_piece(const struct check *check, uint64_t index, uint64_t pieces)
{
	uint64_t size = check->rows / pieces, rest = check->rows % pieces;
	uint64_t begin = check->first_row + size * index + rest * index / pieces;
	if (index == 0)
		return check->first_row;
	if (index + 1 == pieces)
		return check->first_row + check->rows - 1;
	return begin + draw_below(draw(draw_key(0), index), 64, size);
}

/* Takes COUNT rows from all over; some are neighbours, which show whether values change from row to row. */
static bool
take_some(struct check *check, uint64_t count, struct nest_error *error)
{
	uint64_t pieces = count - (count + NEIGHBOURS) / (NEIGHBOURS + 1);
	for (uint64_t i = 0; i < pieces; i++) {
		uint64_t row = row_of_piece(check, i, pieces);
		if (!take_rows(check, row, 1, false, error) ||
		    (i % NEIGHBOURS == 0 && !take_rows(check, row + 1, 1, true, error)))
			return false;
	}
	return true;
}

static bool
take_sample(struct check *check, struct nest_error *error)
{
	uint64_t fit;
	if (!recipe_batch_rows(check->recipe, check->first_row, &fit, error))
		return false;
	uint64_t most = FRAMES * fit < CHECK_ROWS ? FRAMES * fit : CHECK_ROWS;
	if (check->rows <= most)
		return take_rows(check, check->first_row, check->rows, false, error);
	return take_some(check, most, error);
}

/* ---- output ---- */

static bool
append_figures(const struct check *check, struct buffer *out, struct nest_error *error)
{
	char text[256];
	unsigned long long rows = check->rows, drawn = check->tally.rows;
	int size = snprintf(text, sizeof text, "\n%-20s%llu", "rows", rows);
	if (drawn < rows)
		size += snprintf(text + size, sizeof text - (size_t)size, ", %llu of them drawn", drawn);
	if (drawn > 0)
		size += snprintf(text + size, sizeof text - (size_t)size,
		    "\n%-20s%.1f in frames, %.1f as JSON Lines", "bytes a row",
		    (double)check->tally.bytes / (double)drawn, (double)check->json_bytes / (double)drawn);
	size += snprintf(text + size, sizeof text - (size_t)size, "\n\n");
	return buffer_append(out, text, (size_t)size, error);
}

static bool
append_all(struct check *check, struct buffer *out, struct nest_error *error)
{
	struct view schema = recipe_schema_text(check->recipe);
	return buffer_append(out, schema.data, schema.size, error) && append_figures(check, out, error) &&
	       table_append(out, &check->tally, check->jsonl, check->rows, error);
}

bool
check_recipe(struct recipe *recipe, const struct plan_options *plan, enum jsonl_binary binary,
    struct buffer *out, uint64_t *drawn, struct nest_error *error)
{
	struct check check = {.recipe = recipe, .first_row = plan->first_row, .rows = plan->rows};
	const struct schema *schema = recipe_schema(recipe);
	/* Any bytes can be printed, even those that are not characters. */
	if (binary == JSONL_UTF8)
		binary = JSONL_HEX;
	bool fine = tally_open(&check.tally, schema, error) &&
	            jsonl_open(&check.jsonl, schema, binary, error) && take_sample(&check, error) &&
	            append_all(&check, out, error);
	*drawn = check.tally.rows;
	tally_close(&check.tally);
	jsonl_close(check.jsonl);
	buffer_free(&check.drawn);
	buffer_free(&check.lines);
	return fine;
}
