/*
 * vit.c - the way of a block of images through a vision transformer (vit.h). Allocates nothing: a thread's workspace
 * holds all tokens.
 *
 * The tokens of all images of a block are the rows of one matrix [images * tokens][dim], so that each linear layer is
 * one product. Attention goes image by image and head by head, on the columns of queries, keys and values where they
 * are.
 */
#include "vit.h"
#include "dlc/encoder.h"
#include "map.h"
#include "tokens.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

static void prepare(dlc_model *model, int64_t task) {
    const dlc_vit_part *part = &((dlc_vit *)model)->parts[task];
    if (part->copy)
        dlc_tensor_read(&part->tensor, 0, part->count, part->copy);
}

/* ---- Workspace ---- */

/* The parts of a workspace. */
typedef struct dlc_vit_space {
    float *tokens; /* [rows][dim], what goes from block to block */
    float *normed; /* [rows][dim] */
    float *wide;   /* [rows][3 * dim or hidden], or the patches of an image */
    float *scores; /* [tokens][pitch], attention of one head */
    float *inverse;
    double *sums;
    int64_t floats; /* of all */
} dlc_vit_space;

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Parts start on a cache line of their own. */
static float *take(dlc_vit_space *space, float *memory, int64_t floats) {
    float *part = memory ? memory + space->floats : NULL;
    space->floats += (floats + 15) / 16 * 16;
    return part;
}

static int64_t rows_of(const dlc_vit *vit) {
    return vit->model.block * vit->tokens;
}

/* memory: NULL to learn the size alone. */
static dlc_vit_space divide(const dlc_vit *vit, float *memory) {
    const int64_t rows = rows_of(vit), dim = vit->model.dim;
    const int64_t patches = (vit->tokens - 1) * vit->patch * vit->patch * vit->model.channels;
    dlc_vit_space space = {0};
    space.tokens = take(&space, memory, rows * dim);
    space.normed = take(&space, memory, rows * dim);
    space.wide = take(&space, memory, larger(rows * larger(3 * dim, vit->hidden), patches));
    space.scores = take(&space, memory, vit->tokens * dlc_tokens_pitch(vit->tokens));
    space.inverse = take(&space, memory, vit->tokens);
    space.sums = (double *)(void *)take(&space, memory, 2 * dim);
    return space;
}

static int64_t workspace(const dlc_model *model, int64_t height, int64_t width) {
    (void)height;
    (void)width;
    return divide((const dlc_vit *)model, NULL).floats;
}

/* ---- Patches ---- */

/* [channels][size][size] into a row [channels][patch][patch] for each patch. */
static void gather_patches(const dlc_vit *vit, const float *image, float *patches) {
    const int64_t size = vit->model.image_size, patch = vit->patch;
    for (int64_t top = 0; top < size; top += patch)
        for (int64_t left = 0; left < size; left += patch)
            for (int64_t c = 0; c < vit->model.channels; c++)
                for (int64_t y = top; y < top + patch; y++, patches += patch)
                    memcpy(patches, image + (c * size + y) * size + left, (size_t)patch * sizeof *patches);
}

/* out [rows][outputs] = in [rows][inputs] * weight [outputs][inputs] transposed, or added to what is there. */
static void multiply(int64_t rows, int64_t outputs, int64_t inputs, const float *in, const float *weight, int add,
                     float *out) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)rows, (blasint)outputs, (blasint)inputs, 1.0F, in,
                (blasint)inputs, weight, (blasint)inputs, add ? 1.0F : 0.0F, out, (blasint)outputs);
}

/* The tokens of one image: class token and patches, each at its position. image: NULL: all zeros. */
static void embed(const dlc_vit *vit, const float *image, float *patches, float *tokens) {
    const dlc_vit_part *parts = vit->parts;
    const int64_t dim = vit->model.dim, inputs = vit->model.channels * vit->patch * vit->patch;
    memcpy(tokens, parts[DLC_VIT_POSITIONS].values, (size_t)(vit->tokens * dim) * sizeof *tokens);
    dlc_tokens_add(tokens, 1, dim, parts[DLC_VIT_CLASS_TOKEN].values);
    dlc_tokens_add(tokens + dim, vit->tokens - 1, dim, parts[DLC_VIT_PATCH_BIAS].values);
    if (!image)
        return;
    gather_patches(vit, image, patches);
    multiply(vit->tokens - 1, dim, inputs, patches, parts[DLC_VIT_PATCH_WEIGHT].values, 1, tokens + dim);
}

/* ---- Blocks ---- */

/* qkv: [tokens][queries, keys, values] of one image; out: [tokens][dim]. */
static void attend(const dlc_vit *vit, const float *qkv, const dlc_vit_space *space, float *out) {
    const int64_t dim = vit->model.dim, width = dim / vit->heads;
    const blasint tokens = (blasint)vit->tokens, columns = (blasint)width, apart = (blasint)(3 * dim);
    const blasint pitch = (blasint)dlc_tokens_pitch(vit->tokens);
    const float scale = (float)(1 / sqrt((double)width));
    for (int64_t head = 0; head < vit->heads; head++, qkv += width, out += width) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, tokens, tokens, columns, scale, qkv, apart, qkv + dim,
                    apart, 0.0F, space->scores, pitch);
        dlc_tokens_exponentials(space->scores, vit->tokens, vit->tokens, space->inverse);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, tokens, columns, tokens, 1.0F, space->scores, pitch,
                    qkv + 2 * dim, apart, 0.0F, out, (blasint)dim);
        dlc_tokens_scale(out, vit->tokens, width, dim, space->inverse);
    }
}

static void block_forward(const dlc_vit *vit, const dlc_vit_part *parts, const dlc_vit_space *space) {
    const int64_t rows = rows_of(vit), dim = vit->model.dim, hidden = vit->hidden;
    dlc_tokens_normalise(space->tokens, rows, dim, parts[DLC_VIT_NORM1_WEIGHT].values, parts[DLC_VIT_NORM1_BIAS].values,
                         space->normed);
    multiply(rows, 3 * dim, dim, space->normed, parts[DLC_VIT_QKV_WEIGHT].values, 0, space->wide);
    dlc_tokens_add(space->wide, rows, 3 * dim, parts[DLC_VIT_QKV_BIAS].values);
    for (int64_t first = 0; first < rows; first += vit->tokens)
        attend(vit, space->wide + first * 3 * dim, space, space->normed + first * dim);
    multiply(rows, dim, dim, space->normed, parts[DLC_VIT_OUT_WEIGHT].values, 1, space->tokens);
    dlc_tokens_add(space->tokens, rows, dim, parts[DLC_VIT_OUT_BIAS].values);

    dlc_tokens_normalise(space->tokens, rows, dim, parts[DLC_VIT_NORM2_WEIGHT].values, parts[DLC_VIT_NORM2_BIAS].values,
                         space->normed);
    multiply(rows, hidden, dim, space->normed, parts[DLC_VIT_FC1_WEIGHT].values, 0, space->wide);
    dlc_tokens_gelu(space->wide, rows, hidden, parts[DLC_VIT_FC1_BIAS].values);
    multiply(rows, dim, hidden, space->wide, parts[DLC_VIT_FC2_WEIGHT].values, 1, space->tokens);
    dlc_tokens_add(space->tokens, rows, dim, parts[DLC_VIT_FC2_BIAS].values);
}

/* ---- Features ---- */

/* tokens: of one image, normalised already where the model does so before pooling. */
static void pool(const dlc_vit *vit, float *tokens, double *sums, float *features) {
    const int64_t dim = vit->model.dim;
    const dlc_vit_part *norm = vit->parts + DLC_VIT_POOLED_NORM_WEIGHT;
    if (vit->model.pooling == DLC_POOLING_MEAN) {
        dlc_map patches = dlc_map_shape(1, 1, vit->tokens - 1, dim, 0);
        patches.data = tokens + dim;
        dlc_map_mean(&patches, 0, sums, features);
    } else {
        memcpy(features, tokens, (size_t)dim * sizeof *features);
    }
    if (norm->values)
        dlc_tokens_normalise(features, 1, dim, norm->values, vit->parts[DLC_VIT_POOLED_NORM_BIAS].values, features);
}

static void forward(const dlc_model *model, const float *images, int64_t first, int64_t last, int64_t height,
                    int64_t width, float *memory, float *features) {
    const dlc_vit *vit = (const dlc_vit *)model;
    const dlc_vit_space space = divide(vit, memory);
    const int64_t floats = vit->tokens * model->dim;
    for (int64_t i = 0; i < model->block; i++) {
        const int there = i >= first && i < last;
        embed(vit, there ? images + (i - first) * model->channels * height * width : NULL, space.wide,
              space.tokens + i * floats);
    }
    for (int64_t i = 0; i < vit->depth; i++)
        block_forward(vit, vit->parts + DLC_VIT_MODEL_PARTS + i * DLC_VIT_BLOCK_PARTS, &space);
    const dlc_vit_part *norm = vit->parts + DLC_VIT_NORM_WEIGHT;
    if (norm->values)
        dlc_tokens_normalise(space.tokens, rows_of(vit), model->dim, norm->values, vit->parts[DLC_VIT_NORM_BIAS].values,
                             space.tokens);
    for (int64_t i = first; i < last; i++)
        pool(vit, space.tokens + i * floats, space.sums, features + (i - first) * model->dim);
}

const dlc_architecture dlc_vit_architecture = {.recognises = dlc_vit_recognises,
                                               .load = dlc_vit_load,
                                               .unload = dlc_vit_unload,
                                               .workspace = workspace,
                                               .prepare = prepare,
                                               .forward = forward};
