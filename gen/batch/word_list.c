#include "gen/batch/word_list.h"

#include "lib/base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a part of PATH leads upwards, or nowhere: "", "." or "..". */
static bool
leads_out(const char *path)
{
	for (;; path++) {
		size_t size = strcspn(path, "/");
		if (size <= 2 && strspn(path, ".") == size)
			return true;
		path += size;
		if (*path == '\0')
			return false;
	}
}

/* Opens PATH below FOLDER, one part at a time, and follows no link; PATH is changed. */
static int
open_parts(int folder, char *path)
{
	int at = folder;
	for (char *slash; (slash = strchr(path, '/')) != NULL; path = slash + 1) {
		*slash = '\0';
		int next = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int why = errno;
		if (at != folder)
			close(at);
		if (next < 0) {
			errno = why;
			return -1;
		}
		at = next;
	}
	int file = openat(at, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int why = errno;
	if (at != folder)
		close(at);
	errno = why;
	return file;
}

static bool
open_below(int folder, const char *path, int *file, struct nest_error *error)
{
	if (leads_out(path))
		return nest_error_set(
		    error, NEST_INVALID, "%.300s is no path downwards from the folder of the recipe", path);
	char *parts = strdup(path);
	if (parts == NULL)
		return nest_error_memory(error, strlen(path) + 1, "a list of words");
	*file = open_parts(folder, parts);
	int why = errno;
	free(parts);
	if (*file < 0 && (why == ELOOP || why == EMLINK))
		return nest_error_set(
		    error, NEST_INVALID, "%.300s is a link, and links are not followed", path);
	if (*file >= 0)
		return true;
	errno = why;
	nest_error_system(error, "unable to open %.300s", path);
	error->status = NEST_INVALID; /* the recipe names a file that is not there */
	return false;
}

static bool
read_all(int file, const char *path, size_t limit, struct buffer *bytes, struct nest_error *error)
{
	struct stat status;
	if (fstat(file, &status) != 0)
		return nest_error_system(error, "unable to read %s", path);
	if (!S_ISREG(status.st_mode))
		return nest_error_set(error, NEST_INVALID, "%s is no regular file", path);
	for (;;) {
		if (!buffer_reserve(bytes, 4096 + TEXT_SLACK, error))
			return false;
		ssize_t size =
		    read(file, bytes->data + bytes->size, bytes->capacity - bytes->size - TEXT_SLACK);
		if (size < 0)
			return nest_error_system(error, "unable to read %s", path);
		bytes->size += (size_t)size;
		if (bytes->size > limit)
			return nest_error_set(error, NEST_INVALID, "%s has more than %zu bytes", path, limit);
		if (size == 0)
			break;
	}
	memset(bytes->data + bytes->size, 0, TEXT_SLACK);
	return true;
}

bool
word_list_read_file(
    int folder, const char *path, size_t limit, struct buffer *bytes, struct nest_error *error)
{
	int file = -1;
	if (folder != AT_FDCWD) {
		if (!open_below(folder, path, &file, error))
			return false;
	} else if ((file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0) {
		return nest_error_system(error, "unable to open %s", path);
	}
	bool fine = read_all(file, path, limit, bytes, error);
	close(file);
	return fine;
}

/* The next line from *AT on, without its end. */
static struct text
next_line(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *begin = *at, *stop = memchr(begin, '\n', (size_t)(end - begin));
	*at = stop != NULL ? stop + 1 : end;
	stop = stop != NULL ? stop : end;
	if (stop > begin && stop[-1] == '\r')
		stop--;
	return (struct text){begin, (size_t)(stop - begin)};
}

/* Takes the weight after the tab from WORD, if it is there. */
static bool
take_weight(struct word_list *words, struct text *word, struct nest_error *error)
{
	const uint8_t *tab = memchr(word->data, '\t', word->size);
	bool is_first = words->count == 0;
	if (tab == NULL)
		return words->weights == NULL || nest_error_set(error, NEST_INVALID,
						     "%s: word %u has no weight, and those before it have",
						     words->name, words->count + 1);
	const char *number = (const char *)tab + 1;
	const uint8_t *end = word->data + word->size;
	char *stop;
	double weight = strtod(number, &stop);
	if ((const uint8_t *)stop != end || stop == number || (words->weights == NULL && !is_first))
		return nest_error_set(error, NEST_INVALID,
		    "%s: what stands behind the tab of word %u is no weight, or some words have one and "
		    "others not",
		    words->name, words->count + 1);
	if (is_first) {
		words->weights = malloc(words->capacity * sizeof *words->weights);
		if (words->weights == NULL)
			return nest_error_memory(error, words->capacity * sizeof *words->weights, "weights");
	}
	words->weights[words->count] = weight;
	word->size = (size_t)(tab - word->data);
	return true;
}

static bool
add_word(struct word_list *words, struct text word, struct nest_error *error)
{
	if (word.size == 0)
		return true;
	if (!take_weight(words, &word, error))
		return false;
	words->list[words->count++] = word;
	words->longest = word.size > words->longest ? word.size : words->longest;
	words->shortest = words->count == 1 || word.size < words->shortest ? word.size : words->shortest;
	return true;
}

static bool
split_lines(struct word_list *words, const char *path, struct nest_error *error)
{
	const uint8_t *at = words->bytes.data, *end = at + words->bytes.size;
	size_t lines = 1;
	for (const uint8_t *p = at; p < end; p++)
		lines += *p == '\n';
	if (lines > WORD_LIST_MOST)
		return nest_error_set(error, NEST_INVALID, "%s has more than %d lines", path, WORD_LIST_MOST);
	words->list = malloc(lines * sizeof *words->list);
	if (words->list == NULL)
		return nest_error_memory(error, lines * sizeof *words->list, "a list of words");
	words->capacity = lines;
	while (at < end)
		if (!add_word(words, next_line(&at, end), error))
			return false;
	if (words->count == 0)
		return nest_error_set(error, NEST_INVALID, "%s has no words", path);
	return true;
}

bool
word_list_read(struct word_list *words, int folder, struct view name, struct nest_error *error)
{
	if (name.size > 0 && memchr(name.data, '\0', name.size) != NULL) {
		*words = (struct word_list){0};
		return nest_error_set(error, NEST_INVALID, "the name of a list of words has a zero in it");
	}
	*words = (struct word_list){.name = malloc(name.size + sizeof ".txt")};
	if (words->name == NULL)
		return nest_error_memory(error, name.size + sizeof ".txt", "a list of words");
	memcpy(words->name, name.data, name.size);
	memcpy(words->name + name.size, ".txt", sizeof ".txt");
	bool fine = word_list_read_file(folder, words->name, WORD_LIST_BYTES_MOST, &words->bytes, error);
	if (fine && !utf8_valid(words->bytes.data, words->bytes.size))
		fine = nest_error_set(error, NEST_INVALID, "%s is not well-formed UTF-8", words->name);
	fine = fine && split_lines(words, words->name, error);
	if (!fine)
		word_list_free(words);
	return fine;
}

void
word_list_free(struct word_list *words)
{
	free(words->name);
	free(words->list);
	free(words->weights);
	buffer_free(&words->bytes);
	*words = (struct word_list){0};
}
