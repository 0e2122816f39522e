/* page_values.c - finds the different indices of a page, and their values. */
#include "merge/page_values.h"

#include "lib/parquet/plain.h"
#include "lib/parquet/word.h"

enum {
	WORD = sizeof(uint64_t),
	DICTIONARY_SHARE = 4, /* a dictionary this many times larger than the page is not searched */
};

void
page_values_free(struct page_values *values)
{
	buffer_free(&values->different);
	buffer_free(&values->marks);
	buffer_free(&values->own);
	*values = (struct page_values){0};
}

static const uint32_t *
indices_of(const struct page_content *content)
{
	return (const uint32_t *)(const void *)content->indices.data;
}

/* Makes room for a mark of each of COUNT values, in whole words, not set. */
static bool
reserve_marks(struct buffer *marks, size_t count, struct nest_error *error)
{
	size_t size = (count / WORD + 1) * WORD;
	if (size <= marks->size)
		return true;
	if (!buffer_reserve(marks, size - marks->size, error))
		return false;
	memset(marks->data + marks->size, 0, size - marks->size);
	marks->size = size;
	return true;
}

/* Puts each of INDICES, which are below MOST, into PLACES once; returns their number.  MARKS end unset. */
static size_t
find_places(uint32_t *places, uint8_t *marks, uint32_t most, const uint32_t *indices, uint64_t count)
{
	size_t found = 0;
	for (uint64_t i = 0; i < count; i++)
		marks[indices[i]] = 1;
	for (uint32_t at = 0; at < most; at += WORD) {
		uint64_t word = word_load(marks + at);
		if (word == 0)
			continue;
		word_store(marks + at, 0);
		/* Every place is written, and kept if it is marked, so that no branch can be mispredicted. */
		for (uint32_t i = 0; i < WORD; i++) {
			places[found] = at + i;
			found += word >> 8 * i & 1;
		}
	}
	return found;
}

/* If a dictionary is much larger than the page, most values come only once anyway. */
static bool
choose_places(struct page_values *values, struct nest_error *error)
{
	const struct page_content *content = values->content;
	uint32_t most = content->dictionary->count;
	values->places = indices_of(content);
	if (most / DICTIONARY_SHARE > content->value_count)
		return true;
	buffer_clear(&values->different);
	if (!reserve_marks(&values->marks, most, error) ||
	    !buffer_reserve(&values->different, ((size_t)most + WORD) * sizeof(uint32_t), error))
		return false;
	uint32_t *places = (uint32_t *)(void *)values->different.data;
	values->count =
	    find_places(places, values->marks.data, most, indices_of(content), content->value_count);
	values->places = places;
	return true;
}

static bool
take_different(struct page_values *values, const struct schema_node *leaf, struct nest_error *error)
{
	buffer_clear(&values->own);
	if (!choose_places(values, error) ||
	    !page_dictionary_resolve(
		values->content->dictionary, leaf, values->places, values->count, &values->own, error) ||
	    !buffer_reserve(&values->own, PLAIN_SLACK, error))
		return false;
	values->values = (struct view){values->own.data, values->own.size};
	return true;
}

bool
page_values_take(struct page_values *values, const struct chunk_reader *reader, struct nest_error *error)
{
	const struct page_content *content = &reader->content;
	uint64_t bytes = content->values.size;
	values->content = content;
	values->values = content->values;
	values->count = content->value_count;
	if (content->dictionary != NULL && !take_different(values, reader->leaf, error))
		return false;
	if (reader->leaf->physical != PHYSICAL_BYTE_ARRAY)
		return true;
	if (content->dictionary != NULL)
		bytes = page_dictionary_bytes(content->dictionary, indices_of(content), content->value_count);
	values->string_bytes = bytes - sizeof(uint32_t) * content->value_count;
	return true;
}

uint64_t
page_values_first(const struct page_values *values, uint64_t at)
{
	const uint32_t *indices = indices_of(values->content);
	uint64_t i = 0;
	if (values->content->dictionary == NULL)
		return at;
	while (indices[i] != values->places[at])
		i++;
	return i;
}

uint64_t
page_values_nans(const struct page_values *values, enum value_order order)
{
	const struct page_content *content = values->content;
	const struct page_dictionary *dictionary = content->dictionary;
	const uint8_t *all = dictionary != NULL ? dictionary->values.data : content->values.data;
	const uint32_t *indices = indices_of(content);
	size_t size = value_order_bytes(order);
	uint64_t nans = 0;
	for (uint64_t i = 0; i < content->value_count; i++)
		nans += value_order_is_nan(order, all + (dictionary != NULL ? indices[i] : i) * size);
	return nans;
}
