/*
 * stream.h - numbers to a sequence of bytes, or from one: little-endian, sealed by checksums, in pieces of the size of
 * a buffer, whatever the size of the whole. Checkpoints are made of it.
 *
 * A description of what is stored serves both directions: dlc_stream_int64(stream, &x) writes x, or reads into it.
 *
 * A fault stays: after the first one nothing is moved any more, and what is read is 0. So a description needs no checks
 * on its way, only that 0 does it no harm, and looks at stream->fault at its end. Nothing that was read may be believed
 * before a seal after it fitted.
 */
#ifndef DLC_LIB_STREAM_H
#define DLC_LIB_STREAM_H

#include "hash.h"

/* Bytes of the buffer that a stream works with. */
#define DLC_STREAM_BUFFER (INT64_C(128) << 10)

#define DLC_STREAM_GOOD    0
#define DLC_STREAM_BROKEN  1 /* the mover failed, and knows why */
#define DLC_STREAM_DAMAGED 2 /* the bytes end too early, or a seal does not fit, or they say what cannot be */

/* Moves `size` bytes, at least 1, on their way. Returns how many it moved, -1 where it failed. Writing, that is all or
 * a failure; reading, fewer than asked for are the last. */
typedef int64_t (*dlc_stream_mover)(void *context, void *data, int64_t size);

typedef struct dlc_stream {
    dlc_stream_mover move;
    void *context;
    int reading;
    int fault; /* DLC_STREAM_* */
    int ended; /* reading: the mover said so */
    unsigned char *buffer;
    int64_t filled; /* reading: bytes in the buffer */
    int64_t at;     /* bytes of the buffer that were written, or read */
    int64_t hashed; /* of these, those that the checksum has */
    dlc_hash hash;
} dlc_stream;

/* buffer: DLC_STREAM_BUFFER bytes, borrowed. reading: 1, or 0 for writing. */
void dlc_stream_begin(dlc_stream *stream, int reading, dlc_stream_mover move, void *context, void *buffer);

void dlc_stream_bytes(dlc_stream *stream, void *data, int64_t size);
void dlc_stream_int64(dlc_stream *stream, int64_t *value);
void dlc_stream_int32s(dlc_stream *stream, int32_t *values, int64_t count);
void dlc_stream_int64s(dlc_stream *stream, int64_t *values, int64_t count);

/* Any bits, NaN's too. */
void dlc_stream_double(dlc_stream *stream, double *value);

/* Finite values; when reading, others are damage. */
void dlc_stream_floats(dlc_stream *stream, float *values, int64_t count);
void dlc_stream_doubles(dlc_stream *stream, double *values, int64_t count);

/* Reading: what was read must be so, else it is damage. */
void dlc_stream_expect(dlc_stream *stream, int condition);

/* The checksum of all bytes so far: written, or compared. */
void dlc_stream_seal(dlc_stream *stream);

/* Reading: 1 if there are no more bytes. */
int dlc_stream_is_at_end(dlc_stream *stream);

/* The end. Writing: moves what is still in the buffer. Reading: more bytes are damage. */
void dlc_stream_end(dlc_stream *stream);

#endif
