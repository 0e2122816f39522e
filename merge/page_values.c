/* page_values.c - the different ones of indices, and the values that they stand for. */
#include "merge/page_values.h"

#include "lib/parquet/plain.h"

void
page_values_begin(struct page_values *values)
{
	buffer_clear(&values->stamps);
	values->page = 0;
}

void
page_values_free(struct page_values *values)
{
	buffer_free(&values->places);
	buffer_free(&values->stamps);
	buffer_free(&values->own);
	*values = (struct page_values){0};
}

static const uint32_t *
indices_of(const struct page_content *content)
{
	return (const uint32_t *)(const void *)content->indices.data;
}

/*
 * Puts each different index to PLACES once, where there is room for one more than there are; their number.
 * Every index is put, and stays where it is new to the page: no branch is there to be guessed.
 */
static size_t
find_places(uint32_t *restrict places, uint32_t *restrict stamps, uint32_t page, const uint32_t *indices,
    uint64_t count)
{
	size_t found = 0;
	for (uint64_t i = 0; i < count; i++) {
		uint32_t index = indices[i];
		places[found] = index;
		found += stamps[index] != page;
		stamps[index] = page;
	}
	return found;
}

/* A dictionary comes before all pages that have it, so that its size stays. */
static bool
prepare(struct page_values *values, struct nest_error *error)
{
	struct buffer *stamps = &values->stamps;
	size_t size = (size_t)values->content->dictionary->count * sizeof(uint32_t);
	buffer_clear(&values->places);
	buffer_clear(&values->own);
	if (!buffer_reserve(
		&values->places, (size_t)(values->content->value_count + 1) * sizeof(uint32_t), error))
		return false;
	if (stamps->size == size)
		return true;
	if (!buffer_reserve(stamps, size, error))
		return false;
	memset(stamps->data, 0, size);
	stamps->size = size;
	return true;
}

static bool
take_different(struct page_values *values, const struct schema_node *leaf, struct nest_error *error)
{
	const struct page_content *content = values->content;
	if (!prepare(values, error))
		return false;
	uint32_t *places = (uint32_t *)(void *)values->places.data;
	values->count = find_places(places, (uint32_t *)(void *)values->stamps.data, ++values->page,
	    indices_of(content), content->value_count);
	if (!page_dictionary_resolve(content->dictionary, leaf, places, values->count, &values->own, error) ||
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
	const uint32_t *places = (const uint32_t *)(const void *)values->places.data;
	uint64_t i = 0;
	if (values->content->dictionary == NULL)
		return at;
	while (indices[i] != places[at])
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
