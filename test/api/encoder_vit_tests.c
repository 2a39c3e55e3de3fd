/*
 * encoder_vit_tests.c - vision transformers: features against PyTorch's (test/golden/encoder, made by
 * test/peer/make_encoder_golden.py) from the class token and from the mean of the patches, unmasked and masked; the
 * same bits for any batch, number of threads and names; what is wrong with a file, named.
 */
#include "blas.h"
#include "encoder_checks.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const encoder_case cases[] = {
    {"vit", "vit of 2 blocks, 40 channels, 5 heads, 8x8 patches of 24x24 pixels", 3, 24, 24, 40, 2},
    {"vit_fc_norm", "vit of 1 blocks, 64 channels, 1 heads, 5x5 patches of 20x20 pixels", 1, 20, 20, 64, 2},
    {"vit_torchvision", "vit of 1 blocks, 128 channels, 2 heads, 4x4 patches of 12x12 pixels", 3, 12, 12, 128, 2},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(features_are_those_of_pytorch) {
    const encoder_case *of = &cases[_i];
    encoder_check_golden(of);
    dlc_safetensors *weights = encoder_case_weights(of);
    dlc_encoder *encoder = encoder_of(weights);
    ck_assert_int_eq(dlc_encoder_image_size(encoder), of->height);
    ck_assert_int_eq(dlc_encoder_published_size(encoder), of->height);
    ck_ok(dlc_encoder_set_pooling(encoder, DLC_POOLING_MEAN), dlc_encoder_message(encoder));
    encoder_check_features(encoder, of, "mean_features");
    ck_ok(dlc_encoder_set_pooling(encoder, DLC_POOLING_TOKEN), dlc_encoder_message(encoder));
    encoder_check_features(encoder, of, "features");
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
END_TEST

START_TEST(batches_and_threads_do_not_change_a_bit) {
    dlc_safetensors *weights = encoder_case_weights(&cases[0]);
    dlc_encoder *encoder = encoder_of(weights);
    encoder_check_batches(encoder, cases[0].height, cases[0].width);
    ck_ok(dlc_encoder_set_pooling(encoder, DLC_POOLING_MEAN), dlc_encoder_message(encoder));
    encoder_check_batches(encoder, cases[0].height, cases[0].width);
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
END_TEST

START_TEST(calls_leave_nothing_behind) {
    const encoder_case *of = &cases[_i];
    dlc_safetensors *weights = encoder_case_weights(of);
    dlc_encoder *used = encoder_of(weights);
    ck_ok(dlc_encoder_set_pooling(used, DLC_POOLING_MEAN), dlc_encoder_message(used));
    encoder_check_features(used, of, "mean_features");
    ck_ok(dlc_encoder_set_pooling(used, DLC_POOLING_TOKEN), dlc_encoder_message(used));
    encoder_check_nothing_left(used, weights, of->height, of->width);
    dlc_encoder_free(used);
    dlc_safetensors_free(weights);
}
END_TEST

/* ---- Files made for a test ---- */

enum { TIMM, TORCHVISION, OLD_TORCHVISION, NAMINGS };
enum { SIDE = 4, DIM = 8, HIDDEN = 12 };

typedef struct part {
    const char *names[NAMINGS];
    int64_t rank, dims[RECIPE_RANK_MAX];
} part;

static const part model_parts[] = {
    {{"cls_token", "class_token", "class_token"}, 3, {1, 1, DIM}},
    {{"pos_embed", "encoder.pos_embedding", "encoder.pos_embedding"}, 3, {1, 5, DIM}},
    {{"patch_embed.proj.weight", "conv_proj.weight", "conv_proj.weight"}, 4, {DIM, 1, 2, 2}},
    {{"patch_embed.proj.bias", "conv_proj.bias", "conv_proj.bias"}, 1, {DIM}},
    {{"norm.weight", "encoder.ln.weight", "encoder.ln.weight"}, 1, {DIM}},
    {{"norm.bias", "encoder.ln.bias", "encoder.ln.bias"}, 1, {DIM}},
    {{"head.weight", "heads.head.weight", "heads.head.weight"}, 2, {5, DIM}},
};
static const char *const block_prefixes[] = {"blocks.", "encoder.layers.encoder_layer_",
                                             "encoder.layers.encoder_layer_"};
static const part block_parts[] = {
    {{"norm1.weight", "ln_1.weight", "ln_1.weight"}, 1, {DIM}},
    {{"norm1.bias", "ln_1.bias", "ln_1.bias"}, 1, {DIM}},
    {{"attn.qkv.weight", "self_attention.in_proj_weight", "self_attention.in_proj_weight"}, 2, {3 * DIM, DIM}},
    {{"attn.qkv.bias", "self_attention.in_proj_bias", "self_attention.in_proj_bias"}, 1, {3 * DIM}},
    {{"attn.proj.weight", "self_attention.out_proj.weight", "self_attention.out_proj.weight"}, 2, {DIM, DIM}},
    {{"attn.proj.bias", "self_attention.out_proj.bias", "self_attention.out_proj.bias"}, 1, {DIM}},
    {{"norm2.weight", "ln_2.weight", "ln_2.weight"}, 1, {DIM}},
    {{"norm2.bias", "ln_2.bias", "ln_2.bias"}, 1, {DIM}},
    {{"mlp.fc1.weight", "mlp.0.weight", "mlp.linear_1.weight"}, 2, {HIDDEN, DIM}},
    {{"mlp.fc1.bias", "mlp.0.bias", "mlp.linear_1.bias"}, 1, {HIDDEN}},
    {{"mlp.fc2.weight", "mlp.3.weight", "mlp.linear_2.weight"}, 2, {DIM, HIDDEN}},
    {{"mlp.fc2.bias", "mlp.3.bias", "mlp.linear_2.bias"}, 1, {DIM}},
};

/* A transformer of two blocks, one channel in, and a head. */
static recipe vit_recipe(int naming) {
    recipe file = {.key = "num_heads", .value = "2"};
    for (size_t i = 0; i < sizeof model_parts / sizeof model_parts[0]; i++)
        recipe_add(&file, "", model_parts[i].names[naming], model_parts[i].rank, model_parts[i].dims);
    for (int block = 0; block < 2; block++) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "%s%d.", block_prefixes[naming], block);
        for (size_t i = 0; i < sizeof block_parts / sizeof block_parts[0]; i++)
            recipe_add(&file, prefix, block_parts[i].names[naming], block_parts[i].rank, block_parts[i].dims);
    }
    return file;
}

START_TEST(weights_need_not_be_aligned) {
    encoder_check_alignment(vit_recipe(TIMM), SIDE, SIDE);
}
END_TEST

/* The same values under other names are the same model. */
START_TEST(names_do_not_matter) {
    float *images = encoder_images(3 * SIDE * SIDE);
    float expected[3 * DIM], features[3 * DIM];
    for (int naming = 0; naming < NAMINGS; naming++) {
        const recipe file = vit_recipe(naming);
        dlc_safetensors *weights = recipe_cook(&file);
        dlc_encoder *encoder = encoder_of(weights);
        ck_assert_str_eq(dlc_encoder_architecture(encoder),
                         "vit of 2 blocks, 8 channels, 2 heads, 2x2 patches of 4x4 pixels");
        ck_ok(dlc_encoder_forward(encoder, images, 0, 3, SIDE, SIDE, features), dlc_encoder_message(encoder));
        if (naming == 0)
            memcpy(expected, features, sizeof expected);
        ck_assert_mem_eq(features, expected, sizeof features);
        dlc_encoder_free(encoder);
        dlc_safetensors_free(weights);
    }
    free(images);
}
END_TEST

static const encoder_fault faults[] = {
    {DROP("cls_token"), DLC_ERROR_FORMAT, "tensor 'cls_token' is missing"},
    {DROP("pos_embed"), DLC_ERROR_FORMAT, "tensor 'pos_embed' is missing"},
    {DROP("norm.weight"), DLC_ERROR_FORMAT, "tensor 'norm.weight' is missing"},
    {DROP("blocks.0.mlp.fc1.weight"), DLC_ERROR_FORMAT, "tensor 'blocks.0.mlp.fc1.weight' is missing"},
    {DROP("blocks.1.mlp.fc2.bias"), DLC_ERROR_FORMAT, "tensor 'blocks.1.mlp.fc2.bias' is missing"},
    {RENAME("blocks.1.attn.proj.weight", "blocks.1.attn.out.weight"), DLC_ERROR_FORMAT,
     "tensor 'blocks.1.attn.proj.weight' is missing"},
    {ADD("fc_norm.weight", 1, DIM), DLC_ERROR_FORMAT, "tensor 'fc_norm.bias' is missing"},
    {ADD("fc_norm.bias", 1, DIM), DLC_ERROR_FORMAT, "tensor 'fc_norm.weight' is missing"},
    {DROP("blocks.0.attn.qkv.bias"), DLC_ERROR_FORMAT, "tensor 'blocks.0.attn.qkv.bias' is missing"},
    {DROP("blocks.1.attn.qkv.bias"), DLC_ERROR_FORMAT, "tensor 'blocks.1.attn.qkv.bias' is missing"},
    {ADD("blocks.0.ls1.gamma", 1, DIM), DLC_ERROR_FORMAT,
     "tensor 'blocks.0.ls1.gamma' is unknown in this architecture"},
    {ADD("blocks.3.norm1.weight", 1, DIM), DLC_ERROR_FORMAT,
     "tensor 'blocks.3.norm1.weight' is unknown in this architecture"},
    {ADD("blocks.2.norm1.bias", 1, DIM), DLC_ERROR_FORMAT, "tensor 'blocks.2.norm1.weight' is missing"},
    {RESHAPE("patch_embed.proj.weight", 2, DIM, 4), DLC_ERROR_FORMAT,
     "tensor 'patch_embed.proj.weight' has 2 dimensions, expected 4"},
    {RESHAPE("patch_embed.proj.weight", 4, DIM, 1, 2, 3), DLC_ERROR_FORMAT,
     "tensor 'patch_embed.proj.weight' has shape [8, 1, 2, 3], expected [8, 1, 2, 2]"},
    {RESHAPE("patch_embed.proj.weight", 4, 1, 1, 1025, 1025), DLC_ERROR_UNSUPPORTED,
     "a vision transformer with patches of 1025x1025 pixels"},
    {RESHAPE("pos_embed", 3, 1, 0, DIM), DLC_ERROR_FORMAT, "tensor 'pos_embed' has size 0 along axis 1, expected 1 to"},
    {RESHAPE("pos_embed", 3, 1, 1, DIM), DLC_ERROR_UNSUPPORTED, "positions for 1 tokens ('pos_embed')"},
    {RESHAPE("pos_embed", 3, 1, 6, DIM), DLC_ERROR_UNSUPPORTED,
     "positions for 6 tokens ('pos_embed'), known are a class token and a square of patches"},
    {RESHAPE("blocks.1.attn.qkv.weight", 2, 2 * DIM, DIM), DLC_ERROR_FORMAT,
     "tensor 'blocks.1.attn.qkv.weight' has shape [16, 8], expected [24, 8]"},
    {RESHAPE("blocks.0.mlp.fc1.weight", 2, HIDDEN + 1, DIM), DLC_ERROR_FORMAT,
     "tensor 'blocks.0.mlp.fc1.bias' has shape [12], expected [13]"},
    {RETYPE("norm.bias", "I32"), DLC_ERROR_UNSUPPORTED, "tensor 'norm.bias' has dtype I32, not F32, F16, BF16 or F64"},
    {POISON("blocks.0.attn.qkv.weight", 100, NAN), DLC_ERROR_DATA,
     "tensor 'blocks.0.attn.qkv.weight' is not finite at index 100"},
    {METADATA("heads", "2"), DLC_ERROR_UNSUPPORTED,
     "a vision transformer of 8 channels, no multiple of 64, without 'num_heads' in the file's metadata"},
    {METADATA("num_heads", "3"), DLC_ERROR_FORMAT,
     "the metadata's 'num_heads' is \"3\", expected a number that divides 8 channels"},
    {METADATA("num_heads", "0"), DLC_ERROR_FORMAT, "'num_heads' is \"0\""},
    {METADATA("num_heads", ""), DLC_ERROR_FORMAT, "'num_heads' is \"\""},
    {METADATA("num_heads", "2x"), DLC_ERROR_FORMAT, "'num_heads' is \"2x\""},
    {METADATA("num_heads", "99999999999999999999"), DLC_ERROR_FORMAT, "'num_heads' is \"99999999999999999999\""},
};

START_TEST(what_is_wrong_with_a_file_is_named) {
    const recipe good = vit_recipe(TIMM);
    encoder_check_fault(&good, &faults[_i], SIDE, SIDE);
}
END_TEST

/* With fc_norm beside norm, either of which may be left out, but not half of it. */
static const encoder_fault two_norms_faults[] = {
    {DROP("norm.weight"), DLC_ERROR_FORMAT, "tensor 'norm.weight' is missing"},
    {DROP("norm.bias"), DLC_ERROR_FORMAT, "tensor 'norm.bias' is missing"},
    {DROP("fc_norm.weight"), DLC_ERROR_FORMAT, "tensor 'fc_norm.weight' is missing"},
    {DROP("fc_norm.bias"), DLC_ERROR_FORMAT, "tensor 'fc_norm.bias' is missing"},
};

START_TEST(half_a_norm_is_a_fault) {
    const int64_t dims[] = {DIM};
    recipe good = vit_recipe(TIMM);
    recipe_add(&good, "", "fc_norm.weight", 1, dims);
    recipe_add(&good, "", "fc_norm.bias", 1, dims);
    encoder_check_fault(&good, &two_norms_faults[_i], SIDE, SIDE);
}
END_TEST

static const encoder_fault torchvision_faults[] = {
    {DROP("encoder.ln.bias"), DLC_ERROR_FORMAT, "tensor 'encoder.ln.bias' is missing"},
    {DROP("encoder.layers.encoder_layer_1.mlp.3.weight"), DLC_ERROR_FORMAT,
     "tensor 'encoder.layers.encoder_layer_1.mlp.3.weight' is missing"},
    {RESHAPE("encoder.pos_embedding", 3, 1, 7, DIM), DLC_ERROR_UNSUPPORTED, "7 tokens ('encoder.pos_embedding')"},
    {ADD("fc_norm.weight", 1, DIM), DLC_ERROR_FORMAT, "tensor 'fc_norm.weight' is unknown in this architecture"},
};

START_TEST(torchvisions_names_too) {
    const recipe good = vit_recipe(TORCHVISION);
    encoder_check_fault(&good, &torchvision_faults[_i], SIDE, SIDE);
}
END_TEST

/* ---- Wrong use ---- */

START_TEST(wrong_use_is_an_error) {
    const recipe file = vit_recipe(TIMM);
    dlc_safetensors *weights = recipe_cook(&file);
    dlc_encoder *encoder = encoder_of(weights);
    float pixels[SIDE * SIDE] = {0}, features[DIM];
    ck_fails(dlc_encoder_forward(encoder, pixels, 0, 1, 2, SIDE, features), DLC_ERROR_ARGUMENT,
             dlc_encoder_message(encoder), "images of 2x4 pixels, the model takes 4x4");
    ck_fails(dlc_encoder_set_pooling(encoder, 7), DLC_ERROR_ARGUMENT, dlc_encoder_message(encoder),
             "pooling 7 is unknown");
    ck_assert_int_eq(dlc_encoder_set_pooling(NULL, DLC_POOLING_MEAN), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_encoder_image_size(NULL), -1);
    ck_assert_int_eq(dlc_encoder_published_size(NULL), -1);
    ck_ok(dlc_encoder_forward(encoder, pixels, 0, 1, SIDE, SIDE, features), dlc_encoder_message(encoder));
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("encoder_vit");
    TCase *features = tcase_create("features");
    tcase_add_checked_fixture(features, use_one_blas_thread, NULL);
    tcase_set_timeout(features, 60);
    tcase_add_loop_test(features, features_are_those_of_pytorch, 0, CASES);
    tcase_add_test(features, batches_and_threads_do_not_change_a_bit);
    tcase_add_loop_test(features, calls_leave_nothing_behind, 0, CASES);
    tcase_add_test(features, weights_need_not_be_aligned);
    tcase_add_test(features, names_do_not_matter);
    suite_add_tcase(suite, features);
    TCase *errors = tcase_create("errors");
    tcase_add_checked_fixture(errors, use_one_blas_thread, NULL);
    tcase_set_timeout(errors, 60);
    tcase_add_loop_test(errors, what_is_wrong_with_a_file_is_named, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_loop_test(errors, half_a_norm_is_a_fault, 0, (int)(sizeof two_norms_faults / sizeof two_norms_faults[0]));
    tcase_add_loop_test(errors, torchvisions_names_too, 0,
                        (int)(sizeof torchvision_faults / sizeof torchvision_faults[0]));
    tcase_add_test(errors, wrong_use_is_an_error);
    suite_add_tcase(suite, errors);
    return suite;
}
