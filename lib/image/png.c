/*
 * png.c - decodes PNG files with libpng (png.h).
 *
 * libpng reports an error by longjmp(). Every call that may do so is made by a step below guarded(), which is the only
 * setjmp() here; the frames between are this file's and libpng's. It prints nothing, and allocates by our allocator.
 */
#include "png.h"

#include "../file/input_file.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

#define PIXELS_MAX (INT64_C(1) << 31)

/* deflate shrinks nothing by more than this. */
#define DEFLATE_RATIO_MAX 1032

typedef struct dlc_decoder {
    const dlc_allocator *allocator;
    dlc_error *error;
    dlc_status status; /* of what failed */
    int out_of_memory;
    png_structp png;
    png_infop info;
    int64_t height, width;
    int32_t kind;  /* PNG_COLOR_TYPE_* of the file, without alpha */
    uint8_t *rows; /* one byte a pixel, three for RGB; NULL until they are wanted */

    dlc_input_file file;
    int64_t offset; /* of the first byte not yet in the buffer */
    size_t buffered, taken;
    uint8_t buffer[8192];
} dlc_decoder;

/* ---- What libpng calls ---- */

static png_voidp allocate(png_structp png, png_alloc_size_t size) {
    dlc_decoder *d = png_get_mem_ptr(png);
    void *block = size <= INT64_MAX ? dlc_allocate(d->allocator, (int64_t)size, 1) : NULL;
    d->out_of_memory |= !block;
    return block;
}

static void release(png_structp png, png_voidp block) {
    const dlc_decoder *d = png_get_mem_ptr(png);
    dlc_release(d->allocator, block);
}

PNG_NORETURN static void fail(png_structp png, png_const_charp message) {
    dlc_decoder *d = png_get_error_ptr(png);
    if (d->out_of_memory)
        d->status = dlc_fail_memory(d->error, "decoding a PNG image");
    else
        d->status = dlc_fail(d->error, DLC_ERROR_FORMAT, "%s is not a sound PNG image: %s", d->file.path, message);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void fill_buffer(png_structp png, dlc_decoder *d) {
    const int64_t rest = d->file.size - d->offset;
    if (rest == 0)
        png_error(png, "it is cut off");
    d->buffered = rest < (int64_t)sizeof d->buffer ? (size_t)rest : sizeof d->buffer;
    d->taken = 0;
    d->status = dlc_input_file_read(&d->file, d->offset, (int64_t)d->buffered, d->buffer, d->error);
    if (d->status != DLC_OK)
        png_longjmp(png, 1);
    d->offset += (int64_t)d->buffered;
}

static void read_bytes(png_structp png, png_bytep out, size_t size) {
    dlc_decoder *d = png_get_io_ptr(png);
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

static dlc_status guarded(dlc_decoder *d, void (*step)(dlc_decoder *d)) {
    if (setjmp(png_jmpbuf(d->png)) != 0)
        return d->status;
    step(d);
    return DLC_OK;
}

static void read_header(dlc_decoder *d) {
    png_set_read_fn(d->png, d, read_bytes);
    /* All chunks but the critical ones and tRNS are passed over unread: nothing in them changes a pixel. */
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(d->png, d->info);
}

/* Sets up one byte a sample, no alpha. */
static void set_transforms(dlc_decoder *d) {
    png_set_strip_16(d->png);
    png_set_strip_alpha(d->png);
    png_set_packing(d->png);
    if (d->kind == PNG_COLOR_TYPE_GRAY)
        png_set_expand_gray_1_2_4_to_8(d->png);
}

static void read_rows(dlc_decoder *d) {
    set_transforms(d);
    const int passes = png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    const size_t row = png_get_rowbytes(d->png, d->info);
    if (row != (size_t)d->width * (d->kind == PNG_COLOR_TYPE_RGB ? 3 : 1))
        png_error(d->png, "rows of an unexpected length");
    for (int pass = 0; pass < passes; pass++)
        for (int64_t y = 0; y < d->height; y++)
            png_read_row(d->png, d->rows + (size_t)y * row, NULL);
    png_read_end(d->png, NULL);
}

/* ---- From open to close ---- */

/* A header of a few bytes must not make us allocate gigabytes: what it claims has to fit the file. */
static dlc_status check_claim(dlc_decoder *d) {
    d->height = png_get_image_height(d->png, d->info);
    d->width = png_get_image_width(d->png, d->info);
    d->kind = png_get_color_type(d->png, d->info) & ~PNG_COLOR_MASK_ALPHA;
    if (d->height * d->width > PIXELS_MAX)
        return dlc_fail(d->error, DLC_ERROR_UNSUPPORTED, "%s has %lld x %lld pixels, more than 2^31", d->file.path,
                        (long long)d->width, (long long)d->height);
    const int64_t bytes = d->height * ((int64_t)png_get_rowbytes(d->png, d->info) + 1);
    if (bytes / DEFLATE_RATIO_MAX > d->file.size)
        return dlc_fail(d->error, DLC_ERROR_FORMAT,
                        "%s is not a sound PNG image: %lld x %lld pixels cannot be in its %lld bytes", d->file.path,
                        (long long)d->width, (long long)d->height, (long long)d->file.size);
    return DLC_OK;
}

static dlc_status start(dlc_decoder *d, const char *path) {
    DLC_TRY(dlc_input_file_open(&d->file, d->allocator, path, d->error));
    d->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, d, fail, ignore_warning, d, allocate, release);
    if (!d->png && !d->out_of_memory)
        return dlc_fail(d->error, DLC_ERROR_UNSUPPORTED, "libpng %s cannot stand in for %s", png_get_libpng_ver(NULL),
                        PNG_LIBPNG_VER_STRING);
    d->info = d->png ? png_create_info_struct(d->png) : NULL;
    if (!d->info)
        return dlc_fail_memory(d->error, "decoding a PNG image");
    DLC_TRY(guarded(d, read_header));
    return check_claim(d);
}

static void end(dlc_decoder *d) {
    png_destroy_read_struct(&d->png, &d->info, NULL);
    dlc_release(d->allocator, d->rows);
    dlc_input_file_close(&d->file, d->allocator);
}

dlc_status dlc_png_size(const dlc_allocator *allocator, const char *path, int64_t *height, int64_t *width,
                        dlc_error *error) {
    dlc_decoder d = {.allocator = allocator, .error = error};
    const dlc_status status = start(&d, path);
    *height = d.height;
    *width = d.width;
    end(&d);
    return status;
}

/* ---- Pixels ---- */

/* Grey from RGB: 0.299 R + 0.587 G + 0.114 B in units of 2^-16, rounded. */
static uint8_t grey(uint32_t red, uint32_t green, uint32_t blue) {
    return (uint8_t)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

/* What a byte of a grey or palette image stands for in every channel. */
static void fill_table(const dlc_decoder *d, int32_t channels, uint8_t table[3][256]) {
    png_colorp palette = NULL;
    int colours = 0;
    if (d->kind == PNG_COLOR_TYPE_PALETTE)
        png_get_PLTE(d->png, d->info, &palette, &colours);
    for (int value = 0; value < 256; value++) {
        /* Beyond the end of the palette, Pillow's is a grey ramp. */
        const uint8_t same = (uint8_t)value;
        const png_color colour = value < colours ? palette[value] : (png_color){same, same, same};
        table[0][value] = channels == 1 ? grey(colour.red, colour.green, colour.blue) : colour.red;
        table[1][value] = colour.green;
        table[2][value] = colour.blue;
    }
}

static void convert_bytes(const dlc_decoder *d, int32_t channels, int64_t count, uint8_t *pixels) {
    uint8_t table[3][256];
    fill_table(d, channels, table);
    for (int32_t channel = 0; channel < channels; channel++)
        for (int64_t i = 0; i < count; i++)
            pixels[channel * count + i] = table[channel][d->rows[i]];
}

static void convert_rgb(const dlc_decoder *d, int32_t channels, int64_t count, uint8_t *pixels) {
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *from = d->rows + 3 * i;
        if (channels == 1) {
            pixels[i] = grey(from[0], from[1], from[2]);
            continue;
        }
        pixels[i] = from[0];
        pixels[count + i] = from[1];
        pixels[2 * count + i] = from[2];
    }
}

static dlc_status decode(dlc_decoder *d, int32_t channels, int64_t height, int64_t width, uint8_t *pixels) {
    if (d->height != height || d->width != width)
        return dlc_fail(d->error, DLC_ERROR_DATA, "%s has %lld x %lld pixels, the first image %lld x %lld",
                        d->file.path, (long long)d->width, (long long)d->height, (long long)width, (long long)height);
    const int64_t count = height * width;
    const int is_rgb = d->kind == PNG_COLOR_TYPE_RGB;
    d->rows = dlc_allocate(d->allocator, count, is_rgb ? 3 : 1);
    if (!d->rows)
        return dlc_fail_memory(d->error, "decoding a PNG image");
    DLC_TRY(guarded(d, read_rows));
    if (is_rgb)
        convert_rgb(d, channels, count, pixels);
    else
        convert_bytes(d, channels, count, pixels);
    return DLC_OK;
}

dlc_status dlc_png_decode(const dlc_allocator *allocator, const char *path, int32_t channels, int64_t height,
                          int64_t width, uint8_t *pixels, dlc_error *error) {
    dlc_decoder d = {.allocator = allocator, .error = error};
    dlc_status status = start(&d, path);
    if (status == DLC_OK)
        status = decode(&d, channels, height, width, pixels);
    end(&d);
    return status;
}
