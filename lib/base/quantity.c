#include "lib/base/quantity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { EXPONENT_MOST = 1000 }; /* above it, all numbers except zero are too large */

/* The digits before and after the point, and the power of ten after them. */
struct quantity {
	const char *whole, *fraction;
	size_t whole_size, fraction_size;
	int exponent;
};

static bool
is_digit(char c)
{
	return isdigit((unsigned char)c);
}

/* Moves past digits with single underscores between them; NULL if TEXT does not begin with one. */
static const char *
pass_digits(const char *text)
{
	if (!is_digit(*text))
		return NULL;
	while (is_digit(*text) || (*text == '_' && is_digit(text[1])))
		text++;
	return text;
}

/* Moves past an exponent, which it adds to the quantity's; TEXT if there is none, NULL if it is bad. */
static const char *
pass_exponent(struct quantity *quantity, const char *text)
{
	if (*text != 'e' && *text != 'E')
		return text;
	text += text[1] == '+' ? 2 : 1;
	if (!is_digit(*text))
		return NULL;
	for (; is_digit(*text); text++)
		if (quantity->exponent < EXPONENT_MOST)
			quantity->exponent = 10 * quantity->exponent + (*text - '0');
	return text;
}

static const char *
pass_unit(struct quantity *quantity, const char *text)
{
	static const char units[] = "kmgt";
	const char *unit = *text != '\0' ? strchr(units, tolower((unsigned char)*text)) : NULL;
	if (unit == NULL)
		return text;
	quantity->exponent += 3 * (int)(unit - units + 1);
	return text + 1;
}

static bool
split(struct quantity *quantity, const char *text)
{
	const char *end = pass_digits(text);
	if (end == NULL)
		return false;
	quantity->whole = text;
	quantity->whole_size = (size_t)(end - text);
	if (*end == '.') {
		quantity->fraction = end + 1;
		end = pass_digits(quantity->fraction);
		if (end == NULL)
			return false;
		quantity->fraction_size = (size_t)(end - quantity->fraction);
	}
	end = pass_exponent(quantity, end);
	return end != NULL && *pass_unit(quantity, end) == '\0';
}

/* Appends a digit; false if there is no room. */
static bool
add_digit(uint64_t *value, char digit)
{
	return !__builtin_mul_overflow(*value, 10u, value) &&
	       !__builtin_add_overflow(*value, (uint64_t)(digit - '0'), value);
}

enum quantity_kind
quantity_read(const char *text, uint64_t *value)
{
	struct quantity quantity = {0};
	uint64_t number = 0;
	bool fits = true;
	if (!split(&quantity, text))
		return QUANTITY_NONE;
	for (size_t i = 0; i < quantity.whole_size; i++)
		if (quantity.whole[i] != '_')
			fits = fits && add_digit(&number, quantity.whole[i]);
	for (size_t i = 0; i < quantity.fraction_size; i++) {
		char digit = quantity.fraction[i];
		if (digit == '_')
			continue;
		if (quantity.exponent > 0)
			fits = fits && add_digit(&number, digit);
		else if (digit != '0')
			return QUANTITY_BROKEN;
		quantity.exponent--;
	}
	for (; quantity.exponent > 0 && number > 0; quantity.exponent--)
		fits = fits && add_digit(&number, '0');
	if (!fits)
		return QUANTITY_TOO_LARGE;
	*value = number;
	return QUANTITY_WHOLE;
}

const char *
quantity_print(double number, char text[QUANTITY_BYTES])
{
	static const char units[] = " kMGTPE";
	size_t unit = 0;
	while (number >= 999.5 && units[unit + 1] != '\0') {
		number /= 1000;
		unit++;
	}
	if (unit == 0)
		snprintf(text, QUANTITY_BYTES, "%.0f", number);
	else
		snprintf(text, QUANTITY_BYTES, "%.*f%c",
		    number < 9.995   ? 2
		    : number < 99.95 ? 1
				     : 0,
		    number, units[unit]);
	return text;
}
