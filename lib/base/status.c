/* status.c - the names and texts of status codes, in one place. */
#include "dlc/base.h"

#include <stddef.h>

static const struct {
    dlc_status status;
    const char *name;
    const char *text;
} table[] = {
    {DLC_OK, "DLC_OK", "success"},
    {DLC_ERROR_MEMORY, "DLC_ERROR_MEMORY", "an allocation failed"},
    {DLC_ERROR_ARGUMENT, "DLC_ERROR_ARGUMENT", "an argument is not allowed"},
    {DLC_ERROR_STATE, "DLC_ERROR_STATE", "the call does not fit what was done before"},
    {DLC_ERROR_DATA, "DLC_ERROR_DATA", "the data cannot be used"},
    {DLC_ERROR_CALLBACK, "DLC_ERROR_CALLBACK", "a callback failed"},
    {DLC_ERROR_CANCELLED, "DLC_ERROR_CANCELLED", "cancelled"},
    {DLC_ERROR_IO, "DLC_ERROR_IO", "a file could not be opened, read or written"},
    {DLC_ERROR_FORMAT, "DLC_ERROR_FORMAT", "a file is broken or of another kind"},
    {DLC_ERROR_UNSUPPORTED, "DLC_ERROR_UNSUPPORTED", "not supported by this build"},
    {DLC_ERROR_LIMIT, "DLC_ERROR_LIMIT", "more memory than the limit would be needed"},
};

static size_t find(dlc_status status) {
    size_t i = 0;
    while (i < sizeof table / sizeof table[0] && table[i].status != status)
        i++;
    return i;
}

const char *dlc_status_name(dlc_status status) {
    const size_t i = find(status);
    return i < sizeof table / sizeof table[0] ? table[i].name : "DLC_ERROR_UNKNOWN";
}

const char *dlc_status_text(dlc_status status) {
    const size_t i = find(status);
    return i < sizeof table / sizeof table[0] ? table[i].text : "unknown status";
}
