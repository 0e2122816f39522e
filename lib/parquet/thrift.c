/* thrift.c - writer and reader of the compact protocol. */
#include "lib/parquet/thrift.h"

enum { VARINT_LIMIT = 10 };

void
thrift_writer_init(struct thrift_writer *writer, struct buffer *out, struct nest_error *error)
{
	*writer = (struct thrift_writer){.out = out, .error = error};
}

static void
put_bytes(struct thrift_writer *writer, const void *data, size_t size)
{
	if (!writer->failed && !buffer_append(writer->out, data, size, writer->error))
		writer->failed = true;
}

static void
put_varint(struct thrift_writer *writer, uint64_t value)
{
	uint8_t bytes[VARINT_LIMIT];
	size_t size = 0;
	for (; value >= 0x80; value >>= 7)
		bytes[size++] = (uint8_t)(value | 0x80);
	bytes[size++] = (uint8_t)value;
	put_bytes(writer, bytes, size);
}

static void
put_zigzag(struct thrift_writer *writer, int64_t value)
{
	put_varint(writer, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

static void
put_field(struct thrift_writer *writer, int16_t id, enum thrift_type type)
{
	int step = id - writer->last[writer->depth];
	writer->last[writer->depth] = id;
	if (step > 0 && step < 16) {
		put_bytes(writer, &(uint8_t){(uint8_t)(step << 4 | (int)type)}, 1);
		return;
	}
	put_bytes(writer, &(uint8_t){(uint8_t)type}, 1);
	put_zigzag(writer, id);
}

void
thrift_field_bool(struct thrift_writer *writer, int16_t id, bool value)
{
	put_field(writer, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void
thrift_field_i8(struct thrift_writer *writer, int16_t id, int8_t value)
{
	put_field(writer, id, THRIFT_I8);
	put_bytes(writer, &value, 1);
}

void
thrift_field_i16(struct thrift_writer *writer, int16_t id, int16_t value)
{
	put_field(writer, id, THRIFT_I16);
	put_zigzag(writer, value);
}

void
thrift_field_i32(struct thrift_writer *writer, int16_t id, int32_t value)
{
	put_field(writer, id, THRIFT_I32);
	put_zigzag(writer, value);
}

void
thrift_field_i64(struct thrift_writer *writer, int16_t id, int64_t value)
{
	put_field(writer, id, THRIFT_I64);
	put_zigzag(writer, value);
}

void
thrift_field_binary(struct thrift_writer *writer, int16_t id, struct view value)
{
	put_field(writer, id, THRIFT_BINARY);
	thrift_element_binary(writer, value);
}

void
thrift_field_struct(struct thrift_writer *writer, int16_t id)
{
	put_field(writer, id, THRIFT_STRUCT);
	thrift_element_struct(writer);
}

void
thrift_field_list(struct thrift_writer *writer, int16_t id, enum thrift_type element, size_t count)
{
	put_field(writer, id, THRIFT_LIST);
	if (count < 15) {
		put_bytes(writer, &(uint8_t){(uint8_t)(count << 4 | (size_t)element)}, 1);
		return;
	}
	put_bytes(writer, &(uint8_t){(uint8_t)(0xf0 | (int)element)}, 1);
	put_varint(writer, count);
}

void
thrift_field_raw(struct thrift_writer *writer, int16_t id, enum thrift_type type, struct view value)
{
	put_field(writer, id, type);
	put_bytes(writer, value.data, value.size);
}

void
thrift_element_bool(struct thrift_writer *writer, bool value)
{
	put_bytes(writer, &(uint8_t){value ? THRIFT_TRUE : THRIFT_FALSE}, 1);
}

void
thrift_element_i32(struct thrift_writer *writer, int32_t value)
{
	put_zigzag(writer, value);
}

void
thrift_element_i64(struct thrift_writer *writer, int64_t value)
{
	put_zigzag(writer, value);
}

void
thrift_element_binary(struct thrift_writer *writer, struct view value)
{
	put_varint(writer, value.size);
	put_bytes(writer, value.data, value.size);
}

void
thrift_element_struct(struct thrift_writer *writer)
{
	if (writer->depth + 1 == THRIFT_DEPTH_LIMIT) {
		if (!writer->failed)
			nest_error_set(writer->error, NEST_FAILED,
			    "unable to nest thrift structs deeper than %d", THRIFT_DEPTH_LIMIT);
		writer->failed = true;
		return;
	}
	writer->last[++writer->depth] = 0;
}

void
thrift_struct_end(struct thrift_writer *writer)
{
	put_bytes(writer, &(uint8_t){THRIFT_STOP}, 1);
	if (writer->depth > 0)
		writer->depth--;
}

void
thrift_reader_init(struct thrift_reader *reader, struct view bytes)
{
	const uint8_t *end = bytes.size > 0 ? bytes.data + bytes.size : bytes.data;
	*reader = (struct thrift_reader){.begin = bytes.data, .at = bytes.data, .end = end};
}

/* Fails because the bytes end too soon. */
static void
fail_short(struct thrift_reader *reader, const char *problem)
{
	if (reader->problem == NULL)
		reader->is_short = true;
	thrift_fail(reader, problem);
}

bool
thrift_fail(struct thrift_reader *reader, const char *problem)
{
	if (reader->problem == NULL)
		reader->problem = problem;
	return false;
}

static uint8_t
take_byte(struct thrift_reader *reader)
{
	if (reader->problem != NULL)
		return 0;
	if (reader->at == reader->end) {
		fail_short(reader, "the bytes end inside a value");
		return 0;
	}
	return *reader->at++;
}

static uint64_t
take_varint(struct thrift_reader *reader)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 7 * VARINT_LIMIT; shift += 7) {
		uint8_t byte = take_byte(reader);
		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	thrift_fail(reader, "an integer has more than 64 bits");
	return 0;
}

static int64_t
take_zigzag(struct thrift_reader *reader, int64_t low, int64_t high)
{
	uint64_t raw = take_varint(reader);
	uint64_t bits = raw >> 1 ^ (raw & 1 ? UINT64_MAX : 0);
	int64_t value;
	memcpy(&value, &bits, sizeof value);
	if (value >= low && value <= high)
		return value;
	thrift_fail(reader, "an integer is out of its type's range");
	return 0;
}

static bool
expect(struct thrift_reader *reader, struct thrift_field field, enum thrift_type type)
{
	if (field.type != type)
		thrift_fail(reader, "a field has the wrong type");
	return reader->problem == NULL;
}

bool
thrift_next(struct thrift_reader *reader, struct thrift_field *field)
{
	uint8_t byte = take_byte(reader);
	if (reader->problem != NULL)
		return false;
	if (byte == THRIFT_STOP) {
		if (reader->depth > 0)
			reader->depth--;
		return false;
	}
	if ((byte & 0xf) == THRIFT_STOP || (byte & 0xf) > THRIFT_STRUCT)
		return thrift_fail(reader, "a field has an unknown type");
	int id = byte >> 4;
	id = id == 0 ? (int)take_zigzag(reader, INT16_MIN, INT16_MAX) : field->id + id;
	if (id > INT16_MAX)
		return thrift_fail(reader, "a field number is out of range");
	field->id = (int16_t)id;
	field->type = (enum thrift_type)(byte & 0xf);
	return reader->problem == NULL;
}

bool
thrift_bool(struct thrift_reader *reader, struct thrift_field field)
{
	if (field.type != THRIFT_TRUE && field.type != THRIFT_FALSE)
		thrift_fail(reader, "a field has the wrong type");
	return field.type == THRIFT_TRUE;
}

int8_t
thrift_i8(struct thrift_reader *reader, struct thrift_field field)
{
	return expect(reader, field, THRIFT_I8) ? (int8_t)take_byte(reader) : 0;
}

int32_t
thrift_i32(struct thrift_reader *reader, struct thrift_field field)
{
	return expect(reader, field, THRIFT_I32) ? (int32_t)take_zigzag(reader, INT32_MIN, INT32_MAX) : 0;
}

int64_t
thrift_i64(struct thrift_reader *reader, struct thrift_field field)
{
	return expect(reader, field, THRIFT_I64) ? take_zigzag(reader, INT64_MIN, INT64_MAX) : 0;
}

/* A length or count, no greater than the number of bytes left. */
static size_t
take_count(struct thrift_reader *reader)
{
	uint64_t count = take_varint(reader);
	if (count <= (uint64_t)(reader->end - reader->at))
		return (size_t)count;
	fail_short(reader, "a length is greater than what is left");
	return 0;
}

struct view
thrift_binary(struct thrift_reader *reader, struct thrift_field field)
{
	struct view value = {NULL, 0};
	if (!expect(reader, field, THRIFT_BINARY))
		return value;
	value.size = take_count(reader);
	value.data = reader->at;
	reader->at += value.size;
	return value;
}

/* The header of a list or a set: the number of elements; sets *ELEMENT to their type. */
static size_t
take_list(struct thrift_reader *reader, enum thrift_type *element)
{
	uint8_t byte = take_byte(reader);
	*element = (enum thrift_type)(byte & 0xf);
	size_t count = byte >> 4;
	if (count == 15)
		count = take_count(reader);
	if (count > (size_t)(reader->end - reader->at))
		fail_short(reader, "a list is longer than what is left");
	if (count > 0 && (*element == THRIFT_STOP || *element > THRIFT_STRUCT))
		thrift_fail(reader, "a list has elements of an unknown type");
	return reader->problem == NULL ? count : 0;
}

size_t
thrift_list(struct thrift_reader *reader, struct thrift_field field, enum thrift_type element)
{
	enum thrift_type found = element;
	if (!expect(reader, field, THRIFT_LIST))
		return 0;
	size_t count = take_list(reader, &found);
	if (count > 0 && found != element)
		thrift_fail(reader, "a list has elements of the wrong type");
	return reader->problem == NULL ? count : 0;
}

size_t
thrift_bool_list(struct thrift_reader *reader, struct thrift_field field)
{
	enum thrift_type found = THRIFT_TRUE;
	if (!expect(reader, field, THRIFT_LIST))
		return 0;
	size_t count = take_list(reader, &found);
	if (count > 0 && found != THRIFT_TRUE && found != THRIFT_FALSE)
		thrift_fail(reader, "a list has elements of the wrong type");
	return reader->problem == NULL ? count : 0;
}

bool
thrift_bool_element(struct thrift_reader *reader)
{
	return take_byte(reader) == THRIFT_TRUE;
}

bool
thrift_enter(struct thrift_reader *reader, struct thrift_field field)
{
	if (!expect(reader, field, THRIFT_STRUCT))
		return false;
	if (reader->depth == THRIFT_DEPTH_LIMIT)
		return thrift_fail(reader, "structs are nested too deep");
	reader->depth++;
	return true;
}

static void skip_value(struct thrift_reader *reader, enum thrift_type type, unsigned depth);

static void
skip_map(struct thrift_reader *reader, unsigned depth)
{
	size_t count = take_count(reader);
	if (count == 0 || reader->problem != NULL)
		return;
	uint8_t types = take_byte(reader);
	for (; count > 0 && reader->problem == NULL; count--) {
		/* Booleans take one byte here, as in a list. */
		skip_value(reader, (enum thrift_type)(types >> 4), depth);
		skip_value(reader, (enum thrift_type)(types & 0xf), depth);
	}
}

/* Skips an element, or a field's value that is not a boolean; DEPTH bounds the recursion. */
static void
skip_value(struct thrift_reader *reader, enum thrift_type type, unsigned depth)
{
	if (depth == THRIFT_DEPTH_LIMIT)
		thrift_fail(reader, "values are nested too deep");
	if (reader->problem != NULL)
		return;
	struct thrift_field field = {0, type};
	enum thrift_type element;
	switch (type) {
	case THRIFT_TRUE:
	case THRIFT_FALSE:
	case THRIFT_I8:
		take_byte(reader);
		return;
	case THRIFT_I16:
	case THRIFT_I32:
	case THRIFT_I64:
		take_varint(reader);
		return;
	case THRIFT_DOUBLE:
		for (int i = 0; i < 8; i++)
			take_byte(reader);
		return;
	case THRIFT_BINARY:
		thrift_binary(reader, field);
		return;
	case THRIFT_LIST:
	case THRIFT_SET:
		for (size_t count = take_list(reader, &element); count > 0 && reader->problem == NULL;
		     count--)
			skip_value(reader, element, depth + 1);
		return;
	case THRIFT_MAP:
		skip_map(reader, depth + 1);
		return;
	case THRIFT_STRUCT:
		if (!thrift_enter(reader, field))
			return;
		for (field = (struct thrift_field){0}; thrift_next(reader, &field);)
			if (field.type != THRIFT_TRUE && field.type != THRIFT_FALSE)
				skip_value(reader, field.type, depth + 1);
		return;
	case THRIFT_STOP:
		break;
	}
	thrift_fail(reader, "a value has an unknown type");
}

void
thrift_skip(struct thrift_reader *reader, struct thrift_field field)
{
	if (field.type != THRIFT_TRUE && field.type != THRIFT_FALSE)
		skip_value(reader, field.type, 0);
}

struct view
thrift_raw(struct thrift_reader *reader, struct thrift_field field)
{
	const uint8_t *at = reader->at;
	thrift_skip(reader, field);
	return (struct view){at, reader->problem == NULL ? (size_t)(reader->at - at) : 0};
}
