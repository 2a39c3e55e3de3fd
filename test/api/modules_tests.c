/*
 * modules_tests.c - a build may leave out the image or the encoder module: its handle cannot be created then, and all
 * its functions answer a NULL handle just as they do where the module is there. The same checks run in every build.
 */
#include "support.h"

#define UNTOUCHED ((void *)1)

static void check_create(dlc_status status, const void *handle, int built) {
    ck_assert_int_eq(status, built ? DLC_OK : DLC_ERROR_UNSUPPORTED);
    ck_assert_int_eq(handle != NULL, built);
}

START_TEST(creation_says_whether_a_module_is_there) {
    dlc_images *images = UNTOUCHED;
    const dlc_status images_status = dlc_images_create(NULL, &images);
    check_create(images_status, images, WITH_IMAGE);
    dlc_images_free(images);
    dlc_encoder *encoder = UNTOUCHED;
    const dlc_status encoder_status = dlc_encoder_create(NULL, &encoder);
    check_create(encoder_status, encoder, WITH_ENCODER);
    dlc_encoder_free(encoder);
    ck_assert_int_eq(dlc_images_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_encoder_create(NULL, NULL), DLC_ERROR_ARGUMENT);
}
END_TEST

START_TEST(without_a_handle_the_message_names_the_missing_module) {
    ck_assert_str_eq(dlc_images_message(NULL),
                     WITH_IMAGE ? "the handle is NULL" : "this build of libdlc has no image module");
    ck_assert_str_eq(dlc_encoder_message(NULL),
                     WITH_ENCODER ? "the handle is NULL" : "this build of libdlc has no encoder module");
}
END_TEST

START_TEST(images_without_a_handle) {
    const float value = 1;
    float out = 0;
    uint8_t pixel = 0;
    dlc_images_free(NULL);
    ck_assert_int_eq(dlc_images_set_channels(NULL, 3), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_size(NULL, 8), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_interpolation(NULL, DLC_INTERPOLATION_BICUBIC), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_crop(NULL, 8), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_normalization(NULL, &value, &value), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_threads(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_memory_limit(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_cache_folder(NULL, "."), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_skip_broken(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_open(NULL, "."), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_count(NULL), -1);
    ck_assert_int_eq(dlc_images_class_count(NULL), -1);
    ck_assert_int_eq(dlc_images_channels(NULL), -1);
    ck_assert_int_eq(dlc_images_height(NULL), -1);
    ck_assert_int_eq(dlc_images_width(NULL), -1);
    ck_assert_ptr_null(dlc_images_class_name(NULL, 0));
    ck_assert_ptr_null(dlc_images_path(NULL, 0));
    ck_assert_int_eq(dlc_images_label(NULL, 0), -1);
    ck_assert_int_eq(dlc_images_skipped_count(NULL), -1);
    ck_assert_ptr_null(dlc_images_skipped_path(NULL, 0));
    ck_assert_ptr_null(dlc_images_skipped_reason(NULL, 0));
    ck_assert_int_eq(dlc_images_read(NULL, 0, 1, &out), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_read_pixels(NULL, 0, &pixel), DLC_ERROR_ARGUMENT);
}
END_TEST

START_TEST(encoder_without_a_handle) {
    const float image = 0;
    float feature = 0;
    dlc_safetensors *weights = NULL;
    ck_assert_int_eq(dlc_safetensors_create(NULL, &weights), DLC_OK);
    dlc_encoder_free(NULL);
    ck_assert_int_eq(dlc_encoder_set_threads(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_encoder_set_pooling(NULL, DLC_POOLING_MEAN), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_encoder_load(NULL, weights), DLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(dlc_encoder_architecture(NULL));
    ck_assert_int_eq(dlc_encoder_channels(NULL), -1);
    ck_assert_int_eq(dlc_encoder_dim(NULL), -1);
    ck_assert_int_eq(dlc_encoder_block(NULL), -1);
    ck_assert_int_eq(dlc_encoder_image_size(NULL), -1);
    ck_assert_int_eq(dlc_encoder_published_size(NULL), -1);
    ck_assert_int_eq(dlc_encoder_forward(NULL, &image, 0, 1, 1, 1, &feature), DLC_ERROR_ARGUMENT);
    dlc_safetensors_free(weights);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("modules");
    TCase *tcase = tcase_create("modules");
    tcase_add_test(tcase, creation_says_whether_a_module_is_there);
    tcase_add_test(tcase, without_a_handle_the_message_names_the_missing_module);
    tcase_add_test(tcase, images_without_a_handle);
    tcase_add_test(tcase, encoder_without_a_handle);
    suite_add_tcase(suite, tcase);
    return suite;
}
