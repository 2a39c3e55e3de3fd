/*
 * recipe.h - .safetensors files made for a test: a list of tensors with names, dtypes and shapes, one change to it that
 * makes it wrong, and the open file that comes of it. The values are random, those of vectors in [0, 1), others in
 * [-0.5, 0.5).
 */
#ifndef DLC_TEST_RECIPE_H
#define DLC_TEST_RECIPE_H

#include <dlc/dlc.h>

#include <stdint.h>

enum { RECIPE_TENSORS_MAX = 80, RECIPE_RANK_MAX = 4 };

typedef struct recipe_tensor {
    char name[96];
    const char *dtype; /* of 4 bytes an element */
    int64_t rank, dims[RECIPE_RANK_MAX];
    int64_t bad_index; /* -1: none */
    float bad_value;
} recipe_tensor;

typedef struct recipe {
    recipe_tensor tensors[RECIPE_TENSORS_MAX];
    int count;
    const char *key, *value; /* the one entry of the metadata; NULL: none */
    int padding;             /* spaces after the header */
} recipe;

/* Adds a float32 tensor PREFIX + NAME. */
void recipe_add(recipe *file, const char *prefix, const char *name, int64_t rank, const int64_t *dims);

typedef enum recipe_kind {
    RECIPE_DROP,
    RECIPE_RENAME,
    RECIPE_RESHAPE,
    RECIPE_RETYPE,
    RECIPE_POISON,
    RECIPE_ADD,
    RECIPE_METADATA
} recipe_kind;

typedef struct recipe_change {
    recipe_kind kind;
    const char *name; /* of the tensor; the key of the metadata */
    const char *text; /* the new name, dtype or value of the metadata */
    int64_t rank, dims[RECIPE_RANK_MAX];
    int64_t index;
    float value;
} recipe_change;

/* A recipe_change, to write tables of them with. */
#define DROP(tensor)                                                                                                   \
    { .kind = RECIPE_DROP, .name = (tensor) }
#define RENAME(tensor, new_name)                                                                                       \
    { .kind = RECIPE_RENAME, .name = (tensor), .text = (new_name) }
#define RESHAPE(tensor, new_rank, ...)                                                                                 \
    {                                                                                                                  \
        .kind = RECIPE_RESHAPE, .name = (tensor), .rank = (new_rank), .dims = { __VA_ARGS__ }                          \
    }
#define RETYPE(tensor, new_dtype)                                                                                      \
    { .kind = RECIPE_RETYPE, .name = (tensor), .text = (new_dtype) }
#define POISON(tensor, at, bad)                                                                                        \
    { .kind = RECIPE_POISON, .name = (tensor), .index = (at), .value = (bad) }
#define ADD(tensor, new_rank, ...)                                                                                     \
    {                                                                                                                  \
        .kind = RECIPE_ADD, .name = (tensor), .rank = (new_rank), .dims = { __VA_ARGS__ }                              \
    }
#define METADATA(key, new_value)                                                                                       \
    { .kind = RECIPE_METADATA, .name = (key), .text = (new_value) }

/* The tensor that is named must be in the recipe. */
void recipe_apply(recipe *file, const recipe_change *change);

/* The file, open; the caller frees it. Nothing is left on the disk. */
dlc_safetensors *recipe_cook(const recipe *file);

#endif
