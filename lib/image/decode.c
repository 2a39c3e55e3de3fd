/* decode.c - see decode.h. */
#include "decode.h"

#include "jpeg.h"
#include "png.h"

#include <string.h>

static const uint8_t png_start[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
static const uint8_t jpeg_start[] = {0xFF, 0xD8, 0xFF};

static dlc_status decode(const dlc_input_file *file, dlc_transform *transform, dlc_error *error) {
    uint8_t start[sizeof png_start] = {0};
    const int64_t size = file->size < (int64_t)sizeof start ? file->size : (int64_t)sizeof start;
    DLC_TRY(dlc_input_file_read(file, 0, size, start, error));
    if (memcmp(start, png_start, sizeof png_start) == 0)
        return dlc_png_decode(file, transform, error);
    if (memcmp(start, jpeg_start, sizeof jpeg_start) == 0)
        return dlc_jpeg_decode(file, transform, error);
    return dlc_fail(error, DLC_ERROR_FORMAT, "%s is neither a PNG nor a JPEG image", file->path);
}

dlc_status dlc_decode_file(const char *path, dlc_transform *transform, dlc_error *error) {
    dlc_input_file file = {0};
    DLC_TRY(dlc_input_file_open(&file, transform->allocator, path, error));
    const dlc_status status = decode(&file, transform, error);
    dlc_input_file_close(&file, transform->allocator);
    return status;
}
