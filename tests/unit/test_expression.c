/* Expressions parsed to trees, printed with parentheses around every compound one. */
#include "gen/notation/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct printer {
	const struct expression_tree *tree;
	char text[1024];
	size_t size;
};

static void __attribute__((format(printf, 2, 3))) put(struct printer *printer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printer->size += (size_t)vsnprintf(
	    printer->text + printer->size, sizeof printer->text - printer->size, format, args);
	va_end(args);
}

static void
print(struct printer *printer, uint32_t node)
{
	static const char *const operations[] = {
	    "+", "-", "*", "/", "//", "%", "=", "!=", "<", "<=", ">", ">=", "and", "or"};
	static const char *const kinds[] = {[EXPRESSION_TEMPLATE] = "text",
	    [EXPRESSION_NEGATE] = "-",
	    [EXPRESSION_NOT] = "not",
	    [EXPRESSION_IN] = "in",
	    [EXPRESSION_RANGE] = "..",
	    [EXPRESSION_IF] = "if",
	    [EXPRESSION_CHOICE] = "|"};
	const struct expression *e = &printer->tree->nodes[node];
	switch (e->kind) {
	case EXPRESSION_NULL:
		put(printer, "null");
		return;
	case EXPRESSION_TRUTH:
		put(printer, e->number ? "true" : "false");
		return;
	case EXPRESSION_NUMBER:
	case EXPRESSION_DATE:
	case EXPRESSION_TIME:
		put(printer, "%lld", (long long)e->number);
		break;
	case EXPRESSION_SHARE:
		put(printer, "%g%%", e->share);
		return;
	case EXPRESSION_TEXT:
		put(printer, "'%.*s'", (int)e->text_size, (const char *)printer->tree->texts.data + e->text);
		return;
	case EXPRESSION_RAW:
	case EXPRESSION_NAME:
		put(printer, "%.*s", (int)e->word.size, (const char *)e->word.data);
		break;
	default:
		put(printer, "(");
		if (e->kind == EXPRESSION_CALL)
			put(printer, "%.*s", (int)e->word.size, (const char *)e->word.data);
		else
			put(printer, "%s",
			    e->kind == EXPRESSION_BINARY ? operations[e->operation] : kinds[e->kind]);
		for (uint32_t child = e->child; child != 0; child = printer->tree->nodes[child].next) {
			put(printer, " ");
			print(printer, child);
			if (e->kind == EXPRESSION_CHOICE && printer->tree->nodes[child].weight >= 0)
				put(printer, "@%g", printer->tree->nodes[child].weight);
		}
		put(printer, ")");
	}
	if (e->width > 0)
		put(printer, ":%u", e->width);
}

static void
check(const char *text, const char *expected)
{
	const struct source source = {"t", view_of_text(text), NULL, 0};
	struct nest_error error;
	struct expression_tree tree;
	struct lexer lexer;
	uint32_t node;
	assert_true(expression_tree_open(&tree, &error));
	struct printer printer = {.tree = &tree};
	if (!lexer_open(&lexer, &source, 0, source.text.size, &error) ||
	    !expression_parse(&tree, &lexer, &node))
		put(&printer, "%s", error.text);
	else
		print(&printer, node);
	assert_string_equal(printer.text, expected);
	expression_tree_free(&tree);
}

static void
what_binds_more_comes_first(void **state)
{
	(void)state;
	check("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)");
	check("8 / 4 % 3 * 2", "(* (% (/ 8 4) 3) 2)");
	check("8 // 4 / 3 % 2", "(% (/ (// 8 4) 3) 2)");
	check("(1 + 2) * 3", "(* (+ 1 2) 3)");
	check("-a * -b", "(* (- a) (- b))");
	check("1 + 2..3 * 4", "(.. (+ 1 2) (* 3 4))");
	check("1..2 = 3..4", "(= (.. 1 2) (.. 3 4))");
	check("a = 1 and not b < 2 or c", "(or (and (= a 1) (not (< b 2))) c)");
	check("a or b and c", "(or a (and b c))");
	check("a in (1, 2 | 3) and b", "(and (in a 1 (| 2 3)) b)");
	check("a + 1 in ()", "(in (+ a 1))");
	check("if a or b then 1 | 2 else 3 | 4", "(if (or a b) (| 1 2) (| 3 4))");
	check("if a then 1 else if b then 2 else 3", "(if a 1 (if b 2 3))");
	check("1 50% | 2 | null 0.5%", "(| 1@50 2 null@0.5)");
	check("70% | true | false", "(| 70% true false)");
	check("f(1, g(), a . b.c) + x", "(+ (f 1 (g) a . b.c) x)");
	check("pattern(\"a\\d{2}\")", "(pattern a\\d{2})");
	check("1970-01-02..1970-01-03", "(.. 1 2)");
}

static void
templates_are_texts_with_holes(void **state)
{
	(void)state;
	check("''", "''");
	check("\"it's\"", "'it's'");
	check("\"a{b}c{d:08}\"", "(text 'a' b 'c' d:8)");
	check("\"{'{a}}'}\"",
	    "t, line 1, column 7: a closing brace without an opening one; \\} stands for itself");
	check("\"{'{a}\\}'}\"", "(text (text a '}'))");
	check(
	    "'\\\\ \\\" \\' \\{ \\} \\n\\t\\u{e9}\\u{1F600}'", "'\\ \" ' { } \n\t\xc3\xa9\xf0\x9f\x98\x80'");
	check("\"{'a'}\"", "'a'");
	check("\"{'a':02}\"", "(text 'a')");
	check("\"{'a'}{'b'}\"", "(text 'a' 'b')");
	check("\"{1 | 'x}'}\"",
	    "t, line 1, column 9: a closing brace without an opening one; \\} stands for itself");
}

static void
faults_have_a_place(void **state)
{
	(void)state;
	char deep[256], expected[256] = "1";
	check("1 +\n  * 2", "t, line 2, column 3: expected a value, found \"*\"");
	check("if a 1", "t, line 1, column 6: expected \"then\", found \"1\"");
	check("f(1", "t, line 1, column 2: a parenthesis is not closed");
	check("1 in (1, 2", "t, line 1, column 6: a parenthesis is not closed");
	check("2 * (1 + (3)", "t, line 1, column 5: a parenthesis is not closed");
	check("(f(1;", "t, line 1, column 3: a parenthesis is not closed");
	check("pattern('a'", "t, line 1, column 8: a parenthesis is not closed");
	check("(1 2)", "t, line 1, column 4: expected \")\", found \"2\"");
	check("f(1 2)", "t, line 1, column 5: expected \")\", found \"2\"");
	check("f(1,)", "t, line 1, column 5: expected a value, found \")\"");
	check("a.1", "t, line 1, column 3: expected the name of a field, found \"1\"");
	check("'{a:8}'", "t, line 1, column 5: expected a number of digits from 01 to 020, found \"8\"");
	check("'{a:021}'", "t, line 1, column 5: expected a number of digits from 01 to 020, found \"021\"");
	check("'\\u{}'", "t, line 1, column 4: \\u names a character by its number, as in \\u{e9}");
	check("'\\u{dfff}'", "t, line 1, column 4: \\u names a character by its number, as in \\u{e9}");
	check("'\\u{00000041}'", "t, line 1, column 4: \\u names a character by its number, as in \\u{e9}");
	snprintf(deep, sizeof deep, "%063d1%063d", 0, 0);
	for (size_t i = 0; i < 63; i++) {
		deep[i] = '(';
		deep[64 + i] = ')';
	}
	check(deep, expected);
	memmove(deep + 1, deep, 128);
	deep[0] = '(';
	check(deep, "t, line 1, column 65: expressions are nested more than 64 deep");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_binds_more_comes_first),
	    cmocka_unit_test(templates_are_texts_with_holes),
	    cmocka_unit_test(faults_have_a_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
