#include "gen/recipe.h"

#include <string.h>

static const struct recipe *const recipes[] = {&recipe_contacts};

const struct recipe *
recipe_find(const char *name)
{
	for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
		if (strcmp(recipes[i]->name, name) == 0)
			return recipes[i];
	return NULL;
}

const char *
recipe_names(void)
{
	static char names[256];
	names[0] = '\0';
	for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
		if (i > 0)
			strncat(names, ", ", sizeof names - strlen(names) - 1);
		strncat(names, recipes[i]->name, sizeof names - strlen(names) - 1);
	}
	return names;
}
