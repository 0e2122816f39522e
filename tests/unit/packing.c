#include "tests/unit/packing.h"

#include <ctype.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *pack_one(msgpack_packer *packer, const char *at);

static const char *
skip_blanks(const char *at)
{
	while (isspace((unsigned char)*at) || *at == ',' || *at == ':')
		at++;
	return at;
}

/* Values up to CLOSE, packed behind the head that their number decides. */
static const char *
pack_container(msgpack_packer *packer, const char *at, char close)
{
	msgpack_sbuffer inside;
	msgpack_packer inner;
	size_t count = 0;
	msgpack_sbuffer_init(&inside);
	msgpack_packer_init(&inner, &inside, msgpack_sbuffer_write);
	for (at = skip_blanks(at); *at != close; at = skip_blanks(at), count++)
		at = pack_one(&inner, at);
	if (close == ']')
		msgpack_pack_array(packer, count);
	else
		msgpack_pack_map(packer, count / 2);
	packer->callback(packer->data, inside.data, inside.size);
	msgpack_sbuffer_destroy(&inside);
	return at + 1;
}

static const char *
pack_string(msgpack_packer *packer, const char *at, bool binary)
{
	char text[512];
	size_t size = 0;
	for (; *at != '"'; size++) {
		if (size == sizeof text || *at == '\0')
			abort();
		unsigned byte = (unsigned char)*at++;
		if (byte == '\\') {
			if (sscanf(at, "x%2x", &byte) != 1)
				abort();
			at += 3;
		}
		text[size] = (char)byte;
	}
	if (binary)
		msgpack_pack_bin_with_body(packer, text, size);
	else
		msgpack_pack_str_with_body(packer, text, size);
	return at + 1;
}

static const char *
pack_number(msgpack_packer *packer, const char *at)
{
	size_t size = strspn(at, "+-0123456789.eE");
	char *end = NULL;
	if (memchr(at, '.', size) != NULL)
		msgpack_pack_double(packer, strtod(at, &end));
	else if (*at == '-')
		msgpack_pack_int64(packer, strtoll(at, &end, 10));
	else
		msgpack_pack_uint64(packer, strtoull(at, &end, 10));
	if (size == 0 || end != at + size)
		abort();
	return end;
}

static const char *
pack_one(msgpack_packer *packer, const char *at)
{
	switch (*at) {
	case '[':
		return pack_container(packer, at + 1, ']');
	case '{':
		return pack_container(packer, at + 1, '}');
	case '"':
		return pack_string(packer, at + 1, false);
	case 'b':
		return pack_string(packer, at + 2, true);
	case 'n':
		msgpack_pack_nil(packer);
		return at + 4;
	case 't':
		msgpack_pack_true(packer);
		return at + 4;
	case 'f':
		msgpack_pack_false(packer);
		return at + 5;
	default:
		return pack_number(packer, at);
	}
}

static int
append(void *data, const char *bytes, size_t size)
{
	struct nest_error error;
	if (!buffer_append(data, bytes, size, &error))
		abort();
	return 0;
}

void
pack_text(struct buffer *out, const char *text)
{
	msgpack_packer packer;
	msgpack_packer_init(&packer, out, append);
	for (text = skip_blanks(text); *text != '\0'; text = skip_blanks(text))
		text = pack_one(&packer, text);
}
