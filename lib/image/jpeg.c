/*
 * jpeg.c - decodes JPEG files with libjpeg (jpeg.h).
 *
 * libjpeg reports an error by calling error_exit, which must not return: ours leaves by longjmp(). Every call that may
 * do so is made by a step below guarded(), which is the only setjmp() here; the frames between are this file's and
 * libjpeg's. It prints nothing.
 */
#include "jpeg.h"

#include "colour.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it */
#include <string.h>

#include <jpeglib.h>

#include <jerror.h> /* after it: which messages there are hangs on how the library was built */

/* A byte of a flat progressive image holds no more pixels than 512: a bit for a block of 64. Larger claims are lies. */
#define PIXELS_PER_BYTE_MAX 1024

/* Read at a time. libjpeg's fast loop needs 3 KB ahead of it, so the fewer ends the better. */
#define BUFFER_MAX (INT64_C(1) << 18)

/* Each scan of a progressive image passes over all of it, however little there is in the scan: 500 of them took 18
 * seconds over a file of 460 KB. Encoders write a dozen, cjpeg never more than this. */
#define SCANS_MAX 100

typedef struct dlc_jpeg {
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    dlc_error *error;
    dlc_status status; /* of what failed */
    dlc_transform *transform;
    /* Rows as libjpeg gives them: the transform's, or others where it takes them in another form. */
    uint8_t *rows[DLC_TRANSFORM_ROWS];
    uint8_t *raw; /* the block of these, or NULL */
    const dlc_input_file *file;
    int64_t offset; /* of the first byte not yet in the buffer */
    uint8_t *buffer;
    int64_t buffer_size;
} dlc_jpeg;

/* ---- What libjpeg calls ---- */

_Noreturn static void leave(dlc_jpeg *d, dlc_status status) {
    d->status = status;
    longjmp(d->failed, 1);
}

_Noreturn static void fail(j_common_ptr cinfo) {
    dlc_jpeg *d = cinfo->client_data;
    const int code = d->errors.msg_code;
    if (code == JERR_OUT_OF_MEMORY)
        leave(d, dlc_fail_memory(d->error, "decoding a JPEG image"));
    char reason[JMSG_LENGTH_MAX];
    d->errors.format_message(cinfo, reason);
    if (code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED || code == JERR_CONVERSION_NOTIMPL)
        leave(d, dlc_fail(d->error, DLC_ERROR_UNSUPPORTED, "%s is a JPEG image of a kind that cannot be read: %s",
                          d->file->path, reason));
    leave(d, dlc_fail(d->error, DLC_ERROR_FORMAT, "%s is not a sound JPEG image: %s", d->file->path, reason));
}

/* Level -1 is a warning. Those after which pixels are made up count as errors. */
static void take_message(j_common_ptr cinfo, int level) {
    const int code = cinfo->err->msg_code;
    if (level < 0 && (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_ARITH_BAD_CODE ||
                      code == JWRN_MUST_RESYNC))
        fail(cinfo);
}

static void print_nothing(j_common_ptr cinfo) {
    (void)cinfo;
}

static void count_scans(j_common_ptr cinfo) {
    dlc_jpeg *d = cinfo->client_data;
    if (d->cinfo.input_scan_number > SCANS_MAX)
        leave(d, dlc_fail(d->error, DLC_ERROR_FORMAT, "%s is not a sound JPEG image: more than %d scans", d->file->path,
                          SCANS_MAX));
}

static void do_nothing(j_decompress_ptr cinfo) {
    (void)cinfo;
}

static boolean fill_buffer(j_decompress_ptr cinfo) {
    dlc_jpeg *d = cinfo->client_data;
    const int64_t rest = d->file->size - d->offset;
    if (rest <= 0)
        leave(d, dlc_fail(d->error, DLC_ERROR_FORMAT, "%s is not a sound JPEG image: it is cut off", d->file->path));
    const int64_t now = rest < d->buffer_size ? rest : d->buffer_size;
    const dlc_status status = dlc_input_file_read(d->file, d->offset, now, d->buffer, d->error);
    if (status != DLC_OK)
        leave(d, status);
    d->offset += now;
    d->source.next_input_byte = d->buffer;
    d->source.bytes_in_buffer = (size_t)now;
    return TRUE;
}

/* What is not in the buffer is never read. */
static void skip_bytes(j_decompress_ptr cinfo, long count) {
    dlc_jpeg *d = cinfo->client_data;
    if (count <= 0)
        return;
    const size_t buffered = d->source.bytes_in_buffer;
    const size_t taken = (size_t)count < buffered ? (size_t)count : buffered;
    d->source.next_input_byte += taken;
    d->source.bytes_in_buffer -= taken;
    d->offset += (int64_t)((size_t)count - taken);
}

/* ---- Steps ---- */

static dlc_status guarded(dlc_jpeg *d, void (*step)(dlc_jpeg *d)) {
    if (setjmp(d->failed) != 0)
        return d->status;
    step(d);
    return DLC_OK;
}

static void read_header(dlc_jpeg *d) {
    jpeg_create_decompress(&d->cinfo);
    d->cinfo.mem->max_memory_to_use = 0; /* libjpeg took it from the environment: JPEGMEM, for programs of its own */
    d->cinfo.src = &d->source;
    d->cinfo.progress = &d->progress;
    jpeg_read_header(&d->cinfo, TRUE);
}

/*
 * Leaves out the columns that the transform does not look at, which saves a transformation and a conversion of each
 * block. They end at a block's border, and at the ends upsampling does as at the borders of an image: one more block of
 * the coarsest component on either side keeps that away from what is looked at. Each row starts where it would.
 */
static void leave_out_columns(dlc_jpeg *d) {
    int64_t first, end;
    dlc_transform_columns(d->transform, &first, &end);
    const int64_t block = (int64_t)d->cinfo.max_h_samp_factor * DCTSIZE, width = d->cinfo.output_width;
    JDIMENSION left = (JDIMENSION)(first > block ? first - block : 0);
    JDIMENSION taken = (JDIMENSION)(end + block < width ? end + block : width) - left;
    if (d->cinfo.progressive_mode || d->raw || d->cinfo.num_components != 3 || taken > width - width / 8)
        return;
    jpeg_crop_scanline(&d->cinfo, &left, &taken);
    for (int64_t row = 0; row < DLC_TRANSFORM_ROWS; row++)
        d->rows[row] += left * 3;
}

static void start(dlc_jpeg *d) {
    jpeg_start_decompress(&d->cinfo);
    leave_out_columns(d);
}

/* A row as libjpeg gave it to what the transform takes. */
static void convert_row(const dlc_jpeg *d, uint8_t *raw, uint8_t *out) {
    const int64_t width = d->cinfo.image_width;
    const int32_t channels = d->transform->options.channels;
    if (d->cinfo.out_color_space == JCS_CMYK)
        dlc_colour_rgb_from_cmyk(raw, width, channels == 3 ? out : raw);
    if (d->cinfo.out_color_space == JCS_GRAYSCALE)
        dlc_colour_rgb_from_grey(raw, width, out);
    else if (channels == 1)
        dlc_colour_grey_from_rgb(raw, width, out);
}

static void read_rows(dlc_jpeg *d) {
    while (d->cinfo.output_scanline < d->cinfo.output_height) {
        const int64_t count = jpeg_read_scanlines(&d->cinfo, d->rows, DLC_TRANSFORM_ROWS);
        for (int64_t row = 0; d->raw && row < count; row++)
            convert_row(d, d->rows[row], d->transform->rows[row]);
        dlc_transform_take_rows(d->transform, count);
    }
}

/* ---- From start to end ---- */

/* Never JCS_GRAYSCALE for a colour image: its luma channel is not what convert("L") gives. */
static dlc_status choose_output(dlc_jpeg *d) {
    const int components = d->cinfo.num_components;
    if (components != 1 && components != 3 && components != 4)
        return dlc_fail(d->error, DLC_ERROR_UNSUPPORTED,
                        "%s is a JPEG image of a kind that cannot be read: %d components", d->file->path, components);
    d->cinfo.out_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
    if (components == (d->transform->options.channels == 1 ? 1 : 3)) {
        memcpy(d->rows, d->transform->rows, sizeof d->rows);
        return DLC_OK;
    }
    const int64_t size = (int64_t)d->cinfo.image_width * components;
    d->raw = dlc_allocate(d->transform->allocator, size, DLC_TRANSFORM_ROWS);
    if (!d->raw)
        return dlc_fail_memory(d->error, "decoding a JPEG image");
    for (int64_t row = 0; row < DLC_TRANSFORM_ROWS; row++)
        d->rows[row] = d->raw + row * size;
    return DLC_OK;
}

static dlc_status decode(dlc_jpeg *d) {
    d->buffer_size = d->file->size < BUFFER_MAX ? d->file->size : BUFFER_MAX;
    d->buffer = dlc_allocate(d->transform->allocator, d->buffer_size, 1);
    if (!d->buffer)
        return dlc_fail_memory(d->error, "decoding a JPEG image");
    DLC_TRY(guarded(d, read_header));
    const int64_t height = d->cinfo.image_height, width = d->cinfo.image_width;
    if (height * width / PIXELS_PER_BYTE_MAX > d->file->size)
        return dlc_fail(d->error, DLC_ERROR_FORMAT,
                        "%s is not a sound JPEG image: %lld x %lld pixels cannot be in its %lld bytes", d->file->path,
                        (long long)width, (long long)height, (long long)d->file->size);
    DLC_TRY(dlc_transform_begin(d->transform, d->file->path, height, width, d->error));
    DLC_TRY(choose_output(d));
    DLC_TRY(guarded(d, start));
    return guarded(d, read_rows);
}

dlc_status dlc_jpeg_decode(const dlc_input_file *file, dlc_transform *transform, dlc_error *error) {
    dlc_jpeg d;
    d.error = error;
    d.transform = transform;
    d.raw = NULL;
    d.buffer = NULL;
    d.file = file;
    d.offset = 0;
    d.cinfo = (struct jpeg_decompress_struct){.client_data = &d};
    d.cinfo.err = jpeg_std_error(&d.errors);
    d.errors.error_exit = fail;
    d.errors.emit_message = take_message;
    d.errors.output_message = print_nothing;
    d.source = (struct jpeg_source_mgr){.init_source = do_nothing,
                                        .fill_input_buffer = fill_buffer,
                                        .skip_input_data = skip_bytes,
                                        .resync_to_restart = jpeg_resync_to_restart,
                                        .term_source = do_nothing};
    d.progress = (struct jpeg_progress_mgr){.progress_monitor = count_scans};
    const dlc_status status = decode(&d);
    jpeg_destroy_decompress(&d.cinfo);
    dlc_release(transform->allocator, d.raw);
    dlc_release(transform->allocator, d.buffer);
    return status;
}
