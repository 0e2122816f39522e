#include "merge/operands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 16 };

static bool
add(struct operands *operands, char *path, struct nest_error *error)
{
	operands->count += path != NULL;
	return buffer_append(&operands->list, &path, sizeof path, error);
}

static bool
read_all(struct buffer *text, int fd, const char *name, struct nest_error *error)
{
	for (;;) {
		if (!buffer_reserve(text, READ_BYTES, error))
			return false;
		ssize_t got = read(fd, text->data + text->size, READ_BYTES);
		if (got < 0)
			return nest_error_system(error, "unable to read the list of files %s", name);
		if (got == 0)
			return true;
		text->size += (size_t)got;
	}
}

static bool
read_list(struct buffer *text, const char *from, struct nest_error *error)
{
	if (strcmp(from, "-") == 0)
		return read_all(text, STDIN_FILENO, "on standard input", error);
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return nest_error_system(error, "unable to open the list of files %s", from);
	bool fine = read_all(text, fd, from, error);
	close(fd);
	return fine;
}

/* Makes each name in the text a C string. */
static bool
add_list(struct operands *operands, const char *from, bool has_nulls, struct nest_error *error)
{
	struct buffer *text = &operands->text;
	uint8_t end = has_nulls ? '\0' : '\n';
	if (!has_nulls && text->size > 0 && memchr(text->data, '\0', text->size) != NULL)
		return nest_error_set(error, NEST_USAGE,
		    "the list of files %s has a zero byte in it; give --null where its names end with one",
		    from);
	if (!buffer_append(text, &end, 1, error))
		return false;
	for (size_t start = 0, i = 0; i < text->size; i++) {
		if (text->data[i] != end)
			continue;
		text->data[i] = '\0';
		if (i > start && !add(operands, (char *)text->data + start, error))
			return false;
		start = i + 1;
	}
	return true;
}

bool
operands_read(
    struct operands *operands, char *const *argv, const char *from, bool has_nulls, struct nest_error *error)
{
	*operands = (struct operands){0};
	for (; *argv != NULL; argv++)
		if (!add(operands, *argv, error))
			return false;
	if (from != NULL &&
	    (!read_list(&operands->text, from, error) || !add_list(operands, from, has_nulls, error)))
		return false;
	if (!add(operands, NULL, error))
		return false;
	operands->paths = (char **)(void *)operands->list.data;
	return true;
}

void
operands_free(struct operands *operands)
{
	buffer_free(&operands->text);
	buffer_free(&operands->list);
}
