/*
 * visits.h - how often a walk has come by each folder. For folders.c: links to folders that hold links multiply, and
 * two dozen of them make more paths than anyone can list, none of which leads back to itself.
 */
#ifndef DLC_LIB_VISITS_H
#define DLC_LIB_VISITS_H

#include "../base/allocator.h"

#include <sys/types.h>

typedef struct dlc_visit {
    dev_t device;
    ino_t inode;
    int64_t times; /* 0: the place is free */
} dlc_visit;

typedef struct dlc_visits {
    dlc_visit *table; /* open addressing; a power of two of places, more than half of them free */
    int64_t room, count;
} dlc_visits;

/* Counts one more visit, and tells how many of that folder there were. Returns 0 where there is no memory, else 1. */
int dlc_visits_add(dlc_visits *visits, const dlc_allocator *allocator, dev_t device, ino_t inode, int64_t *times);

/* Forgets all of them and frees what *visits holds, which may be all bytes 0. */
void dlc_visits_free(dlc_visits *visits, const dlc_allocator *allocator);

#endif
