/* Accounts of processes: what is read from them, and what is refused. */
#include "run/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define REST ",\"bytes_in\":2,\"bytes_out\":3,\"user_s\":0.25,\"system_s\":1.5,\"peak_bytes\":4096"

static bool
parse(const char *text, struct account *account)
{
	return account_parse(view_of_text(text), account);
}

static void
every_figure(void **state)
{
	(void)state;
	struct account account;
	assert_true(parse("{\"stage\":\"nest-\\\"gen\",\"name\":\"x\",\"rows\":18446744073709551615" REST
			  ",\"skipped\":7}\n",
	    &account));
	assert_true(account.rows == UINT64_MAX);
	assert_int_equal(account.bytes_in, 2);
	assert_int_equal(account.bytes_out, 3);
	assert_int_equal(account.cpu_us, 1750000);
	assert_int_equal(account.peak_bytes, 4096);
	assert_int_equal(account.skipped, 7);
}

static void
in_any_order_and_beside_others(void **state)
{
	(void)state;
	struct account account;
	assert_true(parse(" { \"peak_bytes\" : 1 , \"more\" : true , \"user_s\":0.0000019,\"system_s\":2,\n"
			  "\"bytes_out\":5,\"bytes_in\":6,\"rows\":7, \"none\":null } ",
	    &account));
	assert_int_equal(account.cpu_us, 2000001);
	assert_int_equal(account.rows, 7);
	assert_int_equal(account.skipped, 0);
}

static void
what_is_none(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "",
	    "{}",
	    "{\"rows\":1}",
	    "{\"rows\":1" REST,
	    "{\"rows\":1" REST "} x",
	    "{\"rows\":1,,\"x\":1" REST "}",
	    "{\"rows\":" REST "}",
	    "{\"rows\":-1" REST "}",
	    "{\"rows\":1.5" REST "}",
	    "{\"rows\":1e3" REST "}",
	    "{\"rows\":18446744073709551616" REST "}",
	    "{\"rows\":\"1\",\"x\":" REST "}",
	    "{\"rows\":1,\"x\":\"" REST "}",
	    "{\"rows\":1,\"x\":\"\\",
	    "{\"rows\":1,\"bytes_in\":2,\"bytes_out\":3,\"user_s\":.5,\"system_s\":1,\"peak_bytes\":1}",
	    "{\"rows\":1,\"bytes_in\":2,\"bytes_out\":3,\"user_s\":20000000000000,\"system_s\":1,"
	    "\"peak_bytes\":1}",
	    "[1]",
	};
	struct account account;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (parse(texts[i], &account))
			fail_msg("taken: %s", texts[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_figure),
	    cmocka_unit_test(in_any_order_and_beside_others),
	    cmocka_unit_test(what_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
