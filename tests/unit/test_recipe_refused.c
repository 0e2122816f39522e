/* Invalid recipes: the message for each, and the position that it names. */
#include "gen/batch/word_list.h"
#include "tests/unit/recipe_text.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	const char *text, *expected;
} refused[] = {
    {"message m { repeated group a: length 200 { let x = 0..1 | null; required int32 s (INTEGER(8,true)): "
     "running(x); } }",
	"line 1, column 101: values from 0 to 200 do not all fit \"s\", which takes -128 to 127: clamp() "
	"bounds them"},
    {"message m { required int32 x }", "line 1, column 30: expected \";\" or \"{\", found \"}\""},
    {"message m { required int32 x",
	"line 1, column 29: expected \";\" or \"{\", found the end of the recipe"},
    {"message m { required int32 x: ; }", "line 1, column 31: expected a value, found the end"},
    {"message m { required int32 x: a; }",
	"line 1, column 31: there is no field and no let called \"a\" here"},
    {"message m { required int32 x: 1 +; }", "line 1, column 34: expected a value, found the end"},
    {"message m { repeated int32 x: length 3 of 1..9; repeated group y: length 65536 { repeated int64 z: "
     "length "
     "0..256 of 1..100000; } }",
	"line 1, column 74: a row may need more than 16777216 random words: shorter lists need fewer"},
    {"message m { required int32 x: 1 2; }",
	"line 1, column 33: expected an operator, \";\" or \"{\", found \"2\""},
    {"message m { required int32 x: 1); }",
	"line 1, column 32: expected an operator, \";\" or \"{\", found \")\""},
    {"message m { required int32 x: 1 | ; }", "line 1, column 35: expected a value, found the end"},
    {"message m { required int32 x: \"a; }", "line 1, column 31: a text is not closed"},
    {"message m { required int32 x: \"a\"; }", "line 1, column 32: \"x\" takes a number, not a text"},
    {"message m { required int32 x: 1.5; }", "line 1, column 31: \"x\" takes whole numbers, and this has "
					     "digits behind the point: round() takes them away"},
    {"message m { required int32 x: 2147483648; }",
	"line 1, column 31: values from 2147483648 to 2147483648 do not all fit \"x\", which takes "
	"-2147483648 to 2147483647: clamp() bounds them"},
    {"message m { required int32 x: -2147483649; }",
	"line 1, column 31: values from -2147483649 to -2147483649 do not all fit \"x\", which takes "
	"-2147483648 to 2147483647: clamp() bounds them"},
    {"message m { required int32 x: null; }",
	"line 1, column 31: \"x\" may be null here, and only an optional field may"},
    {"message m { required int32 x: 1 | null; }",
	"line 1, column 31: \"x\" may be null here, and only an optional field may"},
    {"message m { required int32 x: if true then 1 else null; }",
	"line 1, column 31: \"x\" may be null here, and only an optional field may"},
    {"message m { required int32 x: if 1 then 2 else 3; }",
	"line 1, column 34: a condition is expected here, not a number"},
    {"message m { required int32 x: if true then 1; }",
	"line 1, column 45: expected \"else\", found the end"},
    {"message m { required int32 x: true; }", "line 1, column 31: \"x\" takes a number, not true or false"},
    {"message m { required int32 x: not 1; }",
	"line 1, column 35: a condition is expected here, not a number"},
    {"message m { required int32 x: 1 and true; }",
	"line 1, column 31: a condition is expected here, not a number"},
    {"message m { required int32 x: 99999999999999999999; }",
	"line 1, column 31: a number has at most 64 bits"},
    {"message m { required int32 x: 9G * 9G * 9G; }",
	"line 1, column 34: this can be more than 64 bits hold"},
    {"message m { required int32 x: 1k.5; }",
	"line 1, column 33: expected an operator, \";\" or \"{\", found \".\""},
    {"message m { required int32 x: 1x; }",
	"line 1, column 31: a number ends in a letter that is not k, M or G"},
    {"message m { required int32 x: 1.0k; }",
	"line 1, column 31: a number ends in a letter that is not k, M or G"},
    {"message m { required int32 x: 5 % 0; }",
	"line 1, column 33: \"x\" may be null here, and only an optional field may"},
    {"message m { required int32 x: 0..null; }",
	"line 1, column 31: a range has whole numbers, decimals, dates or times at its ends; uniform(a, b) "
	"draws real numbers"},
    {"message m { required int32 x: 5..1; }", "line 1, column 31: the range ends before it begins"},
    {"message m { required int32 x: 1.5..2; }", "line 1, column 31: \"x\" takes whole numbers, and this has "
						"digits behind the point: round() takes them away"},
    {"message m { required int32 x: \"a\"..\"b\"; }",
	"line 1, column 32: a range has whole numbers, decimals, dates or times at its ends; uniform(a, b) "
	"draws real numbers"},
    {"message m { required int32 x: 1 50% | 2 40%; }",
	"line 1, column 31: the shares of a choice add up to 90%, not to 100%"},
    {"message m { required int32 x: 1 60% | 2 50%; }",
	"line 1, column 31: the shares of a choice add up to 110%, not to 100%"},
    {"message m { required int32 x: 101%; }", "line 1, column 31: a share is 100% at most"},
    {"message m { required int32 x: 1 | \"a\"; }",
	"line 1, column 31: a number and a text do not go together"},
    {"message m { required int32 x: 2024-02-30; }", "line 1, column 31: there is no such day"},
    {"message m { required int32 x: 2024-01-01T25:00:00; }",
	"line 1, column 31: a time is written as in 2024-02-29T23:59:59"},
    {"message m { required int32 x: 2024-01-01; }", "line 1, column 31: \"x\" takes a number, not a date"},
    {"message m { required int32 x: foo(1); }",
	"line 1, column 31: there is no function \"foo\"; nest-recipe(5) has them all"},
    {"message m { required int32 x: round(); }",
	"line 1, column 31: the number of arguments of round() is 1 or 2, and not 0"},
    {"message m { required int32 x: round(1, 2, 3); }",
	"line 1, column 31: the number of arguments of round() is 1 or 2, and not 3"},
    {"message m { required int32 x: round(1, 10); }",
	"line 1, column 40: a whole number from 0 to 9 is expected here"},
    {"message m { required int32 x: clamp(1, 2); }",
	"line 1, column 31: the number of arguments of clamp() is 3, and not 2"},
    {"message m { required int32 x: clamp(1, 3, 2); }",
	"line 1, column 40: two numbers that are the same for all rows are expected, the lower one first"},
    {"message m { required int32 x: clamp(1, row, 2); }",
	"line 1, column 40: two numbers that are the same for all rows are expected, the lower one first"},
    {"message m { required int32 x: min(1, \"a\"); }",
	"line 1, column 31: a number and a text do not go together"},
    {"message m { required int32 x: min(1, null); }",
	"line 1, column 31: numbers, dates or times are expected here"},
    {"message m { required int32 x: year(5); }", "line 1, column 36: a date is expected here, not a number"},
    {"message m { required int32 x: date(5); }", "line 1, column 36: a time is expected here, not a number"},
    {"message m { required int32 x: time(5); }",
	"line 1, column 36: a date of the years -290000 to 290000 is expected here, not a number"},
    {"message m { required int32 x: sum(x); }", "line 1, column 13: this is made from itself"},
    {"message m { required int32 x: sum(5); }",
	"line 1, column 35: the path to a field of a list is expected here, as in sum(lines.price)"},
    {"message m { required int32 x: count(row); }",
	"line 1, column 37: there is no field and no let called \"row\" here"},
    {"message m { required int32 x: place; }", "line 1, column 31: only what is in a list has a place"},
    {"message m { required int32 x: zipf(row, 5); }",
	"line 1, column 36: a number that is the same for all rows is expected here"},
    {"message m { required int32 x: zipf(1, 0); }",
	"line 1, column 39: a whole number from 1 to 1099511627776 is expected here"},
    {"message m { required int32 x: poisson(-1); }",
	"line 1, column 31: the mean of a Poisson distribution is from 0 to 1000000, not -1"},
    {"message m { required int32 x: geometric(-1); }", "line 1, column 41: a mean is not below 0 here"},
    {"message m { required int32 x: scatter(row, 5); }",
	"line 1, column 39: a whole number from 0 to 4 is expected here, whatever the row: % or clamp() "
	"bounds it"},
    {"message m { required int32 x: scatter(5, 5); }",
	"line 1, column 39: a whole number from 0 to 4 is expected here, whatever the row: % or clamp() "
	"bounds it"},
    {"message m { required int32 x: 1 = \"a\"; }",
	"line 1, column 33: a number and a text do not go together"},
    {"message m { required int32 x: null = 1; }",
	"line 1, column 36: nothing compares with null; is_null() asks for it"},
    {"message m { required int32 x: \"a\" < \"b\"; }",
	"line 1, column 35: texts are equal or not; none is less than another"},
    {"message m { required int32 x: x; }", "line 1, column 13: this is made from itself"},
    {"message m { required int32 x: x + 1; }", "line 1, column 13: this is made from itself"},
    {"message m { required int32 x: 1 in (); }",
	"line 1, column 36: name at least one value between the parentheses"},
    {"message m { required int32 x: 1 in 2; }", "line 1, column 36: expected \"(\", found \"2\""},
    {"message m { required int32 x: - \"a\"; }",
	"line 1, column 31: a number is expected behind -, not a text"},
    {"message m { required int32 x: year(2024-01-01).x; }",
	"line 1, column 47: expected an operator, \";\" or \"{\", found \".\""},
    {"message m { required int32 x: a.b; }",
	"line 1, column 31: there is no field and no let called \"a\" here"},
    {"message m { required int32 x: -(-9223372036854775807 - 1); }",
	"line 1, column 31: this can be more than 64 bits hold"},
    {"message m { required int32 x: length 1 of 2; }", "line 1, column 13: only a list has a length"},
    {"message m { required int32 x: present 50%; }",
	"line 1, column 13: only a group is present or not; write \"... | null\""},
    {"message m { required int32 x: (1; required int32 y: (2); }",
	"line 1, column 31: a parenthesis is not closed"},
    {"message m { required int32 x: row*5%3; }", "line 1, column 35: \"5%\" is a share here; the % of a "
						 "remainder stands behind a blank"},
    {"message m { required int32 x: 1 $ 2; }", "line 1, column 33: this character has no meaning here"},
    {"message m { required int32 x: 1970-01-01 + 1.5; }",
	"line 1, column 42: days are added to a date and seconds to a time, and two of a kind are "
	"subtracted"},
    {"message m { required int32 x: 1970-01-01 * 2; }",
	"line 1, column 42: days are added to a date and seconds to a time, and two of a kind are "
	"subtracted"},
    {"message m { required int32 x: 1970-01-01 + 2147483648; }",
	"line 1, column 42: this can be a date that 32 bits do not hold"},
    {"message m { required int32 x: 1 / \"a\"; }",
	"line 1, column 33: a number is expected here, not a text"},
    {"message m { required int32 x: 1 / 2 % 3; }",
	"line 1, column 37: % is between numbers that are no real ones"},
    {"message m { required int32 x: 1 / 2 // 3; }",
	"line 1, column 37: // is between numbers that are no real ones"},
    {"message m { required int32 x: 2024-01-01 // 3; }",
	"line 1, column 42: days are added to a date and seconds to a time, and two of a kind are "
	"subtracted"},
    {"message m { required int32 x: 5 // 0; }",
	"line 1, column 33: \"x\" may be null here, and only an optional field may"},
    {"message m { required int64 x: (-9223372036854775807 - 1) // -1; }",
	"line 1, column 58: this can be more than 64 bits hold"},
    {"message m { optional int32 x (INTEGER(8,true)): clamp(row, 0, 128) // clamp(row, 0, 9); }",
	"line 1, column 68: values from 0 to 128 do not all fit \"x\", which takes -128 to 127: clamp() "
	"bounds "
	"them"},
    {"message m { optional int32 x (INTEGER(8,true)): 129 // clamp(row - 5, -5, 0); }",
	"line 1, column 53: values from -129 to -26 do not all fit \"x\", which takes -128 to 127: clamp() "
	"bounds them"},
    {"message m { required int32 x: letters(65537); }",
	"line 1, column 39: a whole number from 0 to 65536 is expected here, whatever the row"},
    {"message m { required int32 x: 0.0000000001 * 0.0000000001; }",
	"line 1, column 44: the product has more than 18 digits behind the point"},
    {"message m { required int32 x: 0.1234567890123456789; }",
	"line 1, column 31: a number has at most 18 digits behind the point"},
    {"message m { required int32 x: clamp(9223372036854775807, 0, 0.5); }",
	"line 1, column 31: this can be more than 64 bits hold"},
    {"message m { required int64 x: 9223372036854775807 + row; }",
	"line 1, column 51: this can be more than 64 bits hold"},
    {"message m { required int64 x: -9223372036854775807 - 2; }",
	"line 1, column 52: this can be more than 64 bits hold"},
    {"message m { required int64 x: 9223372036854775807 * (0..2); }",
	"line 1, column 51: this can be more than 64 bits hold"},
    {"message m { required int64 x: sum(row); }",
	"line 1, column 35: there is no field and no let called \"row\" here"},
    {"message m { required int64 x: 5 % (-9223372036854775807 - 1); }",
	"line 1, column 33: this can be more than 64 bits hold"},
    {"message m { required binary x (STRING): 5; }",
	"line 1, column 41: \"x\" takes a text (\"{value}\" makes one of anything), not a number"},
    {"message m { required binary x (STRING): \"{5\"; }",
	"line 1, column 42: a brace is not closed; \\{ stands for itself"},
    {"message m { required binary x (STRING): \"}\"; }",
	"line 1, column 42: a closing brace without an opening one; \\} stands for itself"},
    {"message m { required binary x (STRING): \"{}\"; }",
	"line 1, column 43: expected a value, found the end"},
    {"message m { required binary x (STRING): \"{1 2}\"; }",
	"line 1, column 45: expected \"}\", found \"2\""},
    {"message m { required binary x (STRING): \"\\q\"; }",
	"line 1, column 43: a backslash stands before one of \\ \" ' { } n t r 0 u"},
    {"message m { required binary x (STRING): \"\\u{110000}\"; }",
	"line 1, column 44: \\u names a character by its number, as in \\u{e9}"},
    {"message m { required binary x (STRING): \"\\u{d800}\"; }",
	"line 1, column 44: \\u names a character by its number, as in \\u{e9}"},
    {"message m { required binary x (STRING): \"\\xff\"; }",
	"line 1, column 43: a backslash stands before one of \\ \" ' { } n t r 0 u"},
    {"message m { required binary x (STRING): \"{null}\"; }",
	"line 1, column 43: null cannot stand in a text"},
    {"message m { required binary x (STRING): \"{'a':03}\"; }",
	"line 1, column 44: only a number has a number of digits"},
    {"message m { required binary x (STRING): \"{1:3}\"; }",
	"line 1, column 45: expected a number of digits from 01 to 020, found \"3\""},
    {"message m { required binary x (STRING): \"{bytes(1)}\"; }",
	"line 1, column 43: bytes cannot stand in a text"},
    {"message m { required binary x (STRING): bytes(3); }",
	"line 1, column 41: \"x\" takes a text (\"{value}\" makes one of anything), not bytes"},
    {"message m { required binary x (STRING): pattern(\"(\"); }",
	"line 1, column 41: at offset 0 of the pattern: the group is not closed"},
    {"message m { required binary x (STRING): pattern(5); }",
	"line 1, column 49: a text in quotes is expected here"},
    {"message m { required binary x (STRING): word(5); }",
	"line 1, column 46: a text in quotes is expected here"},
    {"message m { required binary x (STRING): letters(-1); }",
	"line 1, column 49: a whole number from 0 to 65536 is expected here, whatever the row"},
    {"message m { required binary x (STRING): uniform(0, 1); }",
	"line 1, column 41: \"x\" takes a text (\"{value}\" makes one of anything), not a real number"},
    {"message m { required binary x (STRING): letters(1..2) + 1; }",
	"line 1, column 55: a number is expected here, not a text"},
    {"message m { required int32 x; }",
	"line 1, column 13: nothing says how this field is drawn: put \": value\" behind it"},
    {"message m { let a = b; let b = a; required int32 x: a; }",
	"line 1, column 13: this is made from itself"},
    {"message m { repeated int32 x: length x of 1; }", "line 1, column 13: this is made from itself"},
    {"message m { repeated int32 x: 5; }", "line 1, column 13: nothing says how long this list is: put \": "
					   "length 0..3\" behind it, or another length"},
    {"message m { repeated int32 x: length 65537 of 1; }",
	"line 1, column 38: a length lies between 0 and 65536, and this may not: clamp() bounds it"},
    {"message m { repeated int32 x: length -1..1 of 1; }",
	"line 1, column 38: a length lies between 0 and 65536, and this may not: clamp() bounds it"},
    {"message m { repeated int32 x: length null | 1 of 1; }",
	"line 1, column 38: only a list that is optional may be null"},
    {"message m { repeated int32 x: length 1.5 of 1; }",
	"line 1, column 38: a length is a whole number, not one with digits behind the point"},
    {"message m { repeated int32 x: length \"a\" of 1; }",
	"line 1, column 39: a length is a whole number, not a text"},
    {"message m { repeated int32 x: length 1; }",
	"line 1, column 13: nothing says how this field is drawn: put \": value\" behind it"},
    {"message m { repeated int32 x: length 2 of place; required int32 y: x; }",
	"line 1, column 68: \"x\" has many values here; sum(), count(), least() and greatest() make one of "
	"them"},
    {"message m { repeated group g: length 2 { required int32 y: 1; } required int32 z: g.y; }",
	"line 1, column 83: \"g.y\" has many values here; sum(), count(), least() and greatest() make one of "
	"them"},
    {"message m { required int32 z: g; required group g { required int32 y: 1; } }",
	"line 1, column 31: \"g\" is a group, and has no value: name one of its fields, behind a dot"},
    {"message m { required group g: present 50% { required int32 y: 1; } }",
	"line 1, column 13: only an optional group may be absent"},
    {"message m { optional group g: present 5 { required int32 y: 1; } }",
	"line 1, column 39: a condition or a share is expected here, as in \"present 70%\""},
    {"message m { optional group g: 5 { required int32 y: 1; } }",
	"line 1, column 13: a group has no value; its fields have"},
    {"message m { optional group g: length 2 { required int32 y: 1; } }",
	"line 1, column 13: only a list has a length"},
    {"message m { optional int32 x: present 50%; }",
	"line 1, column 13: only a group is present or not; write \"... | null\""},
    {"message m { optional group l (LIST): present 50% { repeated int32 element: 1; } }",
	"line 1, column 13: a list is null where its length is: \"length null 20% | 1..3\""},
    {"message m { optional group l (LIST): length 1 of 2 { repeated int32 element: 1; } }",
	"line 1, column 13: a list has no value; its elements have"},
    {"message m { optional group l (LIST): length 1 { repeated group list: 5 { required int32 element: 1; } "
     "} }",
	"line 1, column 49: the group that repeats in a list is not drawn; what is in it is"},
    {"message m { optional group l (LIST) { repeated int32 element: 1; } }",
	"line 1, column 13: nothing says how long this list is: put \": length 0..3\" behind it, or another "
	"length"},
    {"message m { required boolean x: 1; }", "line 1, column 33: \"x\" takes true or false, not a number"},
    {"message m { required double x: \"a\"; }", "line 1, column 33: a number is expected here, not a text"},
    {"message m { required fixed_len_byte_array(2) x: \"abc\"; }",
	"line 1, column 50: \"x\" takes 2 bytes, no more and no less"},
    {"message m { required int96 x: \"abc\"; }",
	"line 1, column 32: \"x\" takes 12 bytes, no more and no less"},
    {"message m { required fixed_len_byte_array(2) x: bytes(1..2); }",
	"line 1, column 49: \"x\" takes 2 bytes, no more and no less"},
    {"message m { required fixed_len_byte_array(16) x (DECIMAL(38,19)): 1.5; }",
	"line 1, column 67: decimals with more than 18 digits behind the point are not drawn"},
    {"message m { required int32 x (DECIMAL(4,2)): 100; }",
	"line 1, column 46: values from 10000 to 10000 do not all fit \"x\", which takes -9999 to 9999: "
	"clamp() bounds them"},
    {"message m { let n = 10..20; required int32 x (DECIMAL(1,0)): n - n % 7; }",
	"line 1, column 64: values from 7 to 14 do not all fit \"x\", which takes -9 to 9: clamp() bounds "
	"them"},
    {"message m { required int64 x (TIMESTAMP(NANOS,true)): 2300-01-01T00:00:00; }",
	"line 1, column 55: nanoseconds reach from 1677-09-21 to 2262-04-11 only"},
    {"message m { required int32 x (INTEGER(8,false)): 0..256; }",
	"line 1, column 50: values from 0 to 256 do not all fit \"x\", which takes 0 to 255: clamp() bounds "
	"them"},
    {"message m { required int32 x (INTEGER(8,false)): -1; }",
	"line 1, column 50: values from -1 to -1 do not all fit \"x\", which takes 0 to 255: clamp() bounds "
	"them"},
    {"message m { required int32 x (DATE): 5 + 2024-01-01; }",
	"line 1, column 40: a number is expected here, not a date"},
    {"message m { required int32 x (DATE): \"2024-01-01\"; }",
	"line 1, column 39: \"x\" takes a date, not a text"},
    {"message m { let = 5; required int32 x: 1; }", "line 1, column 17: expected a name, found \"=\""},
    {"message m { let a 5; required int32 x: 1; }", "line 1, column 19: expected \"=\", found \"5\""},
    {"message m { let a = 5 required int32 x: a; }",
	"line 1, column 23: expected an operator or \";\", found \"required\""},
    {"message m { let 5 = 5; required int32 x: a; }", "line 1, column 17: expected a name, found \"5\""},
    {"message m { required binary x (STRING): min(\"a\", \"b\"); }",
	"line 1, column 41: numbers, dates or times are expected here"},
    {"message m { required int32 x: 5 0.5%; }",
	"line 1, column 31: this has a share, and stands alone: put | and what else there is behind it"},
    {"message m { required int32 x (INTEGER(16,false)): poisson(3); }",
	"line 1, column 51: values from 0 to 65536 do not all fit \"x\", which takes 0 to 65535: clamp() "
	"bounds them"},
    {"message m { required binary x (STRING): letters(); }",
	"line 1, column 41: the number of arguments of letters() is 1 or 2, and not 0"},
    {"message m { required int64 s: least(y); repeated binary y (STRING): length 1 of \"a\"; }",
	"line 1, column 37: numbers, dates or times are expected here, not a text"},
    {"message m { required int32 x (INTEGER(32,false)): 5 % -3; }",
	"line 1, column 53: values from -3 to 0 do not all fit \"x\", which takes 0 to 4294967295: clamp() "
	"bounds them"},
    {"message m { let a = 1; let a = 2; required int32 x: a; }",
	"line 1, column 13: this group has another field or let called \"a\""},
    {"message m { let a = 1; required int32 b: 2; required int32 x: a.b; }",
	"line 1, column 63: there is no field and no let called \"b\" in it"},
    {"message m { required int32 x (DECIMAL(1,0)): month(1970-01-01); }",
	"line 1, column 46: values from 1 to 12 do not all fit \"x\", which takes -9 to 9: clamp() bounds "
	"them"},
    {"message m { required int32 x (DECIMAL(1,0)): day(1970-01-01); }",
	"line 1, column 46: values from 1 to 31 do not all fit \"x\", which takes -9 to 9: clamp() bounds "
	"them"},
    {"message m { required int32 x (DATE): 1970-01-01 - 2147483649; }",
	"line 1, column 49: this can be a date that 32 bits do not hold"},
    {"message m { required int32 x: g.z; required group g { required int32 y: 1; } }",
	"line 1, column 31: there is no field and no let called \"z\" in it"},
    {"message m { required int64 s: sum(a.y); repeated group a: length 1 { repeated int32 y: length 1 of 1; "
     "} }",
	"line 1, column 35: this is no field of a list in the same group"},
    {"message m { required int64 s: sum(y); repeated double y: length 1 of 1 / 2; }",
	"line 1, column 35: whole numbers or decimals are expected here, not a real number; round() makes "
	"them"},
    {"message m { required int64 s: sum(y); repeated int64 y: length 2 of 9223372036854775807; }",
	"line 1, column 31: this can be more than 64 bits hold"},
    {"message m: 5 { required int32 x: 1; }", "line 1, column 1: a group has no value; its fields have"},
    {"message m {\n  required int32 x:\n    1 +\n    # a comment\n    y;\n}",
	"line 5, column 5: there is no field and no let called \"y\" here"},
    {"message m { required int32 é: y; }",
	"line 1, column 31: there is no field and no let called \"y\" here"},
    {"message m { required binary x: \"\xff\"; }",
	"line 1, column 33: a text is not well-formed UTF-8; bytes are drawn by bytes()"},
    {"message m { required int32 x: clamp(row, 1, row + 1); }",
	"line 1, column 42: two numbers that are the same for all rows are expected, the lower one first"},
    {"message m { required int32 x: clamp(row, row, 9G); }",
	"line 1, column 42: two numbers that are the same for all rows are expected, the lower one first"},
    {"message m { required int32 x: clamp(row, 'a', 1); }",
	"line 1, column 43: two numbers that are the same for all rows are expected, the lower one first"},
    {"message m { required int32 x: clamp(row, 1, 'a'); }",
	"line 1, column 42: two numbers that are the same for all rows are expected, the lower one first"},
    {"message m { required int32 x: clamp(row, 2, 1); }",
	"line 1, column 42: two numbers that are the same for all rows are expected, the lower one first"},
    {"message m { required int32 x: round('a'); }",
	"line 1, column 38: a number is expected here, not a text"},
    {"message m { required int32 x: zipf(0, 5); }",
	"line 1, column 31: the exponent of a Zipf distribution is above 0, not 0"},
    {"message m { required fixed_len_byte_array(1025) x (DECIMAL(9,2)): 1; }",
	"line 1, column 67: decimals of more than 1,024 bytes are not drawn"},
    {"message m { required int32 x (DATE): 2024-01-01 + (0..4G); }",
	"line 1, column 49: this can be a date that 32 bits do not hold"},
    {"message m { required int32 x (DATE): 2024-01-01 - (0..4G); }",
	"line 1, column 49: this can be a date that 32 bits do not hold"},
    {"message m { repeated group l (LIST): length 1 { repeated group list { required int32 element: 1; } } }",
	"line 1, column 28: invalid message type: the LIST \"l\" must be optional or required: it may only "
	"repeat as the element of a LIST"},
    {"message m { required int32 x: 1.99999999999999999999; }",
	"line 1, column 31: a number has at most 64 bits"},
    {"message m { required int32 x: true $; }", "line 1, column 36: this character has no meaning here"},
    {"message m { required int32 x: a $; }", "line 1, column 33: this character has no meaning here"},
    {"message m { required int32 x: a.b $; }", "line 1, column 35: this character has no meaning here"},
    {"message m { required binary x: pattern('a' $); }",
	"line 1, column 44: this character has no meaning here"},
    {"message m { required binary x: '{1:$}'; }", "line 1, column 36: this character has no meaning here"},
    {"message m { required binary x: '{1:08$}'; }", "line 1, column 38: this character has no meaning here"},
    {"message m { required binary x: pattern('[a-\\\\'); }",
	"line 1, column 32: at offset 1 of the pattern: the range ends before it begins"},
    {"message m { required binary x: pattern('[a-'); }",
	"line 1, column 32: at offset 0 of the pattern: the class is not closed"},
    {"message m { required binary x: pattern('a{1,99999}'); }",
	"line 1, column 32: at offset 4 of the pattern: a count is at most 65535"},
    {"message m { required binary x: pattern('a{99999999999}'); }",
	"line 1, column 32: at offset 2 of the pattern: a count is at most 65535"},
    {"let x = 1", "line 1, column 10: expected \";\", found the end of the recipe"},
    {"message m { let x = 1", "line 1, column 22: expected \";\", found the end of the recipe"},
    {"include 'a' 'b'; message m { required int32 x: 1; }", "line 1, column 13: expected \";\", found \"b\""},
    {"message m { required binary x: pattern('[a-\\\\'); }",
	"line 1, column 32: at offset 1 of the pattern: the range ends before it begins"},
    {"message m { required int32 x: 1 "
     "'üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü'; }",
	"line 1, column 33: expected an operator, \";\" or \"{\", found "
	"\"üüüüüüüüüüüüüüüüüüüüüüüüüüüüü...\""},
    {"message m { required int32 x: 1 "
     "'aüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü'; }",
	"line 1, column 33: expected an operator, \";\" or \"{\", found "
	"\"aüüüüüüüüüüüüüüüüüüüüüüüüüüüü...\""},
    {"message m { optional group a (LIST): length 2 { repeated group b (LIST): length 1 { repeated int32 c: "
     "1; } } }",
	"line 1, column 49: only a list has a length"},
    {"message m { required double x: geometric(1000000000000000000.0 * 9.0 / 0.0); }",
	"line 1, column 42: a number has at most 64 bits"},
    {"message m { required double x: geometric(1000000000000000000.0 * 9.0); }",
	"line 1, column 42: a number has at most 64 bits"},
    {"message m { optional group a (LIST): length 2 { repeated group b (LIST) { repeated int32 c: length 1 "
     "of 1; } } }",
	"line 1, column 49: a repeated field that is itself a list is not drawn"},
};

static void
each_fault_has_a_sentence_and_a_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_refused(refused[i].text, NO_FOLDER, refused[i].expected);
}

/* One argument less than a function has, and one more. */
static void
arguments_are_counted(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned least, most;
	} known[] = {{"word", 1, 2}, {"words", 2, 3}, {"word_at", 2, 2}, {"word_number", 1, 2},
	    {"word_count", 1, 1}, {"pattern", 1, 1}, {"letters", 1, 2}, {"bytes", 1, 1}, {"uuid", 0, 1},
	    {"uniform", 2, 2}, {"normal", 2, 2}, {"lognormal", 2, 2}, {"exponential", 1, 1}, {"zipf", 2, 2},
	    {"poisson", 1, 2}, {"geometric", 1, 2}, {"scatter", 2, 2}, {"year", 1, 1}, {"month", 1, 1},
	    {"day", 1, 1}, {"date", 1, 1}, {"time", 1, 1}, {"is_null", 1, 1}, {"min", 2, 2}, {"max", 2, 2},
	    {"round", 1, 2}, {"clamp", 3, 3}, {"dirty", 2, 2}, {"distinct", 1, 1}, {"running", 1, 1},
	    {"sum", 1, 1}, {"count", 1, 1}, {"least", 1, 1}, {"greatest", 1, 1}};
	static const char *const lists[] = {"", "1", "1, 2", "1, 2, 3", "1, 2, 3, 4"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		for (unsigned count = 0; count <= known[i].most + 1; count++) {
			char text[128], numbers[16], why[128];
			if (count >= known[i].least && count <= known[i].most)
				continue;
			snprintf(numbers, sizeof numbers, known[i].least < known[i].most ? "%u or %u" : "%u",
			    known[i].least, known[i].most);
			snprintf(text, sizeof text, "message m { required int32 x: %s(%s); }", known[i].name,
			    lists[count]);
			snprintf(why, sizeof why,
			    "line 1, column 31: the number of arguments of %s() is %s, and not %u",
			    known[i].name, numbers, count);
			assert_refused(text, NO_FOLDER, why);
		}
}

/* A fault in what something is made from is that of the whole. */
static void
a_fault_is_found_wherever_it_stands(void **state)
{
	(void)state;
	static const char *const whole[] = {"nobody + 1", "1 + nobody", "nobody // 1", "1 % nobody",
	    "1 / nobody", "-nobody", "not nobody", "nobody and true", "true and nobody", "nobody or true",
	    "true or nobody", "nobody = 1", "1 < nobody", "nobody in (1, 2)", "1 in (1, nobody)", "nobody..1",
	    "1..nobody", "nobody | 1", "1 | nobody", "1 | 2 | nobody", "if nobody then 1 else 2",
	    "if true then nobody else 2", "if true then 1 else nobody", "min(nobody, 1)", "max(1, nobody)",
	    "round(nobody)", "round(1, nobody)", "clamp(nobody, 1, 2)", "clamp(1, nobody, 2)",
	    "clamp(1, 2, nobody)", "uniform(nobody, 1)", "uniform(1, nobody)", "normal(nobody, 1)",
	    "normal(1, nobody)", "lognormal(nobody, 1)", "exponential(nobody)", "zipf(nobody, 1)",
	    "zipf(1, nobody)", "poisson(nobody)", "poisson(1, nobody)", "geometric(nobody)",
	    "geometric(1, nobody)", "scatter(nobody, 1)", "scatter(0, nobody)", "letters(nobody)",
	    "bytes(nobody)", "year(nobody)", "month(nobody)", "day(nobody)", "date(nobody)", "time(nobody)",
	    "is_null(nobody)", "sum(nobody)", "count(nobody)", "least(nobody)", "greatest(nobody)",
	    "2024-01-01 + nobody"};
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		char text[256], expected[256];
		snprintf(text, sizeof text, "message m { optional binary x: %s; }", whole[i]);
		snprintf(expected, sizeof expected,
		    "line 1, column %td: there is no field and no let called \"nobody\" here",
		    strstr(text, "nobody") - text + 1);
		assert_refused(text, NO_FOLDER, expected);
		snprintf(text, sizeof text, "message m { optional binary x: \"<{%s}>\"; }", whole[i]);
		snprintf(expected, sizeof expected,
		    "line 1, column %td: there is no field and no let called \"nobody\" here",
		    strstr(text, "nobody") - text + 1);
		assert_refused(text, NO_FOLDER, expected);
	}
}

/* PIECE again and again between BEGIN and END. */
static char *
repeat(const char *begin, const char *piece, unsigned count, const char *end)
{
	size_t size = strlen(begin) + strlen(end) + count * strlen(piece) + 1;
	char *text = malloc(size);
	assert_non_null(text);
	char *at = stpcpy(text, begin);
	for (unsigned i = 0; i < count; i++)
		at = stpcpy(at, piece);
	strcpy(at, end);
	return text;
}

static void
what_goes_too_deep_is_refused(void **state)
{
	(void)state;
	char *sum = repeat("message m { required int64 x: row", " + row", 80000, "; }");
	assert_refused(sum, NO_FOLDER,
	    "line 1, column 474029: this stands more than 1000 deep: operators in a row and lets that are "
	    "made from lets count");
	free(sum);
	char *open = repeat("message m { required int64 x: ", "(", 65, "1; }");
	assert_refused(open, NO_FOLDER, "line 1, column 95: expressions are nested more than 64 deep");
	free(open);
	size_t size = 0, room = 1 << 19;
	char *lets = malloc(room);
	assert_non_null(lets);
	size += (size_t)snprintf(lets, room, "message m { required int64 x: a0;\n");
	for (unsigned i = 0; i < 20000; i++)
		size += (size_t)snprintf(lets + size, room - size, "let a%u = a%u;\n", i, i + 1);
	snprintf(lets + size, room - size, "let a20000 = 1; }");
	assert_refused(lets, NO_FOLDER,
	    "line 1001, column 12: this stands more than 1000 deep: operators in a row and lets that are "
	    "made from lets count");
	free(lets);
}

/* A row that would take gigabytes is refused before it does, and a smaller one beside it is drawn. */
static void
what_grows_too_large_is_refused(void **state)
{
	(void)state;
	/* Each of 65,536 elements takes one of 4,096 alternatives. */
	char *choice = repeat("message m { repeated int32 x: length 65536 of 1 0.02%", " | 2", 4095, "; }");
	char *dirty =
	    repeat("message m { repeated binary x: length 65536 of dirty('", "a", 4096, "', 5%); }");
	char *picks = repeat("message m { repeated int64 x: length 65536 of place", " | place", 4095, "; }");
	const char *const huge[] = {
	    "message m { repeated group a: length 65536 { repeated group b: length 65536 { repeated group c: "
	    "length 65536 { "
	    "repeated int32 d: length 65536 of 1; } } } }",
	    "message m { repeated group a: length 65536 { required binary x (STRING): \"{letters(65536)}\"; "
	    "} }",
	    "message m { let a = \"{letters(65536)}{letters(65536)}{letters(65536)}{letters(65536)}\"; "
	    "repeated binary x (STRING): length 65536 of \"{a}\"; }",
	    "message m { let a = letters(65536); repeated binary x (STRING): length 65536 of a; }",
	    "message m { repeated group g: length 60 { repeated binary x: length 65536 of uuid(place); } }",
	    choice,
	    picks,
	};
	struct nest_error error;
	struct recipe_text recipe;
	for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
		struct buffer rows = {0};
		recipe_text_open_or_fail(&recipe, huge[i], NO_FOLDER, 1);
		assert_false(rows_append(recipe.rows, 7, 300, &rows, &error));
		assert_int_equal(error.status, NEST_INVALID);
		assert_string_equal(
		    error.text, "row 7 takes more than 256 MiB to draw: shorter lists and texts take less");
		buffer_free(&rows);
		recipe_text_close(&recipe);
	}
	free(choice);
	free(picks);
	free(dirty);
}

/* Each element that a fold looks at counts as a byte. */
static void
folds_count_towards_the_size_of_a_row(void **state)
{
	(void)state;
	static const char begin[] = "message m { repeated group g: length 32 { repeated int32 y: length "
				    "65536 of 1; required int64 s: 0",
			  fold[] = " + sum(y)", end[] = "; } }";
	static const struct {
		unsigned folds;
		bool fits;
	} known[] = {{60, true}, {120, false}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct nest_error error;
		struct recipe_text recipe;
		struct buffer rows = {0};
		char *text = repeat(begin, fold, known[i].folds, end);
		recipe_text_open_or_fail(&recipe, text, NO_FOLDER, 1);
		assert_int_equal(rows_append(recipe.rows, 0, 1, &rows, &error), known[i].fits);
		buffer_free(&rows);
		recipe_text_close(&recipe);
		free(text);
	}
}

#define LARGE                                                                                               \
	"message m { repeated group a: length 32 { repeated int32 b: length 65536 of 1; let c = sum(b); } " \
	"let y = sum(a.c); required int64 x: "

/* What the rows take that a row refers to, it takes itself. */
static void
references_count_towards_the_size_of_a_row(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool fits;
	} known[] = {
	    {LARGE "y[row + 1]; }", true},
	    {LARGE "y[row + 1] + y[row + 2] + y[row + 3] + y[row + 4] + y[row + 5] + y[row + 6]; }", false},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct nest_error error;
		struct recipe_text recipe;
		struct buffer rows = {0};
		recipe_text_open_or_fail(&recipe, known[i].text, NO_FOLDER, 1);
		assert_int_equal(rows_append(recipe.rows, 0, 1, &rows, &error), known[i].fits);
		buffer_free(&rows);
		recipe_text_close(&recipe);
	}
}

static void
rows_that_are_large_are_drawn_a_few_at_a_time(void **state)
{
	(void)state;
	struct recipe_text recipe;
	struct buffer rows = {0}, same = {0};
	recipe_text_open_or_fail(&recipe,
	    "message m { required int64 r: row; required binary x (STRING): letters(65536); repeated int64 "
	    "y: length 20000 of 1..9; "
	    "let a = \"{x}{x}{x}{x}{x}{x}{x}{x}\"; let b = \"{a}{a}\"; required boolean z: a = b; }",
	    NO_FOLDER, 1);
	recipe_text_append(&recipe, 0, 256, &rows);
	assert_true(recipe.compiled.batch.rows_most < BATCH_ROWS);
	for (uint64_t i = 0; i < 256; i += 32)
		recipe_text_append(&recipe, i, 32, &same);
	assert_int_equal(rows.size, same.size);
	assert_memory_equal(rows.data, same.data, rows.size);
	buffer_free(&rows);
	buffer_free(&same);
	recipe_text_close(&recipe);
}

/* The tree grows while a pattern is read. */
static void
a_pattern_may_stand_anywhere(void **state)
{
	(void)state;
	for (unsigned count = 0; count < 300; count++) {
		struct recipe_text recipe;
		char *text =
		    repeat("message m { let a = 1", " + 1", count, "; required binary x: pattern(\"a\"); }");
		recipe_text_open_or_fail(&recipe, text, NO_FOLDER, 1);
		recipe_text_close(&recipe);
		free(text);
	}
}

/* A row would take them all, and some patterns take long for each byte. */
/* One of them fills more than what is written at a time. */
static void
rows_of_many_fields_are_written_one_at_a_time(void **state)
{
	(void)state;
	struct recipe_text recipe;
	struct buffer rows = {0}, same = {0};
	char text[128 << 10], *at = stpcpy(text, "message m {");
	for (unsigned i = 0; i < 1500; i++)
		at += sprintf(at, " required binary x%u: letters(60);", i);
	strcpy(at, " }");
	recipe_text_open_or_fail(&recipe, text, NO_FOLDER, 1);
	recipe_text_append(&recipe, 0, 3, &rows);
	for (uint64_t i = 0; i < 3; i++)
		recipe_text_append(&recipe, i, 1, &same);
	assert_true(rows.size > 3 * 1500 * 60);
	assert_int_equal(rows.size, same.size);
	assert_memory_equal(rows.data, same.data, rows.size);
	buffer_free(&rows);
	buffer_free(&same);
	recipe_text_close(&recipe);
}

static void
patterns_are_bounded_all_together(void **state)
{
	(void)state;
	static const char begin[] = "message m { required boolean x: true ",
			  pattern[] = " or 'a' = pattern('a{65535}')";
	struct recipe_text recipe;
	char *fits = repeat(begin, pattern, 64, "or 'a' = pattern('a{64}'); }");
	recipe_text_open_or_fail(&recipe, fits, NO_FOLDER, 1);
	recipe_text_close(&recipe);
	free(fits);
	char *more = repeat(begin, pattern, 64, "or 'a' = pattern('a{65}'); }");
	assert_refused(more, NO_FOLDER,
	    "line 1, column 1903: the patterns of the recipe may make more than 4194304 bytes, all together");
	free(more);
}

/* ---- lists of words ---- */

static void
put_file(int folder, const char *name, const char *bytes)
{
	int file = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(file >= 0);
	assert_int_equal(write(file, bytes, strlen(bytes)), strlen(bytes));
	close(file);
}

/* Descriptors that are open. */
static unsigned
count_open(void)
{
	unsigned count = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

/* Of four.txt with the exponent 1 the words have 12, 6, 4 and 3 of 25 rows. */
static void
ranked_words_are_all_drawn(int folder)
{
	enum { ROWS = 4096, SHARES = 25, ROW_BYTES = 3 };
	static const unsigned shares[] = {12, 6, 4, 3};
	unsigned seen[4] = {0};
	struct recipe_text recipe;
	struct buffer rows = {0};
	recipe_text_open_or_fail(
	    &recipe, "message m { required binary x (STRING): word(\"four\", 1); }", folder, 1);
	for (uint64_t i = 0; i < ROWS; i += BATCH_ROWS)
		recipe_text_append(&recipe, i, BATCH_ROWS, &rows);
	assert_int_equal(rows.size, ROWS * ROW_BYTES);
	for (size_t i = 0; i < ROWS; i++) {
		unsigned word = rows.data[i * ROW_BYTES + 2] - 'a';
		assert_in_range(word, 0, 3);
		seen[word]++;
	}
	for (size_t i = 0; i < 4; i++)
		assert_in_range(
		    seen[i], ROWS * shares[i] / SHARES - ROWS / 20, ROWS * shares[i] / SHARES + ROWS / 20);
	buffer_free(&rows);
	recipe_text_close(&recipe);
}

static void
lists_of_words_lie_in_the_folder(void **state)
{
	(void)state;
	static const struct {
		const char *name, *why;
	} known[] = {{"none", "unable to open none.txt: No such file or directory"},
	    {"../out", "../out.txt is no path downwards from the folder of the recipe"},
	    {"in/../../out", "in/../../out.txt is no path downwards from the folder of the recipe"},
	    {"/etc/passwd", "/etc/passwd.txt is no path downwards from the folder of the recipe"},
	    {"link", "link.txt is a link, and links are not followed"},
	    {"up/out", "unable to open up/out.txt: Not a directory"},
	    {"in/none/one", "unable to open in/none/one.txt: No such file or directory"},
	    {"folder", "folder.txt is no regular file"}, {"fifo", "fifo.txt is no regular file"},
	    {"empty", "empty.txt has no words"}, {"latin", "latin.txt is not well-formed UTF-8"},
	    {"good\\0", "the name of a list of words has a zero in it"},
	    {"some", "some.txt: word 2 has no weight, and those before it have"},
	    {"late", "late.txt: what stands behind the tab of word 2 is no weight, or some words have one "
		     "and others not"},
	    {"odd", "odd.txt: what stands behind the tab of word 1 is no weight, or some words have one and "
		    "others not"},
	    {"zero", "zero.txt: all 2 weights are 0"},
	    {"less", "less.txt: weight 2 is -1: a weight is 0 or more, and finite"}};
	char top[] = "/tmp/nest-recipe-XXXXXX", path[64];
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof path, "%s/here", top);
	assert_int_equal(mkdir(path, 0700), 0);
	int above = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(above >= 0 && folder >= 0);
	put_file(above, "out.txt", "secret\n");
	assert_int_equal(mkdirat(folder, "in", 0700), 0);
	assert_int_equal(mkdirat(folder, "folder.txt", 0700), 0);
	assert_int_equal(symlinkat("../out.txt", folder, "link.txt"), 0);
	assert_int_equal(symlinkat("..", folder, "up"), 0);
	assert_int_equal(mkfifoat(folder, "fifo.txt", 0600), 0);
	put_file(folder, "empty.txt", "\n\r\n");
	put_file(folder, "latin.txt", "caf\xe9\n");
	put_file(folder, "some.txt", "a\t1\nb\n");
	put_file(folder, "late.txt", "a\nb\t1\n");
	put_file(folder, "odd.txt", "a\tone\n");
	put_file(folder, "zero.txt", "a\t0\nb\t0\n");
	put_file(folder, "less.txt", "a\t1\nb\t-1\n");
	put_file(folder, "in/one.txt", "only\r\n\n");
	put_file(folder, "four.txt", "a\nb\nc\nd\n");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char text[128], why[256];
		snprintf(text, sizeof text, "message m { required binary x: word(\"%s\"); }", known[i].name);
		snprintf(why, sizeof why, "line 1, column 38: %s", known[i].why);
		unsigned before = count_open();
		assert_refused(text, folder, why);
		assert_int_equal(count_open(), before);
	}
	char *many = repeat("", "a\n", WORD_LIST_MOST, "");
	put_file(folder, "many.txt", many);
	put_file(folder, "most.txt", many + 2);
	free(many);
	assert_refused("message m { required binary x: word('many'); }", folder,
	    "line 1, column 38: many.txt has more than 4194304 lines");
	struct recipe_text recipe;
	recipe_text_open_or_fail(&recipe, "message m { required binary x: word('most'); }", folder, 1);
	recipe_text_close(&recipe);
	unsigned before = count_open();
	recipe_text_open_or_fail(
	    &recipe, "message m { required binary x (STRING): word(\"in/one\"); }", folder, 1);
	assert_int_equal(count_open(), before);
	char *printed = recipe_text_print(&recipe, 0, 2);
	assert_string_equal(printed, "[\"only\"] [\"only\"]");
	free(printed);
	recipe_text_close(&recipe);
	ranked_words_are_all_drawn(folder);
	static const char *const files[] = {"fifo.txt", "four.txt", "empty.txt", "latin.txt", "some.txt",
	    "late.txt", "odd.txt", "zero.txt", "less.txt", "in/one.txt", "link.txt", "up", "many.txt",
	    "most.txt"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		assert_int_equal(unlinkat(folder, files[i], 0), 0);
	assert_int_equal(unlinkat(folder, "in", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(folder, "folder.txt", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(above, "out.txt", 0), 0);
	close(folder);
	close(above);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(top), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_fault_has_a_sentence_and_a_place),
	    cmocka_unit_test(arguments_are_counted),
	    cmocka_unit_test(a_fault_is_found_wherever_it_stands),
	    cmocka_unit_test(what_goes_too_deep_is_refused),
	    cmocka_unit_test(what_grows_too_large_is_refused),
	    cmocka_unit_test(folds_count_towards_the_size_of_a_row),
	    cmocka_unit_test(references_count_towards_the_size_of_a_row),
	    cmocka_unit_test(rows_that_are_large_are_drawn_a_few_at_a_time),
	    cmocka_unit_test(rows_of_many_fields_are_written_one_at_a_time),
	    cmocka_unit_test(patterns_are_bounded_all_together),
	    cmocka_unit_test(a_pattern_may_stand_anywhere),
	    cmocka_unit_test(lists_of_words_lie_in_the_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
