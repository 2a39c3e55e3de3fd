/*
 * identity.h - which run a checkpoint is of: a list of everything that scores depend on, each thing under its name with
 * its value, or a digest of it. Two runs are the same if their lists are. Used by checkpoint.c.
 */
#ifndef DLC_LIB_RUN_IDENTITY_H
#define DLC_LIB_RUN_IDENTITY_H

#include "base/allocator.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/stream.h"
#include "dlc/mask.h"
#include "dlc/score.h"

#define DLC_IDENTITY_NAME_MAX  255
#define DLC_IDENTITY_VALUE_MAX 64

/* What a value is. */
#define DLC_IDENTITY_NUMBER 0 /* int64 */
#define DLC_IDENTITY_REAL   1 /* double */
#define DLC_IDENTITY_TEXT   2 /* up to DLC_IDENTITY_VALUE_MAX bytes */
#define DLC_IDENTITY_DIGEST 3

/* Whose a name is. */
#define DLC_IDENTITY_SETTING     0
#define DLC_IDENTITY_TENSOR      1
#define DLC_IDENTITY_FINGERPRINT 2 /* the caller's */

typedef struct dlc_identity_item {
    int64_t owner; /* DLC_IDENTITY_SETTING, ... */
    int64_t kind;  /* DLC_IDENTITY_NUMBER, ... */
    const char *name;
    int64_t number;
    double real;
    int64_t size; /* of the text */
    char text[DLC_IDENTITY_VALUE_MAX];
    dlc_digest digest;
} dlc_identity_item;

typedef struct dlc_identity {
    dlc_identity_item *items;
    int64_t count;
} dlc_identity;

/* What the caller said of its data. */
typedef struct dlc_fingerprint {
    char *name; /* owned by whoever holds this; the item's too */
    dlc_identity_item item;
} dlc_fingerprint;

/* What a run is made of; all borrowed. */
typedef struct dlc_identity_source {
    dlc_mask *mask; /* planned, no level applied */
    dlc_score *score;
    double auto_spearman;
    int has_exchange;
    const dlc_fingerprint *fingerprints;
    int64_t fingerprint_count;
} dlc_identity_source;

/* The item of a fingerprint of the caller's. name: borrowed. */
dlc_identity_item dlc_identity_fingerprint(const char *name, const void *data, int64_t size);

/*
 * Makes the list; reads the weights once. Names are borrowed as long as the identity lives. Errors: DLC_ERROR_MEMORY;
 * *identity is empty then.
 */
dlc_status dlc_identity_make(const dlc_identity_source *source, const dlc_allocator *allocator, dlc_error *error,
                             dlc_identity *identity);

/* Frees the list. Accepts an empty one. */
void dlc_identity_free(dlc_identity *identity, const dlc_allocator *allocator);

/* Bytes that making one allocates. */
int64_t dlc_identity_bytes(const dlc_identity_source *source);

/* Writes the list. */
void dlc_identity_write(const dlc_identity *identity, dlc_stream *stream);

/*
 * Reads a list and compares it with this one. *difference, of `size` bytes, becomes the first thing in which they
 * differ, "the seed: 1, not 2" where the list that was read has the 1; "" where they do not.
 */
void dlc_identity_compare(const dlc_identity *identity, dlc_stream *stream, char *difference, int64_t size);

#endif
