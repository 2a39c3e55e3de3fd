/*
 * resnet.h - ResNets with basic or bottleneck blocks: resnet_load.c recognises one in a file, resnet.c computes with
 * it. encoder.c lists the architecture.
 */
#ifndef DLC_LIB_ENCODER_RESNET_H
#define DLC_LIB_ENCODER_RESNET_H

#include "conv.h"
#include "model.h"

/* The most convolutions in a row, those of a bottleneck: 1x1, 3x3, 1x1. A basic block has two, 3x3 and 3x3. */
#define DLC_RESIDUAL_MAX 3

/* Convolutions in a row and a shortcut around them: the input itself, or a convolution of it. */
typedef struct dlc_residual {
    dlc_conv convs[DLC_RESIDUAL_MAX];
    dlc_conv shortcut;
    int has_shortcut; /* the convolution */
    int starts_stage;
} dlc_residual;

typedef struct dlc_resnet {
    dlc_model model;
    dlc_conv stem;
    int has_pool;
    dlc_residual *residuals;
    int64_t count;
    int64_t depth; /* convolutions in each block's row: 2 or 3 */
    float *ready;  /* what dlc_conv_prepare() leaves of all convolutions */
} dlc_resnet;

extern const dlc_architecture dlc_resnet_architecture;

/* Convolutions are numbered in the order of the layers, the shortcut after its block's row:
 * 0..dlc_resnet_conv_count()-1. NULL where a block has no convolution in its shortcut. */
int64_t dlc_resnet_conv_count(const dlc_resnet *resnet);
dlc_conv *dlc_resnet_conv(dlc_resnet *resnet, int64_t number);

/* resnet_load.c: as in dlc_architecture. */
int dlc_resnet_recognises(const dlc_safetensors *file);
dlc_status dlc_resnet_load(const dlc_allocator *allocator, const dlc_safetensors *file, dlc_error *error,
                           dlc_model **out);
void dlc_resnet_unload(dlc_model *model);

#endif
