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

#include <jerror.h>
#include <jpeglib.h>

/* A byte of a flat progressive image holds no more pixels than 512: a bit for a block of 64. Larger claims are lies. */
#define PIXELS_PER_BYTE_MAX 1024

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
    uint8_t *raw; /* a row as libjpeg gives it, where that is not what the transform takes */
    const dlc_input_file *file;
    int64_t offset; /* of the first byte not yet in the buffer */
    uint8_t buffer[16384];
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
    if (level < 0 && (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC))
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
    const int64_t now = rest < (int64_t)sizeof d->buffer ? rest : (int64_t)sizeof d->buffer;
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
    d->cinfo.src = &d->source;
    d->cinfo.progress = &d->progress;
    jpeg_read_header(&d->cinfo, TRUE);
}

static void start(dlc_jpeg *d) {
    jpeg_start_decompress(&d->cinfo);
}

static void read_rows(dlc_jpeg *d) {
    const int64_t width = d->cinfo.output_width;
    const int32_t channels = d->transform->options.channels;
    while (d->cinfo.output_scanline < d->cinfo.output_height) {
        JSAMPROW row = d->raw ? d->raw : d->transform->row;
        jpeg_read_scanlines(&d->cinfo, &row, 1);
        if (d->cinfo.out_color_space == JCS_CMYK)
            dlc_colour_rgb_from_cmyk(d->raw, width, channels == 3 ? d->transform->row : d->raw);
        if (d->cinfo.out_color_space == JCS_GRAYSCALE && channels == 3)
            dlc_colour_rgb_from_grey(d->raw, width, d->transform->row);
        else if (d->cinfo.out_color_space != JCS_GRAYSCALE && channels == 1)
            dlc_colour_grey_from_rgb(d->raw, width, d->transform->row);
        dlc_transform_take_row(d->transform);
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
    if (components == (d->transform->options.channels == 1 ? 1 : 3))
        return DLC_OK;
    d->raw = dlc_allocate(d->transform->allocator, d->cinfo.image_width, components);
    return d->raw ? DLC_OK : dlc_fail_memory(d->error, "decoding a JPEG image");
}

static dlc_status decode(dlc_jpeg *d) {
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
    return status;
}
