/*
 * tensors.c - tensors by name, as float32 (tensors.h). Never writes to the file's memory.
 */
#include "tensors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Reading ---- */

static float from_half(uint16_t half) {
    const uint32_t exponent = (half >> 10) & 31U;
    const uint32_t fraction = half & 1023U;
    float magnitude;
    if (exponent == 31)
        magnitude = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexpf((float)fraction, -24);
    else
        magnitude = ldexpf((float)(fraction + 1024U), (int)exponent - 25);
    return half & 0x8000U ? -magnitude : magnitude;
}

static float from_bfloat(uint16_t upper) {
    const uint32_t bits = (uint32_t)upper << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* memcpy() element by element: a tensor may lie at any address. */
void dlc_tensor_read(const dlc_tensor *weight, int64_t first, int64_t count, float *out) {
    const unsigned char *from = weight->data + first * dlc_dtype_size(weight->dtype);
    if (weight->dtype == DLC_DTYPE_F32) {
        memcpy(out, from, (size_t)count * sizeof *out);
    } else if (weight->dtype == DLC_DTYPE_F64) {
        for (int64_t i = 0; i < count; i++) {
            double value;
            memcpy(&value, from + 8 * i, sizeof value);
            out[i] = (float)value;
        }
    } else {
        for (int64_t i = 0; i < count; i++) {
            uint16_t bits;
            memcpy(&bits, from + 2 * i, sizeof bits);
            out[i] = weight->dtype == DLC_DTYPE_F16 ? from_half(bits) : from_bfloat(bits);
        }
    }
}

/* ---- Finding ---- */

dlc_status dlc_tensors_start(dlc_tensors *tensors, const dlc_allocator *allocator, const dlc_safetensors *file,
                             dlc_error *error) {
    *tensors = (dlc_tensors){.file = file, .allocator = *allocator, .error = error};
    tensors->taken = dlc_allocate_zeroed(allocator, dlc_safetensors_count(file), 1);
    return tensors->taken ? DLC_OK : dlc_fail_memory(error, "the list of tensors");
}

void dlc_tensors_end(dlc_tensors *tensors) {
    dlc_release(&tensors->allocator, tensors->taken);
}

int dlc_tensors_have_prefix(const dlc_safetensors *file, const char *prefix) {
    for (int64_t i = 0; i < dlc_safetensors_count(file); i++)
        if (strncmp(dlc_safetensors_name(file, i), prefix, strlen(prefix)) == 0)
            return 1;
    return 0;
}

/* "[32, 16, 3, 3]"; what does not fit is cut. */
static const char *shape_text(char *text, size_t size, int64_t rank, const int64_t *dims) {
    size_t used = (size_t)snprintf(text, size, "[");
    for (int64_t i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%lld", i > 0 ? ", " : "", (long long)dims[i]);
    if (used < size)
        snprintf(text + used, size - used, "]");
    return text;
}

static dlc_status check_shape(const dlc_tensors *tensors, int64_t tensor, int64_t rank, const int64_t *dims) {
    int64_t found[8];
    const int64_t found_rank = dlc_safetensors_rank(tensors->file, tensor);
    const int64_t shown = found_rank < 8 ? found_rank : 8;
    int equal = found_rank == rank;
    for (int64_t i = 0; i < shown; i++) {
        found[i] = dlc_safetensors_dim(tensors->file, tensor, i);
        equal = equal && found[i] == dims[i];
    }
    if (equal)
        return DLC_OK;
    char is[128], expected[128];
    return dlc_fail(tensors->error, DLC_ERROR_FORMAT, "tensor '%s' has shape %s, expected %s",
                    dlc_safetensors_name(tensors->file, tensor), shape_text(is, sizeof is, shown, found),
                    shape_text(expected, sizeof expected, rank, dims));
}

static dlc_status check_finite(const dlc_tensors *tensors, int64_t tensor, const dlc_tensor *weight) {
    const int64_t elements = dlc_safetensors_elements(tensors->file, tensor);
    float part[1024];
    const int64_t room = (int64_t)(sizeof part / sizeof part[0]);
    for (int64_t first = 0; first < elements; first += room) {
        const int64_t count = elements - first < room ? elements - first : room;
        dlc_tensor_read(weight, first, count, part);
        for (int64_t i = 0; i < count; i++)
            if (!isfinite(part[i]))
                return dlc_fail(tensors->error, DLC_ERROR_DATA, "tensor '%s' is not finite at index %lld (%g)",
                                dlc_safetensors_name(tensors->file, tensor), (long long)(first + i), (double)part[i]);
    }
    return DLC_OK;
}

dlc_status dlc_tensors_take(dlc_tensors *tensors, const char *name, int64_t rank, const int64_t *dims,
                            dlc_tensor *out) {
    const int64_t tensor = dlc_safetensors_find(tensors->file, name);
    if (tensor < 0)
        return dlc_fail(tensors->error, DLC_ERROR_FORMAT, "tensor '%s' is missing", name);
    DLC_TRY(check_shape(tensors, tensor, rank, dims));
    *out = (dlc_tensor){dlc_safetensors_data(tensors->file, tensor), dlc_safetensors_dtype(tensors->file, tensor)};
    if (out->dtype < DLC_DTYPE_F32 || out->dtype > DLC_DTYPE_F64)
        return dlc_fail(tensors->error, DLC_ERROR_UNSUPPORTED, "tensor '%s' has dtype %s, not F32, F16, BF16 or F64",
                        name, dlc_safetensors_dtype_text(tensors->file, tensor));
    DLC_TRY(check_finite(tensors, tensor, out));
    tensors->taken[tensor] = 1;
    return DLC_OK;
}

static int ends_with(const char *text, const char *end) {
    const size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

dlc_status dlc_tensors_check_rest(dlc_tensors *tensors, const char *head) {
    for (int64_t i = 0; i < dlc_safetensors_count(tensors->file); i++) {
        const char *name = dlc_safetensors_name(tensors->file, i);
        if (!tensors->taken[i] && strncmp(name, head, strlen(head)) != 0 && !ends_with(name, ".num_batches_tracked"))
            return dlc_fail(tensors->error, DLC_ERROR_FORMAT, "tensor '%s' is unknown in this architecture", name);
    }
    return DLC_OK;
}
