#include "meter/agent/library.h"

#include <dlfcn.h>
#include <stddef.h>

library_finder *
library_dlsym(void)
{
	static library_finder *found;
	static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};
	for (size_t i = 0; found == NULL && i < sizeof versions / sizeof *versions; i++)
		found = (library_finder *)dlvsym(RTLD_NEXT, "dlsym", versions[i]);
	return found;
}

void *
library_find(const char *name)
{
	static const char *const others[] = {
	    "libgcc_s.so.1", "libstdc++.so.6", "libc++abi.so.1", "libunwind.so.1"};
	library_finder *find = library_dlsym();
	void *found = find != NULL ? find(RTLD_NEXT, name) : NULL;
	for (size_t i = 0; find != NULL && found == NULL && i < sizeof others / sizeof *others; i++) {
		void *object = dlopen(others[i], RTLD_LAZY | RTLD_NOLOAD);
		if (object != NULL) {
			found = find(object, name);
			dlclose(object);
		}
	}
	return found;
}
