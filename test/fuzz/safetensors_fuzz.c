/*
 * safetensors_fuzz.c - the input is a .safetensors file, or its header alone: an input that starts with '{' gets the
 * length in front, and data of the size that the two bytes after the header's first NUL say, made of the bytes behind
 * those.
 *
 * A file that opens is looked at in every way, saved, and must come back byte for byte; its tensors are masked, by the
 * default rule, and restored; and an encoder that loads it computes the features of a small image.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Images of at most this many pixels a side are tried. */
#define SIDE_MAX 64

/* ---- The file ---- */

static void put_prefix(uint8_t *out, size_t length) {
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)length >> 8 * i);
}

/* The file's bytes; the caller frees them. */
static uint8_t *make_file(const uint8_t *data, size_t size, size_t *file_size) {
    const int is_header = size > 0 && data[0] == '{';
    const uint8_t *nul = is_header ? memchr(data, '\0', size) : NULL;
    const size_t length = nul ? (size_t)(nul - data) : size;
    fuzz_input rest = {nul ? nul + 1 : data + size, data + size};
    const size_t filled = (size_t)fuzz_word(&rest, 2);
    *file_size = is_header ? 8 + length + filled : size;
    uint8_t *bytes = malloc(*file_size + 1);
    fuzz_check(bytes != NULL);
    if (!is_header) {
        memcpy(bytes, data, size);
        return bytes;
    }
    put_prefix(bytes, length);
    memcpy(bytes + 8, data, length);
    const size_t source = (size_t)(rest.end - rest.at);
    for (size_t i = 0; i < filled; i++)
        bytes[8 + length + i] = source > 0 ? rest.at[i % source] : 0;
    return bytes;
}

/* ---- Tensors ---- */

static void check_tensor(const dlc_safetensors *file, int64_t tensor, size_t size) {
    const char *name = dlc_safetensors_name(file, tensor);
    fuzz_check(name != NULL);
    fuzz_check(dlc_safetensors_find(file, name) == tensor);
    fuzz_check(dlc_safetensors_dtype_text(file, tensor) != NULL);
    const int64_t rank = dlc_safetensors_rank(file, tensor), elements = dlc_safetensors_elements(file, tensor);
    int64_t product = 1;
    for (int64_t axis = 0; axis < rank; axis++)
        if (dlc_safetensors_dim(file, tensor, axis) == 0)
            product = 0;
    for (int64_t axis = 0; axis < rank && product > 0; axis++)
        product *= dlc_safetensors_dim(file, tensor, axis);
    fuzz_check(product == elements);
    const int64_t length = dlc_safetensors_bytes(file, tensor);
    const int32_t dtype = dlc_safetensors_dtype(file, tensor);
    fuzz_check(dtype == DLC_DTYPE_OTHER || elements * dlc_dtype_size(dtype) == length);
    fuzz_check(length >= 0 && length <= (int64_t)size);
    const int32_t masked = dlc_safetensors_masked_by_default(file, tensor);
    fuzz_check(masked == 0 || masked == 1);
}

/* Together the tensors are the end of the file. */
static void check_tensors(dlc_safetensors *file, const uint8_t *bytes, size_t size) {
    const int64_t count = dlc_safetensors_count(file);
    int64_t total = 0;
    for (int64_t tensor = 0; tensor < count; tensor++) {
        check_tensor(file, tensor, size);
        total += dlc_safetensors_bytes(file, tensor);
    }
    for (int64_t tensor = 0, at = (int64_t)size - total; tensor < count; tensor++) {
        const int64_t length = dlc_safetensors_bytes(file, tensor);
        fuzz_check(memcmp(dlc_safetensors_data(file, tensor), bytes + at, (size_t)length) == 0);
        at += length;
    }
    fuzz_check(dlc_safetensors_name(file, count) == NULL && dlc_safetensors_data(file, count) == NULL);
    fuzz_check(dlc_safetensors_masked_by_default(file, -1) == -1);
    (void)dlc_safetensors_metadata(file, "num_heads");
}

/* ---- Masking ---- */

static int is_float(int32_t dtype) {
    return dtype == DLC_DTYPE_F32 || dtype == DLC_DTYPE_F16 || dtype == DLC_DTYPE_BF16 || dtype == DLC_DTYPE_F64;
}

static void check_levels(dlc_mask *mask) {
    for (int64_t level = 0; level < dlc_mask_level_count(mask); level++)
        fuzz_check(fuzz_status(dlc_mask_apply(mask, level), dlc_mask_message(mask)) == DLC_OK);
    fuzz_check(dlc_mask_restore(mask) == DLC_OK);
}

static void check_masking(dlc_safetensors *file, const dlc_allocator *allocator) {
    dlc_mask *mask = NULL;
    fuzz_check(dlc_mask_create(allocator, &mask) == DLC_OK);
    for (int64_t tensor = 0; tensor < dlc_safetensors_count(file); tensor++) {
        const int32_t dtype = dlc_safetensors_dtype(file, tensor);
        if (!is_float(dtype))
            continue;
        fuzz_status(dlc_mask_add_tensor(mask, dlc_safetensors_name(file, tensor), dtype,
                                        dlc_safetensors_data(file, tensor), dlc_safetensors_elements(file, tensor),
                                        dlc_safetensors_masked_by_default(file, tensor)),
                    dlc_mask_message(mask));
    }
    fuzz_check(dlc_mask_set_schedule(mask, "list:0,0.1,0.5,1") == DLC_OK);
    if (fuzz_status(dlc_mask_plan(mask), dlc_mask_message(mask)) == DLC_OK)
        check_levels(mask);
    dlc_mask_free(mask);
}

/* ---- The encoder ---- */

static void check_forward(dlc_encoder *encoder) {
    const int64_t side = dlc_encoder_image_size(encoder) > 0 ? dlc_encoder_image_size(encoder) : 9;
    const int64_t channels = dlc_encoder_channels(encoder), dim = dlc_encoder_dim(encoder);
    fuzz_check(channels > 0 && dim > 0 && dlc_encoder_block(encoder) > 0);
    fuzz_check(dlc_encoder_architecture(encoder) != NULL);
    if (side > SIDE_MAX)
        return;
    const size_t pixels = (size_t)(channels * side * side);
    float *images = calloc(pixels, sizeof *images), *features = calloc((size_t)dim, sizeof *features);
    fuzz_check(images != NULL && features != NULL);
    for (size_t i = 0; i < pixels; i++)
        images[i] = (float)(i % 7) - 3.0F;
    fuzz_status(dlc_encoder_forward(encoder, images, 0, 1, side, side, features), dlc_encoder_message(encoder));
    fuzz_check(dlc_encoder_set_pooling(encoder, DLC_POOLING_MEAN) == DLC_OK);
    fuzz_status(dlc_encoder_forward(encoder, images, 3, 1, side, side, features), dlc_encoder_message(encoder));
    free(images);
    free(features);
}

static void check_encoder(dlc_safetensors *file, const dlc_allocator *allocator) {
    dlc_encoder *encoder = NULL;
    const dlc_status created = dlc_encoder_create(allocator, &encoder);
    fuzz_check(created == (WITH_ENCODER ? DLC_OK : DLC_ERROR_UNSUPPORTED));
    if (!WITH_ENCODER)
        return;
    if (fuzz_status(dlc_encoder_load(encoder, file), dlc_encoder_message(encoder)) == DLC_OK)
        check_forward(encoder);
    else
        fuzz_check(dlc_encoder_dim(encoder) == 0 && dlc_encoder_architecture(encoder) == NULL);
    dlc_encoder_free(encoder);
}

/* Whatever was done with the tensors in between, the file is what it was. */
static void check_saving(dlc_safetensors *file, const uint8_t *bytes, size_t size) {
    const char *path = fuzz_path("again.safetensors");
    fuzz_check(fuzz_status(dlc_safetensors_save(file, path), dlc_safetensors_message(file)) == DLC_OK);
    size_t again_size = 0;
    unsigned char *again = fuzz_get(path, &again_size);
    fuzz_check(again_size == size && memcmp(again, bytes, size) == 0);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_memory memory = {.limit = 64 << 20, .fail_at = -1};
    dlc_allocator *allocator = fuzz_allocator(&memory);
    dlc_safetensors *file = NULL;
    size_t file_size = 0;
    uint8_t *bytes = make_file(data, size, &file_size);
    const char *path = fuzz_path("x.safetensors");
    fuzz_put(path, bytes, file_size);
    fuzz_check(dlc_safetensors_create(allocator, &file) == DLC_OK);
    if (fuzz_status(dlc_safetensors_open(file, path), dlc_safetensors_message(file)) == DLC_OK) {
        check_tensors(file, bytes, file_size);
        check_masking(file, allocator);
        check_encoder(file, allocator);
        check_saving(file, bytes, file_size);
    } else {
        fuzz_check(dlc_safetensors_count(file) == 0 && dlc_safetensors_find(file, "x") == -1);
    }
    dlc_safetensors_free(file);
    free(bytes);
    fuzz_allocator_end(allocator, &memory);
    return 0;
}
