/* system_error.c - see system_error.h. */
#include "system_error.h"

#include <stdio.h>
#include <string.h>

dlc_status dlc_fail_system(dlc_error *error, const char *action, const char *path, int number) {
    char reason[128];
    if (strerror_r(number, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", number);
    return dlc_fail(error, DLC_ERROR_IO, "cannot %s %s: %s", action, path, reason);
}
