/* The words of a recipe's notation, one after another, and their positions. */
#include "gen/notation/lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The tokens of TEXT: kind, offset, and what it says of itself; or the sentence that refuses it. */
static const char *
tokens_of(const char *text, char printed[512])
{
	const struct source source = {"t", view_of_text(text), NULL, 0};
	struct nest_error error;
	struct lexer lexer;
	size_t size = 0;
	bool fine = lexer_open(&lexer, &source, 0, source.text.size, &error);
	printed[0] = '\0';
	for (; fine && lexer.token.kind != TOKEN_END; fine = lexer_advance(&lexer)) {
		const struct token *token = &lexer.token;
		size += (size_t)snprintf(printed + size, 512 - size, "%s%c%zu:", size > 0 ? " " : "",
		    "!nd%\"DTm"[token->kind], token -> at);
		if (token->kind == TOKEN_NUMBER)
			size += (size_t)snprintf(
			    printed + size, 512 - size, "%lld/%u", (long long)token->number, token->scale);
		else if (token->kind == TOKEN_SHARE)
			size += (size_t)snprintf(printed + size, 512 - size, "%g", token->share);
		else if (token->kind == TOKEN_DATE || token->kind == TOKEN_TIME)
			size +=
			    (size_t)snprintf(printed + size, 512 - size, "%lld", (long long)token->number);
		else
			size += (size_t)snprintf(printed + size, 512 - size, "%.*s", (int)token->word.size,
			    (const char *)token->word.data);
	}
	if (!fine)
		snprintf(printed, 512, "%.500s", error.text);
	return printed;
}

static void
tokens_are_known_by_how_they_look(void **state)
{
	(void)state;
	static const char *const known[][2] = {{"", ""}, {" # only\n\t# this", ""},
	    {"a _b1 c#d\n e", "n0:a n2:_b1 n6:c n11:e"}, {"1 1.50 007 0", "d0:1/0 d2:150/2 d7:7/0 d11:0/0"},
	    {"1k 2M 3G", "d0:1000/0 d3:2000000/0 d6:3000000000/0"},
	    {"9223372036854775807", "d0:9223372036854775807/0"},
	    {"9.223372036854775807", "d0:9223372036854775807/18"},
	    {"9223372036854775k", "d0:9223372036854775000/0"},
	    {"1..2 1.5..2", "d0:1/0 m1:.. d3:2/0 d5:15/1 m8:.. d10:2/0"},
	    {"5% | 0.5% , 100%;", "%0:5 m3:| %5:0.5 m10:, %12:100 m16:;"}, {"5 % 2", "d0:5/0 m2:% d4:2/0"},
	    {"1970-01-02 0000-01-01", "D0:1 D11:-719528"}, {"1970-1-2", "d0:1970/0 m4:- d5:1/0 m6:- d7:2/0"},
	    {"2024-02-29..2024-03-01", "D0:19782 m10:.. D12:19783"}, {"1970-01-01T00:00:01.5Z", "T0:1500000"},
	    {"1970-01-01T23:59:59.000001..1", "T0:86399000001 m26:.. d28:1/0"},
	    {"1969-12-31T23:59:59", "T0:-1000000"}, {"\"a\" 'b\"' \"\\\"\"", "\"0:a \"4:b\" \"9:\\\""},
	    {"!= <= >= .. ( ) , | + - * / % = < > : .",
		"m0:!= m3:<= m6:>= m9:.. m12:( m14:) m16:, m18:| m20:+ m22:- m24:* m26:/ m28:% m30:= "
		"m32:< m34:> m36:: m38:."},
	    {"a<=b", "n0:a m1:<= n3:b"}};
	char printed[512];
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_string_equal(tokens_of(known[i][0], printed), known[i][1]);
}

static void
what_is_none_is_refused_where_it_stands(void **state)
{
	(void)state;
	static const char *const known[][2] = {
	    {"\n 9223372036854775808", "t, line 2, column 2: a number has at most 64 bits"},
	    {"99999999999999999999", "t, line 1, column 1: a number has at most 64 bits"},
	    {"9223372036854776k", "t, line 1, column 1: a number has at most 64 bits"},
	    {"10G 10000000000G", "t, line 1, column 5: a number has at most 64 bits"},
	    {"1kk", "t, line 1, column 1: a number ends in a letter that is not k, M or G"},
	    {"1.5k", "t, line 1, column 1: a number ends in a letter that is not k, M or G"},
	    {"2023-02-29", "t, line 1, column 1: there is no such day"},
	    {"2023-13-01", "t, line 1, column 1: there is no such day"},
	    {"2023-01-01T24:00:00", "t, line 1, column 1: a time is written as in 2024-02-29T23:59:59"},
	    {"2023-01-01T23:60:00", "t, line 1, column 1: a time is written as in 2024-02-29T23:59:59"},
	    {"2023-01-01T23:00", "t, line 1, column 1: a time is written as in 2024-02-29T23:59:59"},
	    {"2023-01-01T23:00:00.1234567",
		"t, line 1, column 27: a time has no more than six digits behind the point"},
	    {"\xc3\xa9 $", "t, line 1, column 1: this character has no meaning here"},
	    {"'\xc3\xa9' $", "t, line 1, column 5: this character has no meaning here"},
	    {"'a\"", "t, line 1, column 1: a text is not closed"},
	    {"5%3",
		"t, line 1, column 1: \"5%\" is a share here; the % of a remainder stands behind a blank"},
	    {" 0.25% (",
		"t, line 1, column 2: \"0.25%\" is a share here; the % of a remainder stands behind a blank"},
	    {"5%\n # a\n 3",
		"t, line 1, column 1: \"5%\" is a share here; the % of a remainder stands behind a blank"},
	    {"5%a",
		"t, line 1, column 1: \"5%\" is a share here; the % of a remainder stands behind a blank"},
	    {"!", "t, line 1, column 1: this character has no meaning here"}};
	char printed[512];
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_string_equal(tokens_of(known[i][0], printed), known[i][1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tokens_are_known_by_how_they_look),
	    cmocka_unit_test(what_is_none_is_refused_where_it_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
