/*
 * fuzz_pattern - any bytes as a pattern.
 *
 * What is taken is drawn from: texts are UTF-8, and no longer than the plan says.
 */
#include "gen/chance/pattern.h"
#include "lib/base/utf8.h"

#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
draw(const struct pattern *pattern)
{
	/* As large as it need be and no larger, for the sanitizer to see. */
	uint8_t *text = malloc(pattern->longest_bytes + (size_t)1);
	must(text != NULL && pattern->longest_bytes <= PATTERN_MOST);
	for (uint64_t word = 0; word < 8; word++) {
		size_t size = pattern_draw(pattern, word * 0x9e3779b97f4a7c15u, text);
		must(size <= pattern->longest_bytes && utf8_valid(text, size));
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nest_error error;
	struct pattern pattern;
	if (pattern_open(&pattern, (struct view){data, size}, &error)) {
		draw(&pattern);
		pattern_free(&pattern);
	} else {
		must(error.status == NEST_USAGE && error.text[0] != '\0');
	}
	return 0;
}
