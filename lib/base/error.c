#include "lib/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
nest_error_set(struct nest_error *error, enum nest_status status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	error->status = status;
	return false;
}

bool
nest_error_system(struct nest_error *error, const char *format, ...)
{
	int saved = errno;
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	size_t used = strlen(error->text);
	snprintf(error->text + used, sizeof error->text - used, ": %s", strerror(saved));
	error->status = NEST_FAILED;
	return false;
}

bool
nest_error_prefix(struct nest_error *error, const char *format, ...)
{
	char rest[sizeof error->text];
	memcpy(rest, error->text, sizeof rest);
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	size_t used = strlen(error->text);
	snprintf(error->text + used, sizeof error->text - used, "%s", rest);
	return false;
}

bool
nest_error_suffix(struct nest_error *error, const char *format, ...)
{
	size_t used = strlen(error->text);
	va_list args;
	va_start(args, format);
	vsnprintf(error->text + used, sizeof error->text - used, format, args);
	va_end(args);
	return false;
}

bool
nest_error_memory(struct nest_error *error, size_t size_bytes, const char *what)
{
	return nest_error_set(error, NEST_FAILED, "unable to allocate %zu bytes for %s", size_bytes, what);
}
