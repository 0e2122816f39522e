/* include - the text of a recipe: its file after those that it includes, and the settings from outside. */
#ifndef NEST_GEN_INCLUDE_H
#define NEST_GEN_INCLUDE_H

#include "gen/notation/source.h"
#include "lib/base/digest.h"

enum { INCLUDE_FILES_MOST = 64 }; /* of one recipe, its own included */

/* Owns its text and its files with their names; a zeroed one is empty. */
struct include {
	struct buffer text;
	struct source_file *files;
	uint32_t file_count;
};

/*
 * Reads the recipe in the file PATH, whose folder is the descriptor FOLDER; each of SETTINGS is NAME=VALUE.
 * Included files must be in that folder or below it; no link is followed.  NEST_INVALID with the place of
 * an include that fails.
 */
bool include_read(struct include *include, int folder, const char *path, const char *const *settings,
    uint32_t setting_count, struct nest_error *error);
void include_free(struct include *include);

/* Adds all texts, and the names of included files. */
void include_add_identity(const struct include *include, struct digest *digest);

#endif
