/* choose.c - measures a sample of a page in every encoding. */
#include "lib/parquet/choose.h"

#include "lib/meter/probe.h"
#include "lib/parquet/encoding.h"

enum {
	RUN_VALUES = 513, /* four blocks of differences, and the value before them */
	RUNS_MOST = 8,
	DICTIONARY_SAMPLE = 1 << 16, /* bytes of a dictionary that are compressed to judge all of it */
	PAGES_MOST = 32,             /* that the growth of a dictionary is extrapolated over */
};

/* By preset. */
static const size_t run_counts[] = {[PRESET_FAST] = 4, [PRESET_BALANCED] = 4, [PRESET_SMALL] = RUNS_MOST};

/*
 * The candidates, and the price of a byte of each by preset, 0 if it is not a candidate.  Encodings that are
 * slower to read must save more, and all must save something, since a sample errs.  With the fast preset,
 * PLAIN must save a twentieth over a dictionary, since values that only a codec made small are large again
 * when read.
 */
static const struct candidate {
	enum encoding encoding;
	bool needs_codec;
	unsigned prices[3];
} candidates[] = {
    {ENCODING_PLAIN, false, {105, 100, 100}},
    {ENCODING_RLE_DICTIONARY, false, {100, 100, 100}},
    {ENCODING_RLE, false, {0, 105, 101}},
    {ENCODING_DELTA_BINARY_PACKED, false, {0, 105, 101}},
    {ENCODING_DELTA_LENGTH_BYTE_ARRAY, false, {0, 105, 101}},
    {ENCODING_BYTE_STREAM_SPLIT, true, {0, 105, 101}},
    {ENCODING_DELTA_BYTE_ARRAY, false, {0, 120, 101}},
};

enum { CANDIDATES = sizeof candidates / sizeof *candidates };

/* Some consecutive values of the page. */
struct run {
	uint64_t first;
	size_t count;
	struct view values; /* PLAIN; none of booleans */
};

struct sample {
	struct run runs[RUNS_MOST];
	size_t run_count;
	uint64_t values;
};

/* If values are few, all are one run; otherwise runs are in the middle of equal parts of the page. */
static void
place_runs(struct sample *sample, enum preset preset, uint64_t count)
{
	size_t runs = run_counts[preset];
	uint64_t part = count / runs;
	*sample = (struct sample){.runs = {{.count = (size_t)count}}, .run_count = 1, .values = count};
	if (part <= RUN_VALUES)
		return;
	sample->run_count = runs;
	sample->values = runs * RUN_VALUES;
	for (size_t i = 0; i < runs; i++)
		sample->runs[i] =
		    (struct run){.first = part * i + (part - RUN_VALUES) / 2, .count = RUN_VALUES};
}

/* Where COUNT values that begin at VALUES end. */
static const uint8_t *
skip(const uint8_t *values, uint64_t count, size_t value_bytes)
{
	if (value_bytes > 0)
		return values + count * value_bytes;
	for (uint64_t i = 0; i < count; i++)
		values += sizeof(uint32_t) + plain_length(values);
	return values;
}

/* Finds the runs among VALUES. */
static void
find_runs(struct sample *sample, const uint8_t *values, size_t value_bytes)
{
	uint64_t at = 0;
	for (size_t i = 0; i < sample->run_count; i++) {
		struct run *run = &sample->runs[i];
		const uint8_t *start = skip(values, run->first - at, value_bytes);
		values = skip(start, run->count, value_bytes);
		run->values = (struct view){start, (size_t)(values - start)};
		at = run->first + run->count;
	}
}

/* Appends the runs' values, which are in a dictionary, to OUT. */
static bool
look_up(struct sample *sample, const struct choice *choice, struct buffer *out, struct nest_error *error)
{
	const struct dictionary *dictionary = choice->dictionary;
	size_t length_bytes = dictionary->has_lengths ? sizeof(uint32_t) : 0, size = 0, at = out->size;
	for (size_t i = 0; i < sample->run_count; i++)
		for (size_t j = 0; j < sample->runs[i].count; j++)
			size += dictionary->entries[choice->page.indices[sample->runs[i].first + j]].size +
			        length_bytes;
	if (!buffer_reserve(out, size + 1, error))
		return false;
	for (size_t i = 0; i < sample->run_count; i++) {
		struct run *run = &sample->runs[i];
		run->values.data = out->data + at;
		for (size_t j = 0; j < run->count; j++) {
			const struct dictionary_entry *entry =
			    &dictionary->entries[choice->page.indices[run->first + j]];
			memcpy(out->data + at, dictionary->values.data + entry->offset - length_bytes,
			    entry->size + length_bytes);
			at += entry->size + length_bytes;
		}
		run->values.size = (size_t)(out->data + at - run->values.data);
	}
	return true;
}

static bool
take_sample(struct sample *sample, const struct choice *choice, struct nest_error *error)
{
	place_runs(sample, choice->preset, choice->page.value_count);
	if (choice->dictionary != NULL)
		return look_up(sample, choice, choice->spare, error);
	if (choice->page.booleans == NULL)
		find_runs(sample, choice->page.values, choice->page.value_bytes);
	return true;
}

/* The size of BODY in the file. */
static bool
pack(const struct choice *choice, struct page_scratch *scratch, struct view body, uint64_t *size,
    struct nest_error *error)
{
	struct buffer *packed = &scratch->codec.packed;
	*size = body.size;
	if (choice->compression.kind == CODEC_NONE)
		return true;
	buffer_clear(packed);
	if (!codec_encode(&scratch->codec, choice->compression, packed, body, error))
		return false;
	*size = packed->size;
	return true;
}

/*
 * How many values the dictionary will have after PAGES pages.  The ratio of its growth in the second half of
 * the page to that in the first half is taken to hold from each half to the next, as it does for values
 * drawn evenly from a fixed set.
 */
static uint64_t
grown(const struct choice *choice, uint64_t pages)
{
	const uint32_t *indices = choice->page.indices;
	uint64_t half = choice->page.value_count / 2, first = 1, all = choice->dictionary->count;
	for (uint64_t i = 0; i < half; i++)
		first = indices[i] >= first ? indices[i] + 1 : first;
	uint64_t added = all - first, more = added;
	for (uint64_t i = 2; i < 2 * pages; i++) {
		more = more * added / first;
		more = more < half ? more : half;
		all += more;
	}
	return all;
}

/* The share of the dictionary's size that falls to the sample. */
static bool
measure_dictionary(const struct choice *choice, const struct sample *sample, struct page_scratch *scratch,
    uint64_t *size, struct nest_error *error)
{
	const struct dictionary *dictionary = choice->dictionary;
	uint64_t bytes = dictionary_bytes(dictionary, dictionary->count), packed;
	uint64_t looked_at = bytes < DICTIONARY_SAMPLE ? bytes : DICTIONARY_SAMPLE;
	uint64_t pages = choice->pages < PAGES_MOST ? choice->pages : PAGES_MOST;
	if (!pack(choice, scratch, (struct view){dictionary->values.data, looked_at}, &packed, error))
		return false;
	/* With at most 2^24 bytes, and 2^26 values in a page, the products stay below 2^64. */
	uint64_t all = bytes * packed / looked_at * grown(choice, pages) / dictionary->count;
	*size = all / pages * sample->values / choice->page.value_count;
	return true;
}

/* The sample's size in ENCODING. */
static bool
measure(const struct choice *choice, const struct sample *sample, enum encoding encoding,
    struct page_scratch *scratch, uint64_t *size, struct nest_error *error)
{
	struct buffer *body = &scratch->body;
	uint64_t share = 0;
	buffer_clear(body);
	for (size_t i = 0; i < sample->run_count; i++) {
		const struct run *run = &sample->runs[i];
		struct page page = choice->page;
		page.encoding = encoding;
		page.value_count = run->count;
		page.values = run->values.data;
		if (choice->dictionary != NULL)
			page.indices += run->first;
		if (page.booleans != NULL)
			page.booleans += run->first;
		if (!page_encode_values(body, &page, &scratch->lengths, error))
			return false;
		/* The encoder does not write PLAIN values; booleans have none here. */
		if (encoding == ENCODING_PLAIN &&
		    !buffer_append(body, run->values.data, run->values.size, error))
			return false;
	}
	if (encoding == ENCODING_RLE_DICTIONARY &&
	    !measure_dictionary(choice, sample, scratch, &share, error))
		return false;
	if (!pack(choice, scratch, (struct view){body->data, body->size}, size, error))
		return false;
	*size += share;
	return true;
}

static bool
is_candidate(const struct choice *choice, const struct candidate *candidate, bool has_codec)
{
	enum encoding encoding = candidate->encoding;
	if (encoding == ENCODING_RLE_DICTIONARY)
		return choice->dictionary != NULL;
	if (candidate->needs_codec && !has_codec)
		return false;
	if (choice->physical == PHYSICAL_FIXED_LEN_BYTE_ARRAY || choice->kind->is_decimal)
		return encoding == ENCODING_PLAIN;
	return encoding_fits(encoding, choice->physical);
}

bool
choose_encoding(const struct choice *choice, struct page_scratch *scratch, enum encoding *encoding,
    struct nest_error *error)
{
	NEST_SCOPE("parquet.choose");
	struct sample sample;
	uint64_t least = UINT64_MAX;
	if (!take_sample(&sample, choice, error))
		return false;
	for (size_t i = 0; i < CANDIDATES; i++) {
		uint64_t size;
		unsigned price = candidates[i].prices[choice->preset];
		if (price == 0 ||
		    !is_candidate(choice, &candidates[i], choice->compression.kind != CODEC_NONE))
			continue;
		if (!measure(choice, &sample, candidates[i].encoding, scratch, &size, error))
			return false;
		if (size * price >= least)
			continue;
		least = size * price;
		*encoding = candidates[i].encoding;
	}
	return true;
}
