/*
 * word_list - a list of words from a file beside a recipe: UTF-8, one word on each line.
 *
 * Empty lines are ignored.  A word may be followed by a tab and a number, its
 * weight; then all must have one.  A list owns its words.
 */
#ifndef NEST_GEN_WORD_LIST_H
#define NEST_GEN_WORD_LIST_H

#include "gen/batch/batch.h"

enum { WORD_LIST_BYTES_MOST = 64 << 20, WORD_LIST_MOST = 1 << 22 };

struct word_list {
	char *name;
	struct buffer bytes; /* the file, and TEXT_SLACK more */
	struct text *list;
	double *weights; /* one for each word; NULL if they have none */
	uint32_t count;
	size_t capacity;          /* lines */
	size_t shortest, longest; /* bytes of a word */
};

/*
 * Reads NAME.txt in the directory FOLDER, a descriptor.  NAME is a path downwards: neither it nor a
 * link in it may lead out of the folder.
 */
bool word_list_read(struct word_list *words, int folder, struct view name, struct nest_error *error);
void word_list_free(struct word_list *words);

/* Reads a whole file of at most LIMIT bytes; TEXT_SLACK zeros, which do not count, follow it. */
bool word_list_read_file(
    int folder, const char *path, size_t limit, struct buffer *bytes, struct nest_error *error);

#endif
