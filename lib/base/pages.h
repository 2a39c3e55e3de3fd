/*
 * pages.h - a hint for large fresh blocks that are about to be filled: the system maps all their pages at once, instead
 * of one by one as they are first written, each by a fault (which on a virtual machine can cost more than the filling).
 */
#ifndef DLC_LIB_PAGES_H
#define DLC_LIB_PAGES_H

#include <stdint.h>

/* Contents stay as they are. Never fails: where the system knows no such call, or refuses, pages come by faults. */
void dlc_pages_map(void *block, int64_t size);

#endif
