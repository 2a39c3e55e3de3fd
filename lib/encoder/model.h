/*
 * model.h - the border between encoder.c, which knows blocks, threads and memory, and the architectures, which know
 * layers. An architecture is one file that defines a dlc_architecture; encoder.c lists them.
 */
#ifndef DLC_LIB_ENCODER_MODEL_H
#define DLC_LIB_ENCODER_MODEL_H

#include "../base/allocator.h"
#include "../base/error.h"
#include "dlc/file.h"

typedef struct dlc_architecture dlc_architecture;

/* A model that was recognised; the first member of each architecture's own struct. */
typedef struct dlc_model {
    const dlc_architecture *architecture;
    dlc_allocator allocator;
    char description[160];
    int32_t channels;       /* of an image */
    int64_t dim;            /* floats in a feature row */
    int64_t block;          /* images that are always worked on together */
    int64_t image_size;     /* the side of an image; 0: any */
    int64_t published_size; /* the side that the architecture is published for; 0: none */
    int64_t tasks;          /* parts that the preparation of the weights falls into */
    int32_t pooling;        /* DLC_POOLING_*, as the caller wants it in this call */
} dlc_model;

struct dlc_architecture {
    /* 1 if the file's names are those of this architecture, whatever may be wrong with the tensors. */
    int (*recognises)(const dlc_safetensors *file);

    /* Makes the model, or says what is wrong with the file. The model borrows the file's tensors. */
    dlc_status (*load)(const dlc_allocator *allocator, const dlc_safetensors *file, dlc_error *error, dlc_model **out);

    void (*unload)(dlc_model *model);

    /* Floats of scratch memory that one thread needs for one block of images of this size. */
    int64_t (*workspace)(const dlc_model *model, int64_t height, int64_t width);

    /* Reads the weights as they are now into the form that forward() needs. Once before the blocks of a call, for each
     * task of 0..tasks-1; tasks may run at the same time. */
    void (*prepare)(dlc_model *model, int64_t task);

    /*
     * The features of one block. Images first..last-1 of the block are there: images points at image `first`, features
     * at its row; the others count as zeros. Blocks may run at the same time, each with a workspace of its own.
     */
    void (*forward)(const dlc_model *model, const float *images, int64_t first, int64_t last, int64_t height,
                    int64_t width, float *workspace, float *features);
};

#endif
