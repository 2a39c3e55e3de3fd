/* stream.c - see stream.h. Numbers are taken apart by shifts, so the host's byte order does not matter. */
#include "stream.h"

#include <string.h>

/* Numbers that are converted at a time. */
#define PIECE 512

void dlc_stream_begin(dlc_stream *stream, int reading, dlc_stream_mover move, void *context, void *buffer) {
    stream->move = move;
    stream->context = context;
    stream->reading = reading;
    stream->fault = DLC_STREAM_GOOD;
    stream->ended = 0;
    stream->buffer = buffer;
    stream->filled = stream->at = stream->hashed = 0;
    dlc_hash_begin(&stream->hash);
}

void dlc_stream_expect(dlc_stream *stream, int condition) {
    if (stream->reading && !condition && stream->fault == DLC_STREAM_GOOD)
        stream->fault = DLC_STREAM_DAMAGED;
}

/* ---- The buffer ---- */

static void hash_on(dlc_stream *stream) {
    dlc_hash_add(&stream->hash, stream->buffer + stream->hashed, stream->at - stream->hashed);
    stream->hashed = stream->at;
}

/* Writing: empties the buffer. */
static void flush(dlc_stream *stream) {
    hash_on(stream);
    if (stream->at > 0 && stream->move(stream->context, stream->buffer, stream->at) != stream->at)
        stream->fault = DLC_STREAM_BROKEN;
    stream->at = stream->hashed = 0;
}

/* Reading: fills the buffer, all of which was read. */
static void refill(dlc_stream *stream) {
    hash_on(stream);
    stream->at = stream->hashed = stream->filled = 0;
    if (stream->ended)
        return;
    const int64_t moved = stream->move(stream->context, stream->buffer, DLC_STREAM_BUFFER);
    if (moved < 0)
        stream->fault = DLC_STREAM_BROKEN;
    else
        stream->filled = moved;
    stream->ended = moved < DLC_STREAM_BUFFER;
}

static void write_bytes(dlc_stream *stream, const unsigned char *data, int64_t size) {
    while (size > 0 && stream->fault == DLC_STREAM_GOOD) {
        const int64_t room = DLC_STREAM_BUFFER - stream->at;
        const int64_t count = size < room ? size : room;
        memcpy(stream->buffer + stream->at, data, (size_t)count);
        stream->at += count;
        data += count;
        size -= count;
        if (stream->at == DLC_STREAM_BUFFER)
            flush(stream);
    }
}

static void read_bytes(dlc_stream *stream, unsigned char *data, int64_t size) {
    while (size > 0 && stream->fault == DLC_STREAM_GOOD) {
        if (stream->at == stream->filled)
            refill(stream);
        const int64_t rest = stream->filled - stream->at;
        const int64_t count = size < rest ? size : rest;
        memcpy(data, stream->buffer + stream->at, (size_t)count);
        stream->at += count;
        data += count;
        size -= count;
        dlc_stream_expect(stream, count > 0);
    }
    memset(data, 0, (size_t)size);
}

void dlc_stream_bytes(dlc_stream *stream, void *data, int64_t size) {
    if (stream->reading)
        read_bytes(stream, data, size);
    else
        write_bytes(stream, data, size);
}

/* ---- Numbers ---- */

/* A number of this machine of 4 or 8 bytes. */
static inline uint64_t load(const unsigned char *place, int size) {
    uint32_t half = 0;
    uint64_t whole = 0;
    if (size == 8)
        memcpy(&whole, place, 8);
    else
        memcpy(&half, place, 4);
    return size == 8 ? whole : half;
}

static inline void store(unsigned char *place, uint64_t value, int size) {
    const uint32_t half = (uint32_t)value;
    if (size == 8)
        memcpy(place, &value, 8);
    else
        memcpy(place, &half, 4);
}

static inline uint64_t get(const unsigned char *bytes, int size) {
    uint64_t value = 0;
    for (int byte = 0; byte < size; byte++)
        value |= (uint64_t)bytes[byte] << 8 * byte;
    return value;
}

static inline void put(unsigned char *bytes, uint64_t value, int size) {
    for (int byte = 0; byte < size; byte++)
        bytes[byte] = (unsigned char)(value >> 8 * byte);
}

/* size: 4 or 8. exponent: bits that must not all be set in a number that is read; 0: any number will do. */
static inline void move_numbers(dlc_stream *stream, void *values, int64_t count, int size, uint64_t exponent) {
    unsigned char bytes[PIECE * 8];
    for (int64_t first = 0; first < count; first += PIECE) {
        const int64_t n = count - first < PIECE ? count - first : PIECE;
        unsigned char *place = (unsigned char *)values + first * size;
        for (int64_t i = 0; i < n && !stream->reading; i++)
            put(bytes + i * size, load(place + i * size, size), size);
        dlc_stream_bytes(stream, bytes, n * size);
        for (int64_t i = 0; i < n && stream->reading; i++) {
            const uint64_t value = get(bytes + i * size, size);
            dlc_stream_expect(stream, exponent == 0 || (value & exponent) != exponent);
            store(place + i * size, value, size);
        }
    }
}

void dlc_stream_int64(dlc_stream *stream, int64_t *value) {
    move_numbers(stream, value, 1, 8, 0);
}

void dlc_stream_double(dlc_stream *stream, double *value) {
    move_numbers(stream, value, 1, 8, 0);
}

void dlc_stream_int32s(dlc_stream *stream, int32_t *values, int64_t count) {
    move_numbers(stream, values, count, 4, 0);
}

void dlc_stream_int64s(dlc_stream *stream, int64_t *values, int64_t count) {
    move_numbers(stream, values, count, 8, 0);
}

void dlc_stream_floats(dlc_stream *stream, float *values, int64_t count) {
    move_numbers(stream, values, count, 4, UINT32_C(0x7F800000));
}

void dlc_stream_doubles(dlc_stream *stream, double *values, int64_t count) {
    move_numbers(stream, values, count, 8, UINT64_C(0x7FF0000000000000));
}

/* ---- Seals ---- */

void dlc_stream_seal(dlc_stream *stream) {
    hash_on(stream);
    const dlc_digest digest = dlc_hash_digest(&stream->hash);
    dlc_digest stored = digest;
    dlc_stream_bytes(stream, stored.bytes, sizeof stored.bytes);
    dlc_stream_expect(stream, memcmp(&stored, &digest, sizeof digest) == 0);
}

int dlc_stream_is_at_end(dlc_stream *stream) {
    if (stream->fault == DLC_STREAM_GOOD && stream->at == stream->filled)
        refill(stream);
    return stream->at == stream->filled;
}

void dlc_stream_end(dlc_stream *stream) {
    if (stream->reading)
        dlc_stream_expect(stream, dlc_stream_is_at_end(stream));
    else if (stream->fault == DLC_STREAM_GOOD)
        flush(stream);
}
