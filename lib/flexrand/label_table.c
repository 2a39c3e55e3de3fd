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

dlc_label_entry *dlc_label_table_add(dlc_label_table *table, const dlc_allocator *allocator, int64_t label) {
    const int full = table->count == INT64_C(1) << (table->bits - 1);
    if (full && !resize(table, allocator, table->bits + 1))
        return NULL;
    dlc_label_entry *entry = &table->entries[table->count++];
    *entry = (dlc_label_entry){.label = label};
    table->slots[dlc_label_table_slot(table, label)] = (uint32_t)table->count;
    return entry;
}

void dlc_label_table_release(const dlc_label_table *table, const dlc_allocator *allocator) {
    dlc_release(allocator, table->entries);
    dlc_release(allocator, table->slots);
}
