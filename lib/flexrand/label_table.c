/* label_table.c - open addressing with a free half (label_table.h). Called by classes.c. */
#include "flexrand/label_table.h"

#define FIRST_BITS 6

/* A table of 2^bits slots with the same entries. */
static int resize(dlc_label_table *table, const dlc_allocator *allocator, int32_t bits) {
    const int64_t slots = INT64_C(1) << bits;
    dlc_label_table larger = {.count = table->count, .bits = bits};
    larger.entries = dlc_allocate(allocator, slots / 2, sizeof *larger.entries);
    larger.slots = dlc_allocate_zeroed(allocator, slots, sizeof *larger.slots);
    if (!larger.entries || !larger.slots) {
        dlc_label_table_release(&larger, allocator);
        return 0;
    }
    for (int64_t i = 0; i < table->count; i++) {
        larger.entries[i] = table->entries[i];
        larger.slots[dlc_label_table_slot(&larger, larger.entries[i].label)] = (uint32_t)(i + 1);
    }
    dlc_label_table_release(table, allocator);
    *table = larger;
    return 1;
}

int dlc_label_table_start(dlc_label_table *table, const dlc_allocator *allocator) {
    *table = (dlc_label_table){0};
    return resize(table, allocator, FIRST_BITS);
}

int dlc_label_table_add(dlc_label_table *table, const dlc_allocator *allocator, int64_t label, int64_t *number) {
    uint64_t slot = dlc_label_table_slot(table, label);
    if (table->slots[slot] == 0) {
        if (table->count == INT64_C(1) << (table->bits - 1)) {
            if (!resize(table, allocator, table->bits + 1))
                return 0;
            slot = dlc_label_table_slot(table, label);
        }
        table->entries[table->count++] = (dlc_label_entry){.label = label};
        table->slots[slot] = (uint32_t)table->count;
    }
    *number = table->slots[slot] - 1;
    return 1;
}

void dlc_label_table_release(const dlc_label_table *table, const dlc_allocator *allocator) {
    dlc_release(allocator, table->entries);
    dlc_release(allocator, table->slots);
}
