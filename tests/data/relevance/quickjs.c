/* Runs the file that is named. */
#include "quickjs.h"

#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	static char text[1 << 16];
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	size_t size = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
	JSRuntime *runtime = JS_NewRuntime();
	JSContext *context = JS_NewContext(runtime);
	JSValue value = JS_Eval(context, text, size, "relevance.js", JS_EVAL_TYPE_GLOBAL);
	const char *shown = JS_ToCString(context, value);
	bool failed = size == 0 || JS_IsException(value);
	puts(shown != NULL ? shown : "?");
	JS_FreeCString(context, shown);
	JS_FreeValue(context, value);
	JS_FreeContext(context);
	JS_FreeRuntime(runtime);
	return failed;
}
