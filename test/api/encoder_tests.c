/*
 * encoder_tests.c - ResNets, and the use of the handle: features against PyTorch's (test/golden/encoder, made by
 * test/peer/make_encoder_golden.py), unmasked and masked; the same bits for any batch and number of threads; what is
 * wrong with a file, named. Vision transformers are in encoder_vit_tests.c.
 */
#include "blas.h"
#include "encoder_checks.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const encoder_case cases[] = {
    {"grey", "resnet basic 1-1-1, 16-32-64 channels, 3x3 stem", 1, 28, 28, 64, 4},
    {"odd", "resnet basic 2-1, 12-20 channels, 3x3 stem", 3, 17, 23, 20, 4},
    {"wide_stem", "resnet basic 2-2-2-2, 8-16-24-40 channels, 7x7 stem", 3, 64, 48, 40, 4},
    {"small", "resnet basic 1-1, 6-10 channels, 7x7 stem", 3, 9, 5, 10, 4},
    {"bottleneck", "resnet bottleneck 2-1-2, 32-24-40 channels, 7x7 stem", 3, 33, 40, 40, 4},
};

START_TEST(features_are_those_of_pytorch) {
    encoder_check_golden(&cases[_i]);
}
END_TEST

START_TEST(batches_and_threads_do_not_change_a_bit) {
    dlc_safetensors *weights = encoder_case_weights(&cases[1]);
    dlc_encoder *encoder = encoder_of(weights);
    encoder_check_batches(encoder, 5, 7);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
END_TEST

/* Nor does what was computed before with the same handle, of another size. */
START_TEST(calls_leave_nothing_behind) {
    dlc_safetensors *weights = encoder_case_weights(&cases[_i]);
    dlc_encoder *used = encoder_of(weights);
    float *images = encoder_images(3 * cases[_i].channels * 20 * 20);
    float features[3 * 64];
    for (int64_t side = 20; side > 0; side -= 3)
        ck_ok(dlc_encoder_forward(used, images, 0, 3, side, 21 - side, features), dlc_encoder_message(used));
    encoder_check_nothing_left(used, weights, 12, 11);
    free(images);
    dlc_encoder_free(used);
    dlc_safetensors_free(weights);
}
END_TEST

/* ---- Files made for a test ---- */

static void add_conv(recipe *file, const char *prefix, const char *conv, const char *norm, int64_t outputs,
                     int64_t inputs, int64_t kernel) {
    static const char *const parts[] = {"weight", "bias", "running_mean", "running_var"};
    char path[64];
    snprintf(path, sizeof path, "%s%s.", prefix, conv);
    recipe_add(file, path, "weight", 4, (const int64_t[]){outputs, inputs, kernel, kernel});
    snprintf(path, sizeof path, "%s%s.", prefix, norm);
    for (int i = 0; i < 4; i++)
        recipe_add(file, path, parts[i], 1, &outputs);
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
    recipe_add(&file, "bn1.", "num_batches_tracked", 0, NULL);
    recipe_add(&file, "fc.", "weight", 2, (const int64_t[]){5, 12});
    recipe_add(&file, "fc.", "bias", 1, (const int64_t[]){5});
    return file;
}

START_TEST(weights_need_not_be_aligned) {
    encoder_check_alignment(resnet_recipe(), 6, 7);
}
END_TEST

/* A head is not needed, nor is its shape looked at; and a shortcut may be a convolution where it need not be. */
START_TEST(heads_and_shortcuts_are_optional) {
    recipe file = resnet_recipe();
    file.count -= 2;
    add_conv(&file, "layer1.0.", "downsample.0", "downsample.1", 8, 8, 1);
    dlc_safetensors *weights = recipe_cook(&file);
    dlc_encoder *encoder = encoder_of(weights);
    ck_assert_str_eq(dlc_encoder_architecture(encoder), "resnet basic 1-1, 8-12 channels, 3x3 stem");
    ck_assert_int_eq(dlc_encoder_channels(encoder), 2);
    ck_assert_int_eq(dlc_encoder_dim(encoder), 12);
    ck_assert_int_gt(dlc_encoder_block(encoder), 0);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
END_TEST

static const encoder_fault faults[] = {
    {RESHAPE("layer2.0.conv1.weight", 4, 12, 4, 3, 3), DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv1.weight' has shape [12, 4, 3, 3], expected [12, 8, 3, 3]"},
    {RESHAPE("layer2.0.conv2.weight", 4, 8, 12, 3, 3), DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv2.weight' has shape [8, 12, 3, 3], expected [12, 12, 3, 3]"},
    {RESHAPE("layer1.0.conv1.weight", 4, 8, 8, 5, 5), DLC_ERROR_FORMAT,
     "tensor 'layer1.0.conv1.weight' has shape [8, 8, 5, 5], expected [8, 8, 3, 3]"},
    {RESHAPE("layer2.0.downsample.0.weight", 4, 12, 8, 3, 3), DLC_ERROR_FORMAT,
     "tensor 'layer2.0.downsample.0.weight' has shape [12, 8, 3, 3], expected [12, 8, 1, 1]"},
    {RESHAPE("layer1.0.bn2.running_var", 1, 7), DLC_ERROR_FORMAT,
     "tensor 'layer1.0.bn2.running_var' has shape [7], expected [8]"},
    {RESHAPE("conv1.weight", 2, 8, 2), DLC_ERROR_FORMAT, "tensor 'conv1.weight' has 2 dimensions, expected 4"},
    {RESHAPE("conv1.weight", 4, 8, 0, 3, 3), DLC_ERROR_FORMAT,
     "tensor 'conv1.weight' has 0 input channels, expected 1 to 1048576"},
    {RESHAPE("layer2.0.conv1.weight", 4, 0, 8, 3, 3), DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv1.weight' has 0 output channels, expected 1 to 1048576"},
    {RESHAPE("layer2.0.conv1.weight", 2, 12, 8), DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv1.weight' has 2 dimensions, expected 4"},
    {RESHAPE("conv1.weight", 4, 8, 2, 5, 5), DLC_ERROR_UNSUPPORTED,
     "a ResNet with a 5x5 stem ('conv1.weight'), known are 3x3 and 7x7"},
    {RESHAPE("conv1.weight", 4, 8, 2, 3, 7), DLC_ERROR_FORMAT,
     "tensor 'conv1.weight' has shape [8, 2, 3, 7], expected [8, 2, 3, 3]"},
    {DROP("bn1.running_mean"), DLC_ERROR_FORMAT, "tensor 'bn1.running_mean' is missing"},
    {DROP("layer2.0.conv1.weight"), DLC_ERROR_FORMAT, "tensor 'layer2.0.conv1.weight' is missing"},
    {DROP("layer1.0.conv2.weight"), DLC_ERROR_FORMAT, "tensor 'layer1.0.conv2.weight' is missing"},
    {DROP("layer2.0.downsample.1.bias"), DLC_ERROR_FORMAT, "tensor 'layer2.0.downsample.1.bias' is missing"},
    {DROP("layer2.0.downsample.0.weight"), DLC_ERROR_FORMAT, "tensor 'layer2.0.downsample.0.weight' is missing"},
    {DROP("conv1.weight"), DLC_ERROR_UNSUPPORTED,
     "no architecture that is known: a ResNet has a tensor 'conv1.weight', a vision transformer "
     "'patch_embed.proj.weight' and 'blocks.0...', or 'conv_proj.weight' and 'encoder.layers.encoder_layer_0...'; the "
     "first tensor here is 'bn1.weight'"},
    {RENAME("conv1.weight", "conv1.0.weight"), DLC_ERROR_UNSUPPORTED, "a ResNet with a deep stem ('conv1.0.weight')"},
    {RENAME("conv1.weight", "patch_embed.proj.weight"), DLC_ERROR_UNSUPPORTED,
     "the first tensor here is 'patch_embed.proj.weight'"},
    {ADD("layer2.0.conv3.weight", 4, 48, 12, 1, 1), DLC_ERROR_FORMAT,
     "tensor 'layer2.0.conv3.weight' is unknown in this architecture"},
    {ADD("layer1.0.se.fc1.weight", 4, 2, 8, 1, 1), DLC_ERROR_FORMAT,
     "tensor 'layer1.0.se.fc1.weight' is unknown in this architecture"},
    {ADD("layer4.0.conv1.weight", 4, 12, 12, 3, 3), DLC_ERROR_FORMAT,
     "tensor 'layer4.0.conv1.weight' is unknown in this architecture"},
    {ADD("conv1.bias", 1, 8), DLC_ERROR_FORMAT, "tensor 'conv1.bias' is unknown in this architecture"},
    {RETYPE("layer1.0.conv1.weight", "I32"), DLC_ERROR_UNSUPPORTED,
     "tensor 'layer1.0.conv1.weight' has dtype I32, not F32, F16, BF16 or F64"},
    {POISON("layer1.0.conv1.weight", 301, NAN), DLC_ERROR_DATA,
     "tensor 'layer1.0.conv1.weight' is not finite at index 301"},
    {POISON("layer2.0.bn1.running_var", 11, INFINITY), DLC_ERROR_DATA,
     "tensor 'layer2.0.bn1.running_var' is not finite at index 11 (inf)"},
};

START_TEST(what_is_wrong_with_a_file_is_named) {
    const recipe good = resnet_recipe();
    encoder_check_fault(&good, &faults[_i], 6, 6);
}
END_TEST

/* ---- Wrong use ---- */

START_TEST(wrong_use_is_an_error) {
    recipe file = resnet_recipe();
    dlc_safetensors *weights = recipe_cook(&file), *closed = NULL;
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
