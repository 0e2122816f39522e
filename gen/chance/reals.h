/*
 * reals - logarithms and exponentials that are the same bits everywhere.
 *
 * Those of the C library differ from one processor to the next, if it has special
 * code for processors that fuse a multiplication and an addition.  These use
 * + - * / on doubles and the bits of the exponent, in one order, so that every
 * host, compiler and level of optimisation gives the same results.  Results
 * are off by less than 2 units in the last place; infinities and NaN
 * are as in <math.h>.  errno is left alone.
 *
 * The inline functions have no branches: a compiler can make vectors of a loop
 * over them.
 */
#ifndef NEST_GEN_REALS_H
#define NEST_GEN_REALS_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Nothing is fused, up to the end of each file that includes this: clang does
 * as the pragma says, gcc does so under -std=c11 and does not know the pragma.
 */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif
#ifdef __FAST_MATH__
#error "-ffast-math gives results of its own on each machine"
#endif
_Static_assert(FLT_EVAL_METHOD == 0, "doubles are calculated as doubles");

/* ln 2, the first half short enough that its product with an exponent is exact. */
#define REAL_LN2_HIGH 0x1.62e42fee00000p-1
#define REAL_LN2_LOW 0x1.a39ef35793c76p-33
/* Added to a double and taken away, it rounds to an integer, which the low bits of the sum show. */
#define REAL_ROUNDER 0x1.8p52

static inline uint64_t
real_bits(double x)
{
	uint64_t bits;
	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static inline double
real_of_bits(uint64_t bits)
{
	double x;
	memcpy(&x, &bits, sizeof x);
	return x;
}

/* TERMS[0] + TERMS[1] x + TERMS[2] x^2 ... (Horner) */
static inline double
real_polynomial(double x, const double *terms, size_t count)
{
	double sum = terms[count - 1];
	for (size_t i = count - 1; i > 0; i--)
		sum = sum * x + terms[i - 1];
	return sum;
}

static inline double
real_infinity(void)
{
	return real_of_bits(0x7ff0000000000000u);
}

static inline double
real_nan(void)
{
	return real_of_bits(0x7ff8000000000000u);
}

/* x = 2^k m with m from sqrt(1/2) to sqrt(2); x is positive, and infinity is as any number. */
struct real_parts {
	double k, m;
};

static inline struct real_parts
real_parts(double x)
{
	const uint64_t half = 0x3fe6a09e00000000u, one = 0x3ff0000000000000u;
	double tiny = x < DBL_MIN ? 54 : 0;
	uint64_t bits = real_bits(x < DBL_MIN ? x * 0x1p54 : x) + (one - half);
	double k = real_of_bits(bits >> 52 | 0x4330000000000000u) - (0x1p52 + 1023);
	return (struct real_parts){k - tiny, real_of_bits((bits & 0x000fffffffffffffu) + half)};
}

/*
 * ln(x) + more, of a positive x and of little more: 2 atanh(s) with
 * s = f / (2 + f), where x = 2^k (1 + f), in the arrangement of fdlibm (Sun
 * Microsystems, 1993).  The polynomial meets 2 atanh(s)/s - 2 at the Chebyshev
 * points.
 */
static inline double
real_log_and(double x, double more)
{
	struct real_parts parts = real_parts(x);
	double k = parts.k, f = parts.m - 1;
	double s = f / (2 + f);
	double z = s * s;
	static const double terms[] = {0x1.5555555555558p-1, 0x1.99999999952e1p-2, 0x1.2492492df1681p-2,
	    0x1.c71c62e558272p-3, 0x1.7462b4b689086p-3, 0x1.39fe5eebedfa5p-3, 0x1.2b585ce66ecd3p-3};
	double tail = z * real_polynomial(z, terms, sizeof terms / sizeof *terms);
	double half_square = 0.5 * f * f;
	double low = s * (half_square + tail) + (k * REAL_LN2_LOW + more);
	return k * REAL_LN2_HIGH - ((half_square - low) - f);
}

/* Corrects the logarithm of numbers that have none, or are infinite. */
static inline double
real_log_edges(double x, double log)
{
	log = x < real_infinity() ? log : x;
	log = x > 0 ? log : -real_infinity();
	return x >= 0 ? log : real_nan();
}

/* ln(x) */
static inline double
real_log(double x)
{
	return real_log_edges(x, real_log_and(x, 0));
}

/* ln(1 + x), even if x is too small to be added to 1. */
static inline double
real_log1p(double x)
{
	double sum = 1 + x;
	double lost = x < 1 ? x - (sum - 1) : 1 - (sum - x);
	double log = real_log_edges(sum, real_log_and(sum, lost / sum));
	return x == 0 ? x : log;
}

/* 2^K, of an integer from -1022 to 1023. */
static inline double
real_two_to(double k)
{
	return real_of_bits((real_bits(k + REAL_ROUNDER) + 1023) << 52);
}

/* Of x from -746 to 710 and a little more: r = x - k ln 2, and p = e^r - 1 by a polynomial. */
static inline double
real_exp_parts(double x, double *k)
{
	*k = (x * 0x1.71547652b82fep+0 + REAL_ROUNDER) - REAL_ROUNDER;
	double high = x - *k * REAL_LN2_HIGH, low = *k * REAL_LN2_LOW;
	double r = high - low;
	double lost = (high - r) - low;
	static const double terms[] = {0.5, 0x1.5555555555557p-3, 0x1.5555555555556p-5, 0x1.11111111100dcp-7,
	    0x1.6c16c16c162d4p-10, 0x1.a01a01abe7fe1p-13, 0x1.a01a01a6d889cp-16, 0x1.71de0231960ebp-19,
	    0x1.27e4db646b17ep-22, 0x1.af4de97ca4194p-26, 0x1.1f730349868cep-29};
	double tail = real_polynomial(r, terms, sizeof terms / sizeof *terms);
	return r + (r * r * tail + lost);
}

/* Half of an exponent, rounded to an integer. */
static inline double
real_half(double k)
{
	return (k * 0.5 + REAL_ROUNDER) - REAL_ROUNDER;
}

/* e^x */
static inline double
real_exp(double x)
{
	double k;
	x = x < -746 ? -746 : x;
	x = x > 710 ? 710 : x;
	double p = real_exp_parts(x, &k);
	/* The power of two in halves, so that each is a normal number. */
	double half = real_half(k);
	return (1 + p) * real_two_to(half) * real_two_to(k - half);
}

/* e^x - 1, even if e^x is too close to 1. */
static inline double
real_expm1(double x)
{
	double k;
	x = x < -40 ? -40 : x;
	x = x > 710 ? 710 : x;
	double p = real_exp_parts(x, &k);
	double half = real_half(k), other = real_two_to(k - half);
	double power = (other * p + (other - real_two_to(-half))) * real_two_to(half);
	return x == 0 ? x : power;
}

/* e^x for each of COUNT numbers; VALUES may be X. */
static inline void
reals_exp(const double *x, size_t count, double *values)
{
	for (size_t i = 0; i < count; i++)
		values[i] = real_exp(x[i]);
}

#endif
