/* version.c - the version of the library that runs. */
#include "dlc/base.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

int32_t dlc_version_number(void) {
    return DLC_VERSION_NUMBER;
}

const char *dlc_version_string(void) {
    return TEXT(DLC_VERSION_MAJOR) "." TEXT(DLC_VERSION_MINOR) "." TEXT(DLC_VERSION_PATCH);
}
