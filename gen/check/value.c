#include "gen/check/value.h"

#include "lib/base/pack.h"

#include <math.h>

/* The form in which a value is compared. */
struct sorted {
	enum { SORTED_NEGATIVE, SORTED_UNSIGNED, SORTED_REAL, SORTED_BYTES } kind;
	int64_t negative;
	uint64_t number;
	double real;
	struct view bytes;
};

/* A number that orders as an IEEE half, the low byte first: its bits without the sign do. */
static double
order_of_half(const uint8_t *bytes)
{
	enum { INFINITE = 0x7c00, SIGN = 0x8000 };
	unsigned bits = bytes[0] | (unsigned)bytes[1] << 8;
	double magnitude = bits & (SIGN - 1);
	if (magnitude > INFINITE)
		return NAN;
	return bits >= SIGN ? -magnitude : magnitude;
}

/* Two's complement, the highest byte first; drawn numbers have at most 64 bits. */
static struct sorted
sort_decimal(struct view bytes)
{
	uint64_t number = bytes.size > 0 && bytes.data[0] >= 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < bytes.size; i++)
		number = number << 8 | bytes.data[i];
	if ((int64_t)number < 0)
		return (struct sorted){.kind = SORTED_NEGATIVE, .negative = (int64_t)number};
	return (struct sorted){.kind = SORTED_UNSIGNED, .number = number};
}

static struct sorted
sort_bytes(const struct schema_node *leaf, struct view bytes)
{
	if (leaf->logical.kind == LOGICAL_DECIMAL)
		return sort_decimal(bytes);
	if (leaf->logical.kind == LOGICAL_FLOAT16 && bytes.size == 2)
		return (struct sorted){.kind = SORTED_REAL, .real = order_of_half(bytes.data)};
	return (struct sorted){.kind = SORTED_BYTES, .bytes = bytes};
}

static struct sorted
sort_value(const struct schema_node *leaf, struct view packed)
{
	struct pack_reader reader = {packed.data, packed.data + packed.size};
	struct pack_value value = pack_read(&reader);
	switch (value.type) {
	case PACK_BOOLEAN:
		return (struct sorted){.kind = SORTED_UNSIGNED, .number = value.truth};
	case PACK_NEGATIVE:
		return (struct sorted){.kind = SORTED_NEGATIVE, .negative = value.negative};
	case PACK_UNSIGNED:
		return (struct sorted){.kind = SORTED_UNSIGNED, .number = value.number};
	case PACK_FLOAT:
	case PACK_DOUBLE:
		return (struct sorted){.kind = SORTED_REAL, .real = value.real};
	default:
		return sort_bytes(leaf, (struct view){reader.at, value.size});
	}
}

static int
compare_bytes(struct view a, struct view b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

int
value_compare(const struct schema_node *leaf, struct view a, struct view b)
{
	struct sorted one = sort_value(leaf, a), other = sort_value(leaf, b);
	if (one.kind != other.kind)
		return one.kind < other.kind ? -1 : 1;
	switch (one.kind) {
	case SORTED_NEGATIVE:
		return (one.negative > other.negative) - (one.negative < other.negative);
	case SORTED_UNSIGNED:
		return (one.number > other.number) - (one.number < other.number);
	case SORTED_REAL:
		return (one.real > other.real) - (one.real < other.real);
	case SORTED_BYTES:
		break;
	}
	return compare_bytes(one.bytes, other.bytes);
}

bool
value_has_order(const struct schema_node *leaf, struct view value)
{
	struct sorted sorted = sort_value(leaf, value);
	return sorted.kind != SORTED_REAL || !isnan(sorted.real);
}
