/*
 * nest-gen - rows of a recipe, as frames for nest-shred or as JSON Lines.
 */
#include "gen/check/check.h"
#include "gen/identity.h"
#include "gen/like/like.h"
#include "gen/plan.h"
#include "gen/recipe.h"
#include "lib/base/program.h"
#include "lib/base/version.h"
#include "lib/meter/probe.h"
#include "lib/print/jsonl.h"
#include "lib/schema/schema.h"
#include "lib/wire/wire.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT_FRAMES, FORMAT_JSONL };

enum { META_COUNT = 4, LINES_AT_ONCE = 256, TEXT_AT_ONCE = 1 << 18 };

static struct settings {
	struct wire_options wire;
	struct plan_options plan;
	uint64_t seed;
	const char *share, *only_parts;
	struct number_list only;
	unsigned format;
	unsigned binary; /* enum jsonl_binary */
	bool check;
	struct program_report report;
	const char *table;
	struct option_texts set;
	const char *recipe; /* its name, or its file */
	struct like_options like;
} settings = {
    .plan = {.rows = 1000, .parts = 1, .shares = 1},
    .seed = 42,
};

static const struct option_spec options[] = {
    {'n', "rows", "N", "rows of the dataset (1000)", OPTION_COUNT, &settings.plan.rows, 0,
	FRAME_ROW_LIMIT / 8},
    {0, "first-row", "N", "number of its first row (0)", OPTION_COUNT, &settings.plan.first_row, 0,
	FRAME_ROW_LIMIT / 8},
    {0, "seed", "N", "another seed makes other rows (42)", OPTION_COUNT, &settings.seed, 0, UINT64_MAX},
    {0, "table", "NAME", "make the rows of this message of the recipe (the only one)", OPTION_TEXT,
	&settings.table, 0, 0},
    {0, "set", "NAME=VALUE", "give a let before the messages another value; may be repeated", OPTION_TEXTS,
	&settings.set, 0, 0},
    {0, "parts", "N", "parts, and so part files, of the dataset (1)", OPTION_COUNT, &settings.plan.parts, 1,
	1000000},
    {0, "share", "I/G", "make only parts I, I+G, I+2G ... (0/1)", OPTION_TEXT, &settings.share, 0, 0},
    {0, "only-parts", "LIST", "make only these: 3,5-7, or - to read them from standard input (all)",
	OPTION_TEXT, &settings.only_parts, 0, 0},
    {0, "side-by-side", "N", "parts made in turn, a batch of each (one for each endpoint)", OPTION_COUNT,
	&settings.plan.side_by_side, 1, 4096},
    {'b', "batch", "N", "rows in a frame (16384, or fewer where they are large)", OPTION_COUNT,
	&settings.plan.batch_rows, 1, 1000000},
    {0, "format", "frames|jsonl", "what to write (frames)", OPTION_CHOICE, &settings.format, 0, 0},
    {0, "binary", "utf8|base64|hex", "how jsonl has bytes that are no characters (utf8)", OPTION_CHOICE,
	&settings.binary, 0, 0},
    {0, "check", NULL, "make nothing, and print the schema and what a sample of the rows has", OPTION_FLAG,
	&settings.check, 0, 0},
    {0, "like", "FILE", "write a recipe like FILE, records of JSON, and make no rows", OPTION_TEXT,
	&settings.like.sample, 0, 0},
    {0, "keep-values", NULL, "with values of the sample in it", OPTION_FLAG, &settings.like.keeps_values, 0,
	0},
    {0, "infer-dates", NULL, "ISO dates and timestamps of the sample are no strings", OPTION_FLAG,
	&settings.like.dates, 0, 0},
    {0, "infer-maps", "N", "an object with more keys than this may be a map", OPTION_COUNT,
	&settings.like.maps, 1, 1000000},
    WIRE_TO_OPTIONS(settings.wire),
    WIRE_CODEC_OPTION(settings.wire),
    WIRE_COMMON_OPTIONS(settings.wire),
    PROGRAM_STATS_OPTION(settings.report),
    PROGRAM_VERBOSE_OPTION(settings.report),
    {0},
};

static const struct program_usage usage = {"nest-gen", "[options] recipe",
    "Makes rows of a recipe (contacts). Row r depends on recipe, seed and r alone.", options};

/* ---- options ---- */

static uint64_t
count_endpoints(const char *list)
{
	uint64_t count = 1;
	for (; list != NULL && *list != '\0'; list++)
		count += *list == ',';
	return count;
}

static bool
check_like(int operands, struct nest_error *error)
{
	return operands == 0 ||
	       nest_error_set(error, NEST_USAGE, "--like writes a recipe; make rows of it by its own name");
}

static bool
parse(int argc, char **argv, struct nest_error *error)
{
	int operands;
	settings.wire = wire_options_default("nest-gen", "nobody", "nest-shred");
	settings.wire.as_text = "--format jsonl";
	if (!options_parse(&usage, argc, argv, &operands, error) ||
	    (settings.share != NULL && !options_share(settings.share, "--share", &settings.plan.share,
					   &settings.plan.shares, error)) ||
	    !wire_options_settle(&settings.wire, error) ||
	    !program_report_settle(&settings.report, wire_takes_output(&settings.wire), error))
		return false;
	if (settings.like.sample != NULL)
		return check_like(argc - operands, error);
	if (settings.like.keeps_values || settings.like.dates || settings.like.maps != 0)
		return nest_error_set(error, NEST_USAGE,
		    "--keep-values, --infer-dates and --infer-maps say how --like looks at a sample");
	if (argc - operands != 1)
		return nest_error_set(
		    error, NEST_USAGE, "name one recipe: contacts, or a file that ends in .recipe");
	settings.recipe = argv[operands];
	if (settings.only_parts != NULL &&
	    !number_list_option(&settings.only, settings.only_parts, "--only-parts", error))
		return false;
	settings.plan.only = settings.only_parts != NULL ? &settings.only : NULL;
	if (settings.format == FORMAT_JSONL && settings.wire.to != NULL)
		return nest_error_set(
		    error, NEST_USAGE, "--to takes frames; JSON Lines go to standard output");
	if (settings.check && settings.wire.to != NULL)
		return nest_error_set(error, NEST_USAGE, "--to takes frames; --check makes none");
	if (settings.plan.side_by_side == 0)
		settings.plan.side_by_side = count_endpoints(settings.wire.to);
	return true;
}

/* ---- frames ---- */

/* Where the rows come from: as one fingerprint, and as the part files say it. */
struct origin {
	struct digest_value run;
	char seed[24], rows[24];
	struct frame_meta meta[META_COUNT];
};

static bool
describe_origin(const struct recipe *recipe, struct origin *origin, struct nest_error *error)
{
	snprintf(origin->seed, sizeof origin->seed, "%llu", (unsigned long long)settings.seed);
	snprintf(origin->rows, sizeof origin->rows, "%llu", (unsigned long long)settings.plan.rows);
	const char *pairs[META_COUNT][2] = {{"nest.recipe", recipe_name(recipe)}, {"nest.rows", origin->rows},
	    {"nest.seed", origin->seed}, {"nest.version", NEST_VERSION}};
	for (size_t i = 0; i < META_COUNT; i++)
		origin->meta[i] = (struct frame_meta){view_of_text(pairs[i][0]), view_of_text(pairs[i][1])};
	return identity_of_rows(recipe, settings.seed, &settings.plan, &origin->run, error);
}

static bool
draw_rows(
    struct recipe *recipe, const struct plan_batch *batch, struct buffer *rows, struct nest_error *error)
{
	NEST_SCOPE("nest_gen.draw");
	return recipe_append_rows(recipe, batch->first_row, batch->rows, rows, error);
}

static bool
send_batch(struct wire_out *out, struct recipe *recipe, const struct plan_batch *batch, struct origin *origin,
    struct nest_error *error)
{
	struct buffer *body = wire_out_body(out, error);
	if (body == NULL || !draw_rows(recipe, batch, body, error))
		return false;

	struct frame frame = {.kind = FRAME_ROWS,
	    .run = origin->run,
	    .schema = recipe_schema_text(recipe),
	    .part = batch->part,
	    .first_row = batch->first_row,
	    .rows = batch->rows,
	    .last = batch->last,
	    .meta = origin->meta,
	    .meta_count = META_COUNT,
	    .total_rows = settings.plan.rows};
	return wire_out_send(out, &frame, error);
}

static bool
make_frames(
    struct plan *plan, struct recipe *recipe, struct program_account *account, struct nest_error *error)
{
	struct wire_out *out;
	struct plan_batch batch;
	struct origin origin;
	struct frame_extent extent = {
	    .first_row = settings.plan.first_row, .rows = settings.plan.rows, .parts = settings.plan.parts};

	NEST_SCOPE("nest_gen.run");
	settings.wire.extent = &extent;
	if (!describe_origin(recipe, &origin, error) || !wire_out_open(&out, &settings.wire, error))
		return false;
	bool fine = true;
	while (fine && plan_next(plan, &batch))
		fine = program_interrupted() ? program_interrupt_error(error)
		                             : send_batch(out, recipe, &batch, &origin, error);
	fine = fine && wire_out_end(out, &extent, error);

	struct wire_count count = wire_out_count(out);
	wire_out_close(out);
	account->rows = count.rows;
	account->frames_out = count.frames;
	account->bytes_out = count.bytes;
	return fine;
}

/* ---- JSON Lines ---- */

/* Not by stdio, which would continue after a write that an interrupt cut short. */
static bool
write_text(const uint8_t *text, size_t size, struct nest_error *error)
{
	while (size > 0) {
		if (program_interrupted())
			return program_interrupt_error(error);
		ssize_t written = write(STDOUT_FILENO, text, size);
		if (written < 0 && errno != EINTR)
			return nest_error_system(error, "unable to write standard output");
		text += written > 0 ? written : 0;
		size -= written > 0 ? (size_t)written : 0;
	}
	return true;
}

/* Writes a batch; TEXT is room for as much at a time as stays in the caches. */
static bool
write_lines(
    struct recipe *recipe, const struct plan_batch *batch, struct buffer *text, struct nest_error *error)
{
	for (uint64_t done = 0; done < batch->rows;) {
		uint64_t left = batch->rows - done, more = left < LINES_AT_ONCE ? left : LINES_AT_ONCE;
		if (!recipe_append_lines(recipe, batch->first_row + done, more, text, error))
			return false;
		done += more;
		if (text->size < TEXT_AT_ONCE && done < batch->rows)
			continue;
		if (!write_text(text->data, text->size, error))
			return false;
		buffer_clear(text);
	}
	return true;
}

static bool
make_jsonl(
    struct plan *plan, struct recipe *recipe, struct program_account *account, struct nest_error *error)
{
	struct buffer text = {0};
	struct plan_batch batch;

	NEST_SCOPE("nest_gen.run");
	/* A reader that has seen enough ends this quietly, as it ends any filter. */
	signal(SIGPIPE, SIG_DFL);
	program_widen_pipe(STDOUT_FILENO);
	bool fine = recipe_open_lines(recipe, settings.binary, error);
	while (fine && plan_next(plan, &batch)) {
		fine = write_lines(recipe, &batch, &text, error);
		account->rows += batch.rows;
	}
	buffer_free(&text);
	if (fine)
		program_finish_output();
	return fine;
}

/* ---- what a recipe makes ---- */

static bool
check(struct recipe *recipe, struct program_account *account, struct nest_error *error)
{
	struct buffer text = {0};
	bool fine = check_recipe(recipe, &settings.plan, settings.binary, &text, &account->rows, error) &&
	            write_text(text.data, text.size, error);
	buffer_free(&text);
	if (fine)
		program_finish_output();
	return fine;
}

/* ---- all of it ---- */

/* The rows of a frame where nobody has said: frames of a size that stays in the caches. */
static bool
settle_batch(struct recipe *recipe, struct nest_error *error)
{
	struct plan_options *plan = &settings.plan;
	if (plan->batch_rows != 0)
		return true;
	return recipe_batch_rows(recipe, plan->first_row, &plan->batch_rows, error);
}

static bool
make(struct plan *plan, struct recipe *recipe, struct nest_error *error)
{
	struct program_account account = {.stage = "nest-gen", .name = settings.wire.name};
	bool fine;
	if (settings.check)
		fine = check(recipe, &account, error);
	else if (settings.format == FORMAT_JSONL)
		fine = make_jsonl(plan, recipe, &account, error);
	else
		fine = make_frames(plan, recipe, &account, error);
	return fine && program_report(&settings.report, &account, error);
}

/* A recipe like the sample, on standard output. */
static bool
write_like(struct nest_error *error)
{
	struct buffer text = {0};
	bool fine = like_recipe(&settings.like, &text, error);
	if (fine && fwrite(text.data, 1, text.size, stdout) != text.size)
		fine = nest_error_system(error, "unable to write standard output");
	buffer_free(&text);
	if (fine)
		program_finish_output();
	return fine;
}

int
main(int argc, char *argv[])
{
	struct nest_error error;
	struct recipe *recipe = NULL;
	struct plan plan = {0};

	program_start("nest-gen");
	if (!parse(argc, argv, &error))
		program_die(&error);
	if (settings.like.sample != NULL) {
		if (!write_like(&error))
			program_die(&error);
		return NEST_OK;
	}
	uint64_t row_end = settings.plan.first_row + settings.plan.rows;
	const struct recipe_choice choice = {settings.table, settings.set.list, settings.set.count};
	bool fine = recipe_open(&recipe, settings.recipe, &choice, settings.seed, row_end, &error) &&
	            settle_batch(recipe, &error) && plan_init(&plan, &settings.plan, &error) &&
	            make(&plan, recipe, &error);
	recipe_close(recipe);
	plan_free(&plan);
	number_list_free(&settings.only);
	if (!fine)
		program_die(&error);
	return NEST_OK;
}
