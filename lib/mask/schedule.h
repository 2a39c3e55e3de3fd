/*
 * schedule.h - how many weights each level masks: the three kinds of schedule, and their text form. It knows nothing of
 * tensors; mask.c owns the one schedule of a handle.
 */
#ifndef DLC_LIB_MASK_SCHEDULE_H
#define DLC_LIB_MASK_SCHEDULE_H

#include "../base/allocator.h"
#include "../base/error.h"

#define DLC_LEVELS_MAX 1000000

typedef enum dlc_schedule_kind {
    DLC_SCHEDULE_GEOMETRIC,
    DLC_SCHEDULE_LINEAR,
    DLC_SCHEDULE_LIST,
} dlc_schedule_kind;

typedef struct dlc_schedule {
    dlc_schedule_kind kind;
    int64_t levels;
    double first;   /* geometric: the amount; linear: the first share */
    double last;    /* linear only */
    double *shares; /* list only, levels values, owned */
} dlc_schedule;

/* Each makes a new schedule or, on an error, leaves *out alone. The checks and messages are those of dlc/mask.h. */
dlc_status dlc_schedule_geometric(dlc_error *error, double amount, int64_t levels, dlc_schedule *out);
dlc_status dlc_schedule_linear(dlc_error *error, double first, double last, int64_t levels, dlc_schedule *out);
dlc_status dlc_schedule_list(dlc_error *error, const dlc_allocator *allocator, const double *shares, int64_t levels,
                             dlc_schedule *out);
dlc_status dlc_schedule_parse(dlc_error *error, const dlc_allocator *allocator, const char *spec, dlc_schedule *out);

/* Releases what the schedule owns. */
void dlc_schedule_clear(dlc_schedule *schedule, const dlc_allocator *allocator);

/* K[level] of `weights` weights. `previous` is K[level - 1] (anything for level 0), so go through the levels in order.
 */
int64_t dlc_schedule_masked(const dlc_schedule *schedule, int64_t weights, int64_t level, int64_t previous);

#endif
