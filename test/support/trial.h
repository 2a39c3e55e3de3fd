/*
 * trial.h - GUARANTEE G6 as a driver: a scenario runs again and again, and each time another one of its allocations
 * fails, until none is left to fail. Used by the memory_failure_*_tests.c.
 *
 * A scenario makes its handles with trial->allocator and wraps every call that allocates in attempt(). A call whose
 * allocation failed must say so (DLC_ERROR_MEMORY, and a message), must leave the guarded buffers as they were, and
 * must succeed when it is made again with memory; then the scenario goes on, and comes to the results of a run without
 * a failure. Or the scenario ends there, and all that is left is to free the handles. Either way no block is left.
 */
#ifndef DLC_TEST_TRIAL_H
#define DLC_TEST_TRIAL_H

#include "support.h"

#include <setjmp.h>

enum { TRIAL_MODES = 4, TRIAL_KEPT_MAX = 8, TRIAL_GUARDS_MAX = 16, TRIAL_FUNCTIONS_MAX = 64, TRIAL_RESULT_MAX = 4096 };

typedef struct trial_guard {
    const void *data;
    size_t bytes;
    unsigned char *saved;
} trial_guard;

typedef struct trial_function {
    char name[48];
    int64_t points; /* allocations of it that failed */
} trial_function;

typedef struct trial {
    dlc_allocator *allocator; /* for the scenario's handles */
    failing_allocator state;
    int drops; /* a call that failed is the last */
    int64_t tolerated;
    int64_t refused_before; /* the call under way */
    int64_t paused_at;
    jmp_buf end;
    struct {
        void *object;
        void (*release)(void *object);
    } kept[TRIAL_KEPT_MAX];
    int kept_count;
    trial_guard guards[TRIAL_GUARDS_MAX];
    int guard_count;
    trial_function functions[TRIAL_FUNCTIONS_MAX];
    int function_count;
    unsigned char result[TRIAL_RESULT_MAX], expected[TRIAL_RESULT_MAX];
    size_t result_size, expected_size;
} trial;

typedef struct trial_scenario {
    const char *name;
    void (*run)(trial *t);
    int64_t tolerated; /* single failures that the library can do without, and needs not report */
} trial_scenario;

/*
 * Runs a scenario with every allocation failing in turn. mode: 0 to TRIAL_MODES - 1: once or from then on; with the
 * call made again, or the handles freed. Prints how many points that were. Every function in an attempt() must have
 * failed at least once.
 */
void trial_run(const trial_scenario *scenario, int mode);

/* The object is released when the scenario ends, whichever way; the last kept goes first. */
void trial_keep(trial *t, void *object, void (*release)(void *object));

/* These bytes must be the same after every call that fails. A buffer that is guarded already: its bytes as they are
 * now. */
void trial_guard_bytes(trial *t, const void *data, size_t bytes);

/* Bytes that must come out the same whatever failed on the way. */
void trial_result(trial *t, const void *bytes, size_t size);

/* Between the two no allocation fails, and none counts. */
void trial_pause(trial *t);
void trial_go_on(trial *t);

/* For attempt(). */
void trial_begin(trial *t, const char *call);
int trial_failed(trial *t, dlc_status status, const char *call, const char *message);

/* A call that allocates. MESSAGE: dlc_X_message(handle). */
#define attempt(t, call, message)                                                                                      \
    do {                                                                                                               \
        trial_begin(t, #call);                                                                                         \
        const dlc_status attempt_status = (call);                                                                      \
        if (trial_failed(t, attempt_status, #call, message))                                                           \
            ck_ok(call, message);                                                                                      \
    } while (0)

/* A dlc_X_create(), whose handle is then kept. RELEASE: its dlc_X_free() as a void (*)(void *). */
#define attempt_create(t, call, handle, release)                                                                       \
    do {                                                                                                               \
        attempt(t, call, handle ? "" : "no handle is left");                                                           \
        trial_keep(t, handle, release);                                                                                \
    } while (0)

#endif
