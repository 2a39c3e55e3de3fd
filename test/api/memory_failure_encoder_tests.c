/*
 * memory_failure_encoder_tests.c - GUARANTEE G6 for the encoder: every allocation fails in turn (trial.h), and the
 * weights are never touched. OpenBLAS has an allocator of its own.
 */
#include "blas.h"
#include "trial.h"

#include <stdlib.h>

static void free_encoder(void *encoder) {
    dlc_encoder_free(encoder);
}

static void free_weights(void *weights) {
    dlc_safetensors_free(weights);
}

/* The first of the golden images, or as much of it as is needed. */
static void encode(trial *t, const char *weights_path, const char *images_name) {
    enum { FLOATS_MAX = 200, SIDE = 28 };
    float features[FLOATS_MAX];
    int64_t count = 0;
    float *images = golden_array("encoder", images_name, "<f4", &count);
    trial_keep(t, images, free);
    dlc_safetensors *weights = NULL;
    ck_ok(dlc_safetensors_create(NULL, &weights), "create");
    trial_keep(t, weights, free_weights);
    ck_ok(dlc_safetensors_open(weights, weights_path), dlc_safetensors_message(weights));
    int64_t bytes = 0;
    for (int64_t i = 0; i < dlc_safetensors_count(weights); i++)
        bytes += dlc_safetensors_bytes(weights, i);
    trial_guard_bytes(t, dlc_safetensors_data(weights, 0), (size_t)bytes);
    dlc_encoder *encoder = NULL;
    attempt_create(t, dlc_encoder_create(t->allocator, &encoder), encoder, free_encoder);
    attempt(t, dlc_encoder_load(encoder, weights), dlc_encoder_message(encoder));
    attempt(t, dlc_encoder_load(encoder, weights), dlc_encoder_message(encoder)); /* in the place of the first */
    const int64_t side = dlc_encoder_image_size(encoder) > 0 ? dlc_encoder_image_size(encoder) : SIDE;
    const int64_t row = dlc_encoder_channels(encoder) * side * side, dim = dlc_encoder_dim(encoder);
    ck_assert(count >= row && dim <= FLOATS_MAX);
    attempt(t, dlc_encoder_forward(encoder, images, 0, 1, side, side, features), dlc_encoder_message(encoder));
    trial_result(t, features, (size_t)dim * sizeof *features);
}

static void resnet(trial *t) {
    encode(t, "test/golden/encoder/grey.safetensors", "grey_images.npy");
}

static void bottleneck(trial *t) {
    encode(t, "test/golden/encoder/bottleneck.safetensors", "bottleneck_images.npy");
}

static void vit(trial *t) {
    encode(t, "test/golden/encoder/vit.safetensors", "vit_images.npy");
}

static void vit_of_torchvision(trial *t) {
    encode(t, "test/golden/encoder/vit_torchvision.safetensors", "vit_torchvision_images.npy");
}

static const trial_scenario scenarios[] = {
    {"encoder, resnet", resnet, 0},
    {"encoder, resnet with bottlenecks", bottleneck, 0},
    {"encoder, vit", vit, 0},
    {"encoder, vit of torchvision", vit_of_torchvision, 0},
};

START_TEST(g6_every_allocation_fails_in_turn) {
    trial_run(&scenarios[_i / TRIAL_MODES], _i % TRIAL_MODES);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("memory_failure_encoder");
    TCase *tcase = tcase_create("memory_failure_encoder");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, use_one_blas_thread, NULL);
    tcase_add_loop_test(tcase, g6_every_allocation_fails_in_turn, 0,
                        TRIAL_MODES * (int)(sizeof scenarios / sizeof scenarios[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
