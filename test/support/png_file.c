/* png_file.c - see png_file.h. */
#include "png_file.h"

#include "files.h"
#include "support.h"

#include <stdlib.h>

uint32_t png_crc(const unsigned char *bytes, size_t size) {
    uint32_t value = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1U ? UINT32_C(0xEDB88320) : 0);
    }
    return ~value;
}

void png_put_number(unsigned char *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* A chunk with this data; returns its end. */
static unsigned char *put_chunk(unsigned char *at, const char *type, const unsigned char *data, size_t size) {
    png_put_number(at, (uint32_t)size);
    memcpy(at + 4, type, 4);
    memcpy(at + 8, data, size);
    png_put_number(at + 8 + size, png_crc(at + 4, 4 + size));
    return at + 12 + size;
}

/* A block of deflate holds no more bytes that are not compressed. */
#define BLOCK_MAX ((size_t)65535)

/* A zlib stream of the bytes as they are; returns its size. */
static size_t put_stored(unsigned char *stream, const unsigned char *bytes, size_t size) {
    unsigned char *at = stream;
    uint32_t low = 1, high = 0;
    *at++ = 0x78;
    *at++ = 0x01;
    for (size_t done = 0; done < size;) {
        const size_t now = size - done < BLOCK_MAX ? size - done : BLOCK_MAX;
        const unsigned char header[] = {done + now == size, now & 255U, now >> 8 & 255U, ~now & 255U, ~now >> 8 & 255U};
        memcpy(at, header, sizeof header);
        memcpy(at + sizeof header, bytes + done, now);
        at += sizeof header + now;
        done += now;
    }
    for (size_t i = 0; i < size; i++) {
        low = (low + bytes[i]) % 65521;
        high = (high + low) % 65521;
    }
    png_put_number(at, high << 16 | low);
    return (size_t)(at + 4 - stream);
}

void png_write(const char *path, const uint8_t *pixels, int64_t height, int64_t width, int32_t channels) {
    const size_t row = (size_t)(width * channels), size = (size_t)height * (1 + row);
    const size_t stream_max = size + 5 * (size / BLOCK_MAX + 1) + 6;
    unsigned char *rows = malloc(size), *stream = malloc(stream_max), *file = malloc(57 + stream_max);
    ck_assert(rows && stream && file);
    for (size_t y = 0; y < (size_t)height; y++) {
        rows[y * (1 + row)] = 0; /* not filtered */
        memcpy(rows + y * (1 + row) + 1, pixels + y * row, row);
    }
    unsigned char header[13] = {[8] = 8, [9] = channels == 1 ? 0 : 2};
    png_put_number(header, (uint32_t)width);
    png_put_number(header + 4, (uint32_t)height);
    memcpy(file, "\x89PNG\r\n\x1a\n", 8);
    unsigned char *end = put_chunk(file + 8, "IHDR", header, sizeof header);
    end = put_chunk(end, "IDAT", stream, put_stored(stream, rows, size));
    end = put_chunk(end, "IEND", header, 0);
    write_bytes(path, file, (size_t)(end - file));
    free(rows);
    free(stream);
    free(file);
}
