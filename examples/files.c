/*
 * files.c - the file module alone: lists the tensors of a .safetensors file, halves those that are masked by default,
 * saves the result, and writes the largest magnitude of every tensor to a .npy file, which it reads back.
 *
 *     cc files.c $(pkg-config --cflags --libs libdlc) -o files
 *     ./files IN.safetensors OUT.safetensors OUT.npy
 *
 * Both outputs appear whole or not at all.
 */
#include <dlc/dlc.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

static void list(const dlc_safetensors *file, int64_t tensor) {
    printf("%s\t%s\t[", dlc_safetensors_name(file, tensor), dlc_safetensors_dtype_text(file, tensor));
    for (int64_t axis = 0; axis < dlc_safetensors_rank(file, tensor); axis++)
        printf("%s%" PRId64, axis ? ", " : "", dlc_safetensors_dim(file, tensor, axis));
    printf("]\t%s\n", dlc_safetensors_masked_by_default(file, tensor) == 1 ? "masked" : "");
}

/* Multiplies a float32 tensor in place; gives its largest magnitude before that. The elements may stand at any address,
 * so they are copied out and in rather than pointed at. */
static double scale(unsigned char *data, int64_t elements, float factor) {
    double largest = 0;
    for (int64_t i = 0; i < elements; i++) {
        float value = 0;
        memcpy(&value, data + i * (int64_t)sizeof value, sizeof value);
        if (fabs((double)value) > largest)
            largest = fabs((double)value);
        value *= factor;
        memcpy(data + i * (int64_t)sizeof value, &value, sizeof value);
    }
    return largest;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: files IN.safetensors OUT.safetensors OUT.npy\n");
        return 2;
    }
    dlc_safetensors *weights = NULL;
    dlc_npy *npy = NULL;
    check(dlc_safetensors_create(NULL, &weights), "safetensors");
    check(dlc_npy_create(NULL, &npy), "npy");

    /* The whole file is in memory now; tensors are numbered in the order of their place in it. */
    check(dlc_safetensors_open(weights, argv[1]), dlc_safetensors_message(weights));
    const int64_t count = dlc_safetensors_count(weights);
    double *largest = calloc((size_t)count + 1, sizeof *largest);
    double *again = calloc((size_t)count + 1, sizeof *again);
    if (!largest || !again)
        return EXIT_FAILURE;
    for (int64_t t = 0; t < count; t++) {
        list(weights, t);
        if (dlc_safetensors_dtype(weights, t) == DLC_DTYPE_F32)
            largest[t] = scale(dlc_safetensors_data(weights, t), dlc_safetensors_elements(weights, t),
                               dlc_safetensors_masked_by_default(weights, t) == 1 ? 0.5F : 1.0F);
    }
    check(dlc_safetensors_save(weights, argv[2]), dlc_safetensors_message(weights));

    check(dlc_npy_write(npy, argv[3], DLC_DTYPE_F64, 1, &count, largest), dlc_npy_message(npy));
    check(dlc_npy_open(npy, argv[3]), dlc_npy_message(npy));
    check(dlc_npy_read(npy, 0, dlc_npy_count(npy), again), dlc_npy_message(npy));
    printf("read back: %s\n",
           memcmp(largest, again, (size_t)count * sizeof *again) == 0 ? "the same" : "something else");

    free(largest);
    free(again);
    dlc_npy_free(npy);
    dlc_safetensors_free(weights);
    return EXIT_SUCCESS;
}
