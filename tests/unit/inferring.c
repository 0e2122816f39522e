#include "tests/unit/inferring.h"

#include "lib/schema/schema.h"

#include "tests/unit/memory_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

bool
infer_text(struct view records, const struct infer_options *options, struct buffer *text, bool *all,
    struct nest_error *error)
{
	struct memory_file memory;
	struct reader reader;
	memory_file_open(&memory, records);
	bool fine = reader_open(&reader, &memory.file, FORMAT_AUTO, NULL, NULL, error);
	if (fine) {
		fine = infer_schema(&memory.input, &reader, options, text, all, error) &&
		       buffer_append(text, "", 1, error);
		reader_close(&reader);
	}
	memory_file_close(&memory);
	return fine;
}

void
expect_inferred(struct view records, const struct infer_options *options, const char *fields)
{
	struct schema found, due;
	struct buffer text = {0}, message = {0};
	struct nest_error error;
	bool all;
	if (!infer_text(records, options, &text, &all, &error))
		fail_msg("%s", error.text);
	assert_true(all);
	if (!schema_parse(&found, view_of_text((const char *)text.data), &error))
		fail_msg("%s: %s", (const char *)text.data, error.text);
	assert_true(buffer_append(&message, "message record {", 16, &error) &&
		    buffer_append(&message, fields, strlen(fields), &error) &&
		    buffer_append(&message, "}", 2, &error));
	assert_true(schema_parse(&due, view_of_text((const char *)message.data), &error));
	assert_string_equal(found.text, due.text);
	schema_free(&found);
	schema_free(&due);
	buffer_free(&text);
	buffer_free(&message);
}
