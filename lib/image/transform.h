/*
 * transform.h - rows of one decoded image, top to bottom -> its resized and cropped pixels, of which only what the crop
 * shows is computed. The decoders (png.c, jpeg.c) feed it; images.c and open.c take the result.
 *
 * Memory is the result and a few rows, whatever the height of the image. It may serve one image after the other: what
 * depends on their size alone is kept from one to the next of the same size.
 */
#ifndef DLC_LIB_TRANSFORM_H
#define DLC_LIB_TRANSFORM_H

#include "resample.h"

/* Beyond this many Pillow takes an image for a decompression bomb. */
#define DLC_IMAGE_PIXELS_MAX INT64_C(178956970)

/* So many rows of the file are taken at a time: JPEG decoders make several at once. */
#define DLC_TRANSFORM_ROWS 4

typedef struct dlc_transform_options {
    int32_t channels; /* 1 or 3 */
    int32_t interpolation;
    int64_t size; /* of the shorter side; 0: as it is */
    int64_t crop; /* side of the square taken from the middle; 0: all */
} dlc_transform_options;

/* One axis: the image in the file, resized, and which part of that is seen. */
typedef struct dlc_span {
    int64_t source, resized, out;
    int64_t first, count; /* resized pixels that are seen */
    int64_t margin;       /* zeros before them in the result */
} dlc_span;

typedef struct dlc_transform {
    /* Set by the caller: */
    const dlc_allocator *allocator;
    dlc_transform_options options;
    int64_t height, width; /* that the result must have; 0: any, and what it has is put here */
    uint8_t *pixels; /* the result, uint8[height, width, channels]: room for it, or NULL and a block is allocated */
    /* The rest 0 before the first image: */
    /* Where the next rows of the file go, uint8[source width, channels] each. Not aligned, on purpose: see transform.c.
     */
    uint8_t *rows[DLC_TRANSFORM_ROWS];

    dlc_span down, across;
    int is_resized;
    int64_t next_row; /* of the file */
    int64_t next_out; /* of the rows seen; used where the image is resized */
    /* Of the file's image that `rows` and what follows are for; 0: of none. */
    int64_t prepared_height, prepared_width;
    const dlc_resample_kernel *kernel;
    dlc_taps down_taps, across_taps;
    void *across_layout; /* of the kernel */
    uint8_t *ring;       /* rows resized across; row r of the file is at r % ring_rows */
    int64_t ring_rows, ring_stride;
    uint8_t *row_block;     /* what `rows` are in */
    const uint8_t **window; /* the rows of the ring that make one row of the result */
} dlc_transform;

/* Gets ready for an image of this size, whatever became of the one before. path: for messages. Errors:
 * DLC_ERROR_UNSUPPORTED (too many pixels), DLC_ERROR_DATA (not the size that the result must have), DLC_ERROR_MEMORY.
 */
dlc_status dlc_transform_begin(dlc_transform *transform, const char *path, int64_t height, int64_t width,
                               dlc_error *error);

/* The columns of the file's rows that count: first to end - 1. What the others hold does not matter. */
void dlc_transform_columns(const dlc_transform *transform, int64_t *first, int64_t *end);

/* The next `count` rows of the file are in transform->rows, at most DLC_TRANSFORM_ROWS. */
void dlc_transform_take_rows(dlc_transform *transform, int64_t count);

/* Frees all but the pixels, which stay the caller's; one with all bytes 0 will do. */
void dlc_transform_free(dlc_transform *transform);

#endif
