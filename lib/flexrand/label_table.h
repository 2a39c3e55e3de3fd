/*
 * label_table.h - the different labels of a data set, found by hashing: labels may be any numbers that are not
 * negative, so they cannot be places in an array. Memory goes with the number of labels, not of samples.
 */
#ifndef DLC_LIB_LABEL_TABLE_H
#define DLC_LIB_LABEL_TABLE_H

#include "base/allocator.h"

#include <stddef.h>

typedef struct dlc_label_entry {
    int64_t label;
    int64_t samples;
} dlc_label_entry;

typedef struct dlc_label_table {
    dlc_label_entry *entries; /* in the order in which they were added */
    int64_t count;
    uint32_t *slots; /* entry number + 1; 0: free. A power of two, at most half of them used */
    int32_t bits;    /* of a slot number */
} dlc_label_table;

/* Returns 0, with nothing to release, where there is no memory, else 1. */
int dlc_label_table_start(dlc_label_table *table, const dlc_allocator *allocator);

/* Adds a label that is not in the table, with no samples. Returns its entry, good until the next label is added; NULL,
 * with nothing changed, where there is no memory. */
dlc_label_entry *dlc_label_table_add(dlc_label_table *table, const dlc_allocator *allocator, int64_t label);

void dlc_label_table_release(const dlc_label_table *table, const dlc_allocator *allocator);

/* The slot that holds the label, or the free one where it would go. */
static inline uint64_t dlc_label_table_slot(const dlc_label_table *table, int64_t label) {
    const uint64_t mixed = ((uint64_t)label ^ (uint64_t)label >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    uint64_t slot = mixed >> (64 - table->bits);
    while (table->slots[slot] != 0 && table->entries[table->slots[slot] - 1].label != label)
        slot = (slot + 1) & ((UINT64_C(1) << table->bits) - 1);
    return slot;
}

/* The entry of a label; NULL where it was not added. */
static inline dlc_label_entry *dlc_label_table_find(const dlc_label_table *table, int64_t label) {
    const uint32_t number = table->slots[dlc_label_table_slot(table, label)];
    return number == 0 ? NULL : &table->entries[number - 1];
}

#endif
