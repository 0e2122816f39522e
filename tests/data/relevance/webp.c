/* Encodes a drawn picture with loss and without, and decodes both. */
#include "src/webp/decode.h"
#include "src/webp/encode.h"

#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 1600, HEIGHT = 1200 };

static int
decodes(const uint8_t *packed, size_t bytes)
{
	int width, height;
	uint8_t *again = WebPDecodeRGB(packed, bytes, &width, &height);
	WebPFree(again);
	return again != NULL && width == WIDTH && height == HEIGHT;
}

int
main(void)
{
	uint8_t *picture = malloc(3 * WIDTH * HEIGHT), *packed;
	unsigned noise = 1;
	for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) {
		int x = i / 3 % WIDTH, y = i / 3 / WIDTH;
		noise = noise * 1664525 + 1013904223;
		picture[i] = (uint8_t)((x * y >> 9) + (x + i % 3 * 80) / 4 + (noise >> 29));
	}
	size_t lossy = WebPEncodeRGB(picture, WIDTH, HEIGHT, 3 * WIDTH, 75, &packed);
	int fine = lossy > 0 && decodes(packed, lossy);
	WebPFree(packed);
	size_t lossless = WebPEncodeLosslessRGB(picture, WIDTH, HEIGHT, 3 * WIDTH, &packed);
	fine = fine && lossless > 0 && decodes(packed, lossless);
	WebPFree(packed);
	return !fine;
}
