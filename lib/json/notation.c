#include "lib/json/notation.h"

#include <ctype.h>
#include <math.h>

enum { NANOS_DIGITS = 9 };

static bool
is_digit(uint8_t byte)
{
	return (uint8_t)(byte - '0') < 10;
}

/* Takes COUNT digits off the front of TEXT. */
static bool
take_digits(struct view *text, size_t count, int64_t *value)
{
	*value = 0;
	if (text->size < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!is_digit(text->data[i]))
			return false;
		*value = *value * 10 + (text->data[i] - '0');
	}
	text->data += count;
	text->size -= count;
	return true;
}

static bool
take_byte(struct view *text, char byte)
{
	if (text->size == 0 || text->data[0] != (uint8_t)byte)
		return false;
	text->data++;
	text->size--;
	return true;
}

/* ---- dates ---- */

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; years begin in March. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t march_year = year - (month <= 2), march_month = (month + 9) % 12;
	int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
	int64_t year_of_era = march_year - era * 400;
	int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static bool
take_year(struct view *text, int64_t *year)
{
	bool negative = take_byte(text, '-');
	size_t digits = 4;
	if (negative || take_byte(text, '+'))
		while (digits < text->size && is_digit(text->data[digits]))
			digits++;
	if (digits > 6 || !take_digits(text, digits, year))
		return false;
	*year = negative ? -*year : *year;
	return true;
}

static bool
take_date(struct view *text, int64_t *days)
{
	static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t year, month, day;
	if (!take_year(text, &year) || !take_byte(text, '-') || !take_digits(text, 2, &month) ||
	    !take_byte(text, '-') || !take_digits(text, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] ||
	    (month == 2 && day == 29 && !is_leap(year)))
		return false;
	*days = days_of(year, month, day);
	return true;
}

bool
notation_date(struct view text, int64_t *days)
{
	return take_date(&text, days) && text.size == 0;
}

/* ---- times ---- */

/* Takes at least one digit; nine are nanoseconds. */
static bool
take_fraction(struct view *text, struct notation_moment *moment)
{
	size_t count = 0;
	uint32_t nanoseconds = 0;
	for (; count < text->size && is_digit(text->data[count]); count++) {
		if (count < NANOS_DIGITS)
			nanoseconds = nanoseconds * 10 + (uint32_t)(text->data[count] - '0');
		else
			moment->is_finer |= text->data[count] != '0';
	}
	for (size_t i = count; i < NANOS_DIGITS; i++)
		nanoseconds *= 10;
	moment->nanoseconds = nanoseconds;
	text->data += count;
	text->size -= count;
	return count > 0;
}

/* Takes 'Z', +HH, +HHMM or +HH:MM, and subtracts it from the seconds. */
static bool
take_offset(struct view *text, struct notation_moment *moment)
{
	int64_t hours, minutes = 0;
	moment->has_offset = true;
	if (take_byte(text, 'Z') || take_byte(text, 'z'))
		return true;
	bool negative = take_byte(text, '-');
	if (!negative && !take_byte(text, '+'))
		return false;
	if (!take_digits(text, 2, &hours) || hours > 23)
		return false;
	if ((take_byte(text, ':') || text->size > 0) && (!take_digits(text, 2, &minutes) || minutes > 59))
		return false;
	int64_t offset = hours * 3600 + minutes * 60;
	moment->seconds -= negative ? -offset : offset;
	return true;
}

/* Takes a time up to the end of TEXT. */
static bool
take_time(struct view *text, struct notation_moment *moment)
{
	int64_t hours, minutes, seconds = 0;
	if (!take_digits(text, 2, &hours) || !take_byte(text, ':') || !take_digits(text, 2, &minutes))
		return false;
	if (take_byte(text, ':')) {
		if (!take_digits(text, 2, &seconds))
			return false;
		if ((take_byte(text, '.') || take_byte(text, ',')) && !take_fraction(text, moment))
			return false;
	}
	if (hours > 23 || minutes > 59 || seconds > 59)
		return false;
	moment->seconds = hours * 3600 + minutes * 60 + seconds;
	return text->size == 0 || (take_offset(text, moment) && text->size == 0);
}

bool
notation_time(struct view text, struct notation_moment *moment)
{
	const int64_t day = 86400;
	*moment = (struct notation_moment){0};
	if (!take_time(&text, moment))
		return false;
	moment->seconds = (moment->seconds % day + day) % day;
	return true;
}

bool
notation_timestamp(struct view text, struct notation_moment *moment)
{
	int64_t days;
	*moment = (struct notation_moment){0};
	if (!take_date(&text, &days))
		return false;
	if (text.size > 0) {
		if (!take_byte(&text, 'T') && !take_byte(&text, 't') && !take_byte(&text, ' '))
			return false;
		if (!take_time(&text, moment))
			return false;
	}
	moment->seconds += days * 86400;
	return true;
}

bool
notation_units(const struct notation_moment *moment, enum time_unit unit, int64_t *value, bool *is_finer)
{
	static const int64_t per_second[] = {
	    [UNIT_MILLIS] = 1000, [UNIT_MICROS] = 1000000, [UNIT_NANOS] = 1000000000};
	int64_t nanoseconds_each = 1000000000 / per_second[unit];
	*is_finer = moment->is_finer || moment->nanoseconds % nanoseconds_each != 0;
	__int128_t wide =
	    (__int128_t)moment->seconds * per_second[unit] + moment->nanoseconds / nanoseconds_each;
	*value = (int64_t)wide;
	return *value == wide;
}

/* ---- bytes ---- */

int
notation_hex_digit(uint8_t byte)
{
	if (is_digit(byte))
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

bool
notation_hex(struct view text, uint8_t *bytes, size_t *size)
{
	*size = text.size / 2;
	for (size_t i = 0; i < *size; i++) {
		int high = notation_hex_digit(text.data[2 * i]),
		    low = notation_hex_digit(text.data[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return text.size % 2 == 0;
}

bool
notation_uuid(struct view text, uint8_t uuid[16])
{
	static const size_t groups[] = {8, 4, 4, 4, 12};
	size_t size;
	if (text.size != 36)
		return false;
	for (size_t i = 0; i < 5; i++) {
		if ((i > 0 && !take_byte(&text, '-')) ||
		    !notation_hex((struct view){text.data, groups[i]}, uuid, &size))
			return false;
		uuid += size;
		text.data += groups[i];
		text.size -= groups[i];
	}
	return true;
}

/* Both alphabets, the common one and that for URLs. */
static int
base64_digit(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (is_digit(byte))
		return byte - '0' + 52;
	if (byte == '+' || byte == '-')
		return 62;
	return byte == '/' || byte == '_' ? 63 : -1;
}

/* Padding may be missing; the bits after the last byte must be zero. */
bool
notation_base64(struct view text, uint8_t *bytes, size_t *size)
{
	size_t padding = 0, count = 0;
	while (padding < 2 && text.size > 0 && text.data[text.size - 1] == '=') {
		text.size--;
		padding++;
	}
	if (text.size % 4 == 1 || (padding > 0 && (text.size + padding) % 4 != 0))
		return false;
	uint32_t bits = 0, held = 0;
	for (size_t i = 0; i < text.size; i++) {
		int digit = base64_digit(text.data[i]);
		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		held += 6;
		if (held >= 8) {
			held -= 8;
			bytes[count++] = (uint8_t)(bits >> held);
		}
	}
	*size = count;
	return (bits & ((1u << held) - 1)) == 0;
}

bool
notation_non_finite(struct view text, double *real)
{
	static const struct {
		const char *word;
		double real;
	} words[] = {{"nan", NAN}, {"inf", INFINITY}, {"infinity", INFINITY}};
	bool negative = take_byte(&text, '-');
	if (!negative)
		take_byte(&text, '+');
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t at = 0;
		while (at < text.size && words[i].word[at] != '\0' &&
		       tolower(text.data[at]) == words[i].word[at])
			at++;
		if (at == text.size && at > 0 && words[i].word[at] == '\0') {
			*real = negative ? -words[i].real : words[i].real;
			return true;
		}
	}
	return false;
}
