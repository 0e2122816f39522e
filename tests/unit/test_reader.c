/* The records of a file: layouts, compression, long records, and which part each belongs to. */
#include "lib/records/reader.h"

#include "tests/unit/memory_file.h"
#include "tests/unit/packing.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

static struct nest_error error;

static struct view
view_of(const struct buffer *buffer)
{
	return (struct view){buffer->data, buffer->size};
}

static void
put(struct buffer *out, const void *bytes, size_t size)
{
	assert_true(buffer_append(out, bytes, size, &error));
}

/* ---- compression ---- */

static void
put_gzip(struct buffer *out, struct view bytes)
{
	z_stream stream = {0};
	assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	size_t bound = deflateBound(&stream, (uLong)bytes.size);
	assert_true(buffer_reserve(out, bound, &error));
	stream.next_in = (Bytef *)(uintptr_t)bytes.data;
	stream.avail_in = (uInt)bytes.size;
	stream.next_out = out->data + out->size;
	stream.avail_out = (uInt)bound;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out->size += stream.total_out;
	deflateEnd(&stream);
}

static void
put_zstd(struct buffer *out, struct view bytes)
{
	size_t bound = ZSTD_compressBound(bytes.size);
	assert_true(buffer_reserve(out, bound, &error));
	size_t size = ZSTD_compress(out->data + out->size, bound, bytes.data, bytes.size, 1);
	assert_false(ZSTD_isError(size));
	out->size += size;
}

typedef void compressor(struct buffer *out, struct view bytes);

static compressor *const compressors[] = {put_gzip, put_zstd};

/* ---- reading ---- */

/* Appends the records that begin before the place END, each with a '|' behind it. */
static bool
read_records(struct reader *reader, uint64_t end, struct buffer *out)
{
	for (;;) {
		bool found;
		size_t size;
		if (!reader_find(reader, &found, &error))
			return false;
		if (!found || reader->window.at >= window_cut(&reader->window, end))
			return true;
		if (!reader_measure(reader, &size, &error))
			return false;
		put(out, reader->window.bytes + reader->window.at, size);
		put(out, "|", 1);
		reader_step(reader, size);
	}
}

/* All records of a file; false where opening or reading fails. */
static bool
read_file(struct view bytes, enum layout *layout, struct buffer *out)
{
	struct memory_file memory;
	struct reader reader;
	memory_file_open(&memory, bytes);
	bool fine = reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error);
	if (fine) {
		*layout = reader.layout;
		fine = read_records(&reader, UINT64_MAX, out);
		reader_close(&reader);
	}
	memory_file_close(&memory);
	return fine;
}

static void
expect_read(struct view bytes, enum layout layout, struct view records)
{
	struct buffer out = {0};
	enum layout found = LAYOUT_PACK;
	if (!read_file(bytes, &found, &out))
		fail_msg("%s", error.text);
	assert_int_equal(found, layout);
	assert_int_equal(out.size, records.size);
	assert_true(view_equal(view_of(&out), records));
	buffer_free(&out);
}

/* As it is and compressed in both ways. */
static void
expect_records(const char *text, enum layout layout, const char *records)
{
	expect_read(view_of_text(text), layout, view_of_text(records));
	for (size_t i = 0; i < 2; i++) {
		struct buffer compressed = {0};
		compressors[i](&compressed, view_of_text(text));
		expect_read(view_of(&compressed), layout, view_of_text(records));
		buffer_free(&compressed);
	}
}

static void
refuse(struct view bytes, enum nest_status status, const char *sentence)
{
	struct buffer out = {0};
	enum layout layout;
	assert_false(read_file(bytes, &layout, &out));
	assert_int_equal(error.status, status);
	assert_string_equal(error.text, sentence);
	buffer_free(&out);
}

/* ---- layouts ---- */

static void
records_lie_in_lines(void **state)
{
	(void)state;
	expect_records("{\"a\":1}\n{\"a\":2}\n", LAYOUT_LINES, "{\"a\":1}|{\"a\":2}|");
	expect_records("{\"a\":1}\n{\"a\":2}", LAYOUT_LINES, "{\"a\":1}|{\"a\":2}|");
	expect_records("{\"a\":1}", LAYOUT_LINES, "{\"a\":1}|");
	expect_records("\n \n{\"a\":1}\n\n\t\n{\"a\":2}\n\n \n", LAYOUT_LINES, "{\"a\":1}|{\"a\":2}|");
	expect_records("{\"a\":1}\r\n{\"a\":2}\r\n", LAYOUT_LINES, "{\"a\":1}\r|{\"a\":2}\r|");
	/* What is no JSON is a line, too. */
	expect_records("{\"a\":x}\n{\n{\"a\":2}\n", LAYOUT_LINES, "{\"a\":x}|{|{\"a\":2}|");
}

static void
records_lie_in_a_stream(void **state)
{
	(void)state;
	expect_records("{\"a\":1} {\"a\":2}\n", LAYOUT_STREAM, "{\"a\":1}|{\"a\":2}|");
	expect_records("{\"a\":1}{\"a\":2}{\"a\":3}", LAYOUT_STREAM, "{\"a\":1}|{\"a\":2}|{\"a\":3}|");
	expect_records("{\n\"a\":\n1\n}\n{\"a\":2}\n", LAYOUT_STREAM, "{\n\"a\":\n1\n}|{\"a\":2}|");
}

static void
records_lie_in_an_array(void **state)
{
	(void)state;
	expect_records("[{\"a\":1},{\"a\":2}]", LAYOUT_ARRAY, "{\"a\":1}|{\"a\":2}|");
	expect_records(" \n[ {\"a\":1}\n,\n {\"a\":2} ]\n \n", LAYOUT_ARRAY, "{\"a\":1}|{\"a\":2}|");
	expect_records("[]", LAYOUT_ARRAY, "");
	expect_records("[ ] \n", LAYOUT_ARRAY, "");
	refuse(view_of_text("[{\"a\":1}"), NEST_INVALID,
	    "input, line 1, column 9: a ']' is due, not the end of the input");
	refuse(view_of_text("["), NEST_INVALID,
	    "input, line 1, column 2: a ']' is due, not the end of the input");
	refuse(view_of_text("[{},]"), NEST_INVALID, "input, line 1, column 5: a value is due, not ']'");
	refuse(
	    view_of_text("[{}\n{}]"), NEST_INVALID, "input, line 2, column 1: a ',' or ']' is due, not '{'");
	refuse(view_of_text("[{}]\nx"), NEST_INVALID,
	    "input, line 2, column 1: nothing behind the array is due, not 'x'");
	refuse(view_of_text("[]]"), NEST_INVALID,
	    "input, line 1, column 3: nothing behind the array is due, not ']'");
}

static void
a_byte_order_mark_says_nothing(void **state)
{
	(void)state;
	expect_records("\xef\xbb\xbf{\"a\":1}\n{\"a\":2}\n", LAYOUT_LINES, "{\"a\":1}|{\"a\":2}|");
	expect_records("\xef\xbb\xbf[{\"a\":1}]", LAYOUT_ARRAY, "{\"a\":1}|");
	expect_records("\xef\xbb\xbf\n{\"a\":1}{}", LAYOUT_STREAM, "{\"a\":1}|{}|");
}

static void
a_file_without_records(void **state)
{
	(void)state;
	expect_records("", LAYOUT_LINES, "");
	expect_records(" \n\t\r\n", LAYOUT_LINES, "");
}

static void
records_of_msgpack_follow_one_another(void **state)
{
	(void)state;
	struct buffer packed = {0}, records = {0};
	pack_text(&packed, "{\"a\": 1}");
	put(&records, packed.data, packed.size);
	put(&records, "|", 1);
	size_t first = packed.size;
	pack_text(&packed, "[1, \"x\"]");
	put(&records, packed.data + first, packed.size - first);
	put(&records, "|", 1);
	expect_read(view_of(&packed), LAYOUT_PACK, view_of(&records));
	buffer_free(&packed);
	buffer_free(&records);
}

/* ---- long records ---- */

/* A record with a text of SIZE characters. */
static void
put_record(struct buffer *out, size_t size, unsigned number)
{
	assert_true(buffer_reserve(out, size + 64, &error));
	out->size += (size_t)sprintf((char *)out->data + out->size, "{\"n\":%u,\"t\":\"", number);
	for (size_t i = 0; i < size; i++)
		out->data[out->size++] = (uint8_t)('a' + (number + i * i) % 26);
	put(out, "\"}", 2);
}

/* Records of very different sizes, with SEPARATOR between, and what reading them gives. */
static void
put_long(struct buffer *text, struct buffer *records, const char *separator)
{
	static const size_t sizes[] = {1, WINDOW_BYTES - 30, 10, 5 * WINDOW_BYTES, 0, 3, 2 * WINDOW_BYTES,
	    100000, 100000, 100000, 40, WINDOW_BYTES, 12};
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		if (i > 0)
			put(text, separator, strlen(separator));
		put_record(text, sizes[i], i);
		put_record(records, sizes[i], i);
		put(records, "|", 1);
	}
}

static void
long_records_are_read_in_several_pieces(void **state)
{
	(void)state;
	static const struct {
		const char *begin, *separator, *end;
		enum layout layout;
	} layouts[] = {{"", "\n", "\n", LAYOUT_LINES}, {"", "\n\n", "", LAYOUT_LINES},
	    {"", " ", "", LAYOUT_STREAM}, {"[", ",\n", "]", LAYOUT_ARRAY}};
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		struct buffer text = {0}, records = {0};
		put(&text, layouts[i].begin, strlen(layouts[i].begin));
		put_long(&text, &records, layouts[i].separator);
		put(&text, layouts[i].end, strlen(layouts[i].end));
		expect_read(view_of(&text), layouts[i].layout, view_of(&records));
		for (size_t j = 0; j < 2; j++) {
			struct buffer compressed = {0};
			compressors[j](&compressed, view_of(&text));
			expect_read(view_of(&compressed), layouts[i].layout, view_of(&records));
			buffer_free(&compressed);
		}
		buffer_free(&text);
		buffer_free(&records);
	}
}

/* Pieces are half of what is there, so that one can carry it beyond the limit. */
static void
a_record_has_a_limit(void **state)
{
	(void)state;
	struct buffer text = {0}, compressed = {0};
	size_t size = WINDOW_LIMIT / 2 * 3 + WINDOW_BYTES;
	assert_true(buffer_reserve(&text, size, &error));
	memset(text.data, 'a', size);
	memcpy(text.data, "{\"a\":\"", 6);
	text.size = size;
	put_zstd(&compressed, view_of(&text));
	buffer_free(&text);
	refuse(view_of(&compressed), NEST_INVALID,
	    "input: a record is longer than the 72 MiB that there is room for");
	buffer_free(&compressed);
}

/* The text of COUNT plain lines and one of LETTERS letters and bytes that are no UTF-8. */
static void
expect_plain(struct buffer *text, unsigned count, size_t letters)
{
	struct memory_file memory;
	struct reader reader;
	bool found;
	buffer_clear(text);
	for (unsigned i = 0; i < count; i++)
		put(text, "{\"a\":\"\"}\n", 9);
	put(text, "{\"a\":\"", 6);
	for (size_t i = 0; i < letters + 130; i++)
		put(text, i < letters ? "x" : "\x80", 1);
	put(text, "\"}\n", 3);
	memory_file_open(&memory, view_of(text));
	assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
	for (unsigned i = 0; i < count; i++) {
		size_t size;
		assert_true(reader_find(&reader, &found, &error) && found);
		assert_true(reader_measure(&reader, &size, &error));
		reader_step(&reader, size);
	}
	assert_true(reader_find(&reader, &found, &error) && found);
	assert_int_equal(reader.window.plain_end - reader.window.at, 6 + letters);
	reader_close(&reader);
	memory_file_close(&memory);
}

/* Wherever it lies in a block of those that are looked at at once, and in the first window or a later one. */
static void
all_is_plain_up_to_the_first_byte_that_is_not(void **state)
{
	(void)state;
	struct buffer text = {0};
	for (size_t letters = 0; letters < 130; letters++) {
		expect_plain(&text, 0, letters);
		expect_plain(&text, 40000, letters);
	}
	buffer_free(&text);
}

/* ---- parts ---- */

/*
 * What every STRIDE'th part of PART_BYTES places has, of a file whose first place
 * is POSITION, read one after the other by one reader or by one each.
 */
static void
read_parts(
    struct view bytes, uint64_t position, uint64_t part_bytes, uint64_t stride, bool anew, struct buffer *out)
{
	struct memory_file memory;
	struct reader reader;
	memory_file_open(&memory, bytes);
	memory.file.position = position;
	assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
	for (uint64_t begin = position; begin < position + bytes.size; begin += stride * part_bytes) {
		if (anew) {
			reader_close(&reader);
			assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
		}
		if (!reader_skip_to(&reader, begin, &error) ||
		    !read_records(&reader, begin + part_bytes, out))
			fail_msg("%s", error.text);
	}
	reader_close(&reader);
	memory_file_close(&memory);
}

static void
expect_parts(struct view bytes, uint64_t part_bytes, struct view records)
{
	/* The first file, and one behind others. */
	static const uint64_t positions[] = {0, 1000003};
	for (int i = 0; i < 4; i++) {
		struct buffer out = {0};
		read_parts(bytes, positions[i / 2], part_bytes, 1, i % 2 == 1, &out);
		assert_true(view_equal(view_of(&out), records));
		buffer_free(&out);
	}
}

/* Files of every layout, and their records. */
static const struct {
	const char *text, *records;
} laid_out[] = {{"{\"a\":1}\n{\"a\":22}\n\n{\"a\":333}\n", "{\"a\":1}|{\"a\":22}|{\"a\":333}|"},
    {"\n\n{\"a\":1}\r\n\n{\"a\":22}", "{\"a\":1}\r|{\"a\":22}|"},
    {"{ \"a\" : 1 }\n{ \"a\" : [ 2 , 3 ] }\n", "{ \"a\" : 1 }|{ \"a\" : [ 2 , 3 ] }|"},
    {"\xef\xbb\xbf{\"a\":1}\n{}\n{}\n", "{\"a\":1}|{}|{}|"},
    {"{\"a\":1}{\"a\":22} \n {\"a\":\n333}", "{\"a\":1}|{\"a\":22}|{\"a\":\n333}|"},
    {"[{\"a\":1},{\"a\":22} ,\n{\"a\":333}]\n", "{\"a\":1}|{\"a\":22}|{\"a\":333}|"},
    {"\x81\xa1x\x01\x81\xa1x\x02\x80", "\x81\xa1x\x01|\x81\xa1x\x02|\x80|"}};

static void
each_record_is_in_one_part_wherever_parts_begin(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof laid_out / sizeof *laid_out; i++)
		for (uint64_t bytes = 1; bytes <= strlen(laid_out[i].text) + 1; bytes++)
			expect_parts(
			    view_of_text(laid_out[i].text), bytes, view_of_text(laid_out[i].records));
}

/* As where others make the parts in between. */
static void
a_part_has_its_records_whatever_was_read_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof laid_out / sizeof *laid_out; i++)
		for (uint64_t bytes = 1; bytes <= strlen(laid_out[i].text) + 1; bytes++)
			for (uint64_t stride = 2; stride < 5; stride++) {
				struct buffer once = {0}, anew = {0};
				read_parts(view_of_text(laid_out[i].text), 0, bytes, stride, false, &once);
				read_parts(view_of_text(laid_out[i].text), 0, bytes, stride, true, &anew);
				assert_true(view_equal(view_of(&once), view_of(&anew)));
				buffer_free(&once);
				buffer_free(&anew);
			}
}

static void
each_long_record_is_in_one_part(void **state)
{
	(void)state;
	struct buffer text = {0}, records = {0};
	put_long(&text, &records, "\n");
	static const uint64_t parts[] = {30011, WINDOW_BYTES, 300007, 10000000};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		expect_parts(view_of(&text), parts[i], view_of(&records));
	for (size_t i = 0; i < 2; i++) {
		struct buffer compressed = {0};
		compressors[i](&compressed, view_of(&text));
		/* Compressed bytes are taken in chunks: parts smaller than these, too. */
		expect_parts(view_of(&compressed), 1000, view_of(&records));
		expect_parts(view_of(&compressed), DECOMPRESS_CHUNK, view_of(&records));
		expect_parts(view_of(&compressed), DECOMPRESS_CHUNK + 1, view_of(&records));
		buffer_free(&compressed);
	}
	buffer_free(&text);
	buffer_free(&records);
}

/* Digits that do not compress well. */
static void
put_digits(struct buffer *out, uint64_t *seed)
{
	char digits[24];
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	put(out, digits, (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)*seed));
}

/* So many records, the one in the middle of MIDDLE numbers, that there are many chunks. */
static void
put_incompressible(struct buffer *text, struct buffer *records, int count, int middle)
{
	uint64_t seed = 5;
	for (int i = 0; i < count; i++) {
		size_t begin = text->size;
		put(text, "{\"a\":\"", 6);
		for (int j = i == count / 2 ? middle : 1; j > 0; j--)
			put_digits(text, &seed);
		put(text, "\"}", 2);
		put(records, text->data + begin, text->size - begin);
		put(text, "\n", 1);
		put(records, "|", 1);
	}
}

static void
expect_many_chunks(int count, int middle, size_t chunks)
{
	struct buffer text = {0}, records = {0};
	put_incompressible(&text, &records, count, middle);
	for (size_t i = 0; i < 2; i++) {
		struct buffer compressed = {0};
		compressors[i](&compressed, view_of(&text));
		assert_true(compressed.size > chunks * DECOMPRESS_CHUNK);
		expect_parts(view_of(&compressed), 50000, view_of(&records));
		expect_parts(view_of(&compressed), DECOMPRESS_CHUNK, view_of(&records));
		expect_parts(view_of(&compressed), 200001, view_of(&records));
		buffer_free(&compressed);
	}
	buffer_free(&text);
	buffer_free(&records);
}

/* Of many short records, and of one that is many chunks long itself. */
static void
each_record_of_a_compressed_file_is_in_one_part(void **state)
{
	(void)state;
	expect_many_chunks(40000, 1, 4);
	expect_many_chunks(9, 200000, 24);
}

static void
a_line_is_in_the_part_in_which_it_begins(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":1}\n{\"b\":22}\n";
	for (uint64_t place = 0; place <= sizeof text - 1; place++) {
		struct memory_file memory;
		struct reader reader;
		bool found;
		memory_file_open(&memory, view_of_text(text));
		assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
		assert_true(reader_skip_to(&reader, place, &error));
		assert_true(reader_find(&reader, &found, &error));
		assert_int_equal(found, place <= 8);
		if (found)
			assert_int_equal(window_place(&reader.window, reader.window.at), place == 0 ? 0 : 8);
		reader_close(&reader);
		memory_file_close(&memory);
	}
}

/* Only lines can be passed over without a look at what is in them. */
static void
a_broken_record_before_a_part_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *place;
	} files[] = {{"{\"a\":1} {\"a\":x} {\"a\":2}", "line 1, column 9"},
	    {"[{\"a\":1},\n{\"a\":2", "line 2, column 1"}, {"\x81\xa1x\x01\xc1\x80\x80", "record 2, byte 4"}};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct memory_file memory;
		struct reader reader;
		char due[100];
		snprintf(due, sizeof due, "input, %s: the record that begins here is broken or ends early",
		    files[i].place);
		memory_file_open(&memory, view_of_text(files[i].text));
		assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
		assert_false(reader_skip_to(&reader, strlen(files[i].text) - 1, &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_string_equal(error.text, due);
		reader_close(&reader);
		memory_file_close(&memory);
	}
}

/* ---- compressed files that are not as they should be ---- */

static void
a_file_may_have_several_members(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buffer compressed = {0};
		compressors[i](&compressed, view_of_text("{\"a\":1}\n{\"a\""));
		compressors[i](&compressed, view_of_text(""));
		compressors[i](&compressed, view_of_text(":2}\n"));
		expect_read(view_of(&compressed), LAYOUT_LINES, view_of_text("{\"a\":1}|{\"a\":2}|"));
		buffer_free(&compressed);
	}
	/* Zeros fill the block of a tape behind a member of gzip. */
	struct buffer padded = {0};
	put_gzip(&padded, view_of_text("{\"a\":1}\n"));
	for (int i = 0; i < 100000; i++)
		put(&padded, "", 1);
	expect_read(view_of(&padded), LAYOUT_LINES, view_of_text("{\"a\":1}|"));
	put(&padded, "x", 1);
	struct buffer out = {0};
	enum layout layout;
	assert_false(read_file(view_of(&padded), &layout, &out));
	assert_int_equal(error.status, NEST_INVALID);
	buffer_free(&padded);
	buffer_free(&out);
}

/* Fills up to SIZE with what a decompressor steps over: zeros, or a frame to be skipped. */
static void
put_filling(struct buffer *out, size_t size, bool is_gzip)
{
	static const uint8_t zeros[2 * DECOMPRESS_CHUNK];
	uint8_t head[8] = {0x50, 0x2a, 0x4d, 0x18};
	size_t left = size - out->size;
	if (!is_gzip) {
		uint32_t content = htole32((uint32_t)(left - sizeof head));
		memcpy(head + 4, &content, sizeof content);
		put(out, head, sizeof head);
		left -= sizeof head;
	}
	put(out, zeros, left);
}

static void
the_last_chunk_of_a_compressed_file_may_be_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t last = 0; last < 5; last++) {
			struct buffer compressed = {0}, member = {0};
			compressors[i](&compressed, view_of_text("{\"a\":1}\n"));
			compressors[i](&member, view_of_text("{\"a\":2}\n"));
			put_filling(&compressed, DECOMPRESS_CHUNK + last - member.size, i == 0);
			put(&compressed, member.data, member.size);
			expect_read(view_of(&compressed), LAYOUT_LINES, view_of_text("{\"a\":1}|{\"a\":2}|"));
			buffer_free(&compressed);
			buffer_free(&member);
		}
}

static void
a_compressed_file_that_is_cut_off_is_refused_wherever_it_ends(void **state)
{
	(void)state;
	static const char *const texts[] = {"{\"a\":1}\n{\"a\":2}\n{\"a\":3,\"b\":\"abcabcabcabc\"}\n",
	    "{\"a\":1} {\"a\":2} {\"a\":3,\"b\":\"abcabcabcabc\"} ",
	    "[{\"a\":1}, {\"a\":2}, {\"a\":3,\"b\":\"abcabcabcabc\"}] ",
	    "\x81\xa1x\x01\x81\xa1x\x02\x81\xa1x\xa6xyxyxy\x80\x80"};
	for (size_t i = 0; i < 8; i++) {
		struct buffer compressed = {0};
		compressors[i % 2](&compressed, view_of_text(texts[i / 2]));
		for (size_t size = 5; size < compressed.size; size++)
			refuse((struct view){compressed.data, size}, NEST_INVALID,
			    "input: the compressed file ends too early: it is cut short");
		buffer_free(&compressed);
	}
}

static void
a_compressed_file_that_is_broken_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buffer compressed = {0}, out = {0};
		enum layout layout;
		compressors[i](&compressed, view_of_text("{\"a\":1}\n"));
		/* Another file behind it that is none. */
		put(&compressed, "\x1f\x8b\x07\x07\x07\x07", 6);
		assert_false(read_file(view_of(&compressed), &layout, &out));
		assert_int_equal(error.status, NEST_INVALID);
		const char *due =
		    i == 0 ? "input: the gzip data are broken: " : "input: the zstd data are broken: ";
		assert_memory_equal(error.text, due, strlen(due));
		buffer_free(&compressed);
		buffer_free(&out);
	}
}

static void
a_file_that_becomes_shorter_is_noticed(void **state)
{
	(void)state;
	struct buffer text = {0}, records = {0};
	put_long(&text, &records, "\n");
	struct memory_file memory;
	struct reader reader;
	memory_file_open(&memory, view_of(&text));
	assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
	assert_int_equal(ftruncate(memory.file.fd, 400000), 0);
	buffer_clear(&records);
	assert_false(read_records(&reader, UINT64_MAX, &records));
	assert_int_equal(error.status, NEST_FAILED);
	assert_string_equal(
	    error.text, "input has become shorter while it was read; run again when nobody writes it");
	reader_close(&reader);
	memory_file_close(&memory);
	buffer_free(&text);
	buffer_free(&records);
}

/* ---- places in messages ---- */

/* The sentence for the byte AT of the record NUMBER, by a reader that began at PLACE. */
static void
expect_place(struct view bytes, uint64_t place, unsigned number, size_t at, const char *sentence)
{
	struct memory_file memory;
	struct reader reader;
	bool found = false;
	size_t size;
	memory_file_open(&memory, bytes);
	assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
	assert_true(reader_skip_to(&reader, place, &error));
	for (unsigned i = 0; i <= number; i++) {
		assert_true(reader_find(&reader, &found, &error) && found);
		if (i == number)
			break;
		assert_true(reader_measure(&reader, &size, &error));
		reader_step(&reader, size);
	}
	nest_error_set(&error, NEST_INVALID, "so");
	assert_false(reader_prefix(&reader, reader.window.bytes + reader.window.at + at, "a.b", &error));
	assert_string_equal(error.text, sentence);
	reader_close(&reader);
	memory_file_close(&memory);
}

static void
places_are_lines_and_characters(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":1}\n\n{\"\xc3\xa4\":\"\xf0\x9f\x98\x80\"}\r\n{\"c\":3}";
	for (size_t i = 0; i < 3; i++) {
		struct buffer bytes = {0};
		if (i == 0)
			put(&bytes, text, sizeof text - 1);
		else
			compressors[i - 1](&bytes, view_of_text(text));
		expect_place(view_of(&bytes), 0, 0, 0, "input, line 1, column 1, field a.b: so");
		expect_place(view_of(&bytes), 0, 0, 5, "input, line 1, column 6, field a.b: so");
		expect_place(view_of(&bytes), 0, 1, 0, "input, line 3, column 1, field a.b: so");
		expect_place(view_of(&bytes), 0, 1, 11, "input, line 3, column 8, field a.b: so");
		expect_place(view_of(&bytes), 0, 2, 7, "input, line 4, column 8, field a.b: so");
		buffer_free(&bytes);
	}
	/* Whoever begins in between counts what lies before. */
	expect_place(view_of_text(text), 5, 0, 2, "input, line 3, column 3, field a.b: so");
	expect_place(view_of_text(text), 12, 0, 0, "input, line 4, column 1, field a.b: so");
	expect_place(
	    view_of_text("\x81\xa1x\x01\x81\xa1x\x02"), 0, 1, 3, "input, record 2, byte 7, field a.b: so");
}

static void
places_behind_long_records(void **state)
{
	(void)state;
	struct buffer text = {0}, records = {0};
	put_long(&text, &records, "\n\n");
	for (size_t i = 0; i < 3; i++) {
		struct buffer bytes = {0};
		if (i == 0)
			put(&bytes, text.data, text.size);
		else
			compressors[i - 1](&bytes, view_of(&text));
		expect_place(view_of(&bytes), 0, 12, 1, "input, line 25, column 2, field a.b: so");
		expect_place(view_of(&bytes), 0, 3, 1000, "input, line 7, column 1001, field a.b: so");
		buffer_free(&bytes);
	}
	expect_place(view_of(&text), text.size - 28, 0, 0, "input, line 25, column 1, field a.b: so");
	buffer_free(&text);
	buffer_free(&records);
}

/* ---- reading again ---- */

static void
what_was_kept_is_read_again(void **state)
{
	(void)state;
	struct buffer text = {0}, records = {0}, out = {0};
	put_long(&text, &records, "\n");
	struct memory_file memory;
	struct reader reader;
	memory_file_open(&memory, view_of(&text));
	assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
	reader.window.is_kept = true;
	assert_true(read_records(&reader, UINT64_MAX, &out));
	reader_rewind(&reader);
	assert_false(reader.window.is_kept);
	assert_true(view_equal(view_of(&out), view_of(&records)));
	buffer_clear(&out);
	assert_true(read_records(&reader, UINT64_MAX, &out));
	assert_true(view_equal(view_of(&out), view_of(&records)));
	reader_close(&reader);
	memory_file_close(&memory);
	buffer_free(&text);
	buffer_free(&records);
	buffer_free(&out);
}

static void
what_was_kept_is_read_again_in_every_layout(void **state)
{
	(void)state;
	static const struct {
		const char *text, *records, *place;
	} files[] = {{"\xef\xbb\xbf\n {\"a\":1}\n{\"a\":2}\n", "{\"a\":1}|{\"a\":2}|", "line 2, column 2"},
	    {" {\"a\":\n1} {\"a\":2}", "{\"a\":\n1}|{\"a\":2}|", "line 1, column 2"},
	    {"\n[ {\"a\":1}, {\"a\":2} ]\n", "{\"a\":1}|{\"a\":2}|", "line 2, column 3"},
	    {"\x81\xa1x\x01\x81\xa1x\x02", "\x81\xa1x\x01|\x81\xa1x\x02|", "record 1, byte 0"}};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct memory_file memory;
		struct reader reader;
		struct buffer out = {0};
		bool found;
		char due[64];
		memory_file_open(&memory, view_of_text(files[i].text));
		assert_true(reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, &error));
		reader.window.is_kept = true;
		/* To the end, or with a record found that was not taken. */
		for (int round = 0; round < 2; round++) {
			assert_true(round == 0 ? read_records(&reader, UINT64_MAX, &out)
					       : reader_find(&reader, &found, &error));
			reader_rewind(&reader);
			reader.window.is_kept = round == 0;
		}
		assert_true(reader_find(&reader, &found, &error) && found);
		nest_error_set(&error, NEST_INVALID, "so");
		assert_false(reader_prefix(&reader, reader.window.bytes + reader.window.at, "", &error));
		snprintf(due, sizeof due, "input, %s: so", files[i].place);
		assert_string_equal(error.text, due);
		buffer_clear(&out);
		assert_true(read_records(&reader, UINT64_MAX, &out));
		assert_true(view_equal(view_of(&out), view_of_text(files[i].records)));
		reader_close(&reader);
		memory_file_close(&memory);
		buffer_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_lie_in_lines),
	    cmocka_unit_test(records_lie_in_a_stream),
	    cmocka_unit_test(records_lie_in_an_array),
	    cmocka_unit_test(a_byte_order_mark_says_nothing),
	    cmocka_unit_test(a_file_without_records),
	    cmocka_unit_test(records_of_msgpack_follow_one_another),
	    cmocka_unit_test(long_records_are_read_in_several_pieces),
	    cmocka_unit_test(a_record_has_a_limit),
	    cmocka_unit_test(all_is_plain_up_to_the_first_byte_that_is_not),
	    cmocka_unit_test(each_record_is_in_one_part_wherever_parts_begin),
	    cmocka_unit_test(a_part_has_its_records_whatever_was_read_before),
	    cmocka_unit_test(each_long_record_is_in_one_part),
	    cmocka_unit_test(each_record_of_a_compressed_file_is_in_one_part),
	    cmocka_unit_test(a_line_is_in_the_part_in_which_it_begins),
	    cmocka_unit_test(a_broken_record_before_a_part_is_refused),
	    cmocka_unit_test(a_file_may_have_several_members),
	    cmocka_unit_test(the_last_chunk_of_a_compressed_file_may_be_short),
	    cmocka_unit_test(a_compressed_file_that_is_cut_off_is_refused_wherever_it_ends),
	    cmocka_unit_test(a_compressed_file_that_is_broken_is_refused),
	    cmocka_unit_test(a_file_that_becomes_shorter_is_noticed),
	    cmocka_unit_test(places_are_lines_and_characters),
	    cmocka_unit_test(places_behind_long_records),
	    cmocka_unit_test(what_was_kept_is_read_again),
	    cmocka_unit_test(what_was_kept_is_read_again_in_every_layout),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
