/* trial.c - see trial.h. */
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>

void trial_keep(trial *t, void *object, void (*release)(void *object)) {
    ck_assert_int_lt(t->kept_count, TRIAL_KEPT_MAX);
    t->kept[t->kept_count].object = object;
    t->kept[t->kept_count++].release = release;
}

void trial_guard_bytes(trial *t, const void *data, size_t bytes) {
    trial_guard *guard = t->guards;
    while (guard < t->guards + t->guard_count && guard->data != data)
        guard++;
    if (guard == t->guards + t->guard_count) {
        ck_assert_int_lt(t->guard_count, TRIAL_GUARDS_MAX);
        *guard = (trial_guard){data, bytes, malloc(bytes)};
        ck_assert_ptr_nonnull(guard->saved);
        t->guard_count++;
    }
    memcpy(guard->saved, data, bytes);
}

void trial_result(trial *t, const void *bytes, size_t size) {
    ck_assert_uint_le(t->result_size + size, sizeof t->result);
    memcpy(t->result + t->result_size, bytes, size);
    t->result_size += size;
}

void trial_pause(trial *t) {
    t->paused_at = t->state.fail_at - t->state.calls;
    if (t->state.fail_at >= 0)
        t->state.fail_at = -1;
    else
        t->paused_at = INT64_MIN;
}

void trial_go_on(trial *t) {
    if (t->paused_at != INT64_MIN)
        t->state.fail_at = t->paused_at + t->state.calls;
}

static trial_function *function_of(trial *t, const char *call) {
    char name[sizeof t->functions[0].name];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(call, "("), call);
    for (int i = 0; i < t->function_count; i++)
        if (strcmp(t->functions[i].name, name) == 0)
            return &t->functions[i];
    ck_assert_int_lt(t->function_count, TRIAL_FUNCTIONS_MAX);
    trial_function *added = &t->functions[t->function_count++];
    strcpy(added->name, name);
    return added;
}

void trial_begin(trial *t, const char *call) {
    (void)function_of(t, call);
    t->refused_before = t->state.refused;
}

int trial_failed(trial *t, dlc_status status, const char *call, const char *message) {
    const int64_t refused = t->state.refused - t->refused_before;
    function_of(t, call)->points += refused > 0;
    if (status == DLC_OK) {
        t->tolerated += refused > 0;
        return 0;
    }
    ck_assert_msg(status == DLC_ERROR_MEMORY, "%s: %s: %s", call, dlc_status_name(status), message);
    ck_assert_msg(refused > 0, "%s is out of memory, and no allocation has failed", call);
    ck_assert_msg(message[0] != '\0', "%s: no message", call);
    for (const trial_guard *guard = t->guards; guard < t->guards + t->guard_count; guard++)
        ck_assert_msg(memcmp(guard->data, guard->saved, guard->bytes) == 0, "%s has changed a guarded buffer", call);
    t->state.fail_at = -1;
    if (t->drops)
        longjmp(t->end, 1);
    return 1;
}

/* The scenario once. Returns whether an allocation failed in it. */
static int run_once(trial *t, const trial_scenario *scenario, int64_t fail_at, int mode) {
    t->state = (failing_allocator){.fail_at = fail_at, .from_then_on = mode % 2};
    t->allocator = failing_allocator_start(&t->state);
    t->drops = mode / 2;
    t->result_size = 0;
    const int dropped = setjmp(t->end);
    if (!dropped)
        scenario->run(t);
    t->state.fail_at = -1;
    while (t->kept_count > 0) {
        t->kept_count--;
        t->kept[t->kept_count].release(t->kept[t->kept_count].object);
    }
    while (t->guard_count > 0)
        free(t->guards[--t->guard_count].saved);
    dlc_allocator_free(t->allocator);
    ck_assert_msg(t->state.live == 0, "%s: %lld blocks leak after allocation %lld failed", scenario->name,
                  (long long)t->state.live, (long long)fail_at);
    if (fail_at < 0) {
        memcpy(t->expected, t->result, t->result_size);
        t->expected_size = t->result_size;
    }
    if (!dropped) {
        ck_assert_uint_eq(t->result_size, t->expected_size);
        ck_assert_msg(memcmp(t->result, t->expected, t->result_size) == 0,
                      "%s: other results after allocation %lld failed", scenario->name, (long long)fail_at);
    }
    return t->state.refused > 0;
}

void trial_run(const trial_scenario *scenario, int mode) {
    trial *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    run_once(t, scenario, -1, mode);
    ck_assert_uint_gt(t->result_size, 0);
    int64_t points = 0;
    while (run_once(t, scenario, points, mode))
        points++;
    ck_assert_msg(points > 0, "%s allocates nothing", scenario->name);
    for (int i = 0; i < t->function_count; i++)
        ck_assert_msg(t->functions[i].points > 0, "%s: %s never failed", scenario->name, t->functions[i].name);
    ck_assert_int_eq(t->tolerated, mode % 2 ? 0 : scenario->tolerated);
    printf("%s, %s, %s: %lld failed allocations\n", scenario->name, mode % 2 ? "from then on" : "once",
           mode / 2 ? "freed" : "used again", (long long)points);
    fflush(stdout);
    free(t);
}
