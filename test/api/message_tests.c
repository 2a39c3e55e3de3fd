/*
 * message_tests.c - the messages of all handles, as dlc/base.h promises them: empty until a call fails, about the last
 * failure, one pointer for life, and of a NULL handle that it is NULL.
 */
#include "support.h"

#include <string.h>

/* A test for one module. first, second: two calls on `handle` that fail, and what their messages contain. */
#define MESSAGE_TEST(module, first, first_part, second, second_part)                                                   \
    START_TEST(module##_message) {                                                                                     \
        ck_assert_str_eq(dlc_##module##_message(NULL), "the handle is NULL");                                          \
        dlc_##module *handle = NULL;                                                                                   \
        ck_assert_int_eq(dlc_##module##_create(NULL, &handle), DLC_OK);                                                \
        const char *message = dlc_##module##_message(handle);                                                          \
        ck_assert_str_eq(message, "");                                                                                 \
        ck_assert_int_lt((first), 0);                                                                                  \
        ck_assert_msg(strstr(message, first_part) != NULL, "%s", message);                                             \
        ck_assert_int_lt((second), 0);                                                                                 \
        ck_assert_msg(strstr(message, second_part) != NULL, "%s", message);                                            \
        ck_assert_ptr_eq(message, dlc_##module##_message(handle));                                                     \
        dlc_##module##_free(handle);                                                                                   \
    }                                                                                                                  \
    END_TEST

static const int64_t labels[] = {0, 3};
static const float scores[] = {1, 2};
static const int64_t same_ids[] = {7, 7};

MESSAGE_TEST(mask, dlc_mask_set_geometric(handle, 7.5, 2), "7.5", dlc_mask_plan(handle), "no maskable weight")
MESSAGE_TEST(score, dlc_score_set_samples(handle, 2, labels, 3), "label 3", dlc_score_set_levels(handle, -4), "-4")
MESSAGE_TEST(run, dlc_run_set_batch(handle, -5), "-5", dlc_run_execute(handle), "mask")
MESSAGE_TEST(response, dlc_response_set_threads(handle, -3), "-3", dlc_response_begin(handle, -6), "-6")
MESSAGE_TEST(flexrand, dlc_flexrand_set_gamma(handle, 1.5), "1.5",
             dlc_flexrand_set_samples(handle, 2, labels, scores, same_ids), "7")
MESSAGE_TEST(npy, dlc_npy_open(handle, "no/such.npy"), "no/such.npy", dlc_npy_open(handle, "test"), "test")
MESSAGE_TEST(safetensors, dlc_safetensors_open(handle, "no/such"), "no/such", dlc_safetensors_open(handle, "test"),
             "test")
MESSAGE_TEST(images, dlc_images_open(handle, "no/such"), "no/such", dlc_images_set_channels(handle, 2), "2")
MESSAGE_TEST(encoder, dlc_encoder_set_threads(handle, -3), "-3", dlc_encoder_load(handle, NULL), "NULL")

Suite *tests(void) {
    Suite *suite = suite_create("message");
    TCase *cases = tcase_create("message");
    tcase_add_test(cases, mask_message);
    tcase_add_test(cases, score_message);
    tcase_add_test(cases, run_message);
    tcase_add_test(cases, response_message);
    tcase_add_test(cases, flexrand_message);
    tcase_add_test(cases, npy_message);
    tcase_add_test(cases, safetensors_message);
    if (WITH_IMAGE)
        tcase_add_test(cases, images_message);
    if (WITH_ENCODER)
        tcase_add_test(cases, encoder_message);
    suite_add_tcase(suite, cases);
    return suite;
}
