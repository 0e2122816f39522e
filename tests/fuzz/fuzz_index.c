/*
 * What lets readers skip, as --check and --show meet it: any bytes as an offset index and a column index
 * of the same chunk, as size statistics, sorting columns and the header of a bloom filter.  Indexes that are
 * accepted must come back from being written and read again.
 */
#include "lib/parquet/bloom.h"
#include "lib/parquet/page_index.h"
#include "lib/parquet/sorting.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_again(const struct page_index *index, struct level_shape shape)
{
	struct page_index again = {0};
	struct buffer offsets = {0}, bounds = {0};
	struct nest_error error;
	must(page_index_encode_offsets(&offsets, index, shape, &error));
	must(page_index_encode_bounds(&bounds, index, shape, &error));
	must(page_index_decode_offsets(&again, (struct view){offsets.data, offsets.size}, &error));
	must(page_index_decode_bounds(&again, (struct view){bounds.data, bounds.size}, shape, &error));
	must(again.count == index->count && again.boundaries == index->boundaries);
	for (size_t i = 0; i < index->count; i++) {
		const struct indexed_page *page = &index->pages[i], *back = &again.pages[i];
		must(page->offset == back->offset && page->size_bytes == back->size_bytes);
		must(page->first_row == back->first_row && page->is_null == back->is_null);
		must(page->null_count == back->null_count && view_equal(page->min, back->min) &&
		     view_equal(page->max, back->max));
	}
	page_index_free(&again);
	buffer_free(&offsets);
	buffer_free(&bounds);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nest_error error;
	struct page_index index = {0};
	struct size_statistics sizes;
	struct buffer columns = {0};
	size_t header_bytes, bits_bytes;
	bool is_short;
	if (size < 2)
		return 0;
	const struct level_shape shape = {data[0] & 3, data[0] >> 2 & 3, (data[0] & 16) != 0};
	size_t first = data[1] < size - 2 ? data[1] : size - 2;
	struct view offsets = {data + 2, first}, bounds = {data + 2 + first, size - 2 - first};
	if (page_index_decode_offsets(&index, offsets, &error) &&
	    page_index_decode_bounds(&index, bounds, shape, &error))
		check_again(&index, shape);
	size_statistics_decode(&sizes, bounds, shape, &error);
	sorting_decode(&columns, bounds, 3, &error);
	if (bloom_header_decode(bounds, &header_bytes, &bits_bytes, &is_short, &error))
		must(header_bytes <= bounds.size && bits_bytes > 0 && bits_bytes % BLOOM_BLOCK_BYTES == 0);
	page_index_free(&index);
	buffer_free(&columns);
	return 0;
}
