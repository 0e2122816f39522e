#include "lib/dataset/bundle.h"

#include "lib/dataset/published.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 20 }; /* the digits of a number */

bool
bundle_put(struct buffer *index, const struct bundle_file *file, struct nest_error *error)
{
	char numbers[2 * NUMBER_BYTES + 3];
	int size =
	    snprintf(numbers, sizeof numbers, "%" PRIu64 " %" PRIu64 " ", file->size_bytes, file->rows);
	return buffer_append(index, numbers, (size_t)size, error) &&
	       buffer_append(index, file->folder.data, file->folder.size, error) &&
	       buffer_append(index, "\n", 1, error);
}

/* The digits that TEXT begins with, up to a blank; TEXT moves past that. */
static bool
take_number(struct view *text, uint64_t *number)
{
	char digits[NUMBER_BYTES + 1] = "";
	size_t size = 0;
	while (size < text->size && size < NUMBER_BYTES && text->data[size] >= '0' && text->data[size] <= '9')
		size++;
	if (size == 0 || size == text->size || text->data[size] != ' ')
		return false;
	memcpy(digits, text->data, size);
	*number = strtoull(digits, NULL, 10);
	text->data += size + 1;
	text->size -= size + 1;
	return true;
}

static bool
take_line(struct view *text, struct view *line)
{
	const uint8_t *end = text->size > 0 ? memchr(text->data, '\n', text->size) : NULL;
	if (end == NULL)
		return false;
	*line = (struct view){text->data, (size_t)(end - text->data)};
	text->data += line->size + 1;
	text->size -= line->size + 1;
	return true;
}

bool
bundle_next(struct view *index, struct bundle_file *file)
{
	file->offset += file->size_bytes;
	return take_number(index, &file->size_bytes) && take_number(index, &file->rows) &&
	       take_line(index, &file->folder);
}

/* Whether FOLDER is below the dataset, where readers look for it. */
static bool
is_folder(struct view folder)
{
	char name[BUNDLE_NAME_MOST + 1];
	unsigned depth = 0;
	for (size_t at = 0; at <= folder.size; depth++) {
		const uint8_t *slash = memchr(folder.data + at, '/', folder.size - at);
		size_t end = slash != NULL ? (size_t)(slash - folder.data) : folder.size, size = end - at;
		if (size > BUNDLE_NAME_MOST || depth == BUNDLE_DEPTH_MOST)
			return false;
		for (size_t i = at; i < end; i++)
			if (folder.data[i] < ' ' || folder.data[i] == 0x7f)
				return false;
		memcpy(name, folder.data + at, size);
		name[size] = '\0';
		if (!published_is_partition(name))
			return false;
		at = end + 1;
	}
	return true;
}

/* The order of their bytes; a prefix comes first. */
static bool
is_before(struct view a, struct view b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared > 0 ? memcmp(a.data, b.data, shared) : 0;
	return order < 0 || (order == 0 && a.size < b.size);
}

bool
bundle_check(struct view index, uint64_t size_bytes, uint64_t rows, struct nest_error *error)
{
	struct bundle_file file = {0};
	struct view rest = index, before = {NULL, 0};
	uint64_t sum = 0;
	unsigned count = 0;
	while (rest.size > 0) {
		if (!bundle_next(&rest, &file) || !is_folder(file.folder) ||
		    (count > 0 && !is_before(before, file.folder)))
			return nest_error_set(error, NEST_INVALID, "its index of partitions is damaged");
		if (++count > BUNDLE_FILES_MOST)
			return nest_error_set(error, NEST_INVALID, "its index of partitions has more than %d",
			    BUNDLE_FILES_MOST);
		if (file.offset > size_bytes || file.size_bytes > size_bytes - file.offset ||
		    __builtin_add_overflow(sum, file.rows, &sum))
			return nest_error_set(
			    error, NEST_INVALID, "its index of partitions tells of more than it holds");
		before = file.folder;
	}
	return sum == rows ||
	       nest_error_set(error, NEST_INVALID,
		   "its index of partitions tells of %" PRIu64 " rows, but it has %" PRIu64, sum, rows);
}
