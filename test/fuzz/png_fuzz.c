/*
 * png_fuzz.c - the input is a PNG file whose last bytes choose the transforms (image_input.h). Checksums would keep a
 * fuzzer out, so they are made right before the file is decoded, for as many chunks as there are, unless the first of
 * the choices is odd.
 *
 * An input that does not start as a PNG file is what would be compressed in one: it starts with width, height, bit
 * depth, colour type and interlacing, a byte each, and goes on with the rows, each behind its filter.
 */
#include "image_input.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

static uint32_t crc(const uint8_t *bytes, size_t size) {
    uint32_t value = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1U ? UINT32_C(0xEDB88320) : 0);
    }
    return ~value;
}

static void put_number(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void mend_checksums(uint8_t *bytes, size_t size) {
    size_t at = sizeof signature;
    while (size - at >= 12) {
        size_t length = 0;
        for (int i = 0; i < 4; i++)
            length = length << 8 | bytes[at + (size_t)i];
        if (length > size - at - 12)
            return;
        put_number(bytes + at + 8 + length, crc(bytes + at + 4, length + 4));
        at += length + 12;
    }
}

/* Writes a chunk whose data, `length` bytes, are in place already. */
static uint8_t *put_chunk(uint8_t *at, const char *type, size_t length) {
    put_number(at, (uint32_t)length);
    memcpy(at + 4, type, 4);
    put_number(at + 8 + length, crc(at + 4, length + 4));
    return at + length + 12;
}

/* zlib's container around one block that is stored as it is. */
static size_t put_stored(uint8_t *out, const uint8_t *rows, size_t size) {
    static const uint8_t start[] = {0x78, 0x01, 0x01};
    uint32_t low = 1, high = 0;
    memcpy(out, start, sizeof start);
    out[3] = (uint8_t)size;
    out[4] = (uint8_t)(size >> 8);
    out[5] = (uint8_t)~out[3];
    out[6] = (uint8_t)~out[4];
    for (size_t i = 0; i < size; i++) {
        out[7 + i] = rows[i];
        low = (low + rows[i]) % 65521;
        high = (high + low) % 65521;
    }
    put_number(out + 7 + size, high << 16 | low);
    return size + 11;
}

/* The file that has these rows; returns its size. Room for size + 1000 bytes is enough. */
static size_t build(uint8_t *out, const uint8_t *data, size_t size) {
    fuzz_input input = {data, data + size};
    uint8_t *at = out + sizeof signature;
    memcpy(out, signature, sizeof signature);
    put_number(at + 8, (uint32_t)fuzz_byte(&input) + 1);
    put_number(at + 12, (uint32_t)fuzz_byte(&input) + 1);
    at[16] = (uint8_t)(1 << fuzz_choice(&input, 5));
    at[17] = (uint8_t)fuzz_choice(&input, 8);
    at[18] = at[19] = 0;
    at[20] = (uint8_t)fuzz_choice(&input, 2);
    const uint8_t colour = at[17];
    at = put_chunk(at, "IHDR", 13);
    if (colour == 3) {
        const size_t colours = (size_t)fuzz_byte(&input) + 1;
        for (size_t i = 0; i < 3 * colours; i++)
            at[8 + i] = (uint8_t)(31 * i);
        at = put_chunk(at, "PLTE", 3 * colours);
    }
    size_t rest = (size_t)(input.end - input.at);
    rest = rest < UINT16_MAX ? rest : UINT16_MAX;
    at = put_chunk(at, "IDAT", put_stored(at + 8, input.at, rest));
    return (size_t)(put_chunk(at, "IEND", 0) - out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t length = size;
    const fuzz_input choices = fuzz_tail(data, &length, IMAGE_CHOICES);
    uint8_t *bytes = malloc(size + 1000);
    fuzz_check(bytes != NULL);
    if (size >= sizeof signature && memcmp(data, signature, sizeof signature) == 0) {
        memcpy(bytes, data, size);
        if (choices.at < choices.end && !(*choices.at & 1U))
            mend_checksums(bytes, size);
        length = size;
    } else {
        length = build(bytes, data, length);
    }
    image_input_run(bytes, length, choices);
    free(bytes);
    return 0;
}
