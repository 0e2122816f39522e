/*
 * contacts - people with a name, perhaps, and some phones, perhaps.
 *
 * | what                    | how often                                     |
 * | name                    | 80 %                                          |
 * | phones                  | null 40 %, one 45 %, two 10 %, three to five  |
 * |                         | evenly 5 %                                    |
 * | of a phone              | number and type 90 %, number alone 5 %, type  |
 * |                         | alone 4 %, neither 1 %                        |
 * | phone_type              | Mobile 55 %, Work 35 %, Home 10 %             |
 *
 * A number is a function of the row and the phone's place in it, so it is
 * unique in a dataset of any size, whoever makes which rows.
 */
#include "gen/contacts.h"

#include "gen/chance/draw.h"
#include "gen/names.h"
#include "lib/base/pack.h"

#include <stdlib.h>
#include <string.h>

enum {
	PHONES_MOST = 5,
	DIGITS_LEAST = 8, /* of a number; more where the row number needs them */
	DIGITS_MOST = 20,
	DRAWS_PER_ROW = 8, /* slots of the counter: name, phones, then one a phone */
	GROUP = 10000,     /* digits are written four at a time */
};

struct contacts {
	uint64_t key;
	struct names names;
	char digits[GROUP + 1][4]; /* the last is only read past */
};

/* Draw SLOT of row ROW. */
static inline uint64_t
draw_slot(uint64_t key, uint64_t row, unsigned slot)
{
	return draw(key, row * DRAWS_PER_ROW + slot);
}

/* A share of 2^16, for comparing with 16 random bits. */
#define SHARE(percent) ((uint32_t)((percent)*65536.0 / 100.0 + 0.5))

static inline uint8_t *
write_name(const struct contacts *state, uint64_t bits, uint8_t *p)
{
	uint32_t first = (uint32_t)((bits >> 16 & 0xffffff) * FIRST_NAMES >> 24);
	uint32_t last = (uint32_t)((bits >> 40) * LAST_NAMES >> 24);
	size_t first_size = state->names.first_size[first];
	size_t size = first_size + 1 + state->names.last_size[last];
	bool present = (bits & 0xffff) < SHARE(80);

	/* Written whether it counts or not: a store is cheaper than a branch that cannot be foreseen. */
	memcpy(p + 1, state->names.first[first].text, NAME_SLOT);
	p[1 + first_size] = ' ';
	memcpy(p + 2 + first_size, state->names.last[last].text, NAME_SLOT);
	*p = present ? (uint8_t)(0xa0u | size) : 0xc0u;
	return p + (present ? 1 + size : 1);
}

/* Twelve digits and more: beyond row 200 billion. */
static uint8_t *
write_huge_number(uint64_t id, uint8_t *p)
{
	char text[DIGITS_MOST];
	size_t at = sizeof text;
	for (; id > 0; id /= 10)
		text[--at] = (char)('0' + id % 10);
	size_t size = sizeof text - at;
	*p = (uint8_t)(0xa0u | (7 + size));
	memcpy(p + 1, "+91-99-", 7);
	memcpy(p + 8, text + at, size);
	return p + 8 + size;
}

static inline uint8_t *
write_number(const struct contacts *state, uint64_t id, uint8_t *p)
{
	uint64_t high = id / ((uint64_t)GROUP * GROUP), low = id % ((uint64_t)GROUP * GROUP);
	if (high >= GROUP)
		return write_huge_number(id, p);
	/* How many digits stand before the last eight: none up to row 20 million. */
	unsigned more = (unsigned)(high > 0) + (high > 9) + (high > 99) + (high > 999);
	memcpy(p, "\xaf+91-99-", 8);
	*p = (uint8_t)(*p + more);
	memcpy(p + 8, state->digits[high] + 4 - more, 4);
	p += more;
	memcpy(p + 8, state->digits[low / GROUP], 4);
	memcpy(p + 12, state->digits[low % GROUP], 4);
	return p + 16;
}

static inline uint8_t *
write_type(uint32_t bits, bool present, uint8_t *p)
{
	/* The msgpack form of each, nil the last, in slots of one word. */
	static const char types[4][8] = {"\xa6Mobile", "\xa4Work", "\xa4Home", "\xc0"};
	static const uint8_t sizes[4] = {7, 5, 5, 1};
	unsigned type = (unsigned)(bits >= SHARE(55)) + (bits >= SHARE(90));
	type = present ? type : 3;
	memcpy(p, types[type], 8);
	return p + sizes[type];
}

static inline uint8_t *
write_phone(const struct contacts *state, uint64_t row, unsigned place, uint8_t *p)
{
	uint64_t bits = draw_slot(state->key, row, 2 + place);
	uint32_t presence = bits & 0xffff;
	bool has_number = presence < SHARE(95);
	bool has_type = presence < SHARE(90) || (presence >= SHARE(95) && presence < SHARE(99));

	p = pack_small_array(p, 2);
	p = has_number ? write_number(state, row * PHONES_MOST + place, p) : pack_nil(p);
	return write_type(bits >> 16 & 0xffff, has_type, p);
}

static inline uint8_t *
write_row(const struct contacts *state, uint64_t row, uint8_t *p)
{
	p = pack_small_array(p, 2);
	p = write_name(state, draw_slot(state->key, row, 0), p);

	uint64_t bits = draw_slot(state->key, row, 1);
	uint32_t share = bits & 0xffff;
	unsigned phones = (unsigned)(share >= SHARE(40)) + (share >= SHARE(85)) + (share >= SHARE(95));
	if (phones == 0)
		return pack_nil(p);
	if (phones == 3)
		phones += (unsigned)((bits >> 16 & 0xffff) * 3 >> 16);
	p = pack_small_array(p, phones);
	for (unsigned place = 0; place < phones; place++)
		p = write_phone(state, row, place, p);
	return p;
}

uint8_t *
contacts_write_rows(const struct contacts *contacts, uint64_t first, uint64_t count, uint8_t *at)
{
	for (uint64_t row = first; row < first + count; row++)
		at = write_row(contacts, row, at);
	return at;
}

bool
contacts_open(struct contacts **contacts, uint64_t seed, struct nest_error *error)
{
	struct contacts *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "the tables of contacts");
	made->key = draw_key(seed);
	names_fill(&made->names);
	for (unsigned i = 0; i < GROUP; i++)
		for (unsigned k = 4, rest = i; k-- > 0; rest /= 10)
			made->digits[i][k] = (char)('0' + rest % 10);
	*contacts = made;
	return true;
}

void
contacts_close(struct contacts *contacts)
{
	free(contacts);
}

const char *const contacts_schema = "message contact {\n"
				    "  optional binary name (STRING);\n"
				    "  optional group phones (LIST) {\n"
				    "    repeated group list {\n"
				    "      required group element {\n"
				    "        optional binary number (STRING);\n"
				    "        optional binary phone_type (STRING);\n"
				    "      }\n"
				    "    }\n"
				    "  }\n"
				    "}\n";

/* Two array heads, a name and the phones; and what the fixed-size copies write after the end. */
const size_t contacts_row_bytes =
    2 + (1 + 2 * NAME_BYTES + 1) + PHONES_MOST * (1 + (8 + DIGITS_MOST) + 7) + 2 * NAME_SLOT;
