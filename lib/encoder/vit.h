/*
 * vit.h - vision transformers: vit_load.c recognises one in a file, vit.c computes with it. encoder.c lists the
 * architecture.
 */
#ifndef DLC_LIB_ENCODER_VIT_H
#define DLC_LIB_ENCODER_VIT_H

#include "model.h"
#include "tensors.h"

/* The tensors of the model, and of each of its blocks. */
enum {
    DLC_VIT_CLASS_TOKEN,
    DLC_VIT_POSITIONS,
    DLC_VIT_PATCH_WEIGHT,
    DLC_VIT_PATCH_BIAS,
    DLC_VIT_NORM_WEIGHT, /* before the pooling */
    DLC_VIT_NORM_BIAS,
    DLC_VIT_POOLED_NORM_WEIGHT, /* after it; a model has either or both */
    DLC_VIT_POOLED_NORM_BIAS,
    DLC_VIT_MODEL_PARTS
};
enum {
    DLC_VIT_NORM1_WEIGHT,
    DLC_VIT_NORM1_BIAS,
    DLC_VIT_QKV_WEIGHT, /* queries, keys, values */
    DLC_VIT_QKV_BIAS,   /* in all blocks or in none */
    DLC_VIT_OUT_WEIGHT,
    DLC_VIT_OUT_BIAS,
    DLC_VIT_NORM2_WEIGHT,
    DLC_VIT_NORM2_BIAS,
    DLC_VIT_FC1_WEIGHT,
    DLC_VIT_FC1_BIAS,
    DLC_VIT_FC2_WEIGHT,
    DLC_VIT_FC2_BIAS,
    DLC_VIT_BLOCK_PARTS
};

/* A tensor as forward() reads it: where it is in the file if that is aligned float32, else a copy made before each
 * call. */
typedef struct dlc_vit_part {
    dlc_tensor tensor;
    int64_t count;
    float *copy;         /* NULL: none is needed */
    const float *values; /* NULL: an optional tensor that is not there */
} dlc_vit_part;

typedef struct dlc_vit {
    dlc_model model;     /* dim: channels of a token */
    int64_t patch;       /* side of a patch, in pixels */
    int64_t tokens;      /* the class token and the patches */
    int64_t hidden;      /* channels between the two layers of an MLP */
    int64_t heads;       /* of attention */
    int64_t depth;       /* blocks */
    dlc_vit_part *parts; /* the model's, then those of one block after the other */
    float *copies;
} dlc_vit;

extern const dlc_architecture dlc_vit_architecture;

/* vit_load.c: as in dlc_architecture. */
int dlc_vit_recognises(const dlc_safetensors *file);
dlc_status dlc_vit_load(const dlc_allocator *allocator, const dlc_safetensors *file, dlc_error *error, dlc_model **out);
void dlc_vit_unload(dlc_model *model);

#endif
