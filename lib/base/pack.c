#include "lib/base/pack.h"

static const struct pack_value broken = {.type = PACK_BROKEN};

/* SIZE is 0, 1, 2, 4 or 8. */
static inline uint64_t
load_big_endian(const uint8_t *p, size_t size)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;
	switch (size) {
	case 8:
		memcpy(&eight, p, sizeof eight);
		return be64toh(eight);
	case 4:
		memcpy(&four, p, sizeof four);
		return be32toh(four);
	case 2:
		memcpy(&two, p, sizeof two);
		return be16toh(two);
	case 1:
		return *p;
	default:
		return 0;
	}
}

/* A text or a container of known size: checks that the bytes are there. */
static struct pack_value
sized(struct pack_reader *reader, enum pack_type type, uint64_t size)
{
	uint64_t left = (uint64_t)(reader->end - reader->at);
	uint64_t least = type == PACK_MAP ? 2 * size : size;
	if (least > left)
		return broken;
	return (struct pack_value){.type = type, .size = (uint32_t)size};
}

static struct pack_value
signed_number(int64_t value)
{
	if (value >= 0)
		return (struct pack_value){.type = PACK_UNSIGNED, .number = (uint64_t)value};
	return (struct pack_value){.type = PACK_NEGATIVE, .negative = value};
}

static struct pack_value
real_number(uint64_t bits, size_t size)
{
	struct pack_value value = {.type = size == 4 ? PACK_FLOAT : PACK_DOUBLE};
	if (size == 4) {
		uint32_t narrow_bits = (uint32_t)bits;
		float narrow;
		memcpy(&narrow, &narrow_bits, 4);
		value.real = (double)narrow;
	} else {
		memcpy(&value.real, &bits, 8);
	}
	return value;
}

/* The heads 0xc0 to 0xdf: the byte says the type and how many bytes of number or size follow. */
static struct pack_value
read_long_head(struct pack_reader *reader, uint8_t head)
{
	static const struct {
		uint8_t type, operand_bytes;
	} heads[32] = {
	    [0x00] = {PACK_NIL, 0},
	    [0x01] = {PACK_BROKEN, 0},
	    [0x02] = {PACK_BOOLEAN, 0},
	    [0x03] = {PACK_BOOLEAN, 0},
	    [0x04] = {PACK_BYTES, 1},
	    [0x05] = {PACK_BYTES, 2},
	    [0x06] = {PACK_BYTES, 4},
	    [0x07] = {PACK_EXTENSION, 1},
	    [0x08] = {PACK_EXTENSION, 2},
	    [0x09] = {PACK_EXTENSION, 4},
	    [0x0a] = {PACK_FLOAT, 4},
	    [0x0b] = {PACK_DOUBLE, 8},
	    [0x0c] = {PACK_UNSIGNED, 1},
	    [0x0d] = {PACK_UNSIGNED, 2},
	    [0x0e] = {PACK_UNSIGNED, 4},
	    [0x0f] = {PACK_UNSIGNED, 8},
	    [0x10] = {PACK_NEGATIVE, 1},
	    [0x11] = {PACK_NEGATIVE, 2},
	    [0x12] = {PACK_NEGATIVE, 4},
	    [0x13] = {PACK_NEGATIVE, 8},
	    [0x14] = {PACK_EXTENSION, 0},
	    [0x15] = {PACK_EXTENSION, 0},
	    [0x16] = {PACK_EXTENSION, 0},
	    [0x17] = {PACK_EXTENSION, 0},
	    [0x18] = {PACK_EXTENSION, 0},
	    [0x19] = {PACK_TEXT, 1},
	    [0x1a] = {PACK_TEXT, 2},
	    [0x1b] = {PACK_TEXT, 4},
	    [0x1c] = {PACK_ARRAY, 2},
	    [0x1d] = {PACK_ARRAY, 4},
	    [0x1e] = {PACK_MAP, 2},
	    [0x1f] = {PACK_MAP, 4},
	};
	enum pack_type type = heads[head & 31].type;
	size_t size = heads[head & 31].operand_bytes;
	if ((size_t)(reader->end - reader->at) < size)
		return broken;
	uint64_t operand = load_big_endian(reader->at, size);
	reader->at += size;

	switch (type) {
	case PACK_BOOLEAN:
		return (struct pack_value){.type = PACK_BOOLEAN, .truth = head == 0xc3};
	case PACK_UNSIGNED:
		return (struct pack_value){.type = PACK_UNSIGNED, .number = operand};
	case PACK_NEGATIVE: {
		unsigned spare = 64 - 8 * (unsigned)size;
		return signed_number((int64_t)(operand << spare) >> spare);
	}
	case PACK_FLOAT:
	case PACK_DOUBLE:
		return real_number(operand, size);
	case PACK_EXTENSION: /* the type of an extension is one more byte */
		return sized(reader, type, (size == 0 ? UINT64_C(1) << (head - 0xd4) : operand) + 1);
	case PACK_TEXT:
	case PACK_BYTES:
	case PACK_ARRAY:
	case PACK_MAP:
		return sized(reader, type, operand);
	case PACK_NIL:
		return (struct pack_value){.type = PACK_NIL};
	case PACK_BROKEN:
		break;
	}
	return broken;
}

struct pack_value
pack_read(struct pack_reader *reader)
{
	if (reader->at >= reader->end)
		return broken;
	uint8_t head = *reader->at++;
	if (head < 0x80)
		return (struct pack_value){.type = PACK_UNSIGNED, .number = head};
	if (head >= 0xe0)
		return (struct pack_value){.type = PACK_NEGATIVE, .negative = (int8_t)head};
	if (head >= 0xc0)
		return read_long_head(reader, head);
	if (head >= 0xa0)
		return sized(reader, PACK_TEXT, head & 31u);
	return sized(reader, head >= 0x90 ? PACK_ARRAY : PACK_MAP, head & 15u);
}

bool
pack_skip(struct pack_reader *reader)
{
	return pack_skip_within(reader, PACK_DEPTH_LIMIT);
}

bool
pack_skip_within(struct pack_reader *reader, size_t limit)
{
	uint64_t open[PACK_DEPTH_LIMIT]; /* values still to come at each depth */
	size_t depth = 0;

	open[0] = 1;
	for (;;) {
		while (open[depth] == 0) {
			if (depth == 0)
				return true;
			depth--;
		}
		open[depth]--;
		struct pack_value value = pack_read(reader);
		switch (value.type) {
		case PACK_BROKEN:
			return false;
		case PACK_TEXT:
		case PACK_BYTES:
		case PACK_EXTENSION:
			reader->at += value.size;
			break;
		case PACK_ARRAY:
		case PACK_MAP:
			if (++depth == limit)
				return false;
			open[depth] = (value.type == PACK_MAP ? 2u : 1u) * (uint64_t)value.size;
			break;
		default:
			break;
		}
	}
}

const char *
pack_type_name(enum pack_type type)
{
	static const char *const names[] = {
	    [PACK_NIL] = "nil",
	    [PACK_BOOLEAN] = "a boolean",
	    [PACK_UNSIGNED] = "an integer",
	    [PACK_NEGATIVE] = "a negative integer",
	    [PACK_FLOAT] = "a float",
	    [PACK_DOUBLE] = "a double",
	    [PACK_TEXT] = "a str",
	    [PACK_BYTES] = "a bin",
	    [PACK_ARRAY] = "an array",
	    [PACK_MAP] = "a map",
	    [PACK_EXTENSION] = "an extension",
	    [PACK_BROKEN] = "no whole msgpack value",
	};
	return names[type];
}
