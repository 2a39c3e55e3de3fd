/*
 * png.c - decodes PNG files with libpng (png.h).
 *
 * libpng reports an error by longjmp(). Every call that may do so is made by a step below guarded(), which is the only
 * setjmp() here; the frames between are this file's and libpng's. It prints nothing, and allocates by our allocator.
 */
#include "png.h"

#include "colour.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

/* deflate shrinks nothing by more than this. */
#define DEFLATE_RATIO_MAX 1032

typedef struct dlc_png {
    const dlc_allocator *allocator;
    dlc_error *error;
    dlc_status status; /* of what failed */
    int out_of_memory;
    png_structp png;
    png_infop info;
    int64_t height, width;
    int32_t kind;          /* PNG_COLOR_TYPE_* of the file, without alpha */
    int passes;            /* over the rows: more than one where the image is interlaced */
    int32_t is_direct;     /* rows are read to where the transform takes them */
    uint8_t *rows;         /* otherwise: one row, or all of an interlaced image; a byte a pixel, three for RGB */
    uint8_t table[3][256]; /* what a byte of a grey or palette image stands for in each channel */
    dlc_transform *transform;

    const dlc_input_file *file;
    int64_t offset; /* of the first byte not yet in the buffer */
    size_t buffered, taken;
    uint8_t buffer[8192];
} dlc_png;

/* ---- What libpng calls ---- */

static png_voidp allocate(png_structp png, png_alloc_size_t size) {
    dlc_png *d = png_get_mem_ptr(png);
    void *block = size <= INT64_MAX ? dlc_allocate(d->allocator, (int64_t)size, 1) : NULL;
    d->out_of_memory |= !block;
    return block;
}

static void release(png_structp png, png_voidp block) {
    const dlc_png *d = png_get_mem_ptr(png);
    dlc_release(d->allocator, block);
}

PNG_NORETURN static void fail(png_structp png, png_const_charp message) {
    dlc_png *d = png_get_error_ptr(png);
    if (d->out_of_memory)
        d->status = dlc_fail_memory(d->error, "decoding a PNG image");
    else
        d->status = dlc_fail(d->error, DLC_ERROR_FORMAT, "%s is not a sound PNG image: %s", d->file->path, message);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void fill_buffer(png_structp png, dlc_png *d) {
    const int64_t rest = d->file->size - d->offset;
    if (rest == 0)
        png_error(png, "it is cut off");
    d->buffered = rest < (int64_t)sizeof d->buffer ? (size_t)rest : sizeof d->buffer;
    d->taken = 0;
    d->status = dlc_input_file_read(d->file, d->offset, (int64_t)d->buffered, d->buffer, d->error);
    if (d->status != DLC_OK)
        png_longjmp(png, 1);
    d->offset += (int64_t)d->buffered;
}

static void read_bytes(png_structp png, png_bytep out, size_t size) {
    dlc_png *d = png_get_io_ptr(png);
    while (size > 0) {
        if (d->taken == d->buffered)
            fill_buffer(png, d);
        const size_t rest = d->buffered - d->taken;
        const size_t now = size < rest ? size : rest;
        memcpy(out, d->buffer + d->taken, now);
        d->taken += now;
        out += now;
        size -= now;
    }
}

/* ---- Steps ---- */

static dlc_status guarded(dlc_png *d, void (*step)(dlc_png *d)) {
    if (setjmp(png_jmpbuf(d->png)) != 0)
        return d->status;
    step(d);
    return DLC_OK;
}

static void read_header(dlc_png *d) {
    png_set_read_fn(d->png, d, read_bytes);
    /* All chunks but the critical ones and tRNS are passed over unread: nothing in them changes a pixel. */
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(d->png, d->info);
}

/* One byte a sample, no alpha. */
static void set_transforms(dlc_png *d) {
    png_set_strip_16(d->png);
    png_set_strip_alpha(d->png);
    png_set_packing(d->png);
    if (d->kind == PNG_COLOR_TYPE_GRAY)
        png_set_expand_gray_1_2_4_to_8(d->png);
    d->passes = png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    if (png_get_rowbytes(d->png, d->info) != (size_t)d->width * (d->kind == PNG_COLOR_TYPE_RGB ? 3 : 1))
        png_error(d->png, "rows of an unexpected length");
}

static void take_row(dlc_png *d, const uint8_t *row) {
    const int32_t channels = d->transform->options.channels;
    uint8_t *out = d->transform->rows[0];
    if (d->kind != PNG_COLOR_TYPE_RGB) {
        for (int64_t x = 0; x < d->width; x++)
            for (int32_t channel = 0; channel < channels; channel++)
                *out++ = d->table[channel][row[x]];
    } else if (channels == 1) {
        dlc_colour_grey_from_rgb(row, d->width, out);
    } else if (row != out) {
        memcpy(out, row, (size_t)d->width * 3);
    }
    dlc_transform_take_rows(d->transform, 1);
}

static void read_rows(dlc_png *d) {
    const size_t stride = png_get_rowbytes(d->png, d->info);
    const int passes = d->passes;
    for (int pass = 0; pass < passes; pass++)
        for (int64_t y = 0; y < d->height; y++) {
            uint8_t *row = d->is_direct ? d->transform->rows[0] : passes > 1 ? d->rows + (size_t)y * stride : d->rows;
            png_read_row(d->png, row, NULL);
            if (pass == passes - 1)
                take_row(d, row);
        }
    png_read_end(d->png, NULL);
}

/* ---- From start to end ---- */

/* A header of a few bytes must not make us allocate gigabytes: what it claims has to fit the file. */
static dlc_status check_claim(dlc_png *d) {
    d->height = png_get_image_height(d->png, d->info);
    d->width = png_get_image_width(d->png, d->info);
    d->kind = png_get_color_type(d->png, d->info) & ~PNG_COLOR_MASK_ALPHA;
    const int64_t row = (int64_t)png_get_rowbytes(d->png, d->info) + 1;
    if (d->height > (d->file->size + 1) * DEFLATE_RATIO_MAX / row)
        return dlc_fail(d->error, DLC_ERROR_FORMAT,
                        "%s is not a sound PNG image: %lld x %lld pixels cannot be in its %lld bytes", d->file->path,
                        (long long)d->width, (long long)d->height, (long long)d->file->size);
    return DLC_OK;
}

static void fill_table(dlc_png *d) {
    png_colorp palette = NULL;
    int colours = 0;
    if (d->kind == PNG_COLOR_TYPE_PALETTE)
        png_get_PLTE(d->png, d->info, &palette, &colours);
    for (int value = 0; value < 256; value++) {
        /* Beyond the end of the palette, Pillow's is a grey ramp. */
        const uint8_t same = (uint8_t)value;
        const png_color colour = value < colours ? palette[value] : (png_color){same, same, same};
        d->table[0][value] =
            d->transform->options.channels == 1 ? dlc_colour_luma(colour.red, colour.green, colour.blue) : colour.red;
        d->table[1][value] = colour.green;
        d->table[2][value] = colour.blue;
    }
}

static dlc_status prepare_rows(dlc_png *d) {
    DLC_TRY(guarded(d, set_transforms));
    const int64_t samples = d->kind == PNG_COLOR_TYPE_RGB ? 3 : 1;
    fill_table(d);
    d->is_direct = samples == 3 && d->transform->options.channels == 3 && d->passes == 1;
    if (d->is_direct)
        return DLC_OK;
    d->rows = dlc_allocate(d->allocator, d->passes > 1 ? d->height * d->width : d->width, samples);
    return d->rows ? DLC_OK : dlc_fail_memory(d->error, "decoding a PNG image");
}

static dlc_status decode(dlc_png *d) {
    d->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, d, fail, ignore_warning, d, allocate, release);
    if (!d->png && !d->out_of_memory)
        return dlc_fail(d->error, DLC_ERROR_UNSUPPORTED, "libpng %s cannot stand in for %s", png_get_libpng_ver(NULL),
                        PNG_LIBPNG_VER_STRING);
    d->info = d->png ? png_create_info_struct(d->png) : NULL;
    if (!d->info)
        return dlc_fail_memory(d->error, "decoding a PNG image");
    DLC_TRY(guarded(d, read_header));
    DLC_TRY(check_claim(d));
    DLC_TRY(dlc_transform_begin(d->transform, d->file->path, d->height, d->width, d->error));
    DLC_TRY(prepare_rows(d));
    return guarded(d, read_rows);
}

dlc_status dlc_png_decode(const dlc_input_file *file, dlc_transform *transform, dlc_error *error) {
    dlc_png d = {.allocator = transform->allocator, .error = error, .transform = transform, .file = file};
    const dlc_status status = decode(&d);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    dlc_release(d.allocator, d.rows);
    return status;
}
