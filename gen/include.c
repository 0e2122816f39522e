#include "gen/include.h"

#include "gen/batch/word_list.h"
#include "gen/notation/outline.h"
#include "lib/base/utf8.h"
#include "lib/schema/schema.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

/* A file that is being read, and the one that includes it. */
struct frame {
	const char *path;
	const struct frame *outer;
};

struct reading {
	struct include *include;
	int folder;
	const char *recipe; /* the path of its file, as it was given */
	struct nest_error *error;
	uint32_t begun;     /* files */
	size_t total_bytes; /* of all that were read */
};

/* FOLDER_OF's part up to its last slash, and NAME after it; the caller frees it. */
static char *
beside(const char *folder_of, struct view name, struct nest_error *error)
{
	const char *slash = strrchr(folder_of, '/');
	size_t size = slash != NULL ? (size_t)(slash - folder_of) + 1 : 0;
	char *path = malloc(size + name.size + 1);
	if (path == NULL) {
		nest_error_memory(error, size + name.size + 1, "the name of a file");
		return NULL;
	}
	memcpy(path, folder_of, size);
	memcpy(path + size, name.data, name.size);
	path[size + name.size] = '\0';
	return path;
}

/* Adds TEXT as a file; its names are owned from here on, and may be NULL if memory ran out. */
static bool
add_file(struct include *include, char *name, char *path, bool is_option, struct view text,
    struct nest_error *error)
{
	struct source_file *files = realloc(include->files, (include->file_count + 1) * sizeof *files);
	if (files != NULL)
		include->files = files;
	size_t begin = include->text.size;
	if (name == NULL || path == NULL || files == NULL) {
		free(name);
		free(path);
		return nest_error_memory(error, sizeof *files, "a file of a recipe");
	}
	/* What ends one file begins no word of the next. */
	files[include->file_count++] = (struct source_file){name, path, begin, begin + text.size, is_option};
	return buffer_append(&include->text, text.data, text.size, error) &&
	       buffer_append(&include->text, "\n", 1, error);
}

static bool
is_read(const struct include *include, const char *path)
{
	for (uint32_t i = 0; i < include->file_count; i++)
		if (strcmp(include->files[i].path, path) == 0)
			return true;
	return false;
}

/* A text on one line, and not empty. */
static bool
is_file_name(struct view name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] < 0x20 || name.data[i] == 0x7f)
			return false;
	return name.size > 0 && utf8_valid(name.data, name.size);
}

static bool read_included(
    struct reading *reading, const struct source *source, size_t at, char *path, const struct frame *outer);

/* Reads what SOURCE includes, and puts SOURCE after it. */
static bool
put_behind_included(struct reading *reading, const struct source *source, const struct frame *frame)
{
	size_t at = 0;
	for (;;) {
		struct view name;
		bool found;
		if (!outline_next_include(source, &at, source->text.size, &name, &found, reading->error))
			return false;
		if (!found)
			break;
		size_t place = (size_t)(name.data - source->text.data);
		if (!is_file_name(name))
			return source_refuse(source, place, reading->error, "this is no name of a file");
		char *path = beside(frame->path, name, reading->error);
		bool fine = path != NULL && (is_read(reading->include, path) ||
						read_included(reading, source, place, path, frame));
		free(path);
		if (!fine)
			return false;
	}
	return add_file(
	    reading->include, strdup(source->name), strdup(frame->path), false, source->text, reading->error);
}

/* Reads PATH, which the source includes at offset AT. */
static bool
read_included(
    struct reading *reading, const struct source *source, size_t at, char *path, const struct frame *outer)
{
	struct buffer text = {0};
	struct nest_error why;
	const struct frame frame = {path, outer};
	for (const struct frame *f = outer; f != NULL; f = f->outer)
		if (strcmp(f->path, path) == 0)
			return source_refuse(
			    source, at, reading->error, "%.300s includes itself by this", path);
	if (++reading->begun > INCLUDE_FILES_MOST)
		return source_refuse(
		    source, at, reading->error, "a recipe has at most %d files", INCLUDE_FILES_MOST);
	char *name = beside(reading->recipe, view_of_text(path), reading->error);
	if (name == NULL)
		return false;
	bool fine = word_list_read_file(reading->folder, path, SCHEMA_TEXT_LIMIT, &text, &why);
	if (!fine && why.status == NEST_FAILED)
		*reading->error = why;
	else if (!fine)
		source_refuse(source, at, reading->error, "%s", why.text);
	reading->total_bytes += text.size;
	if (fine && reading->total_bytes > SCHEMA_TEXT_LIMIT)
		fine = source_refuse(source, at, reading->error,
		    "the recipe has more than %d bytes with what it includes", SCHEMA_TEXT_LIMIT);
	const struct source included = {name, {text.data, text.size}, NULL, 0};
	fine = fine && put_behind_included(reading, &included, &frame);
	free(name);
	buffer_free(&text);
	return fine;
}

/* "--set NAME=VALUE" is the name for messages, of which NAME=VALUE is the text. */
static bool
add_setting(struct include *include, const char *setting, struct nest_error *error)
{
	static const char option[] = "--set ";
	size_t size = sizeof option + strlen(setting);
	char *name = malloc(size);
	if (name != NULL)
		snprintf(name, size, "%s%s", option, setting);
	return add_file(include, name, strdup(""), true, view_of_text(setting), error);
}

bool
include_read(struct include *include, int folder, const char *path, const char *const *settings,
    uint32_t setting_count, struct nest_error *error)
{
	struct reading reading = {
	    .include = include, .folder = folder, .recipe = path, .error = error, .begun = 1};
	struct buffer text = {0};
	const char *slash = strrchr(path, '/');
	const struct frame frame = {slash != NULL ? slash + 1 : path, NULL};
	*include = (struct include){0};
	bool fine = word_list_read_file(AT_FDCWD, path, SCHEMA_TEXT_LIMIT, &text, error);
	reading.total_bytes = text.size;
	const struct source source = {path, {text.data, text.size}, NULL, 0};
	fine = fine && put_behind_included(&reading, &source, &frame);
	for (uint32_t i = 0; fine && i < setting_count; i++)
		fine = add_setting(include, settings[i], error);
	buffer_free(&text);
	if (!fine)
		include_free(include);
	return fine;
}

void
include_free(struct include *include)
{
	for (uint32_t i = 0; i < include->file_count; i++) {
		free((char *)(uintptr_t)include->files[i].name);
		free((char *)(uintptr_t)include->files[i].path);
	}
	free(include->files);
	buffer_free(&include->text);
	*include = (struct include){0};
}

void
include_add_identity(const struct include *include, struct digest *digest)
{
	for (uint32_t i = 0; i < include->file_count; i++) {
		const struct source_file *file = &include->files[i];
		/* The recipe's own file goes by the name that it has for all. */
		bool is_recipe =
		    !file->is_option && (i + 1 == include->file_count || include->files[i + 1].is_option);
		if (!is_recipe)
			digest_add_text(
			    digest, file->is_option ? "set" : "include", view_of_text(file->path));
		digest_add_text(
		    digest, "text", (struct view){include->text.data + file->begin, file->end - file->begin});
	}
}
