/* dtype.c - sizes and names of data types. */
#include "dlc/base.h"

static const struct {
    int64_t size;
    const char *name;
} table[] = {
    [DLC_DTYPE_OTHER] = {0, "other"},   [DLC_DTYPE_F32] = {4, "float32"}, [DLC_DTYPE_F16] = {2, "float16"},
    [DLC_DTYPE_BF16] = {2, "bfloat16"}, [DLC_DTYPE_F64] = {8, "float64"}, [DLC_DTYPE_I64] = {8, "int64"},
    [DLC_DTYPE_I32] = {4, "int32"},     [DLC_DTYPE_U8] = {1, "uint8"},
};

static int32_t known(int32_t dtype) {
    return dtype >= 0 && dtype < (int32_t)(sizeof table / sizeof table[0]) ? dtype : DLC_DTYPE_OTHER;
}

int64_t dlc_dtype_size(int32_t dtype) {
    return table[known(dtype)].size;
}

const char *dlc_dtype_name(int32_t dtype) {
    return table[known(dtype)].name;
}
