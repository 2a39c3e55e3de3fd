/*
 * error.h - the message that a handle holds: one line, no allocation, so that "out of memory" can always be said.
 */
#ifndef DLC_LIB_ERROR_H
#define DLC_LIB_ERROR_H

#include "dlc/base.h"

typedef struct dlc_error {
    char text[1024];
} dlc_error;

#if defined(__GNUC__) || defined(__clang__)
#define DLC_PRINTF(position, first) __attribute__((format(printf, position, first)))
#else
#define DLC_PRINTF(position, first)
#endif

/*
 * Stores the message and returns the status, so that a check is one line: return dlc_fail(&h->error, DLC_ERROR_DATA,
 * ...). Messages name the thing at fault and its value, in lower case without a full stop. Control characters and
 * what is no UTF-8 (a file name may hold any bytes) become '?'; what is too long loses its
 * middle, for "...".
 */
dlc_status dlc_fail(dlc_error *error, dlc_status status, const char *format, ...) DLC_PRINTF(3, 4);

/* dlc_fail() for an allocation that failed: "out of memory for WHAT". */
dlc_status dlc_fail_memory(dlc_error *error, const char *what);

/* Leaves the function with a status that is not DLC_OK. */
#define DLC_TRY(call)                                                                                                  \
    do {                                                                                                               \
        const dlc_status dlc_try_status = (call);                                                                      \
        if (dlc_try_status != DLC_OK)                                                                                  \
            return dlc_try_status;                                                                                     \
    } while (0)

#endif
