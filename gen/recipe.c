#include "gen/recipe.h"

#include "gen/chance/draw.h"
#include "gen/include.h"
#include "gen/lines.h"
#include "gen/rows.h"
#include "lib/wire/frame.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS_VERSION = 1 }; /* changes when the same recipe makes other rows than before */

static const char ending[] = ".recipe";

/* Where the recipes that ship are, seen from the folder of this program: as built, and as installed. */
static const char *const places[] = {"recipes", "../share/nest/recipes"};

struct recipe {
	char *name;
	struct schema schema;
	uint64_t row_end;
	struct include include;
	struct compiled compiled;
	struct rows *rows;
	struct lines *lines; /* NULL until they are asked for */
};

/* ---- names ---- */

static bool
ends_in(const char *name, const char *end)
{
	size_t size = strlen(name), end_size = strlen(end);
	return size > end_size && strcmp(name + size - end_size, end) == 0;
}

/* The file of a recipe that comes with nest; false if there is none. */
static bool
find_shipped(const char *name, char path[2 * PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	if (length <= 0 || *name == '\0' || *name == '.')
		return false;
	self[length] = '\0';
	char *slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, 2 * PATH_MAX, "%s/%s/%s%s", self, places[i], name, ending);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static bool
find_file(const char *name, char path[2 * PATH_MAX], struct nest_error *error)
{
	if (strchr(name, '/') == NULL && !ends_in(name, ending)) {
		if (find_shipped(name, path))
			return true;
		return nest_error_set(error, NEST_USAGE,
		    "there is no recipe '%s'; nest-gen(1) has the list, and a file's name ends in %s", name,
		    ending);
	}
	if ((size_t)snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
		return nest_error_set(error, NEST_USAGE, "the name of the recipe is too long");
	if (access(path, F_OK) == 0)
		return true;
	nest_error_system(error, "unable to open %s", name);
	error->status = NEST_USAGE;
	return false;
}

/* Of a path: the name without folders and without the ending. */
static char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = strdup(slash != NULL ? slash + 1 : path);
	if (name != NULL && ends_in(name, ending))
		name[strlen(name) - strlen(ending)] = '\0';
	return name;
}

/* The folder of PATH, as a descriptor. */
static int
open_folder(const char *path)
{
	char folder[2 * PATH_MAX];
	snprintf(folder, sizeof folder, "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	slash[1] = '\0';
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* ---- opening ---- */

static bool
compile_text_of(struct recipe *recipe, const char *path, const char *table, int folder, uint64_t seed,
    uint64_t row_end, struct nest_error *error)
{
	const struct include *include = &recipe->include;
	const struct source source = {
	    path, {include->text.data, include->text.size}, include->files, include->file_count};
	struct outline outline;
	struct drawings drawings;
	uint32_t message;
	if (!outline_parse(&outline, &source, error))
		return false;
	if (!outline_choose(&outline, &source, table, &message, error) ||
	    !drawings_open(&drawings, &outline, message, &source, error)) {
		outline_free(&outline);
		return false;
	}
	bool fine = compile(&recipe->compiled, &drawings, &source, folder, row_end, draw_key(seed), error) &&
	            rows_open(&recipe->rows, &recipe->compiled, error);
	recipe->schema = drawings.schema;
	drawings.schema = (struct schema){0};
	drawings_free(&drawings);
	outline_free(&outline);
	return fine;
}

static bool
open_file(struct recipe *recipe, const char *path, const struct recipe_choice *choice, uint64_t seed,
    uint64_t row_end, struct nest_error *error)
{
	int folder = open_folder(path);
	if (folder < 0)
		return nest_error_system(error, "unable to open the folder of %s", path);
	bool fine =
	    include_read(&recipe->include, folder, path, choice->settings, choice->setting_count, error) &&
	    compile_text_of(recipe, path, choice->table, folder, seed, row_end, error);
	close(folder);
	if (fine && row_end > UINT64_MAX / recipe->compiled.batch.scopes[0].words)
		return nest_error_set(error, NEST_USAGE,
		    "the recipe %s has chance for %llu rows, and no more", recipe->name,
		    (unsigned long long)(UINT64_MAX / recipe->compiled.batch.scopes[0].words));
	return fine;
}

bool
recipe_open(struct recipe **recipe, const char *name, const struct recipe_choice *choice, uint64_t seed,
    uint64_t row_end, struct nest_error *error)
{
	static const struct recipe_choice no_choice = {0};
	char path[2 * PATH_MAX];
	struct recipe *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "a recipe");
	made->row_end = row_end;
	choice = choice != NULL ? choice : &no_choice;
	made->name = base_name(name);
	bool fine = made->name != NULL || nest_error_memory(error, strlen(name), "a recipe");
	if (!fine || !find_file(name, path, error) || !open_file(made, path, choice, seed, row_end, error)) {
		recipe_close(made);
		return false;
	}
	*recipe = made;
	return true;
}

void
recipe_close(struct recipe *recipe)
{
	if (recipe == NULL)
		return;
	schema_free(&recipe->schema);
	rows_close(recipe->rows);
	lines_close(recipe->lines);
	compiled_free(&recipe->compiled);
	include_free(&recipe->include);
	free(recipe->name);
	free(recipe);
}

/* ---- what it is ---- */

const char *
recipe_name(const struct recipe *recipe)
{
	return recipe->name;
}

const struct schema *
recipe_schema(const struct recipe *recipe)
{
	return &recipe->schema;
}

struct view
recipe_schema_text(const struct recipe *recipe)
{
	return (struct view){(const uint8_t *)recipe->schema.text, recipe->schema.text_size};
}

void
recipe_add_identity(const struct recipe *recipe, struct digest *digest)
{
	digest_add_text(digest, "recipe", view_of_text(recipe->name));
	digest_add_count(digest, "version", ROWS_VERSION);
	digest_add_text(digest, "schema", recipe_schema_text(recipe));
	include_add_identity(&recipe->include, digest);
	for (uint32_t i = 0; i < recipe->compiled.word_count; i++) {
		const struct word_list *words = &recipe->compiled.words[i];
		digest_add_text(digest, words->name, (struct view){words->bytes.data, words->bytes.size});
	}
}

/* ---- rows ---- */

enum { USUAL_BATCH_ROWS = 16384, USUAL_BATCH_BYTES = 2 << 20, SAMPLE_ROWS = 64 };

bool
recipe_batch_rows(struct recipe *recipe, uint64_t first, uint64_t *rows, struct nest_error *error)
{
	struct buffer sample = {0};
	*rows = USUAL_BATCH_ROWS;
	/* Beyond the last row values are not what the compiler has seen that they are. */
	uint64_t most = recipe->row_end - first < SAMPLE_ROWS ? recipe->row_end - first : SAMPLE_ROWS;
	if (most == 0)
		return true;
	uint64_t count = 0;
	bool fine = true;
	for (; fine && count < most && sample.size < USUAL_BATCH_BYTES; count++)
		fine = recipe_append_rows(recipe, first + count, 1, &sample, error);
	uint64_t fit = fine ? USUAL_BATCH_BYTES * count / (sample.size + 1) : 0;
	buffer_free(&sample);
	if (fit < USUAL_BATCH_ROWS)
		*rows = fit > 0 ? fit : 1;
	return fine;
}

static bool
refuse_size(const struct recipe *recipe, uint64_t count, struct nest_error *error)
{
	return nest_error_set(error, NEST_USAGE, "--batch: %llu rows of %s do not fit a frame",
	    (unsigned long long)count, recipe->name);
}

bool
recipe_append_rows(
    struct recipe *recipe, uint64_t first, uint64_t count, struct buffer *rows, struct nest_error *error)
{
	for (uint64_t done = 0; done < count;) {
		size_t more = count - done < BATCH_ROWS ? (size_t)(count - done) : BATCH_ROWS;
		if (!rows_append(recipe->rows, first + done, more, rows, error))
			return false;
		if (rows->size > FRAME_BODY_LIMIT)
			return refuse_size(recipe, count, error);
		done += more;
	}
	return true;
}

bool
recipe_open_lines(struct recipe *recipe, enum jsonl_binary binary, struct nest_error *error)
{
	return lines_open(&recipe->lines, &recipe->compiled, &recipe->schema, binary, error);
}

bool
recipe_append_lines(
    struct recipe *recipe, uint64_t first, uint64_t count, struct buffer *lines, struct nest_error *error)
{
	return lines_append(recipe->lines, first, count, lines, error);
}
