/* The meaning of the recipe notation: each operation and each function, by known rows. */
#include "tests/unit/recipe_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

struct known {
	const char *fields;
	uint64_t count;
	const char *expected;
};

static void
check_all(const struct known *known, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_rows(known[i].fields, known[i].count, known[i].expected);
}

#define CHECK(...)                                                 \
	do {                                                       \
		static const struct known known[] = {__VA_ARGS__}; \
		check_all(known, sizeof known / sizeof *known);    \
	} while (0)

#define INT(x) "required int64 x: " x ";"
#define MAYBE(x) "optional int64 x: " x ";"
#define DECIMAL(x) "required int64 x (DECIMAL(18,2)): " x ";"
#define TRUTH(x) "required boolean x: " x ";"
#define MAYBE_TRUE(x) "optional boolean x: " x ";"
#define TEXT(x) "required binary x (STRING): " x ";"
#define MAYBE_TEXT(x) "optional binary x (STRING): " x ";"
#define DATE(x) "required int32 x (DATE): " x ";"
#define TIME(x) "required int64 x (TIMESTAMP(MICROS,true)): " x ";"
#define LIST(length, element) \
	"optional group l (LIST): length " length " { repeated group list { " element " } } "

#define MAP(length)                              \
	"required group m (MAP): length " length \
	" { repeated group key_value { required int32 key: 1; required int32 value: 1; } }"

static void
whole_numbers(void **state)
{
	(void)state;
	CHECK({INT("1 + 2 * 3 - 4"), 1, "[3]"}, {"required int64 x:5;", 1, "[5]"},
	    {INT("(1 + 2) * 3"), 1, "[9]"}, {INT("row"), 3, "[0] [1] [2]"},
	    {INT("10 - row - 1"), 3, "[9] [8] [7]"}, {INT("-row"), 3, "[0] [-1] [-2]"},
	    {INT("row * row * -1"), 4, "[0] [-1] [-4] [-9]"}, {INT("2k + 1M + 3G"), 1, "[3001002000]"},
	    {INT("9223372036854775807"), 1, "[9223372036854775807]"},
	    {INT("-9223372036854775807 - 1"), 1, "[-9223372036854775808]"},
	    {INT("row % 3"), 5, "[0] [1] [2] [0] [1]"}, {INT("-row % 3"), 5, "[0] [2] [1] [0] [2]"},
	    {INT("row % -3"), 5, "[0] [-2] [-1] [0] [-2]"}, {INT("-row % -3"), 5, "[0] [-1] [-2] [0] [-1]"},
	    {INT("row % -1"), 3, "[0] [0] [0]"}, {MAYBE("5 % row"), 4, "[nil] [0] [1] [2]"},
	    {INT("7 // 2"), 1, "[3]"}, {INT("-7 // 2"), 1, "[-4]"}, {INT("7 // -2"), 1, "[-4]"},
	    {INT("-7 // -2"), 1, "[3]"}, {INT("row // 2"), 5, "[0] [0] [1] [1] [2]"},
	    {INT("-row // 2"), 5, "[0] [-1] [-1] [-2] [-2]"}, {INT("row // -2"), 3, "[0] [-1] [-1]"},
	    {INT("(row - 1) // -1"), 3, "[1] [0] [-1]"}, {MAYBE("5 // row"), 4, "[nil] [5] [2] [1]"},
	    {MAYBE("5 // (row - 1)"), 3, "[-5] [nil] [5]"}, {MAYBE("5 // 0"), 1, "[nil]"},
	    {INT("7.5 // 2"), 1, "[3]"}, {INT("row // 0.3"), 3, "[0] [3] [6]"},
	    {INT("7 // 2 * 2 + 7 % 2"), 1, "[7]"}, {INT("100 // 7 // 2"), 1, "[7]"},
	    {INT("(-9223372036854775807 - 1) // 1"), 1, "[-9223372036854775808]"},
	    {INT("-9223372036854775807 // -1"), 1, "[9223372036854775807]"},
	    {"required int32 x (INTEGER(8,true)): clamp(row, 0, 127) // 1;", 1, "[0]"},
	    {"optional int32 x (INTEGER(8,true)): 127 // clamp(row - 1, -1, 1);", 3, "[-127] [nil] [127]"},
	    {"optional int32 x (INTEGER(8,true)): clamp(row, 0, 255) // clamp(row + 2, 2, 9);", 2, "[0] [0]"},
	    {"optional int32 x (INTEGER(32,false)): 5 % clamp(row, 0, 3);", 4, "[nil] [0] [1] [2]"},
	    {MAYBE("5 % (row - 1)"), 3, "[0] [nil] [0]"}, {INT("min(row, 1)"), 3, "[0] [1] [1]"},
	    {INT("max(row, 1)"), 3, "[1] [1] [2]"}, {INT("min(-row, row - 3)"), 4, "[-3] [-2] [-2] [-3]"},
	    {INT("max(-row, row - 3)"), 4, "[0] [-1] [-1] [0]"},
	    {"required int32 x (INTEGER(32,false)): max(row - 5, 0);", 2, "[0] [0]"},
	    {INT("clamp(row, 1, 2)"), 4, "[1] [1] [2] [2]"}, {INT("clamp(-row, -1, 5)"), 3, "[0] [-1] [-1]"},
	    {INT("7..7"), 2, "[7] [7]"}, {MAYBE("row..row"), 3, "[0] [1] [2]"},
	    {MAYBE("row..1"), 3, "[1] [1] [nil]"}, {INT("clamp(100..200, 100, 100)"), 1, "[100]"});
}

static void
decimals(void **state)
{
	(void)state;
	CHECK({DECIMAL("1.25"), 1, "[125]"}, {DECIMAL("-1.25"), 1, "[-125]"}, {DECIMAL("3"), 1, "[300]"},
	    {DECIMAL("1.5 * 1.5"), 1, "[225]"}, {DECIMAL("1.25 + 1"), 1, "[225]"},
	    {DECIMAL("row - 0.5"), 3, "[-50] [50] [150]"}, {DECIMAL("0.01 * row"), 2, "[0] [1]"},
	    {DECIMAL("1.005"), 1, "[101]"}, {DECIMAL("-1.005"), 1, "[-101]"}, {DECIMAL("1.0049"), 1, "[100]"},
	    {DECIMAL("-1.0049"), 1, "[-100]"}, {DECIMAL("0.005 * (row - 1)"), 3, "[-1] [0] [1]"},
	    {DECIMAL("0.004 * (row - 1)"), 3, "[0] [0] [0]"},
	    {INT("round(0.5 * (row - 2))"), 5, "[-1] [-1] [0] [1] [1]"}, {INT("round(-2.5)"), 1, "[-3]"},
	    {INT("round(2.49)"), 1, "[2]"}, {DECIMAL("round(2.345, 1)"), 1, "[230]"},
	    {INT("round(7, 0)"), 1, "[7]"}, {DECIMAL("-0.75 % 0.5"), 1, "[25]"},
	    {DECIMAL("0.75 % -0.5"), 1, "[-25]"}, {DECIMAL("min(1.5, 1.25)"), 1, "[125]"},
	    {DECIMAL("max(1, 1.25)"), 1, "[125]"}, {DECIMAL("clamp(row, 0.5, 1.75)"), 3, "[50] [100] [175]"},
	    {DECIMAL("clamp(0.129, 0, 1)"), 1, "[13]"}, {TRUTH("1.50 = 1.5"), 1, "[true]"},
	    {TRUTH("1.4 < 1.45"), 1, "[true]"}, {TRUTH("-1.5 < -1"), 1, "[true]"},
	    {"required fixed_len_byte_array(3) x (DECIMAL(6,2)): -0.01;", 1, "[\"\\xff\\xff\\xff\"]"},
	    {"required binary x (DECIMAL(6,2)): 0.01;", 1, "[\"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\"]"},
	    {"required int32 x (DECIMAL(9,9)): 0.999999999;", 1, "[999999999]"});
}

static void
reals(void **state)
{
	(void)state;
	CHECK({"required double x: 1 / 4;", 1, "[0.250000]"},
	    {"required double x: -row / 2;", 2, "[0.000000] [-0.500000]"},
	    {"required double x: 1 / 2 + 1;", 1, "[1.500000]"},
	    {"required double x: 2 - 1 / 2;", 1, "[1.500000]"},
	    {"required double x: 3 * (1 / 2);", 1, "[1.500000]"},
	    {"required double x: 1.5;", 1, "[1.500000]"}, {"required float x: -(1 / 2);", 1, "[-0.500000]"},
	    {INT("round(5 / 2)"), 1, "[3]"}, {INT("round(-5 / 2)"), 1, "[-3]"},
	    {INT("clamp(1 / 0, -5, 5)"), 1, "[5]"}, {INT("clamp(-1 / 0, -5, 5)"), 1, "[-5]"},
	    {DECIMAL("clamp(1 / 3, 0.00, 1.00)"), 1, "[33]"}, {TRUTH("1 / 2 = 0.5"), 1, "[true]"},
	    {TRUTH("1 / 2 < 0.5"), 1, "[false]"}, {TRUTH("1 / 2 <= 0.5"), 1, "[true]"},
	    {TRUTH("1 / 3 > 0.3"), 1, "[true]"}, {"required double x: min(1 / 2, 0.75);", 1, "[0.500000]"},
	    {"required double x: max(1 / 2, 0.75);", 1, "[0.750000]"},
	    {"required double x: min(-(1 / 2), -(1 / 4));", 1, "[-0.500000]"},
	    {"required double x: max(-(1 / 2), -(1 / 4));", 1, "[-0.250000]"},
	    {"required double x: uniform(2, 2);", 1, "[2.000000]"},
	    {"required double x: normal(3, 0);", 1, "[3.000000]"},
	    {"required double x: lognormal(0, 0);", 1, "[1.000000]"},
	    {"required double x: exponential(0);", 1, "[0.000000]"});
}

static void
dates_and_times(void **state)
{
	(void)state;
	CHECK({DATE("1970-01-02"), 1, "[1]"}, {DATE("1969-12-31"), 1, "[-1]"},
	    {DATE("2024-02-28 + row"), 3, "[19781] [19782] [19783]"},
	    {DATE("1970-01-01 - row"), 2, "[0] [-1]"}, {INT("2024-03-01 - 2024-02-28"), 1, "[2]"},
	    {INT("year(2024-02-29) * 10000 + month(2024-02-29) * 100 + day(2024-02-29)"), 1, "[20240229]"},
	    {INT("year(0000-01-01)"), 1, "[0]"}, {INT("year(1970-01-01 - 719529)"), 1, "[-1]"},
	    {TIME("1970-01-01T00:00:01"), 1, "[1000000]"},
	    {TIME("1970-01-01T00:00:01.5Z - 2"), 1, "[-500000]"},
	    {TIME("1970-01-01T00:00:00 + 0.000001 * row"), 2, "[0] [1]"},
	    {"required int64 x (DECIMAL(18,6)): 1970-01-02T00:00:00 - 1970-01-01T00:00:00.25;", 1,
		"[86399750000]"},
	    {TIME("time(1969-12-31)"), 1, "[-86400000000]"},
	    {DATE("date(1969-12-31T23:59:59.999999)"), 1, "[-1]"},
	    {DATE("date(1970-01-01T23:59:59.999999)"), 1, "[0]"},
	    {DATE("2024-01-01..2024-01-01"), 1, "[19723]"},
	    {DATE("1970-01-01 - 2147483648"), 1, "[-2147483648]"},
	    {DATE("1970-01-01 + 2147483647"), 1, "[2147483647]"},
	    {"required int64 x (TIMESTAMP(MILLIS,true)): 1969-12-31T23:59:59.9999;", 1, "[-1]"},
	    {"required int64 x (TIMESTAMP(NANOS,true)): 1970-01-01T00:00:00.000001;", 1, "[1000]"},
	    {"required int64 x (TIMESTAMP(NANOS,true)): 2262-04-11T23:47:16;", 1, "[9223372036000000000]"},
	    {"required int64 x (TIMESTAMP(NANOS,true)): 1677-09-21T00:12:44;", 1, "[-9223372036000000000]"},
	    {TRUTH("1970-01-01 < 1970-01-02 and 1970-01-01T00:00:01 > 1970-01-01T00:00:00"), 1, "[true]"},
	    {DATE("min(1970-01-05, 1970-01-03)"), 1, "[2]"}, {DATE("max(1970-01-05, 1970-01-03)"), 1, "[4]"});
}

static void
conditions(void **state)
{
	(void)state;
	CHECK({TRUTH("true"), 1, "[true]"}, {TRUTH("not true"), 1, "[false]"},
	    {TRUTH("true and false or true"), 1, "[true]"}, {TRUTH("true or true and false"), 1, "[true]"},
	    {TRUTH("not false and false"), 1, "[false]"}, {TRUTH("row = 1"), 2, "[false] [true]"},
	    {TRUTH("row != 1"), 2, "[true] [false]"}, {TRUTH("row < 1"), 2, "[true] [false]"},
	    {TRUTH("row <= 0"), 2, "[true] [false]"}, {TRUTH("row > 0"), 2, "[false] [true]"},
	    {TRUTH("row >= 1"), 2, "[false] [true]"}, {TRUTH("row in (0, 2)"), 3, "[true] [false] [true]"},
	    {TRUTH("\"a\" in (\"b\", \"a\")"), 1, "[true]"}, {TRUTH("\"a\" = \"b\""), 1, "[false]"},
	    {TRUTH("\"\" = \"{''}\""), 1, "[true]"}, {TRUTH("\"a{row}\" != \"a1\""), 2, "[true] [false]"},
	    {TRUTH("100%"), 2, "[true] [true]"}, {TRUTH("0%"), 2, "[false] [false]"},
	    {INT("if row = 0 then 10 else if row = 1 then 20 else 30"), 3, "[10] [20] [30]"},
	    {DECIMAL("if row = 0 then 1 else 2.25"), 2, "[100] [225]"},
	    {MAYBE("if row = 0 then null else row"), 2, "[nil] [1]"},
	    {MAYBE("if row = 0 then row else null"), 2, "[0] [nil]"},
	    {MAYBE_TEXT("if row = 0 then \"x\" else null"), 2, "[\"x\"] [nil]"});
}

static void
nulls(void **state)
{
	(void)state;
	static const char let[] = "let n = if row = 0 then null else row; ";
	static const struct known known[] = {{MAYBE("n + 1"), 2, "[nil] [2]"},
	    {MAYBE("1 - n"), 2, "[nil] [0]"}, {MAYBE("n * n"), 2, "[nil] [1]"},
	    {MAYBE("-n"), 2, "[nil] [-1]"}, {MAYBE("n % 2"), 2, "[nil] [1]"},
	    {MAYBE("7 % n"), 2, "[nil] [0]"}, {MAYBE("n // 2"), 2, "[nil] [0]"},
	    {MAYBE("7 // n"), 2, "[nil] [7]"}, {MAYBE("clamp(n, 5, 6)"), 2, "[nil] [5]"},
	    {MAYBE("min(n, 0)"), 2, "[nil] [0]"}, {MAYBE("max(3, n)"), 2, "[nil] [3]"},
	    {MAYBE("round(n / 1)"), 2, "[nil] [1]"}, {MAYBE("n..n"), 2, "[nil] [1]"},
	    {MAYBE("scatter(n, 1048577) * 0"), 2, "[nil] [0]"}, {MAYBE_TRUE("n = 1"), 2, "[nil] [true]"},
	    {MAYBE_TRUE("n < 1"), 2, "[nil] [false]"}, {MAYBE_TRUE("not n > 1"), 2, "[nil] [true]"},
	    {MAYBE_TRUE("n = 1 or true"), 2, "[nil] [true]"},
	    {MAYBE_TRUE("false and n = 1"), 2, "[nil] [false]"},
	    {MAYBE_TRUE("n in (1, 2)"), 2, "[nil] [true]"}, {MAYBE_TRUE("1 in (n, 2)"), 2, "[nil] [true]"},
	    {TRUTH("is_null(n)"), 2, "[true] [false]"}, {TRUTH("is_null(null)"), 1, "[true]"},
	    {TRUTH("is_null(row..1)"), 4, "[false] [false] [true] [true]"},
	    {MAYBE("if n = 1 then 5 else 6"), 2, "[nil] [5]"},
	    {MAYBE("if n = 1 then 5 else row"), 2, "[nil] [5]"},
	    {MAYBE("if n = 1 then null else 6"), 2, "[nil] [nil]"},
	    {MAYBE_TEXT("\"<{n}>\""), 2, "[nil] [\"<1>\"]"},
	    {MAYBE_TEXT("\"{'a{n:03}'}!\""), 2, "[nil] [\"a001!\"]"},
	    {MAYBE_TEXT("letters(n * 0)"), 2, "[nil] [\"\"]"},
	    {MAYBE_TRUE("\"{n}\" = \"1\""), 2, "[nil] [true]"},
	    {"optional int32 x (DATE): 1970-01-01 + n;", 2, "[nil] [1]"},
	    {MAYBE("year(1970-01-01 + n)"), 2, "[nil] [1970]"},
	    {"optional int64 x (TIMESTAMP(MILLIS,true)): time(1970-01-01 + n);", 2, "[nil] [86400000]"},
	    {"optional double x: normal(n, 0);", 2, "[nil] [1.000000]"},
	    {"optional double x: uniform(n, 1);", 2, "[nil] [1.000000]"},
	    {"optional double x: lognormal(n - 1, 0);", 2, "[nil] [1.000000]"},
	    {"optional binary x (DECIMAL(9,0)): n;", 2,
		"[nil] [\"\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\"]"},
	    {"optional group x: present n = 1 { required int32 y: 3; }", 2, "[nil] [[3]]"},
	    {LIST("clamp(n, 0, 9)", "required int32 element: 9;"), 3, "[nil] [[9]] [[9, 9]]"},
	    {LIST("null", "required int32 element: 9;"), 2, "[nil] [nil]"}, {MAYBE("null"), 1, "[nil]"},
	    {MAYBE("null | null"), 1, "[nil]"}, {MAYBE_TEXT("null | null 50% | null"), 1, "[nil]"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char text[512];
		snprintf(text, sizeof text, "%s%s", let, known[i].fields);
		assert_rows(text, known[i].count, known[i].expected);
	}
}

/* Where a null stands for a value, its number is that of nobody: no step may rely on it. */
static void
numbers_of_nulls_do_no_harm(void **state)
{
	(void)state;
	CHECK({"let n = null; let z = clamp(n, 1, 2);"
	       "repeated group g: length 3 { optional binary b (STRING): if place = 1 then \"{place}\" else "
	       "if place = 0 "
	       "then n else null; }"
	       "optional int32 x: if row < 0 then 1 else if row = 0 then n else 3;",
		  1, "[[[nil], [\"1\"], [nil]], nil]"},
	    {"let n = if row < 0 then 5 else if row = 0 then null else 6; optional int32 x: scatter(n - 5, "
	     "2);",
		1, "[nil]"},
	    {"let n = if row < 0 then 1970-01-02 else if row = 0 then null else 1970-01-03;"
	     "let m = if row < 0 then 4611686018427387904 else if row = 0 then null else 4611686018427387903;"
	     "optional binary x (STRING): \"{n} {1970-01-01 + (m - 4611686018427387903)}\";",
		1, "[nil]"});
}

static void
texts(void **state)
{
	(void)state;
	CHECK({TEXT("\"\""), 1, "[\"\"]"}, {TEXT("\"a{row}b\""), 2, "[\"a0b\"] [\"a1b\"]"},
	    {"let c = 'x'; required binary t (STRING): \"a{c}b{row}\";", 2, "[\"axb0\"] [\"axb1\"]"},
	    {TEXT("'it is \"so\"'"), 1, "[\"it is \"so\"\"]"},
	    {TEXT("\"\\{x\\} \\\\ \\u{e9}\""), 1, "[\"{x} \\ \xc3\xa9\"]"},
	    {TEXT("\"{-5:03} {-0.5} {12.345:08} {7:01}\""), 1, "[\"-005 -0.5 00012.345 7\"]"},
	    {TEXT("\"{0.05} {-0.05} {100:020}\""), 1, "[\"0.05 -0.05 00000000000000000100\"]"},
	    {TEXT("\"{row:08} {row + 99999999:08} {row + 100000000:08}\""), 1,
		"[\"00000000 99999999 100000000\"]"},
	    {TEXT("\"{-9223372036854775807 - 1}\""), 1, "[\"-9223372036854775808\"]"},
	    {TEXT("\"{-9223372036854775807 - 1:020}\""), 1, "[\"-09223372036854775808\"]"},
	    {TEXT("\"{true} {1 / 4} {2024-02-29} {1969-12-31T23:59:59.5} {0000-01-01}\""), 1,
		"[\"true 0.25 2024-02-29 1969-12-31T23:59:59.500000 0000-01-01\"]"},
	    {TEXT("\"{if row = 0 then '\\} \\{' else '\\}'}\""), 2, "[\"} {\"] [\"}\"]"},
	    {TEXT("\"{'{row}'}{'x'}\""), 1, "[\"0x\"]"},
	    {TEXT("\"{1970-01-01T00:00:01} {1969-12-31T23:59:59}\""), 1,
		"[\"1970-01-01T00:00:01 1969-12-31T23:59:59\"]"},
	    {TEXT("\"\\u{d7ff}\\u{e000}\\u{10ffff}\""), 1, "[\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"]"},
	    {TEXT("letters(0)"), 1, "[\"\"]"}, {TEXT("pattern(\"ab{2}c\")"), 1, "[\"abbc\"]"},
	    {TEXT("\"0123456789012345678901234567890123456789{row}\""), 1,
		"[\"01234567890123456789012345678901234567890\"]"},
	    {TEXT("\"{1970-01-01T00:00:00 - 9223372036854.775807 - 0.000001}\""), 1,
		"[\"-290308-12-21T19:59:05.224192\"]"});
}

static void
lists(void **state)
{
	(void)state;
	CHECK({"repeated int64 x: length 0 of scatter(place, 1);", 1, "[[]]"},
	    {"let t = \"ab\"; repeated binary x (STRING): length 2 of t;", 1, "[[\"ab\", \"ab\"]]"},
	    {"let n = 5; repeated int32 x: length 2 of n;", 1, "[[5, 5]]"},
	    {"let n = if row = 1 then null else row; " LIST("2", "optional int64 element: n;"), 3,
		"[[0, 0]] [[nil, nil]] [[2, 2]]"},
	    {"let t = if row = 1 then null else \"{row}\"; " LIST(
		 "2", "optional binary element (STRING): t;"),
		3, "[[\"0\", \"0\"]] [[nil, nil]] [[\"2\", \"2\"]]"},
	    {LIST("clamp(row, 0, 9)", "required int32 element: place;"), 3, "[[]] [[0]] [[0, 1]]"},
	    {"repeated int32 x: length clamp(row, 0, 9) of place * 10 + row;", 3, "[[]] [[1]] [[2, 12]]"},
	    {"repeated int32 x: length 0 of place;", 1, "[[]]"},
	    {"repeated group x: length 2 { required int32 y: place; }", 1, "[[[0], [1]]]"},
	    {"optional group l (LIST): length 2 { repeated int32 element: place; }", 1, "[[0, 1]]"},
	    {"required group l (LIST): length 2 { repeated group list { optional group element (LIST): "
	     "length place + 1 { repeated "
	     "group list { required int64 element: row * 100 + place; } } } }",
		2, "[[[0], [0, 1]]] [[[100], [100, 101]]]"},
	    {"repeated group a: length 2 { let p = place; repeated group b: length p + 1 { required int32 c: "
	     "p * 10 + place; } required int32 "
	     "d: p; }",
		1, "[[[[[0]], 0], [[[10], [11]], 1]]]"},
	    {"required group m (MAP): length 2 { repeated group key_value { required int32 key: place; "
	     "optional int32 value: null; } }",
		1, "[{0=>nil, 1=>nil}]"},
	    {"required group m (MAP): length 2 { repeated group key_value { required int32 key: place; } }",
		1, "[{0=>nil, 1=>nil}]"},
	    {LIST("20", "required int32 element: 1;") "required int64 n: count(l);", 1,
		"[[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 20]"});
}

static void
lists_as_one_value(void **state)
{
	(void)state;
	static const struct {
		const char *list, *expected;
	} of[] = {{LIST("0", "required int32 element: 1;"), "[[], 0, 0, nil, nil]"},
	    {LIST("null", "required int32 element: 1;"), "[nil, 0, 0, nil, nil]"},
	    {LIST("3", "required int32 element: place - 1;"), "[[-1, 0, 1], 0, 3, -1, 1]"},
	    {LIST("3", "optional int32 element: if place = 1 then null else place - 3;"),
		"[[-3, nil, -1], -4, 2, -3, -1]"},
	    {LIST("2", "optional int32 element: if row = 0 then null else place;"),
		"[[nil, nil], 0, 0, nil, nil]"}};
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		char text[1024];
		snprintf(text, sizeof text,
		    "%s optional int64 a: sum(l); optional int64 b: count(l); optional int64 "
		    "c: "
		    "least(l); optional int64 d: greatest(l);",
		    of[i].list);
		assert_rows(text, 1, of[i].expected);
	}
	CHECK({"repeated int32 x: length 3 of place; required int64 s: sum(x);", 1, "[[0, 1, 2], 3]"},
	    {"required int64 s (DECIMAL(18,2)): sum(g.y); repeated group g: length clamp(row, 0, 9) { "
	     "required int64 y "
	     "(DECIMAL(9,2)): 0.25 + place; }",
		3, "[0, []] [25, [[25]]] [150, [[25], [125]]]"},
	    {"repeated group g: length 2 { repeated int32 h: length place + 1 of 5; required int64 s: "
	     "sum(h); } required int64 t: sum(g.s);",
		1, "[[[[5], 5], [[5, 5], 10]], 15]"},
	    {"optional int32 d (DATE): greatest(x); repeated int32 x (DATE): length 2 of 1970-01-01 + place;",
		1, "[1, [0, 1]]"});
}

/* What stands in every row before a value may be more than a column leads with. */
static void
groups_in_groups(void **state)
{
	(void)state;
	enum { GROUPS = 20 };
	char text[4096], expected[256];
	size_t size = 0, at = 0;
	for (unsigned i = 0; i < GROUPS; i++) {
		size += (size_t)snprintf(text + size, sizeof text - size, "required group g%u { ", i);
		expected[at++] = '[';
	}
	size += (size_t)snprintf(text + size, sizeof text - size, "required int64 x: row; ");
	at += (size_t)snprintf(expected + at, sizeof expected - at, "[0");
	for (unsigned i = 0; i < GROUPS; i++) {
		size += (size_t)snprintf(text + size, sizeof text - size, "} ");
		expected[at++] = ']';
	}
	snprintf(expected + at, sizeof expected - at, "]");
	assert_rows(text, 1, expected);
}

static void
groups_and_names(void **state)
{
	(void)state;
	CHECK({"optional group g: present row = 1 { required int32 a: row; }", 2, "[nil] [[1]]"},
	    {"optional group g { required int32 a: 1; }", 1, "[[1]]"},
	    {"required group g { required int32 a: b + 1; } required int32 b: 1;", 1, "[[2], 1]"},
	    {"let a = 5; required int32 b: a; repeated group g: length 1 { let a = 7; required int32 c: a; "
	     "required int32 d: b; }",
		1, "[5, [[7, 5]]]"},
	    {"required group g { required int32 a: 3; } required int32 b: g.a + g . a;", 1, "[[3], 6]"},
	    {"required int32 row: 5; required int32 a: row;", 2, "[5, 5] [5, 5]"},
	    {"# a comment; with { and '\n required int32 a: 1 # another;\n ;", 1, "[1]"},
	    {"let x = y; let y = z; let z = row; required int32 a: x;", 2, "[0] [1]"});
}

static void
every_leaf(void **state)
{
	(void)state;
	CHECK({"required boolean x: true;", 1, "[true]"},
	    {"required int32 x: -2147483647 - 1;", 1, "[-2147483648]"},
	    {"required int32 x (INTEGER(8,true)): -128;", 1, "[-128]"},
	    {"required int32 x (INTEGER(16,false)): 65535;", 1, "[65535]"},
	    {"required int32 x (INTEGER(32,false)): 4294967295;", 1, "[4294967295]"},
	    {"required int64 x (INTEGER(64,false)): 9223372036854775807;", 1, "[9223372036854775807]"},
	    {"required int32 x (TIME(MILLIS,true)): 86399999;", 1, "[86399999]"},
	    {"required float x: 0.5;", 1, "[0.500000]"}, {"required double x: -3;", 1, "[-3.000000]"},
	    {"required binary x: \"ab\";", 1, "[\"ab\"]"}, {"required binary x (ENUM): \"A\";", 1, "[\"A\"]"},
	    {"required binary x (JSON): \"\\{\\}\";", 1, "[\"{}\"]"},
	    {"required binary x (BSON): \"ab\";", 1, "[\"ab\"]"},
	    {"required fixed_len_byte_array(2) x: \"ab\";", 1, "[\"ab\"]"},
	    {"required fixed_len_byte_array(2) x (FLOAT16): \"ab\";", 1, "[\"ab\"]"},
	    {"required fixed_len_byte_array(12) x (INTERVAL): \"abcdefghijkl\";", 1, "[\"abcdefghijkl\"]"},
	    {"required int96 x: \"abcdefghijkl\";", 1, "[\"abcdefghijkl\"]"},
	    {"required fixed_len_byte_array(16) x (UUID): \"abcdefghijklmnop\";", 1,
		"[\"abcdefghijklmnop\"]"});
}

#define EIGHT(x) x " | " x " | " x " | " x " | " x " | " x " | " x " | " x

static void
choices(void **state)
{
	(void)state;
	CHECK({INT(EIGHT("row + 5") " | " EIGHT("row + 5") " | " EIGHT("row + 5") " | " EIGHT(
		   "row + 5") " | row + 5"),
	    4, "[5] [6] [7] [8]"});
}

/* What a draw makes of its words never changes. */
static void
draws(void **state)
{
	(void)state;
	CHECK({TEXT("\"{uuid()}\""), 2,
		  "[\"f16b9ce3-cc13-4d8d-907d-2cda42190d95\"] [\"c17eca99-13e7-4f4b-a330-3efa7193cb8b\"]"},
	    {TEXT("letters(9)"), 2, "[\"mwcpwcizu\"] [\"ezoocorkr\"]"},
	    {TEXT("pattern(\"[a-z]{4}\\d{4}\")"), 2, "[\"pzre1443\"] [\"okxk7525\"]"},
	    {"required binary x: bytes(9);", 2,
		"[\"}\\xda\\x19\\x95\\xdf\\x15O\\xf8\\xc6\"] [\"0\\xfa\\x93\\x8b\\x17\\x91\\xaei\\xa8\"]"},
	    {INT("0..15"), 9, "[6] [7] [12] [13] [14] [4] [9] [1] [6]"},
	    {INT("0..16"), 5, "[10] [13] [5] [15] [7]"}, {INT("0..4096"), 4, "[3642] [2461] [1589] [1503]"},
	    {INT("0..65536"), 3, "[36285] [19344] [9869]"},
	    {INT("zipf(1.1, 1000)"), 5, "[8] [58] [212] [616] [28]"},
	    {INT("poisson(5)"), 5, "[5] [4] [3] [2] [4]"}, {INT("geometric(5)"), 5, "[3] [6] [10] [17] [5]"},
	    {INT("scatter(row, 1048576)"), 3, "[41579] [253460] [835047]"},
	    {"required double x: uniform(0, 1);", 3, "[0.553666] [0.295165] [0.150593]"},
	    {"required double x: normal(0, 1);", 3, "[-0.592275] [-1.046859] [-1.437439]"},
	    {"required double x: exponential(1);", 3, "[0.591193] [1.220222] [1.893172]"},
	    {TEXT("dirty(\"ab\\u{e9}\", 90%)"), 2, "[\" abé\"] [\"\"]"},
	    {INT("dirty(15, 90%)"), 8, "[-15] [0] [150] [0] [0] [150] [1] [150]"},
	    {DATE("dirty(2024-02-29, 90%)"), 8, "[0] [0] [-16742] [0] [0] [56306] [56306] [-16742]"},
	    {"required double x: dirty(0.5, 90%);", 8,
		"[-0.500000] [0.000000] [5.000000] [0.000000] [0.000000] [5.000000] [0.000000] [5.000000]"},
	    {"required binary x: dirty(bytes(2), 90%);", 8,
		"[\"}\"] [\"\\xff\\xed\\xa0\\x80\\xa5\"] [\"\\xed\\xa0\\x80\\xf6z\"] [\"\\xff\\xf2z\"] "
		"[\"&\"] [\"\\xc3\\xc3\\xf4\"] [\"\\\\xed\\xa0\\x80\\x8c\"] [\"\\xc3\\x8d\\xc4\"]"},
	    {TRUTH("50%"), 8, "[true] [true] [false] [false] [false] [true] [false] [true]"},
	    {INT("1 20% | 2 30% | 3"), 8, "[2] [2] [3] [3] [3] [2] [3] [1]"});
}

/* What a constant may be, to the ends. */
static void
constants_reach_to_their_limits(void **state)
{
	(void)state;
	CHECK({DECIMAL("round(1.5, 0) + round(0.125, 9)"), 1, "[213]"}, {INT("zipf(1, 1)"), 1, "[1]"},
	    {TRUTH("zipf(1, 1099511627776) > 0"), 1, "[true]"}, {INT("poisson(1, 0)"), 1, "[0]"},
	    {TRUTH("geometric(1, 9223372036854775807) >= 0"), 1, "[true]"}, {INT("scatter(0, 1)"), 1, "[0]"});
}

/* Whichever of the alternatives it is that has it. */
static void
a_share_may_be_small(void **state)
{
	(void)state;
	static const char *const known[] = {INT("0 | 1 0.0006%"), INT("1 0.0006% | 0")};
	enum { ROWS = 1 << 20, ROW_BYTES = 2 };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char text[128];
		unsigned seen = 0;
		struct recipe_text recipe;
		struct buffer rows = {0};
		snprintf(text, sizeof text, "message m { %s }", known[i]);
		recipe_text_open_or_fail(&recipe, text, NO_FOLDER, 1);
		for (uint64_t first = 0; first < ROWS; first += BATCH_ROWS)
			recipe_text_append(&recipe, first, BATCH_ROWS, &rows);
		assert_int_equal(rows.size, ROWS * ROW_BYTES);
		for (size_t k = 0; k < ROWS; k++)
			seen += rows.data[k * ROW_BYTES + 1];
		assert_in_range(seen, 1, 13);
		buffer_free(&rows);
		recipe_text_close(&recipe);
	}
}

/* A row of one value takes a byte, and the value as few as it can. */
static void
values_take_the_fewest_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *fields;
		size_t size;
	} known[] = {{INT("127"), 1}, {INT("128"), 2}, {INT("255"), 2}, {INT("256"), 3}, {INT("65535"), 3},
	    {INT("65536"), 5}, {INT("4294967295"), 5}, {INT("4294967296"), 9}, {INT("-32"), 1},
	    {INT("-33"), 2}, {INT("-128"), 2}, {INT("-129"), 3}, {INT("-32768"), 3}, {INT("-32769"), 5},
	    {INT("-2147483648"), 5}, {INT("-2147483649"), 9}, {TEXT("letters(31)"), 1 + 31},
	    {TEXT("letters(32)"), 2 + 32}, {TEXT("letters(255)"), 2 + 255}, {TEXT("letters(256)"), 3 + 256},
	    {TEXT("letters(65535)"), 3 + 65535}, {TEXT("letters(65536)"), 5 + 65536},
	    {"required binary x: bytes(0);", 2}, {"required binary x: bytes(255);", 2 + 255},
	    {"required binary x: bytes(256);", 3 + 256}, {"required binary x: bytes(65535);", 3 + 65535},
	    {"required binary x: bytes(65536);", 5 + 65536}, {LIST("15", "required int32 y: 1;"), 1 + 15},
	    {LIST("16", "required int32 y: 1;"), 3 + 16}, {LIST("65535", "required int32 y: 1;"), 3 + 65535},
	    {LIST("65536", "required int32 y: 1;"), 5 + 65536}, {MAP("15"), 1 + 30}, {MAP("16"), 3 + 32},
	    {MAP("65535"), 3 + 2 * 65535}, {MAP("65536"), 5 + 2 * 65536}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char text[256];
		struct recipe_text recipe;
		struct buffer rows = {0};
		msgpack_unpacked row;
		size_t offset = 0;
		snprintf(text, sizeof text, "message m { %s }", known[i].fields);
		recipe_text_open_or_fail(&recipe, text, NO_FOLDER, 1);
		recipe_text_append(&recipe, 0, 1, &rows);
		msgpack_unpacked_init(&row);
		assert_int_equal(msgpack_unpack_next(&row, (const char *)rows.data, rows.size, &offset),
		    MSGPACK_UNPACK_SUCCESS);
		assert_int_equal(offset, rows.size);
		if (rows.size != 1 + known[i].size)
			fail_msg("%s: %zu bytes", known[i].fields, rows.size);
		msgpack_unpacked_destroy(&row);
		buffer_free(&rows);
		recipe_text_close(&recipe);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_numbers),
	    cmocka_unit_test(decimals),
	    cmocka_unit_test(reals),
	    cmocka_unit_test(dates_and_times),
	    cmocka_unit_test(conditions),
	    cmocka_unit_test(nulls),
	    cmocka_unit_test(numbers_of_nulls_do_no_harm),
	    cmocka_unit_test(texts),
	    cmocka_unit_test(lists),
	    cmocka_unit_test(lists_as_one_value),
	    cmocka_unit_test(groups_in_groups),
	    cmocka_unit_test(groups_and_names),
	    cmocka_unit_test(every_leaf),
	    cmocka_unit_test(choices),
	    cmocka_unit_test(draws),
	    cmocka_unit_test(constants_reach_to_their_limits),
	    cmocka_unit_test(a_share_may_be_small),
	    cmocka_unit_test(values_take_the_fewest_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
