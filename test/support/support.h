/*
 * support.h - what the test programs share: checks of statuses, golden files, an allocator that can fail.
 */
#ifndef DLC_TEST_SUPPORT_H
#define DLC_TEST_SUPPORT_H

#include <dlc/dlc.h>

#include <check.h>
#include <stdint.h>
#include <string.h>

/* Each test program defines its one suite. */
Suite *tests(void);

/* The call must succeed; MESSAGE (dlc_X_message(handle)) is shown where it does not. */
#define ck_ok(call, message)                                                                                           \
    do {                                                                                                               \
        const dlc_status ck_status = (call);                                                                           \
        ck_assert_msg(ck_status == DLC_OK, "%s: %s: %s", #call, dlc_status_name(ck_status), message);                  \
    } while (0)

/* The call must fail with this status, and the message must contain PART. */
#define ck_fails(call, expected, message, part)                                                                        \
    do {                                                                                                               \
        const dlc_status ck_status = (call);                                                                           \
        ck_assert_msg(ck_status == (expected), "%s: %s, not %s", #call, dlc_status_name(ck_status),                    \
                      dlc_status_name(expected));                                                                      \
        ck_assert_msg(strstr(message, part) != NULL, "%s: message \"%s\" does not contain \"%s\"", #call, message,     \
                      part);                                                                                           \
    } while (0)

/* test/golden/DIRECTORY/NAME, a .npy file of dtype DESCR ("<f4", "<i8", "|u1"), whole; *count receives the number of
 * elements. The caller frees it with free(). Tests run from the top of the repo. */
void *golden_array(const char *directory, const char *name, const char *descr, int64_t *count);

/* A deterministic sequence for test data, uniform in [0, 1): not the library's own generator. */
double test_uniform(uint64_t *state);

/*
 * An allocator that fails: the call number `fail_at` (from 0), and with `from_then_on` every later one. Counts the
 * blocks that are still allocated, and the calls that failed. Blocks of refuse_size bytes (0: none) fail too. Used in the pattern: fail at N = 0, 1, 2, ... until the
 * work succeeds (trial.h).
 */
typedef struct failing_allocator {
    int64_t fail_at;
    int from_then_on;
    int64_t calls;
    int64_t live;
    int64_t refused;
    int64_t refuse_size;
} failing_allocator;

/* A dlc_allocator on top of it; free it with dlc_allocator_free(). Not thread safe: use one thread. */
dlc_allocator *failing_allocator_start(failing_allocator *state);

/* An allocator that counts the bytes that are held. */
typedef struct counting_allocator {
    int64_t held;
    int64_t peak;
} counting_allocator;

/* A dlc_allocator on top of it; free it with dlc_allocator_free(), its own few bytes count too. Not thread safe. */
dlc_allocator *counting_allocator_start(counting_allocator *state);

#endif
