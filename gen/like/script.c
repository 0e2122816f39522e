#include "gen/like/script.h"

static const struct {
	uint32_t first, last;
	enum script script;
} blocks[] = {
    {'a', 'z', SCRIPT_LOWER},
    {'A', 'Z', SCRIPT_UPPER},
    {'0', '9', SCRIPT_DIGIT},
    {0, 0xbf, SCRIPT_MARK},
    {0xc0, 0xde, SCRIPT_UPPER},
    {0xdf, 0x2af, SCRIPT_LOWER},
    {0x2b0, 0x36f, SCRIPT_MARK},
    {0x370, 0x3ff, SCRIPT_GREEK},
    {0x400, 0x52f, SCRIPT_CYRILLIC},
    {0x590, 0x5ff, SCRIPT_HEBREW},
    {0x600, 0x77f, SCRIPT_ARABIC},
    {0x900, 0xdff, SCRIPT_INDIC},
    {0xe00, 0xe7f, SCRIPT_THAI},
    {0x2000, 0x206f, SCRIPT_MARK},
    {0x3000, 0x303f, SCRIPT_MARK},
    {0x3040, 0x30ff, SCRIPT_KANA},
    {0x3400, 0x9fff, SCRIPT_HAN},
    {0xac00, 0xd7a3, SCRIPT_HANGUL},
};

static const struct script_range ranges[SCRIPT_COUNT] = {
    [SCRIPT_LOWER] = {'a', 'z'},
    [SCRIPT_UPPER] = {'A', 'Z'},
    [SCRIPT_DIGIT] = {'0', '9'},
    [SCRIPT_GREEK] = {0x3b1, 0x3c9},
    [SCRIPT_CYRILLIC] = {0x430, 0x44f},
    [SCRIPT_HEBREW] = {0x5d0, 0x5ea},
    [SCRIPT_ARABIC] = {0x62a, 0x63a},
    [SCRIPT_INDIC] = {0x915, 0x939},
    [SCRIPT_THAI] = {0xe01, 0xe2e},
    [SCRIPT_KANA] = {0x3042, 0x3093},
    [SCRIPT_HAN] = {0x4e00, 0x9fa5},
    [SCRIPT_HANGUL] = {0xac00, 0xd7a3},
    [SCRIPT_OTHER] = {0x1f600, 0x1f64f},
};

enum script
script_of(uint32_t character)
{
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (character >= blocks[i].first && character <= blocks[i].last)
			return blocks[i].script;
	return SCRIPT_OTHER;
}

struct script_range
script_range(enum script script)
{
	return ranges[script];
}

uint32_t
script_take(struct view text, size_t *at)
{
	uint32_t code = text.data[(*at)++];
	if (code < 0x80)
		return code;
	code &= code < 0xe0 ? 0x1f : code < 0xf0 ? 0x0f : 0x07;
	while (*at < text.size && (text.data[*at] & 0xc0) == 0x80)
		code = code << 6 | (text.data[(*at)++] & 0x3f);
	return code;
}
