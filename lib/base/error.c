/* error.c - formats the message of a failed call (error.h). */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A long message must not end in half a UTF-8 character. */
static void cut(dlc_error *error) {
    size_t end = sizeof error->text - 4;
    while (end > 0 && ((unsigned char)error->text[end] & 0xC0U) == 0x80U)
        end--;
    memcpy(error->text + end, "...", 4);
}

dlc_status dlc_fail(dlc_error *error, dlc_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof error->text)
        cut(error);
    for (unsigned char *c = (unsigned char *)error->text; *c; c++)
        if (*c < 0x20 || *c == 0x7F)
            *c = '?';
    return status;
}

dlc_status dlc_fail_memory(dlc_error *error, const char *what) {
    return dlc_fail(error, DLC_ERROR_MEMORY, "out of memory for %s", what);
}
