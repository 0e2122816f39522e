#include "gen/chance/reals.h"

#include <stdbool.h>

/* A sum of two doubles that stands for some 100 bits (Dekker, 1971). */
struct pair {
	double high, low;
};

static struct pair
add(double a, double b)
{
	double sum = a + b, of_b = sum - a;
	return (struct pair){sum, (a - (sum - of_b)) + (b - of_b)};
}

/* The upper half of the bits of X. */
static double
upper(double x)
{
	double large = x * 0x1.0000002p27;
	return large - (large - x);
}

static struct pair
multiply(double a, double b)
{
	double a_high = upper(a), a_low = a - a_high, b_high = upper(b), b_low = b - b_high;
	double product = a * b;
	double low = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
	return (struct pair){product, low};
}

static struct pair
multiply_pairs(struct pair a, struct pair b)
{
	struct pair product = multiply(a.high, b.high);
	return add(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static struct pair
add_pairs(struct pair a, struct pair b)
{
	struct pair sum = add(a.high, b.high);
	return add(sum.high, sum.low + (a.low + b.low));
}

/* ln(x) of a positive, finite x: 2s + s (2/3 z + z^2 Q(z)), the first terms as pairs. */
static struct pair
log_pair(double x)
{
	struct real_parts parts = real_parts(x);
	double f = parts.m - 1;
	struct pair divisor = add(2, f);
	struct pair s = {f / divisor.high, 0};
	struct pair product = multiply(s.high, divisor.high);
	s.low = ((f - product.high) - product.low - s.high * divisor.low) / divisor.high;

	struct pair square = multiply_pairs(s, s);
	double z = square.high;
	static const double terms[] = {0x1.999999999999ap-2, 0x1.2492492492521p-2, 0x1.c71c71c6eaa80p-3,
	    0x1.745d177a8fd08p-3, 0x1.3b1395d4b0394p-3, 0x1.1118c757caf20p-3, 0x1.df7ce6604dddep-4,
	    0x1.e02d3bbc44457p-4};
	double tail = z * real_polynomial(z, terms, sizeof terms / sizeof *terms);
	struct pair two_thirds = {0x1.5555555555555p-1, 0x1.5555555555555p-55};
	struct pair rest = multiply_pairs(square, add_pairs(two_thirds, (struct pair){tail, 0}));
	struct pair of_m = multiply_pairs(s, add_pairs((struct pair){2, 0}, rest));
	return add_pairs((struct pair){parts.k * REAL_LN2_HIGH, parts.k * REAL_LN2_LOW}, of_m);
}

/* X is positive. */
static double
positive_power(double x, double y)
{
	double rough = y * real_log(x);
	/* Beyond all numbers, or one with an infinity. */
	if (!(rough > -800 && rough < 800))
		return real_exp(rough);
	struct pair log = log_pair(x);
	struct pair product = multiply(y, log.high);
	return real_exp_and(product.high, product.low + y * log.low);
}

static bool
is_infinite(double x)
{
	return x == real_infinity() || x == -real_infinity();
}

/* From 2^53 on, every number is even. */
static bool
is_integer(double x)
{
	return !(x > -0x1p53 && x < 0x1p53) || (double)(int64_t)x == x;
}

static bool
is_odd(double x)
{
	return x > -0x1p53 && x < 0x1p53 && (double)(int64_t)x == x && ((int64_t)x & 1) != 0;
}

double
real_power(double x, double y)
{
	double size = real_of_bits(real_bits(x) & ~(1ull << 63));
	bool negative = real_bits(x) >> 63 != 0;
	if (y == 0 || x == 1 || (x == -1 && is_infinite(y)))
		return 1;
	if (x != x || y != y || (x < 0 && size < real_infinity() && !is_integer(y)))
		return real_nan();
	double power = positive_power(size, y);
	return negative && is_odd(y) ? -power : power;
}

void
reals_log(const double *x, size_t count, double *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = real_log(x[i]);
}

void
reals_exp(const double *x, size_t count, double *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = real_exp(x[i]);
}

void
reals_power(const double *x, const double *y, size_t count, double *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = real_power(x[i], y[i]);
}
