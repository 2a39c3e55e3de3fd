/*
 * abi_tests.c - GUARANTEE G9, the part that a comparison of types cannot see: the value of every constant, what the
 * fixed types are, and the types of the callbacks. Values are written out: a change here is a change of the ABI. The
 * headers are read too, so that nothing new can be forgotten.
 */
#include "support.h"

#include <glob.h>
#include <stdio.h>

/* ---- Constants ---- */

/* Constants are int, or double: what a #define of another type would mean to ctypes is anyone's guess. */
#define PIN(name, value)                                                                                               \
    { #name, (double)(name), value, _Generic((name), int32_t : 1, double : 1, default : 0) }

static const struct {
    const char *name;
    double is, pinned;
    int plain;
} constants[] = {
    /* base.h */
    PIN(DLC_OK, 0),
    PIN(DLC_ERROR_MEMORY, -1),
    PIN(DLC_ERROR_ARGUMENT, -2),
    PIN(DLC_ERROR_STATE, -3),
    PIN(DLC_ERROR_DATA, -4),
    PIN(DLC_ERROR_CALLBACK, -5),
    PIN(DLC_ERROR_CANCELLED, -6),
    PIN(DLC_ERROR_IO, -7),
    PIN(DLC_ERROR_FORMAT, -8),
    PIN(DLC_ERROR_UNSUPPORTED, -9),
    PIN(DLC_ERROR_LIMIT, -10),
    PIN(DLC_DTYPE_OTHER, 0),
    PIN(DLC_DTYPE_F32, 1),
    PIN(DLC_DTYPE_F16, 2),
    PIN(DLC_DTYPE_BF16, 3),
    PIN(DLC_DTYPE_F64, 4),
    PIN(DLC_DTYPE_I64, 5),
    PIN(DLC_DTYPE_I32, 6),
    PIN(DLC_DTYPE_U8, 7),
    /* mask.h */
    PIN(DLC_CRITERION_L1, 0),
    PIN(DLC_CRITERION_RANDOM, 1),
    /* score.h */
    PIN(DLC_HEAD_CENTROID, 0),
    PIN(DLC_HEAD_LOGITS, 1),
    PIN(DLC_HEAD_LOSS, 2),
    PIN(DLC_OBSERVE_LOSS, 0),
    PIN(DLC_OBSERVE_CORRECT, 1),
    PIN(DLC_OBSERVE_CONFIDENCE, 2),
    PIN(DLC_OBSERVE_MARGIN, 3),
    /* run.h */
    PIN(DLC_AUTO_SPEARMAN, 0.999),
    PIN(DLC_CHECKPOINT_BEGIN, 0),
    PIN(DLC_CHECKPOINT_DATA, 1),
    PIN(DLC_CHECKPOINT_COMMIT, 2),
    PIN(DLC_CHECKPOINT_ABORT, 3),
    /* response.h */
    PIN(DLC_RESPONSE_IGNORE, -100),
    PIN(DLC_EMPTY_ERROR, 0),
    PIN(DLC_EMPTY_ZERO, 1),
    /* flexrand.h */
    PIN(DLC_METHOD_FLEXRAND, 0),
    PIN(DLC_METHOD_EASY, 1),
    PIN(DLC_METHOD_HARD, 2),
    PIN(DLC_METHOD_RANDOM, 3),
    PIN(DLC_BUDGET_EXACT, 0),
    PIN(DLC_BUDGET_PAPER, 1),
    PIN(DLC_RNG_PHILOX, 0),
    PIN(DLC_RNG_NUMPY, 1),
    PIN(DLC_ORDER_INDEX, 0),
    PIN(DLC_ORDER_PICK, 1),
    PIN(DLC_INTERVAL_EASY, 0),
    PIN(DLC_INTERVAL_HARD, 1),
    /* image.h */
    PIN(DLC_INTERPOLATION_BILINEAR, 0),
    PIN(DLC_INTERPOLATION_BICUBIC, 1),
    PIN(DLC_IMAGES_SIDE_MAX, 65535),
    /* encoder.h */
    PIN(DLC_POOLING_TOKEN, 0),
    PIN(DLC_POOLING_MEAN, 1),
};
enum { CONSTANTS = sizeof constants / sizeof constants[0] };

START_TEST(constants_keep_their_values) {
    ck_assert_msg(constants[_i].is == constants[_i].pinned, "%s is %g, not %g", constants[_i].name, constants[_i].is,
                  constants[_i].pinned);
    ck_assert_msg(constants[_i].plain, "%s is neither int32_t nor double", constants[_i].name);
}
END_TEST

START_TEST(statuses_keep_their_names) {
    int statuses = 0;
    for (int i = 0; i < CONSTANTS; i++) {
        if (strcmp(constants[i].name, "DLC_OK") != 0 && strncmp(constants[i].name, "DLC_ERROR_", 10) != 0)
            continue;
        const dlc_status status = (dlc_status)constants[i].pinned;
        ck_assert_str_eq(dlc_status_name(status), constants[i].name);
        ck_assert_str_ne(dlc_status_text(status), dlc_status_text(1));
        statuses++;
    }
    ck_assert_str_eq(dlc_status_name(1), "DLC_ERROR_UNKNOWN");
    ck_assert_str_eq(dlc_status_name(-statuses), "DLC_ERROR_UNKNOWN");
}
END_TEST

START_TEST(the_version_is_that_of_the_headers) {
    ck_assert_int_eq(DLC_VERSION_MAJOR, 1);
    ck_assert(DLC_VERSION_MINOR >= 0 && DLC_VERSION_MINOR < 100 && DLC_VERSION_PATCH >= 0 && DLC_VERSION_PATCH < 100);
    ck_assert_int_eq(DLC_VERSION_NUMBER, 10000 + DLC_VERSION_MINOR * 100 + DLC_VERSION_PATCH);
    ck_assert_int_eq(dlc_version_number(), DLC_VERSION_NUMBER);
    char text[32];
    snprintf(text, sizeof text, "1.%d.%d", DLC_VERSION_MINOR, DLC_VERSION_PATCH);
    ck_assert_str_eq(dlc_version_string(), text);
}
END_TEST

/* ---- Types ---- */

_Static_assert(_Generic((dlc_status)0, int32_t : 1, default : 0), "a status is an int32_t");
_Static_assert(sizeof(int) == 4 && sizeof(float) == 4 && sizeof(double) == 8 &&
                   sizeof(void *) == sizeof(void (*)(void)),
               "what the API is made of");

/* One line for each callback type of the headers. */
#define CALLBACK(name, ...) _Static_assert(_Generic((name)NULL, void (*)(__VA_ARGS__) : 1, default : 0), #name);
#define CALLBACKS                                                                                                      \
    CALLBACK(dlc_allocate_callback, void *, int64_t, void **)                                                          \
    CALLBACK(dlc_release_callback, void *, void *)                                                                     \
    CALLBACK(dlc_exchange_callback, void *, void *, int64_t, int32_t *)                                                \
    CALLBACK(dlc_checkpoint_write_callback, void *, int32_t, const void *, int64_t, int32_t *)                         \
    CALLBACK(dlc_checkpoint_read_callback, void *, void *, int64_t, int64_t *)                                         \
    CALLBACK(dlc_forward_callback, void *, int64_t, int64_t, int64_t, float *, int64_t *)                              \
    CALLBACK(dlc_progress_callback, void *, int64_t, int64_t, int64_t, int64_t, int32_t *)

CALLBACKS
#undef CALLBACK
#define CALLBACK(name, ...) #name,

static const char *const callbacks[] = {CALLBACKS};
enum { CALLBACKS_PINNED = sizeof callbacks / sizeof callbacks[0] };

/* ---- What the headers hold ---- */

static int is_constant(const char *name) {
    for (int i = 0; i < CONSTANTS; i++)
        if (strcmp(constants[i].name, name) == 0)
            return 1;
    return 0;
}

static int is_callback(const char *name) {
    for (int i = 0; i < CALLBACKS_PINNED; i++)
        if (strcmp(callbacks[i], name) == 0)
            return 1;
    return 0;
}

/* Finds what one line defines; returns the kind of thing, or NULL. An include guard has no value. */
static const char *definition(const char *line, char name[static 128]) {
    char value[2];
    if (sscanf(line, "#define %127[A-Za-z0-9_] %1s", name, value) == 2)
        return strcmp(name, "DLC_API") != 0 && strncmp(name, "DLC_VERSION_", 12) != 0 ? "constant" : NULL;
    if (sscanf(line, "typedef void (*%127[a-z0-9_])", name) == 1)
        return "callback";
    return NULL;
}

START_TEST(nothing_in_the_headers_is_forgotten) {
    glob_t headers;
    int constants_found = 0, callbacks_found = 0;
    ck_assert_int_eq(glob("include/dlc/*.h", 0, NULL, &headers), 0);
    for (size_t i = 0; i < headers.gl_pathc; i++) {
        char line[256], name[128];
        FILE *header = fopen(headers.gl_pathv[i], "r");
        ck_assert_ptr_nonnull(header);
        while (fgets(line, sizeof line, header)) {
            const char *kind = definition(line, name);
            if (!kind)
                continue;
            const int constant = strcmp(kind, "constant") == 0;
            ck_assert_msg(constant ? is_constant(name) : is_callback(name), "%s: %s %s is not pinned here",
                          headers.gl_pathv[i], kind, name);
            constants_found += constant;
            callbacks_found += !constant;
        }
        fclose(header);
    }
    globfree(&headers);
    ck_assert_int_eq(constants_found, CONSTANTS);
    ck_assert_int_eq(callbacks_found, CALLBACKS_PINNED);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("abi");
    TCase *tcase = tcase_create("abi");
    tcase_add_loop_test(tcase, constants_keep_their_values, 0, CONSTANTS);
    tcase_add_test(tcase, statuses_keep_their_names);
    tcase_add_test(tcase, the_version_is_that_of_the_headers);
    tcase_add_test(tcase, nothing_in_the_headers_is_forgotten);
    suite_add_tcase(suite, tcase);
    return suite;
}
