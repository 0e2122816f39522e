/* page_read.c - reads the bodies of data pages and of dictionaries. */
#include "lib/parquet/page.h"

#include "lib/meter/probe.h"
#include "lib/parquet/delta.h"
#include "lib/parquet/delta_bytes.h"
#include "lib/parquet/encoding.h"
#include "lib/parquet/hybrid.h"
#include "lib/parquet/levels.h"
#include "lib/parquet/plain.h"
#include "lib/parquet/split.h"

#include <inttypes.h>

enum { LENGTH_BYTES = 4 };

void
page_dictionary_free(struct page_dictionary *dictionary)
{
	buffer_free(&dictionary->values);
	buffer_free(&dictionary->offsets);
	*dictionary = (struct page_dictionary){0};
}

void
page_content_free(struct page_content *content)
{
	buffer_free(&content->rep);
	buffer_free(&content->def);
	buffer_free(&content->own);
	buffer_free(&content->scratch);
	buffer_free(&content->indices);
	*content = (struct page_content){0};
}

/* Takes bytes that follow their length. */
static bool
take_sized(struct view *bytes, struct view *sized, const char *what, struct nest_error *error)
{
	if (bytes->size < LENGTH_BYTES || plain_length(bytes->data) > bytes->size - LENGTH_BYTES)
		return nest_error_set(error, NEST_INVALID, "the bytes end within the %s", what);
	*sized = (struct view){bytes->data + LENGTH_BYTES, plain_length(bytes->data)};
	bytes->data += LENGTH_BYTES + sized->size;
	bytes->size -= LENGTH_BYTES + sized->size;
	return true;
}

/* ---- dictionaries ---- */

static bool
find_offsets(struct page_dictionary *dictionary, struct nest_error *error)
{
	const uint8_t *values = dictionary->values.data;
	uint32_t at = 0;
	buffer_clear(&dictionary->offsets);
	if (!buffer_reserve(&dictionary->offsets, (size_t)dictionary->count * sizeof at, error))
		return false;
	uint32_t *offsets = (uint32_t *)(void *)dictionary->offsets.data;
	for (uint32_t i = 0; i < dictionary->count; i++) {
		offsets[i] = at;
		at += LENGTH_BYTES + plain_length(values + at);
	}
	return true;
}

bool
page_dictionary_decode(struct page_dictionary *dictionary, const struct schema_node *leaf,
    const struct page_header *header, struct view body, struct nest_error *error)
{
	struct buffer *values = &dictionary->values;
	struct view plain;
	if (header->encoding != ENCODING_PLAIN && header->encoding != ENCODING_PLAIN_DICTIONARY)
		return nest_error_set(
		    error, NEST_INVALID, "a dictionary is in %s", encoding_name(header->encoding));
	buffer_clear(values);
	dictionary->count = header->num_values;
	/* So that no values have a place to be, too. */
	if (!buffer_reserve(values, PLAIN_SLACK, error))
		return false;
	if (leaf->physical == PHYSICAL_BOOLEAN)
		return plain_unpack_booleans(&body, dictionary->count, values, error) &&
		       buffer_reserve(values, PLAIN_SLACK, error);
	return plain_take(&body, dictionary->count, schema_value_bytes(leaf), &plain, error) &&
	       buffer_reserve(values, plain.size + PLAIN_SLACK, error) &&
	       buffer_append(values, plain.data, plain.size, error) &&
	       (leaf->physical != PHYSICAL_BYTE_ARRAY || find_offsets(dictionary, error));
}

/* A byte string with its length in front. */
static inline struct view
string_at(const struct page_dictionary *dictionary, uint32_t index)
{
	const uint32_t *offsets = (const uint32_t *)(const void *)dictionary->offsets.data;
	const uint8_t *value = dictionary->values.data + offsets[index];
	return (struct view){value, LENGTH_BYTES + (size_t)plain_length(value)};
}

uint64_t
page_dictionary_bytes(const struct page_dictionary *dictionary, const uint32_t *indices, uint64_t count)
{
	uint64_t total = 0;
	for (uint64_t i = 0; i < count; i++)
		total += string_at(dictionary, indices[i]).size;
	return total;
}

/* Makes room for SIZE bytes of values. */
static bool
reserve_values(struct buffer *out, uint64_t size, struct nest_error *error)
{
	if (size > PAGE_VALUES_MOST)
		return nest_error_set(
		    error, NEST_INVALID, "the values of a page have more than %d bytes", PAGE_VALUES_MOST);
	return buffer_reserve(out, (size_t)size, error);
}

static bool
resolve_strings(const struct page_dictionary *dictionary, const uint32_t *indices, uint64_t count,
    struct buffer *out, struct nest_error *error)
{
	if (!reserve_values(out, page_dictionary_bytes(dictionary, indices, count), error))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		struct view value = string_at(dictionary, indices[i]);
		memcpy(out->data + out->size, value.data, value.size);
		out->size += value.size;
	}
	return true;
}

bool
page_dictionary_resolve(const struct page_dictionary *dictionary, const struct schema_node *leaf,
    const uint32_t *indices, uint64_t count, struct buffer *out, struct nest_error *error)
{
	size_t value_bytes = schema_value_bytes(leaf);
	if (leaf->physical == PHYSICAL_BYTE_ARRAY)
		return resolve_strings(dictionary, indices, count, out, error);
	if (!reserve_values(out, count * value_bytes, error))
		return false;
	for (uint64_t i = 0; i < count; i++)
		memcpy(out->data + out->size + i * value_bytes,
		    dictionary->values.data + indices[i] * value_bytes, value_bytes);
	out->size += (size_t)count * value_bytes;
	return true;
}

/* ---- levels ---- */

static bool
decode_levels(struct buffer *levels, struct view *bytes, enum encoding encoding, bool has_length,
    size_t entries, uint8_t most, struct nest_error *error)
{
	struct view own = *bytes;
	unsigned width = hybrid_width_bits(most);
	buffer_clear(levels);
	if (most == 0)
		return true;
	if (!buffer_reserve(levels, entries, error))
		return false;
	levels->size = entries;
	if (encoding == ENCODING_BIT_PACKED)
		return hybrid_decode_old_levels(bytes, levels->data, entries, width, most, error);
	if (encoding != ENCODING_RLE)
		return nest_error_set(error, NEST_INVALID, "the levels are in %s", encoding_name(encoding));
	return (!has_length || take_sized(bytes, &own, "levels", error)) &&
	       hybrid_decode_levels(&own, levels->data, entries, width, most, error);
}

static bool
decode_levels_v1(struct page_content *content, const struct schema_node *leaf,
    const struct page_header *header, struct view *bytes, struct nest_error *error)
{
	size_t entries = header->num_values;
	return decode_levels(
		   &content->rep, bytes, header->rep_encoding, true, entries, leaf->max_rep, error) &&
	       decode_levels(&content->def, bytes, header->def_encoding, true, entries, leaf->max_def, error);
}

static bool
decode_levels_v2(struct page_content *content, const struct schema_node *leaf,
    const struct page_header *header, struct view levels, struct nest_error *error)
{
	size_t entries = header->num_values;
	struct view rep = {levels.data, header->rep_bytes};
	struct view def = {levels.data + header->rep_bytes, header->def_bytes};
	return decode_levels(&content->rep, &rep, ENCODING_RLE, false, entries, leaf->max_rep, error) &&
	       decode_levels(&content->def, &def, ENCODING_RLE, false, entries, leaf->max_def, error);
}

/* ---- values ---- */

static bool
refuse_encoding(const struct schema_node *leaf, enum encoding encoding, struct nest_error *error)
{
	return nest_error_set(error, NEST_INVALID, "%s does not go with the type %s", encoding_name(encoding),
	    schema_physical_name(leaf->physical));
}

/* Decodes indices: a byte with their width, then runs. */
static bool
decode_indices(struct page_content *content, struct view *bytes, const struct page_dictionary *dictionary,
    struct nest_error *error)
{
	size_t count = (size_t)content->value_count;
	if (count == 0)
		return true;
	if (dictionary == NULL || dictionary->count == 0)
		return nest_error_set(
		    error, NEST_INVALID, "the page refers to a dictionary that is not there");
	if (bytes->size == 0 || bytes->data[0] > 32)
		return nest_error_set(error, NEST_INVALID, "the width of the indices is missing or above 32");
	unsigned width = *bytes->data++;
	bytes->size--;
	buffer_clear(&content->indices);
	if (!buffer_reserve(&content->indices, count * sizeof(uint32_t), error) ||
	    !hybrid_decode_indices(
		bytes, (uint32_t *)(void *)content->indices.data, count, width, dictionary->count - 1, error))
		return false;
	content->indices.size = count * sizeof(uint32_t);
	content->dictionary = dictionary;
	return true;
}

static bool
decode_booleans(struct page_content *content, struct view *bytes, struct nest_error *error)
{
	struct view runs;
	size_t count = (size_t)content->value_count;
	if (!take_sized(bytes, &runs, "booleans", error) || !buffer_reserve(&content->own, count, error))
		return false;
	content->own.size = count;
	return hybrid_decode_levels(&runs, content->own.data, count, 1, 1, error);
}

/* Decodes values that cannot be borrowed from the body. */
static bool
decode_own(struct page_content *content, const struct schema_node *leaf, enum encoding encoding,
    struct view *bytes, struct nest_error *error)
{
	size_t count = (size_t)content->value_count, value_bytes = schema_value_bytes(leaf);
	struct buffer *out = &content->own;
	switch (encoding) {
	case ENCODING_RLE:
		return decode_booleans(content, bytes, error);
	case ENCODING_DELTA_BINARY_PACKED:
		return delta_decode(bytes, count, value_bytes, out, error);
	case ENCODING_DELTA_LENGTH_BYTE_ARRAY:
		return delta_length_decode(bytes, count, out, &content->scratch, error);
	case ENCODING_DELTA_BYTE_ARRAY:
		return delta_bytes_decode(bytes, count, value_bytes, out, &content->scratch, error);
	case ENCODING_BYTE_STREAM_SPLIT:
		return split_decode(bytes, count, value_bytes, out, error);
	default:
		return plain_unpack_booleans(bytes, count, out, error);
	}
}

/* Readers of values read ahead, so there must be slack. */
static bool
show_own(struct page_content *content, struct nest_error *error)
{
	if (!buffer_reserve(&content->own, PLAIN_SLACK, error))
		return false;
	content->values = (struct view){content->own.data, content->own.size};
	return true;
}

static bool
decode_values(struct page_content *content, const struct schema_node *leaf, enum encoding encoding,
    struct view *bytes, const struct page_dictionary *dictionary, struct nest_error *error)
{
	bool is_boolean = leaf->physical == PHYSICAL_BOOLEAN;
	buffer_clear(&content->own);
	content->values = (struct view){0};
	content->dictionary = NULL;
	/* So that no values have a place to be, too. */
	if (!buffer_reserve(&content->own, PLAIN_SLACK, error))
		return false;
	if (encoding == ENCODING_PLAIN_DICTIONARY || encoding == ENCODING_RLE_DICTIONARY)
		return decode_indices(content, bytes, dictionary, error) && show_own(content, error);
	if (!encoding_fits(encoding, leaf->physical))
		return refuse_encoding(leaf, encoding, error);
	if (encoding == ENCODING_PLAIN && !is_boolean)
		return plain_take(
		    bytes, (size_t)content->value_count, schema_value_bytes(leaf), &content->values, error);
	return decode_own(content, leaf, encoding, bytes, error) && show_own(content, error);
}

/* Checks what a v2 header says about rows and nulls. */
static bool
check_counts(const struct page_content *content, const struct page_header *header, struct nest_error *error)
{
	uint64_t nulls = content->entries - content->value_count;
	if (header->type != PAGE_DATA_V2 || (header->num_nulls == nulls && header->num_rows == content->rows))
		return true;
	return nest_error_set(error, NEST_INVALID,
	    "the page's header tells of %" PRIu32 " rows and %" PRIu32 " nulls, its levels of %" PRIu64
	    " and %" PRIu64,
	    header->num_rows, header->num_nulls, content->rows, nulls);
}

bool
page_decode(struct page_content *content, const struct schema_node *leaf, const struct page_header *header,
    struct page_body body, const struct page_dictionary *dictionary, struct nest_error *error)
{
	NEST_SCOPE("parquet.decode");
	size_t entries = header->num_values;
	struct view values = body.values;
	if (entries > PAGE_ENTRIES_MOST)
		return nest_error_set(error, NEST_INVALID,
		    "the page has %zu entries, and %d at most are read here", entries, PAGE_ENTRIES_MOST);
	bool fine = header->type == PAGE_DATA ? decode_levels_v1(content, leaf, header, &values, error)
	                                      : decode_levels_v2(content, leaf, header, body.levels, error);
	if (!fine)
		return false;
	content->entries = entries;
	content->rows = leaf->max_rep == 0 ? entries : levels_count(content->rep.data, entries, 0);
	content->value_count =
	    leaf->max_def == 0 ? entries : levels_count(content->def.data, entries, leaf->max_def);
	return check_counts(content, header, error) &&
	       decode_values(content, leaf, header->encoding, &values, dictionary, error);
}

bool
page_resolve(struct page_content *content, const struct schema_node *leaf, struct nest_error *error)
{
	const uint32_t *indices = (const uint32_t *)(const void *)content->indices.data;
	return content->dictionary == NULL || (page_dictionary_resolve(content->dictionary, leaf, indices,
						   content->value_count, &content->own, error) &&
						  show_own(content, error));
}
