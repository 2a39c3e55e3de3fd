/* encoder_checks.c - see encoder_checks.h. */
#include "encoder_checks.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Models and images ---- */

dlc_safetensors *encoder_case_weights(const encoder_case *of) {
    char path[128];
    snprintf(path, sizeof path, "test/golden/encoder/%s.safetensors", of->name);
    dlc_safetensors *weights = NULL;
    ck_ok(dlc_safetensors_create(NULL, &weights), "create");
    ck_ok(dlc_safetensors_open(weights, path), dlc_safetensors_message(weights));
    return weights;
}

float *encoder_case_floats(const encoder_case *of, const char *what, int64_t *count) {
    char name[64];
    snprintf(name, sizeof name, "%s_%s.npy", of->name, what);
    return golden_array("encoder", name, "<f4", count);
}

dlc_encoder *encoder_of(dlc_safetensors *weights) {
    dlc_encoder *encoder = NULL;
    ck_ok(dlc_encoder_create(NULL, &encoder), "create");
    ck_ok(dlc_encoder_load(encoder, weights), dlc_encoder_message(encoder));
    return encoder;
}

static float *allocate_floats(int64_t floats) {
    float *memory = malloc((size_t)floats * sizeof *memory);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

float *encoder_images(int64_t floats) {
    float *images = allocate_floats(floats);
    uint64_t state = 7;
    for (int64_t i = 0; i < floats; i++)
        images[i] = (float)test_uniform(&state) * 2 - 1;
    return images;
}

/* ---- Golden features ---- */

static void check_close(const float *features, const float *expected, int64_t count, const char *name,
                        const char *what) {
    double sum = 0, squares = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)expected[i];
        squares += (double)expected[i] * (double)expected[i];
        largest = fmax(largest, fabs((double)features[i] - (double)expected[i]));
        ck_assert_msg(!isnan(features[i]), "%s: %s: NaN at %d", name, what, (int)i);
    }
    const double mean = sum / (double)count, deviation = sqrt(squares / (double)count - mean * mean);
    ck_assert_msg(largest <= 1e-4 * deviation, "%s: %s: off by %g standard deviations", name, what,
                  largest / deviation);
}

void encoder_check_features(dlc_encoder *encoder, const encoder_case *of, const char *what) {
    int64_t pixels = 0, count = 0;
    float *images = encoder_case_floats(of, "images", &pixels);
    float *expected = encoder_case_floats(of, what, &count);
    const int64_t rows = pixels / (of->channels * of->height * of->width);
    ck_assert_int_eq(count, rows * of->dim);
    float *features = allocate_floats(count);
    ck_ok(dlc_encoder_forward(encoder, images, 0, rows, of->height, of->width, features), dlc_encoder_message(encoder));
    check_close(features, expected, count, of->name, what);
    free(features);
    free(expected);
    free(images);
}

static double value_at(const unsigned char *data, int32_t dtype) {
    const size_t size = (size_t)dlc_dtype_size(dtype);
    double value = 0;
    float single = 0;
    uint32_t bits = 0;
    if (dtype == DLC_DTYPE_F64) {
        memcpy(&value, data, size);
        return value;
    }
    memcpy(&bits, data, size);
    if (dtype == DLC_DTYPE_F16) {
        const int exponent = (int)(bits >> 10) & 31;
        return exponent ? ldexp((double)(1024 + (bits & 1023)), exponent - 25) : ldexp(bits & 1023, -24);
    }
    bits = dtype == DLC_DTYPE_BF16 ? bits << 16 : bits;
    memcpy(&single, &bits, sizeof single);
    return (double)single;
}

/* Sets to zero what the threshold says. */
static void mask_weights(dlc_safetensors *weights, int64_t rank, double threshold) {
    for (int64_t t = 0; t < dlc_safetensors_count(weights); t++) {
        if (dlc_safetensors_rank(weights, t) != rank)
            continue;
        const int32_t dtype = dlc_safetensors_dtype(weights, t);
        const size_t size = (size_t)dlc_dtype_size(dtype);
        unsigned char *data = dlc_safetensors_data(weights, t);
        for (int64_t i = 0; i < dlc_safetensors_elements(weights, t); i++, data += size)
            if (fabs(value_at(data, dtype)) <= threshold)
                memset(data, 0, size);
    }
}

void encoder_check_golden(const encoder_case *of) {
    int64_t one = 0;
    float *threshold = encoder_case_floats(of, "threshold", &one);
    dlc_safetensors *weights = encoder_case_weights(of);
    dlc_encoder *encoder = encoder_of(weights);
    ck_assert_str_eq(dlc_encoder_architecture(encoder), of->architecture);
    ck_assert_int_eq(dlc_encoder_channels(encoder), of->channels);
    ck_assert_int_eq(dlc_encoder_dim(encoder), of->dim);
    encoder_check_features(encoder, of, "features");
    /* The weights are read where they are, at every call. */
    mask_weights(weights, of->masked_rank, (double)threshold[0]);
    encoder_check_features(encoder, of, "masked_features");
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
    free(threshold);
}

/* ---- The same bits ---- */

void encoder_check_batches(dlc_encoder *encoder, int64_t height, int64_t width) {
    const int64_t all = getenv("DLC_TEST_SHORT") ? 19 : 75;
    const int64_t batches[] = {1, 7, 64, all};
    static const int32_t thread_counts[] = {1, 2, 4};
    const int64_t image = dlc_encoder_channels(encoder) * height * width, dim = dlc_encoder_dim(encoder);
    const size_t bytes = (size_t)(all * dim) * sizeof(float);
    float *images = encoder_images(all * image);
    float *expected = allocate_floats(all * dim), *features = allocate_floats(all * dim);
    ck_ok(dlc_encoder_forward(encoder, images, 0, all, height, width, expected), dlc_encoder_message(encoder));
    for (size_t t = 0; t < sizeof thread_counts / sizeof thread_counts[0]; t++) {
        ck_ok(dlc_encoder_set_threads(encoder, thread_counts[t]), dlc_encoder_message(encoder));
        for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
            memset(features, 0xFF, bytes);
            for (int64_t first = 0; first < all; first += batches[b]) {
                const int64_t rows = all - first < batches[b] ? all - first : batches[b];
                ck_ok(dlc_encoder_forward(encoder, images + first * image, first, rows, height, width,
                                          features + first * dim),
                      dlc_encoder_message(encoder));
            }
            ck_assert_msg(memcmp(features, expected, bytes) == 0, "batches of %d on %d threads", (int)batches[b],
                          (int)thread_counts[t]);
        }
    }
    free(features);
    free(expected);
    free(images);
}

void encoder_check_nothing_left(dlc_encoder *used, dlc_safetensors *weights, int64_t height, int64_t width) {
    dlc_encoder *fresh = encoder_of(weights);
    const int64_t dim = dlc_encoder_dim(fresh), pixels = dlc_encoder_channels(fresh) * height * width;
    float *images = encoder_images(3 * pixels);
    float *expected = allocate_floats(3 * dim), *features = allocate_floats(3 * dim);
    ck_ok(dlc_encoder_forward(fresh, images, 13, 3, height, width, expected), dlc_encoder_message(fresh));
    ck_ok(dlc_encoder_forward(used, images, 13, 3, height, width, features), dlc_encoder_message(used));
    ck_assert_mem_eq(features, expected, (size_t)(3 * dim) * sizeof *features);

    for (int64_t i = 0; i < pixels; i++)
        images[pixels + i] = NAN;
    ck_ok(dlc_encoder_forward(used, images, 13, 3, height, width, features), dlc_encoder_message(used));
    for (int64_t i = 0; i < dim; i++)
        ck_assert(isnan(features[dim + i]));
    ck_assert_mem_eq(features, expected, (size_t)dim * sizeof *features);
    ck_assert_mem_eq(features + 2 * dim, expected + 2 * dim, (size_t)dim * sizeof *features);
    free(features);
    free(expected);
    free(images);
    dlc_encoder_free(fresh);
}

/* ---- Files made for a test ---- */

/* The features of two images by the weights of this recipe; the caller frees them. */
static float *features_of(const recipe *file, int64_t height, int64_t width, int64_t *count) {
    dlc_safetensors *weights = recipe_cook(file);
    dlc_encoder *encoder = encoder_of(weights);
    float *images = encoder_images(2 * dlc_encoder_channels(encoder) * height * width);
    *count = 2 * dlc_encoder_dim(encoder);
    float *features = allocate_floats(*count);
    ck_ok(dlc_encoder_forward(encoder, images, 0, 2, height, width, features), dlc_encoder_message(encoder));
    free(images);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
    return features;
}

void encoder_check_alignment(recipe file, int64_t height, int64_t width) {
    int64_t count = 0;
    file.padding = 0;
    float *expected = features_of(&file, height, width, &count);
    for (file.padding = 1; file.padding < 8; file.padding++) {
        float *features = features_of(&file, height, width, &count);
        ck_assert_mem_eq(features, expected, (size_t)count * sizeof *features);
        free(features);
    }
    free(expected);
}

void encoder_check_fault(const recipe *good, const encoder_fault *fault, int64_t height, int64_t width) {
    recipe bad = *good;
    recipe_apply(&bad, &fault->change);
    dlc_safetensors *weights = recipe_cook(good), *others = recipe_cook(&bad);
    dlc_encoder *encoder = encoder_of(weights);
    const int64_t dim = dlc_encoder_dim(encoder);
    float *images = encoder_images(dlc_encoder_channels(encoder) * height * width);
    float *before = allocate_floats(dim), *after = allocate_floats(dim);
    ck_ok(dlc_encoder_forward(encoder, images, 0, 1, height, width, before), dlc_encoder_message(encoder));
    ck_fails(dlc_encoder_load(encoder, others), fault->status, dlc_encoder_message(encoder), fault->message);
    dlc_safetensors_free(others);
    ck_ok(dlc_encoder_forward(encoder, images, 0, 1, height, width, after), dlc_encoder_message(encoder));
    ck_assert_mem_eq(after, before, (size_t)dim * sizeof *after);
    free(after);
    free(before);
    free(images);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
