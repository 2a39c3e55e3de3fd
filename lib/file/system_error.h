/* system_error.h - the message for a system call that failed on a file; lib/file and lib/image use it. */
#ifndef DLC_LIB_SYSTEM_ERROR_H
#define DLC_LIB_SYSTEM_ERROR_H

#include "../base/error.h"

/* "cannot ACTION PATH: REASON", REASON being the system's text for the errno `number`. Returns DLC_ERROR_IO. */
dlc_status dlc_fail_system(dlc_error *error, const char *action, const char *path, int number);

#endif
