/* visits.c - see visits.h. */
#include "visits.h"

#define ROOM_FIRST 64

/* The folder's place, or the free one where it belongs. */
static dlc_visit *find(const dlc_visits *visits, dev_t device, ino_t inode) {
    const uint64_t key = ((uint64_t)inode ^ (uint64_t)device << 40) * UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t mask = (uint64_t)visits->room - 1;
    uint64_t place = key >> 32 & mask;
    while (visits->table[place].times > 0 &&
           (visits->table[place].device != device || visits->table[place].inode != inode))
        place = (place + 1) & mask;
    return &visits->table[place];
}

static int make_room(dlc_visits *visits, const dlc_allocator *allocator) {
    if (visits->count < visits->room / 2)
        return 1;
    dlc_visits larger = {.room = visits->room > 0 ? visits->room * 2 : ROOM_FIRST, .count = visits->count};
    larger.table = dlc_allocate_zeroed(allocator, larger.room, sizeof *larger.table);
    if (!larger.table)
        return 0;
    for (int64_t i = 0; i < visits->room; i++)
        if (visits->table[i].times > 0)
            *find(&larger, visits->table[i].device, visits->table[i].inode) = visits->table[i];
    dlc_release(allocator, visits->table);
    *visits = larger;
    return 1;
}

int dlc_visits_add(dlc_visits *visits, const dlc_allocator *allocator, dev_t device, ino_t inode, int64_t *times) {
    if (!make_room(visits, allocator))
        return 0;
    dlc_visit *visit = find(visits, device, inode);
    if (visit->times == 0) {
        visits->count++;
        visit->device = device;
        visit->inode = inode;
    }
    *times = ++visit->times;
    return 1;
}

void dlc_visits_free(dlc_visits *visits, const dlc_allocator *allocator) {
    dlc_release(allocator, visits->table);
    *visits = (dlc_visits){0};
}
