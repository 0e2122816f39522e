/*
 * Each encoder against its decoder: a byte chooses them, the rest are values.  Any bytes are values of
 * a fixed size; byte strings are cut from them by their own first bytes.
 */
#include "lib/parquet/delta.h"
#include "lib/parquet/delta_bytes.h"
#include "lib/parquet/hybrid.h"
#include "lib/parquet/split.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nest_error error;
static struct buffer scratch, out, back, values;

/* PLAIN byte strings of up to 15 bytes; how many. */
static size_t
cut_strings(const uint8_t *data, size_t size)
{
	size_t count = 0;
	buffer_clear(&values);
	while (size > 0) {
		uint8_t length = data[0] & 15;
		length = length < size ? length : (uint8_t)(size - 1);
		const uint8_t head[4] = {length, 0, 0, 0};
		must(buffer_append(&values, head, 4, &error) &&
		     buffer_append(&values, data + 1, length, &error));
		data += length + 1;
		size -= (size_t)length + 1;
		count++;
	}
	return count;
}

static void
check(const uint8_t *data, size_t size, struct view left)
{
	must(left.size == 0 && back.size == size && (size == 0 || memcmp(back.data, data, size) == 0));
}

static void
check_indices(const uint8_t *data, size_t count)
{
	uint32_t *indices = calloc(2 * count + 1, sizeof *indices);
	must(indices != NULL);
	for (size_t i = 0; i < count; i++)
		indices[i] = data[i];
	must(hybrid_encode_indices(&out, indices, count, 8, &error));
	struct view view = {out.data, out.size};
	must(hybrid_decode_indices(&view, indices + count, count, 8, 255, &error) && view.size == 0);
	must(memcmp(indices, indices + count, count * sizeof *indices) == 0);
	free(indices);
	buffer_clear(&out);
	must(hybrid_encode_levels(&out, data, count, 8, &error) && buffer_reserve(&back, count, &error));
	view = (struct view){out.data, out.size};
	back.size = count;
	must(hybrid_decode_levels(&view, back.data, count, 8, 255, &error));
	check(data, count, view);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t widths[] = {4, 8};
	if (size < 2)
		return 0;
	unsigned which = data[0] % 6;
	size_t width = widths[data[0] / 6 % 2], fixed = 1 + data[0] / 6 % 7;
	data++;
	size--;
	buffer_clear(&out);
	buffer_clear(&back);
	struct view view;
	if (which == 0) {
		must(delta_encode(&out, data, size / width, width, &error));
		view = (struct view){out.data, out.size};
		must(delta_decode(&view, size / width, width, &back, &error));
		check(data, size / width * width, view);
	} else if (which == 1) {
		must(split_encode(&out, data, size / fixed, fixed, &error));
		view = (struct view){out.data, out.size};
		must(size < fixed || split_decode(&view, size / fixed, fixed, &back, &error));
		check(data, size / fixed * fixed, view);
	} else if (which == 2) {
		must(delta_bytes_encode(&out, data, size / fixed, fixed, &scratch, &error));
		view = (struct view){out.data, out.size};
		must(delta_bytes_decode(&view, size / fixed, fixed, &back, &scratch, &error));
		check(data, size / fixed * fixed, view);
	} else if (which == 5) {
		check_indices(data, size);
	} else {
		size_t count = cut_strings(data, size);
		bool shared = which == 3;
		must(shared ? delta_bytes_encode(&out, values.data, count, 0, &scratch, &error)
			    : delta_length_encode(&out, values.data, count, &scratch, &error));
		view = (struct view){out.data, out.size};
		must(shared ? delta_bytes_decode(&view, count, 0, &back, &scratch, &error)
			    : delta_length_decode(&view, count, &back, &scratch, &error));
		check(values.data, values.size, view);
	}
	return 0;
}
