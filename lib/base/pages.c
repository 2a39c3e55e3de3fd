/* pages.c - see pages.h. Linux has a call for it since 5.14. */
#define _DEFAULT_SOURCE /* madvise() */

#include "pages.h"

#include <sys/mman.h>
#include <unistd.h>

void dlc_pages_map(void *block, int64_t size) {
#ifdef MADV_POPULATE_WRITE
    /* Only pages that lie wholly in the block. */
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), skip = (page - (uintptr_t)block % page) % page;
    if (size > 0 && (uintptr_t)size > skip + page)
        madvise((char *)block + skip, ((uintptr_t)size - skip) / page * page, MADV_POPULATE_WRITE);
#else
    (void)block;
    (void)size;
#endif
}
