#include "merge/declaration.h"

#include "lib/dataset/keys.h"

#include <stdlib.h>

/* Parses a whole number in a key-value. */
static bool
parse_key(const struct file_metadata *metadata, const char *key, uint64_t *number)
{
	const struct view *value = metadata_value(metadata, key);
	char text[24], *end;
	if (value == NULL || value->size == 0 || value->size >= sizeof text)
		return false;
	memcpy(text, value->data, value->size);
	text[value->size] = '\0';
	*number = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

bool
declaration_read(
    struct declaration *declaration, struct part_reader *reader, uint64_t number, struct nest_error *error)
{
	const struct metadata_source source = {part_reader_read_at, reader, reader->size_bytes, "the file"};
	struct file_metadata *metadata = &declaration->metadata;
	struct frame *frame = &declaration->frame;
	uint64_t part;
	*frame = (struct frame){.kind = FRAME_PART,
	    .part = number,
	    .file = view_of_text(reader->file),
	    .file_bytes = reader->size_bytes,
	    .stamp = reader->stamp};
	if (!metadata_read(metadata, &source, error))
		return false;
	if (!parse_key(metadata, KEY_PART, &part) || part != number ||
	    !parse_key(metadata, KEY_PART_ROWS, &frame->rows)) {
		declaration_free(declaration);
		return nest_error_set(error, NEST_INVALID, "its key-values do not say which part it is");
	}
	frame->is_part_numbered = !parse_key(metadata, KEY_FIRST_ROW, &frame->first_row);
	frame->schema = view_of_text(metadata->schema->text);
	return true;
}

void
declaration_free(struct declaration *declaration)
{
	metadata_free(&declaration->metadata);
}
