#include "gen/names.h"

#include <string.h>

/*
 * A name is a beginning and an ending.  The counts are chosen so that their
 * products are the table sizes exactly: 31 x 97 and 11 x 43.
 */
static const char *const first_beginnings[31] = {"Ed", "Am", "Ar", "Bel", "Ben", "Cal", "Cor", "Dar", "Del",
    "El", "Fer", "Gal", "Hel", "Il", "Jor", "Jul", "Kal", "Kir", "Lor", "Mar", "Mir", "Nad", "Nor", "Or",
    "Per", "Ros", "Sal", "Ser", "Tal", "Val", "Zor"};

static const char *const first_endings[97] = {"a", "aan", "ab", "ace", "ad", "ah", "aine", "al", "ald", "am",
    "ana", "and", "ane", "ani", "anna", "ano", "ant", "ara", "ard", "aric", "as", "ath", "avi", "aya", "ea",
    "ed", "een", "el", "ela", "ella", "elle", "em", "ena", "eni", "enne", "eon", "era", "eric", "esh", "ess",
    "eta", "ette", "evan", "ey", "ia", "ian", "ias", "ica", "iel", "ifa", "ika", "il", "ila", "im", "in",
    "ina", "ind", "ine", "io", "ion", "ira", "is", "isa", "ish", "ita", "ith", "ius", "ivan", "iya", "o",
    "oa", "ola", "olf", "om", "on", "ona", "oni", "ora", "orin", "os", "otta", "ov", "ric", "rin", "ron",
    "sa", "shan", "tan", "tha", "u", "ul", "una", "us", "van", "win", "yn", "ys"};

static const char *const last_beginnings[11] = {
    "Ander", "Bar", "Chand", "Fern", "Hart", "Iyen", "Kapl", "Mort", "Oliv", "Rams", "Wint"};

static const char *const last_endings[43] = {"a", "ak", "al", "and", "ar", "ard", "as", "ay", "berg", "by",
    "dale", "den", "dez", "e", "ell", "er", "ers", "es", "ett", "ey", "feld", "ford", "gar", "ham", "i",
    "ing", "is", "kar", "ley", "man", "mont", "nath", "o", "on", "ov", "rao", "sen", "shaw", "ski", "son",
    "ton", "well", "wood"};

static void
combine(const char *const *beginnings, size_t beginning_count, const char *const *endings,
    size_t ending_count, struct name *names, uint8_t *sizes)
{
	for (size_t i = 0; i < beginning_count; i++)
		for (size_t k = 0; k < ending_count; k++) {
			size_t front = strlen(beginnings[i]), back = strlen(endings[k]);
			memset(names, 0, sizeof *names);
			memcpy(names->text, beginnings[i], front);
			memcpy(names->text + front, endings[k], back);
			*sizes++ = (uint8_t)(front + back);
			names++;
		}
}

void
names_fill(struct names *names)
{
	combine(first_beginnings, 31, first_endings, 97, names->first, names->first_size);
	combine(last_beginnings, 11, last_endings, 43, names->last, names->last_size);
}
