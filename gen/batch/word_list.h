/*
 * word_list - a list of words from a file beside a recipe: a word a line, UTF-8.
 *
 * Empty lines do not count.  Behind a word and a tab may stand a number, its
 * weight; then all have one.  A list owns its words.
 */
#ifndef NEST_GEN_WORD_LIST_H
#define NEST_GEN_WORD_LIST_H

#include "gen/batch/batch.h"

enum { WORD_LIST_BYTES_MOST = 64 << 20, WORD_LIST_MOST = 1 << 22 };

struct word_list {
	char *name;
	struct buffer bytes; /* the file, and TEXT_SLACK more */
	struct text *list;
	double *weights; /* of each; NULL where they have none */
	uint32_t count;
	size_t capacity;          /* lines */
	size_t shortest, longest; /* bytes of a word */
};

/*
 * Reads NAME.txt in the directory FOLDER, a descriptor.  NAME is a path downwards: neither it nor a
 * link in it leads out of the folder.
 */
bool word_list_read(struct word_list *words, int folder, struct view name, struct nest_error *error);
void word_list_free(struct word_list *words);

/* Reads a whole file, at most LIMIT bytes, and TEXT_SLACK zeros behind it that do not count. */
bool word_list_read_file(
    int folder, const char *path, size_t limit, struct buffer *bytes, struct nest_error *error);

#endif
