/* transform.c - see transform.h. The geometry is that of torchvision's Resize(int) and CenterCrop(int). */
#include "transform.h"

#include "../base/rounding.h"

#include <string.h>

/* ---- Geometry ---- */

static void resize_spans(dlc_span *down, dlc_span *across, int64_t size) {
    dlc_span *shorter = across->source <= down->source ? across : down;
    dlc_span *longer = shorter == across ? down : across;
    shorter->resized = size;
    /* Both products are exact in double, so the quotient is the rounded one that Python's division gives. */
    longer->resized = (int64_t)((double)(size * longer->source) / (double)shorter->source);
}

static void crop_span(dlc_span *span, int64_t crop) {
    span->out = crop > 0 ? crop : span->resized;
    const int64_t spare = span->resized - span->out;
    span->first = spare > 0 ? dlc_round_half_even((double)spare / 2.0) : 0;
    span->margin = spare < 0 ? -spare / 2 : 0;
    span->count = spare < 0 ? span->resized : span->out;
}

static dlc_status plan(dlc_transform *t, const char *path, int64_t height, int64_t width, dlc_error *error) {
    if (height > DLC_IMAGE_PIXELS_MAX / width)
        return dlc_fail(error, DLC_ERROR_UNSUPPORTED, "%s has %lld x %lld pixels, more than %lld", path,
                        (long long)width, (long long)height, (long long)DLC_IMAGE_PIXELS_MAX);
    t->down = (dlc_span){.source = height, .resized = height};
    t->across = (dlc_span){.source = width, .resized = width};
    if (t->options.size > 0)
        resize_spans(&t->down, &t->across, t->options.size);
    t->is_resized = t->down.resized != height || t->across.resized != width;
    crop_span(&t->down, t->options.crop);
    crop_span(&t->across, t->options.crop);
    const char *when = t->options.size > 0 ? " after resizing" : "";
    if (t->options.crop == 0 && t->down.out > DLC_IMAGE_PIXELS_MAX / t->across.out)
        return dlc_fail(error, DLC_ERROR_UNSUPPORTED, "%s has %lld x %lld pixels%s, more than %lld", path,
                        (long long)t->across.out, (long long)t->down.out, when, (long long)DLC_IMAGE_PIXELS_MAX);
    if (t->height > 0 && (t->down.out != t->height || t->across.out != t->width))
        return dlc_fail(error, DLC_ERROR_DATA, "%s has %lld x %lld pixels%s, the first image %lld x %lld", path,
                        (long long)t->across.out, (long long)t->down.out, when, (long long)t->width,
                        (long long)t->height);
    t->height = t->down.out;
    t->width = t->across.out;
    return DLC_OK;
}

/* ---- Memory ---- */

static dlc_status make_ring(dlc_transform *t, dlc_error *error) {
    const dlc_span *down = &t->down, *across = &t->across;
    DLC_TRY(dlc_taps_make(&t->down_taps, t->allocator, t->options.interpolation, down->source, down->resized,
                          down->first, down->count, error));
    DLC_TRY(dlc_taps_make(&t->across_taps, t->allocator, t->options.interpolation, across->source, across->resized,
                          across->first, across->count, error));
    t->kernel = dlc_resample_kernel_at(0);
    t->across_layout = dlc_allocate(t->allocator, t->kernel->layout_size(&t->across_taps, t->options.channels), 1);
    t->ring_rows = t->down_taps.width;
    t->ring_stride = across->count * t->options.channels + DLC_RESAMPLE_SLACK;
    /* All 0, since kernels read beyond the end of rows. */
    t->ring = dlc_allocate_zeroed(t->allocator, t->ring_rows, t->ring_stride);
    t->window = dlc_allocate(t->allocator, t->ring_rows, sizeof *t->window);
    if (!t->across_layout || !t->ring || !t->window)
        return dlc_fail_memory(error, "resizing an image");
    t->kernel->lay_out(&t->across_taps, t->options.channels, t->across_layout);
    return DLC_OK;
}

/*
 * libjpeg-turbo writes rows that are aligned to its vectors past the cache, to memory, from where they would have to be
 * fetched back at once: which takes longer than decoding them. 8 beyond a multiple of 64 no vectors are aligned.
 */
static dlc_status make_rows(dlc_transform *t, int64_t width, dlc_error *error) {
    const int64_t used = (width + t->across_taps.width + DLC_RESAMPLE_SLACK) * t->options.channels;
    const int64_t stride = (used + 63) / 64 * 64;
    /* All 0, since kernels read beyond the end of rows. */
    t->row_block = dlc_allocate_zeroed(t->allocator, DLC_TRANSFORM_ROWS * stride + 128, 1);
    if (!t->row_block)
        return dlc_fail_memory(error, "the pixels of an image");
    uint8_t *first = t->row_block + 64 - (uintptr_t)t->row_block % 64 + 8;
    for (int64_t row = 0; row < DLC_TRANSFORM_ROWS; row++)
        t->rows[row] = first + row * stride;
    return DLC_OK;
}

static void release_rows(dlc_transform *t) {
    dlc_taps_free(&t->down_taps, t->allocator);
    dlc_taps_free(&t->across_taps, t->allocator);
    dlc_release(t->allocator, t->across_layout);
    dlc_release(t->allocator, t->ring);
    dlc_release(t->allocator, t->window);
    dlc_release(t->allocator, t->row_block);
    t->across_layout = t->ring = t->row_block = NULL;
    t->window = NULL;
    t->prepared_height = t->prepared_width = 0;
}

/* All that hangs on the image's size. */
static dlc_status prepare_rows(dlc_transform *t, int64_t height, int64_t width, dlc_error *error) {
    if (t->prepared_height == height && t->prepared_width == width)
        return DLC_OK;
    release_rows(t);
    if (t->is_resized)
        DLC_TRY(make_ring(t, error));
    DLC_TRY(make_rows(t, width, error));
    t->prepared_height = height;
    t->prepared_width = width;
    return DLC_OK;
}

dlc_status dlc_transform_begin(dlc_transform *transform, const char *path, int64_t height, int64_t width,
                               dlc_error *error) {
    dlc_transform *t = transform;
    DLC_TRY(plan(t, path, height, width, error));
    DLC_TRY(prepare_rows(t, height, width, error));
    t->next_row = t->next_out = 0;
    const int64_t count = t->height * t->width * t->options.channels;
    if (!t->pixels)
        t->pixels = dlc_allocate(t->allocator, count, 1);
    if (!t->pixels)
        return dlc_fail_memory(error, "the pixels of an image");
    if (t->down.count < t->height || t->across.count < t->width)
        memset(t->pixels, 0, (size_t)count);
    return DLC_OK;
}

void dlc_transform_free(dlc_transform *transform) {
    if (!transform->allocator)
        return;
    release_rows(transform);
    *transform = (dlc_transform){0};
}

/* ---- Rows ---- */

static int64_t end_of(const dlc_taps *taps, int64_t index) {
    return taps->starts[index] + taps->lengths[index];
}

void dlc_transform_columns(const dlc_transform *transform, int64_t *first, int64_t *end) {
    const dlc_span *across = &transform->across;
    const dlc_taps *taps = &transform->across_taps;
    *first = transform->is_resized ? taps->starts[0] : across->first;
    *end = transform->is_resized ? end_of(taps, taps->count - 1) : across->first + across->count;
}

/* Where row `index` of those that are seen goes, behind the margins. */
static uint8_t *out_row(const dlc_transform *t, int64_t index) {
    return t->pixels + ((t->down.margin + index) * t->width + t->across.margin) * t->options.channels;
}

static void copy_row(const dlc_transform *t, int64_t y, const uint8_t *row) {
    const int64_t index = y - t->down.first;
    const int32_t channels = t->options.channels;
    if (index >= 0 && index < t->down.count)
        memcpy(out_row(t, index), row + t->across.first * channels, (size_t)(t->across.count * channels));
}

static uint8_t *ring_row(const dlc_transform *t, int64_t y) {
    return t->ring + y % t->ring_rows * t->ring_stride;
}

/* The row that is seen next, from the rows of the file that it is made of; the last of them is in the ring by now. */
static void finish_out_row(dlc_transform *t) {
    const dlc_taps *taps = &t->down_taps;
    const int64_t index = t->next_out++, start = taps->starts[index], length = taps->lengths[index];
    for (int64_t i = 0; i < length; i++)
        t->window[i] = ring_row(t, start + i);
    t->kernel->down(t->window, taps->weights + index * taps->width, length, t->across.count * t->options.channels,
                    out_row(t, index));
}

static void take_row(dlc_transform *t, const uint8_t *row) {
    const int64_t y = t->next_row++;
    if (!t->is_resized) {
        copy_row(t, y, row);
        return;
    }
    const dlc_taps *taps = &t->down_taps;
    if (y < taps->starts[0] || t->next_out == taps->count)
        return;
    t->kernel->across(&t->across_taps, t->across_layout, t->options.channels, row, ring_row(t, y));
    while (t->next_out < taps->count && end_of(taps, t->next_out) == y + 1)
        finish_out_row(t);
}

void dlc_transform_take_rows(dlc_transform *transform, int64_t count) {
    for (int64_t row = 0; row < count; row++)
        take_row(transform, transform->rows[row]);
}
