/*
 * encoder_tests.c - the embedded forward pass: features against PyTorch's (test/golden/encoder, made by
 * test/peer/make_encoder_golden.py), unmasked and masked; the same bits for any batch and number of threads; what is
 * wrong with a file, named.
 */
#include "blas.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static dlc_safetensors *open_weights(const char *path) {
    dlc_safetensors *weights = NULL;
    ck_ok(dlc_safetensors_create(NULL, &weights), "create");
    ck_ok(dlc_safetensors_open(weights, path), dlc_safetensors_message(weights));
    return weights;
}

static dlc_encoder *encoder_of(dlc_safetensors *weights) {
    dlc_encoder *encoder = NULL;
    ck_ok(dlc_encoder_create(NULL, &encoder), "create");
    ck_ok(dlc_encoder_load(encoder, weights), dlc_encoder_message(encoder));
    return encoder;
}

static float *random_images(int64_t floats) {
    float *images = malloc((size_t)floats * sizeof *images);
    ck_assert_ptr_nonnull(images);
    uint64_t state = 7;
    for (int64_t i = 0; i < floats; i++)
        images[i] = (float)test_uniform(&state) * 2 - 1;
    return images;
}

/* ---- PyTorch's features ---- */

static const struct {
    const char *name, *architecture;
    int32_t channels;
    int64_t height, width, dim;
} cases[] = {
    {"grey", "resnet basic 1-1-1, 16-32-64 channels, 3x3 stem", 1, 28, 28, 64},
    {"odd", "resnet basic 2-1, 12-20 channels, 3x3 stem", 3, 17, 23, 20},
    {"wide_stem", "resnet basic 2-2-2-2, 8-16-24-40 channels, 7x7 stem", 3, 64, 48, 40},
    {"small", "resnet basic 1-1, 6-10 channels, 7x7 stem", 3, 9, 5, 10},
    {"bottleneck", "resnet bottleneck 2-1-2, 32-24-40 channels, 7x7 stem", 3, 33, 40, 40},
};

static float *golden_floats(int i, const char *what, int64_t *count) {
    char name[64];
    snprintf(name, sizeof name, "%s_%s.npy", cases[i].name, what);
    return golden_array("encoder", name, "<f4", count);
}

static dlc_safetensors *golden_weights(int i) {
    char path[128];
    snprintf(path, sizeof path, "test/golden/encoder/%s.safetensors", cases[i].name);
    return open_weights(path);
}

static void check_close(const float *features, const float *expected, int64_t count, const char *what) {
    double sum = 0, squares = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)expected[i];
        squares += (double)expected[i] * (double)expected[i];
        largest = fmax(largest, fabs((double)features[i] - (double)expected[i]));
    }
    const double mean = sum / (double)count, deviation = sqrt(squares / (double)count - mean * mean);
    ck_assert_msg(largest <= 1e-4 * deviation, "%s: off by %g standard deviations", what, largest / deviation);
}

/* Sets to zero what the threshold says, in the convolutions. The cases have dtypes of 2, 4 and 8 bytes. */
static void mask_weights(dlc_safetensors *weights, double threshold) {
    for (int64_t t = 0; t < dlc_safetensors_count(weights); t++) {
        if (dlc_safetensors_rank(weights, t) != 4)
            continue;
        const int32_t dtype = dlc_safetensors_dtype(weights, t);
        const size_t size = (size_t)dlc_dtype_size(dtype);
        unsigned char *data = dlc_safetensors_data(weights, t);
        for (int64_t i = 0; i < dlc_safetensors_elements(weights, t); i++, data += size) {
            double value = 0;
            float single = 0;
            uint32_t bits = 0;
            memcpy(&bits, data, size < 4 ? size : 4);
            if (dtype == DLC_DTYPE_F64) {
                memcpy(&value, data, size);
            } else if (dtype == DLC_DTYPE_F16) {
                const int exponent = (int)(bits >> 10) & 31;
                value = exponent ? ldexp((double)(1024 + (bits & 1023)), exponent - 25) : ldexp(bits & 1023, -24);
            } else {
                bits = dtype == DLC_DTYPE_BF16 ? bits << 16 : bits;
                memcpy(&single, &bits, sizeof single);
                value = (double)single;
            }
            if (fabs(value) <= threshold)
                memset(data, 0, size);
        }
    }
}

START_TEST(features_are_those_of_pytorch) {
    const int64_t dim = cases[_i].dim;
    int64_t pixels = 0, count = 0, masked_count = 0, one = 0;
    float *images = golden_floats(_i, "images", &pixels);
    float *expected = golden_floats(_i, "features", &count);
    float *masked = golden_floats(_i, "masked_features", &masked_count);
    float *threshold = golden_floats(_i, "threshold", &one);
    const int64_t rows = pixels / (cases[_i].channels * cases[_i].height * cases[_i].width);
    ck_assert_int_eq(count, rows * dim);
    ck_assert_int_eq(masked_count, count);

    dlc_safetensors *weights = golden_weights(_i);
    dlc_encoder *encoder = encoder_of(weights);
    ck_assert_str_eq(dlc_encoder_architecture(encoder), cases[_i].architecture);
    ck_assert_int_eq(dlc_encoder_channels(encoder), cases[_i].channels);
    ck_assert_int_eq(dlc_encoder_dim(encoder), dim);
    float *features = malloc((size_t)count * sizeof *features);
    ck_assert_ptr_nonnull(features);
    ck_ok(dlc_encoder_forward(encoder, images, 0, rows, cases[_i].height, cases[_i].width, features),
          dlc_encoder_message(encoder));
    check_close(features, expected, count, cases[_i].name);

    /* The weights are read where they are, at every call. */
    mask_weights(weights, (double)threshold[0]);
    ck_ok(dlc_encoder_forward(encoder, images, 0, rows, cases[_i].height, cases[_i].width, features),
          dlc_encoder_message(encoder));
    check_close(features, masked, count, "masked");

    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
    free(features);
    free(threshold);
    free(masked);
    free(expected);
    free(images);
}
END_TEST

/* ---- Fixed blocks ---- */

#define ROWS 75

/* GUARANTEE G2: neither batches nor threads change a bit. */
START_TEST(batches_and_threads_do_not_change_a_bit) {
    static const int64_t batches[] = {1, 7, 64, ROWS};
    static const int32_t thread_counts[] = {1, 2, 4};
    const int64_t height = 5, width = 7, image = cases[1].channels * height * width, dim = cases[1].dim;
    dlc_safetensors *weights = golden_weights(1);
    dlc_encoder *encoder = encoder_of(weights);
    float *images = random_images(ROWS * image);
    float *expected = malloc((size_t)(ROWS * dim) * sizeof *expected);
    float *features = malloc((size_t)(ROWS * dim) * sizeof *features);
    ck_assert(expected && features);
    ck_ok(dlc_encoder_forward(encoder, images, 0, ROWS, height, width, expected), dlc_encoder_message(encoder));
    for (size_t t = 0; t < sizeof thread_counts / sizeof thread_counts[0]; t++) {
        ck_ok(dlc_encoder_set_threads(encoder, thread_counts[t]), dlc_encoder_message(encoder));
        for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
            memset(features, 0xFF, (size_t)(ROWS * dim) * sizeof *features);
            for (int64_t first = 0; first < ROWS; first += batches[b]) {
                const int64_t rows = ROWS - first < batches[b] ? ROWS - first : batches[b];
                ck_ok(dlc_encoder_forward(encoder, images + first * image, first, rows, height, width,
                                          features + first * dim),
                      dlc_encoder_message(encoder));
            }
            ck_assert_msg(memcmp(features, expected, (size_t)(ROWS * dim) * sizeof *features) == 0,
                          "batches of %d on %d threads", (int)batches[b], (int)thread_counts[t]);
        }
    }
    free(features);
    free(expected);
    free(images);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
END_TEST

/* Nor does what was computed before with the same handle, of another size. */
START_TEST(calls_leave_nothing_behind) {
    const int64_t dim = cases[_i].dim, pixels = cases[_i].channels * 12 * 11;
    dlc_safetensors *weights = golden_weights(_i);
    dlc_encoder *fresh = encoder_of(weights), *used = encoder_of(weights);
    float *images = random_images(3 * cases[_i].channels * 20 * 20);
    float expected[3 * 64], features[3 * 64];
    for (int64_t side = 20; side > 0; side -= 3)
        ck_ok(dlc_encoder_forward(used, images, 0, 3, side, 21 - side, features), dlc_encoder_message(used));
    ck_ok(dlc_encoder_forward(fresh, images, 13, 3, 12, 11, expected), dlc_encoder_message(fresh));
    ck_ok(dlc_encoder_forward(used, images, 13, 3, 12, 11, features), dlc_encoder_message(used));
    ck_assert_mem_eq(features, expected, (size_t)(3 * dim) * sizeof *features);

    /* A NaN in one image comes out in its own features, and nowhere else. */
    for (int64_t i = 0; i < cases[_i].channels * 12 * 11; i++)
        images[pixels + i] = NAN;
    ck_ok(dlc_encoder_forward(used, images, 13, 3, 12, 11, features), dlc_encoder_message(used));
    for (int64_t i = 0; i < dim; i++)
        ck_assert(isnan(features[dim + i]));
    ck_assert_mem_eq(features, expected, (size_t)dim * sizeof *features);
    ck_assert_mem_eq(features + 2 * dim, expected + 2 * dim, (size_t)dim * sizeof *features);
    free(images);
    dlc_encoder_free(used);
    dlc_encoder_free(fresh);
    dlc_safetensors_free(weights);
}
END_TEST

/* ---- Files made for a test ---- */

typedef struct tensor {
    char name[64];
    const char *dtype; /* of 4 bytes an element */
    int64_t rank, dims[4];
    int64_t bad_index; /* -1: none */
    float bad_value;
} tensor;

typedef struct recipe {
    tensor tensors[80];
    int count;
    int padding; /* spaces after the header */
} recipe;

static tensor *add(recipe *file, const char *prefix, const char *name, int64_t rank, int64_t a, int64_t b, int64_t c) {
    tensor *added = &file->tensors[file->count++];
    *added = (tensor){.dtype = "F32", .rank = rank, .dims = {a, b, c, c}, .bad_index = -1};
    snprintf(added->name, sizeof added->name, "%s%s", prefix, name);
    return added;
}

static void add_conv(recipe *file, const char *prefix, const char *conv, const char *norm, int64_t outputs,
                     int64_t inputs, int64_t kernel) {
    static const char *const parts[] = {".weight", ".bias", ".running_mean", ".running_var"};
    add(file, prefix, conv, 4, outputs, inputs, kernel);
    strcat(file->tensors[file->count - 1].name, ".weight");
    for (int i = 0; i < 4; i++) {
        add(file, prefix, norm, 1, outputs, 0, 0);
        strcat(file->tensors[file->count - 1].name, parts[i]);
    }
}

/* A ResNet of two stages with a block each, two channels in, and a head. */
static recipe resnet_recipe(void) {
    recipe file = {.count = 0};
    add_conv(&file, "", "conv1", "bn1", 8, 2, 3);
    add_conv(&file, "layer1.0.", "conv1", "bn1", 8, 8, 3);
    add_conv(&file, "layer1.0.", "conv2", "bn2", 8, 8, 3);
    add_conv(&file, "layer2.0.", "conv1", "bn1", 12, 8, 3);
    add_conv(&file, "layer2.0.", "conv2", "bn2", 12, 12, 3);
    add_conv(&file, "layer2.0.", "downsample.0", "downsample.1", 12, 8, 1);
    add(&file, "bn1.", "num_batches_tracked", 0, 0, 0, 0);
    add(&file, "fc.", "weight", 2, 5, 12, 0);
    add(&file, "fc.", "bias", 1, 5, 0, 0);
    return file;
}

static tensor *named(recipe *file, const char *name) {
    for (int i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    ck_abort_msg("the recipe has no tensor %s", name);
    return NULL;
}

static int64_t elements(const tensor *of) {
    int64_t count = 1;
    for (int64_t i = 0; i < of->rank; i++)
        count *= of->dims[i];
    return count;
}

static dlc_safetensors *cook(const recipe *file) {
    char header[32768], path[] = "/tmp/dlc_encoder_XXXXXX";
    size_t used = (size_t)snprintf(header, sizeof header, "{");
    int64_t offset = 0;
    for (int i = 0; i < file->count; i++) {
        const tensor *t = &file->tensors[i];
        used += (size_t)snprintf(header + used, sizeof header - used, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                                 i > 0 ? "," : "", t->name, t->dtype);
        for (int64_t d = 0; d < t->rank; d++)
            used += (size_t)snprintf(header + used, sizeof header - used, "%s%d", d > 0 ? "," : "", (int)t->dims[d]);
        used += (size_t)snprintf(header + used, sizeof header - used, "],\"data_offsets\":[%d,%d]}", (int)offset,
                                 (int)(offset + 4 * elements(t)));
        offset += 4 * elements(t);
    }
    used += (size_t)snprintf(header + used, sizeof header - used, "}%*s", file->padding, "");
    ck_assert_uint_lt(used, sizeof header);

    const int descriptor = mkstemp(path);
    FILE *out = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < 8; i++)
        fputc((int)(used >> (8 * i) & 255U), out);
    fwrite(header, 1, used, out);
    uint64_t state = 3;
    for (int i = 0; i < file->count; i++) {
        const tensor *t = &file->tensors[i];
        for (int64_t e = 0; e < elements(t); e++) {
            float value = (float)test_uniform(&state) - (t->rank == 4 ? 0.5F : 0.0F);
            if (e == t->bad_index)
                value = t->bad_value;
            fwrite(&value, sizeof value, 1, out);
        }
    }
    ck_assert_int_eq(fclose(out), 0);
    dlc_safetensors *weights = open_weights(path);
    unlink(path);
    return weights;
}

/* ---- Recognising ---- */

START_TEST(weights_need_not_be_aligned) {
    float *images = random_images(2 * 2 * 6 * 7);
    float expected[2 * 12], features[2 * 12];
    for (int padding = 0; padding < 8; padding++) {
        recipe file = resnet_recipe();
        file.padding = padding;
        dlc_safetensors *weights = cook(&file);
        dlc_encoder *encoder = encoder_of(weights);
        ck_ok(dlc_encoder_forward(encoder, images, 0, 2, 6, 7, features), dlc_encoder_message(encoder));
        if (padding == 0)
            memcpy(expected, features, sizeof expected);
        ck_assert_mem_eq(features, expected, sizeof features);
        dlc_encoder_free(encoder);
        dlc_safetensors_free(weights);
    }
    free(images);
}
END_TEST

/* A head is not needed, nor is its shape looked at; and a shortcut may be a convolution where it need not be. */
START_TEST(heads_and_shortcuts_are_optional) {
    recipe file = resnet_recipe();
    file.count -= 2;
    add_conv(&file, "layer1.0.", "downsample.0", "downsample.1", 8, 8, 1);
    dlc_safetensors *weights = cook(&file);
    dlc_encoder *encoder = encoder_of(weights);
    ck_assert_str_eq(dlc_encoder_architecture(encoder), "resnet basic 1-1, 8-12 channels, 3x3 stem");
    ck_assert_int_eq(dlc_encoder_channels(encoder), 2);
    ck_assert_int_eq(dlc_encoder_dim(encoder), 12);
    ck_assert_int_gt(dlc_encoder_block(encoder), 0);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
END_TEST

enum { DROP, RENAME, RESHAPE, RETYPE, POISON, ADD };

static const struct {
    int change;
    const char *name, *text; /* text: the new name or dtype */
    int64_t a, b, c, d;      /* dims; POISON: the index */
    float value;
    dlc_status status;
    const char *message;
} faults[] = {
    {RESHAPE, "layer2.0.conv1.weight", "", 12, 4, 3, 3, 0, DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv1.weight' has shape [12, 4, 3, 3], expected [12, 8, 3, 3]"},
    {RESHAPE, "layer2.0.conv2.weight", "", 8, 12, 3, 3, 0, DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv2.weight' has shape [8, 12, 3, 3], expected [12, 12, 3, 3]"},
    {RESHAPE, "layer1.0.conv1.weight", "", 8, 8, 5, 5, 0, DLC_ERROR_FORMAT,
     "tensor 'layer1.0.conv1.weight' has shape [8, 8, 5, 5], expected [8, 8, 3, 3]"},
    {RESHAPE, "layer2.0.downsample.0.weight", "", 12, 8, 3, 3, 0, DLC_ERROR_FORMAT,
     "tensor 'layer2.0.downsample.0.weight' has shape [12, 8, 3, 3], expected [12, 8, 1, 1]"},
    {RESHAPE, "layer1.0.bn2.running_var", "", 7, 0, 0, 0, 0, DLC_ERROR_FORMAT,
     "tensor 'layer1.0.bn2.running_var' has shape [7], expected [8]"},
    {RESHAPE, "conv1.weight", "", 8, 2, 0, 0, 0, DLC_ERROR_FORMAT,
     "tensor 'conv1.weight' has 2 dimensions, expected 4"},
    {RESHAPE, "layer2.0.conv1.weight", "", 12, 8, 0, 0, 0, DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv1.weight' has 2 dimensions, expected 4"},
    {RESHAPE, "conv1.weight", "", 8, 2, 5, 5, 0, DLC_ERROR_UNSUPPORTED,
     "a ResNet with a 5x5 stem ('conv1.weight'), known are 3x3 and 7x7"},
    {RESHAPE, "conv1.weight", "", 8, 2, 3, 7, 0, DLC_ERROR_FORMAT,
     "tensor 'conv1.weight' has shape [8, 2, 3, 7], expected [8, 2, 3, 3]"},
    {DROP, "bn1.running_mean", "", 0, 0, 0, 0, 0, DLC_ERROR_FORMAT, "tensor 'bn1.running_mean' is missing"},
    {DROP, "layer1.0.conv2.weight", "", 0, 0, 0, 0, 0, DLC_ERROR_FORMAT, "tensor 'layer1.0.conv2.weight' is missing"},
    {DROP, "layer2.0.downsample.1.bias", "", 0, 0, 0, 0, 0, DLC_ERROR_FORMAT,
     "tensor 'layer2.0.downsample.1.bias' is missing"},
    {DROP, "layer2.0.downsample.0.weight", "", 0, 0, 0, 0, 0, DLC_ERROR_FORMAT,
     "tensor 'layer2.0.downsample.0.weight' is missing"},
    {DROP, "conv1.weight", "", 0, 0, 0, 0, 0, DLC_ERROR_UNSUPPORTED,
     "no architecture that is known: a ResNet has a tensor 'conv1.weight', a vision transformer "
     "'patch_embed.proj.weight' and 'blocks.0...', or 'conv_proj.weight' and 'encoder.layers.encoder_layer_0...'; the "
     "first tensor here is 'bn1.weight'"},
    {RENAME, "conv1.weight", "conv1.0.weight", 0, 0, 0, 0, 0, DLC_ERROR_UNSUPPORTED,
     "a ResNet with a deep stem ('conv1.0.weight')"},
    {RENAME, "conv1.weight", "patch_embed.proj.weight", 0, 0, 0, 0, 0, DLC_ERROR_UNSUPPORTED,
     "the first tensor here is 'patch_embed.proj.weight'"},
    {ADD, "layer2.0.conv3.weight", "", 48, 12, 1, 1, 0, DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv3.weight' is unknown in this architecture"},
    {ADD, "layer1.0.se.fc1.weight", "", 2, 8, 1, 1, 0, DLC_ERROR_FORMAT,
     "tensor 'layer1.0.se.fc1.weight' is unknown in this architecture"},
    {ADD, "layer4.0.conv1.weight", "", 12, 12, 3, 3, 0, DLC_ERROR_FORMAT,
     "tensor 'layer4.0.conv1.weight' is unknown in this architecture"},
    {ADD, "conv1.bias", "", 8, 0, 0, 0, 0, DLC_ERROR_FORMAT, "tensor 'conv1.bias' is unknown in this architecture"},
    {RETYPE, "layer1.0.conv1.weight", "I32", 0, 0, 0, 0, 0, DLC_ERROR_UNSUPPORTED,
     "tensor 'layer1.0.conv1.weight' has dtype I32, not F32, F16, BF16 or F64"},
    {POISON, "layer1.0.conv1.weight", "", 301, 0, 0, 0, NAN, DLC_ERROR_DATA,
     "tensor 'layer1.0.conv1.weight' is not finite at index 301"},
    {POISON, "layer2.0.bn1.running_var", "", 11, 0, 0, 0, INFINITY, DLC_ERROR_DATA,
     "tensor 'layer2.0.bn1.running_var' is not finite at index 11 (inf)"},
};

static void spoil(recipe *file, int fault) {
    if (faults[fault].change == ADD) {
        tensor *added = add(file, faults[fault].name, "", faults[fault].b ? 4 : 1, faults[fault].a, faults[fault].b, 0);
        added->dims[2] = faults[fault].c;
        added->dims[3] = faults[fault].d;
        return;
    }
    tensor *spoilt = named(file, faults[fault].name);
    if (faults[fault].change == DROP) {
        memmove(spoilt, spoilt + 1, (size_t)(file->tensors + file->count - spoilt - 1) * sizeof *spoilt);
        file->count--;
    } else if (faults[fault].change == RENAME) {
        snprintf(spoilt->name, sizeof spoilt->name, "%s", faults[fault].text);
    } else if (faults[fault].change == RESHAPE) {
        const int64_t dims[] = {faults[fault].a, faults[fault].b, faults[fault].c, faults[fault].d};
        memcpy(spoilt->dims, dims, sizeof dims);
        spoilt->rank = dims[1] == 0 ? 1 : dims[2] == 0 ? 2 : 4;
    } else if (faults[fault].change == RETYPE) {
        spoilt->dtype = faults[fault].text;
    } else {
        spoilt->bad_index = faults[fault].a;
        spoilt->bad_value = faults[fault].value;
    }
}

/* And the model that was loaded before still works. */
START_TEST(what_is_wrong_with_a_file_is_named) {
    recipe good = resnet_recipe(), bad = good;
    spoil(&bad, _i);
    dlc_safetensors *weights = cook(&good), *others = cook(&bad);
    dlc_encoder *encoder = encoder_of(weights);
    float *images = random_images(2 * 6 * 6);
    float before[12], after[12];
    ck_ok(dlc_encoder_forward(encoder, images, 0, 1, 6, 6, before), dlc_encoder_message(encoder));
    ck_fails(dlc_encoder_load(encoder, others), faults[_i].status, dlc_encoder_message(encoder), faults[_i].message);
    dlc_safetensors_free(others);
    ck_ok(dlc_encoder_forward(encoder, images, 0, 1, 6, 6, after), dlc_encoder_message(encoder));
    ck_assert_mem_eq(after, before, sizeof after);
    free(images);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
END_TEST

/* ---- Wrong use ---- */

START_TEST(wrong_use_is_an_error) {
    recipe file = resnet_recipe();
    dlc_safetensors *weights = cook(&file), *closed = NULL;
    dlc_encoder *encoder = NULL;
    float pixels[2 * 4] = {0}, features[12];
    ck_ok(dlc_safetensors_create(NULL, &closed), "create");
    ck_assert_int_eq(dlc_encoder_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_ok(dlc_encoder_create(NULL, &encoder), "create");
    ck_assert_str_eq(dlc_encoder_message(encoder), "");
    ck_assert_ptr_null(dlc_encoder_architecture(encoder));
    ck_assert_int_eq(dlc_encoder_channels(encoder), 0);
    ck_assert_int_eq(dlc_encoder_dim(encoder), 0);
    ck_assert_int_eq(dlc_encoder_block(encoder), 0);

    ck_fails(dlc_encoder_forward(encoder, pixels, 0, 1, 2, 2, features), DLC_ERROR_STATE, dlc_encoder_message(encoder),
             "no weights are loaded");
    ck_fails(dlc_encoder_load(encoder, NULL), DLC_ERROR_ARGUMENT, dlc_encoder_message(encoder), "weights is NULL");
    ck_fails(dlc_encoder_load(encoder, closed), DLC_ERROR_UNSUPPORTED, dlc_encoder_message(encoder), "no tensor");
    ck_fails(dlc_encoder_set_threads(encoder, -1), DLC_ERROR_ARGUMENT, dlc_encoder_message(encoder),
             "threads -1 is not in 0 to 1024");
    ck_fails(dlc_encoder_set_threads(encoder, 1025), DLC_ERROR_ARGUMENT, dlc_encoder_message(encoder), "1025");

    ck_ok(dlc_encoder_load(encoder, weights), dlc_encoder_message(encoder));
    static const struct {
        int64_t first, rows, height, width;
        const char *message;
    } wrong[] = {
        {-1, 1, 2, 2, "1 rows from row -1 on"},
        {0, -3, 2, 2, "-3 rows from row 0 on"},
        {INT64_MAX, 1, 2, 2, "1 rows from row 9223372036854775807 on"},
        {0, 1, 0, 2, "images of 0x2 pixels, expected 1 to 65536 a side"},
        {0, 1, 2, 65537, "images of 2x65537 pixels"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_fails(dlc_encoder_forward(encoder, pixels, wrong[i].first, wrong[i].rows, wrong[i].height, wrong[i].width,
                                     features),
                 DLC_ERROR_ARGUMENT, dlc_encoder_message(encoder), wrong[i].message);
    ck_fails(dlc_encoder_forward(encoder, NULL, 0, 1, 2, 2, features), DLC_ERROR_ARGUMENT, dlc_encoder_message(encoder),
             "images is NULL");
    ck_fails(dlc_encoder_forward(encoder, pixels, 0, 1, 2, 2, NULL), DLC_ERROR_ARGUMENT, dlc_encoder_message(encoder),
             "features is NULL");
    ck_ok(dlc_encoder_forward(encoder, NULL, 0, 0, 2, 2, NULL), dlc_encoder_message(encoder));
    ck_ok(dlc_encoder_forward(encoder, pixels, 0, 1, 1, 1, features), dlc_encoder_message(encoder));

    ck_assert_int_eq(dlc_encoder_load(NULL, weights), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_encoder_set_threads(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_encoder_forward(NULL, pixels, 0, 1, 2, 2, features), DLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(dlc_encoder_architecture(NULL));
    ck_assert_int_eq(dlc_encoder_channels(NULL), -1);
    ck_assert_int_eq(dlc_encoder_dim(NULL), -1);
    ck_assert_int_eq(dlc_encoder_block(NULL), -1);
    ck_assert_ptr_nonnull(dlc_encoder_message(NULL));
    dlc_encoder_free(NULL);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(closed);
    dlc_safetensors_free(weights);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("encoder");
    const int case_count = (int)(sizeof cases / sizeof cases[0]);
    TCase *features = tcase_create("features");
    tcase_add_checked_fixture(features, use_one_blas_thread, NULL);
    tcase_set_timeout(features, 60);
    tcase_add_loop_test(features, features_are_those_of_pytorch, 0, case_count);
    tcase_add_test(features, batches_and_threads_do_not_change_a_bit);
    tcase_add_loop_test(features, calls_leave_nothing_behind, 0, case_count);
    tcase_add_test(features, weights_need_not_be_aligned);
    suite_add_tcase(suite, features);
    TCase *errors = tcase_create("errors");
    tcase_add_checked_fixture(errors, use_one_blas_thread, NULL);
    tcase_set_timeout(errors, 60);
    tcase_add_test(errors, heads_and_shortcuts_are_optional);
    tcase_add_loop_test(errors, what_is_wrong_with_a_file_is_named, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(errors, wrong_use_is_an_error);
    suite_add_tcase(suite, errors);
    return suite;
}
