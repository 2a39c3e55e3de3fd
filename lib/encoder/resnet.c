/*
 * resnet.c - the way of a block of images through a ResNet (resnet.h). Allocates nothing: a thread's
 * workspace holds all maps.
 */
#include "resnet.h"

#include <stddef.h>

/* ---- Weights ---- */

int64_t dlc_resnet_conv_count(const dlc_resnet *resnet) {
    return 1 + (resnet->depth + 1) * resnet->count;
}

dlc_conv *dlc_resnet_conv(dlc_resnet *resnet, int64_t number) {
    if (number == 0)
        return &resnet->stem;
    dlc_residual *residual = &resnet->residuals[(number - 1) / (resnet->depth + 1)];
    const int64_t place = (number - 1) % (resnet->depth + 1);
    if (place < resnet->depth)
        return &residual->convs[place];
    return residual->has_shortcut ? &residual->shortcut : NULL;
}

static void prepare(dlc_model *model, int64_t task) {
    const dlc_conv *conv = dlc_resnet_conv((dlc_resnet *)model, task);
    if (conv)
        dlc_conv_prepare(conv);
}

/* ---- Workspace ---- */

/* Where everything is in the workspace, in floats from its start. */
typedef struct dlc_layout {
    dlc_map image, stem; /* of one image */
    int64_t image_at, stem_at, scratch_at, sums_at, floats;
    int64_t outer_at[2];                    /* what goes from block to block */
    int64_t inner_at[DLC_RESIDUAL_MAX - 1]; /* what stays inside one */
} dlc_layout;

/* Parts start on a cache line of their own. */
static int64_t reserve(dlc_layout *layout, int64_t floats) {
    const int64_t at = layout->floats;
    layout->floats += (floats + 15) / 16 * 16;
    return at;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* The map that a convolution makes of another one. */
static dlc_map result_of(const dlc_conv *conv, const dlc_map *from) {
    return dlc_map_shape(from->images, dlc_conv_size(conv, from->height), dlc_conv_size(conv, from->width),
                         conv->outputs, 1);
}

/* The first map of the whole block: what the stem makes, pooled or not. */
static dlc_map after_stem(const dlc_resnet *resnet, const dlc_map *stem) {
    if (resnet->has_pool)
        return dlc_map_shape(resnet->model.block, (stem->height - 1) / 2 + 1, (stem->width - 1) / 2 + 1, stem->channels,
                             1);
    return dlc_map_shape(resnet->model.block, stem->height, stem->width, stem->channels, 1);
}

static dlc_layout layout_of(const dlc_resnet *resnet, int64_t height, int64_t width) {
    dlc_layout layout = {0};
    layout.image = dlc_map_shape(1, height, width, resnet->stem.inputs, resnet->stem.kernel / 2);
    layout.stem = result_of(&resnet->stem, &layout.image);
    int64_t scratch = dlc_conv_scratch_floats(&resnet->stem, &layout.stem);
    dlc_map map = after_stem(resnet, &layout.stem);
    int64_t outer = dlc_map_floats(&map), inner[DLC_RESIDUAL_MAX - 1] = {0};
    for (int64_t i = 0; i < resnet->count; i++) {
        const dlc_residual *residual = &resnet->residuals[i];
        for (int64_t c = 0; c < resnet->depth; c++) {
            map = result_of(&residual->convs[c], &map);
            scratch = larger(scratch, dlc_conv_scratch_floats(&residual->convs[c], &map));
            if (c < resnet->depth - 1)
                inner[c] = larger(inner[c], dlc_map_floats(&map));
        }
        outer = larger(outer, dlc_map_floats(&map));
        if (residual->has_shortcut)
            scratch = larger(scratch, dlc_conv_scratch_floats(&residual->shortcut, &map));
    }
    layout.image_at = reserve(&layout, dlc_map_floats(&layout.image));
    layout.stem_at = reserve(&layout, resnet->has_pool ? dlc_map_floats(&layout.stem) : 0);
    for (int i = 0; i < 2; i++)
        layout.outer_at[i] = reserve(&layout, outer);
    for (int i = 0; i < DLC_RESIDUAL_MAX - 1; i++)
        layout.inner_at[i] = reserve(&layout, inner[i]);
    layout.scratch_at = reserve(&layout, scratch);
    layout.sums_at = reserve(&layout, 2 * resnet->model.dim);
    return layout;
}

static int64_t workspace(const dlc_model *model, int64_t height, int64_t width) {
    return layout_of((const dlc_resnet *)model, height, width).floats;
}

/* ---- Forward ---- */

/* Image by image, since before the stem's stride and pooling the maps are largest. */
static dlc_map stem_forward(const dlc_resnet *resnet, const dlc_layout *layout, const float *images, int64_t first,
                            int64_t last, float *space) {
    dlc_map image = layout->image, stem = layout->stem, map = after_stem(resnet, &stem);
    image.data = space + layout->image_at;
    stem.data = space + layout->stem_at;
    map.data = space + layout->outer_at[0];
    dlc_map_clear_border(&map);
    if (resnet->has_pool)
        dlc_map_clear_border(&stem);
    for (int64_t i = 0; i < map.images; i++) {
        const int there = i >= first && i < last;
        dlc_map_from_planes(&image, there ? images : NULL);
        if (there)
            images += image.channels * image.height * image.width;
        if (resnet->has_pool) {
            dlc_conv_forward(&resnet->stem, &image, &stem, 0, DLC_CONV_RELU, space + layout->scratch_at);
            dlc_map_max_pool(&stem, &map, i);
        } else {
            dlc_conv_forward(&resnet->stem, &image, &map, i, DLC_CONV_RELU, space + layout->scratch_at);
        }
    }
    return map;
}

/* The last convolution adds to the map in place, or, where the shortcut is a convolution, to the shortcut's result in
 * `spare`; `map` is the result then, and `spare` the memory that is free. */
static void residual_forward(const dlc_residual *residual, int64_t depth, const dlc_layout *layout, float *space,
                             dlc_map *map, float **spare) {
    float *scratch = space + layout->scratch_at;
    dlc_map inner = *map;
    for (int64_t c = 0; c < depth - 1; c++) {
        dlc_map next = result_of(&residual->convs[c], &inner);
        next.data = space + layout->inner_at[c];
        dlc_map_clear_border(&next);
        dlc_conv_forward(&residual->convs[c], &inner, &next, 0, DLC_CONV_RELU, scratch);
        inner = next;
    }
    if (residual->has_shortcut) {
        dlc_map shortcut = result_of(&residual->shortcut, map);
        shortcut.data = *spare;
        dlc_map_clear_border(&shortcut);
        dlc_conv_forward(&residual->shortcut, map, &shortcut, 0, 0, scratch);
        *spare = map->data;
        *map = shortcut;
    }
    dlc_conv_forward(&residual->convs[depth - 1], &inner, map, 0, DLC_CONV_ADD | DLC_CONV_RELU, scratch);
}

static void forward(const dlc_model *model, const float *images, int64_t first, int64_t last, int64_t height,
                    int64_t width, float *space, float *features) {
    const dlc_resnet *resnet = (const dlc_resnet *)model;
    const dlc_layout layout = layout_of(resnet, height, width);
    dlc_map map = stem_forward(resnet, &layout, images, first, last, space);
    float *spare = space + layout.outer_at[1];
    for (int64_t i = 0; i < resnet->count; i++)
        residual_forward(&resnet->residuals[i], resnet->depth, &layout, space, &map, &spare);
    for (int64_t i = first; i < last; i++)
        dlc_map_mean(&map, i, (double *)(space + layout.sums_at), features + (i - first) * model->dim);
}

const dlc_architecture dlc_resnet_architecture = {.recognises = dlc_resnet_recognises,
                                                  .load = dlc_resnet_load,
                                                  .unload = dlc_resnet_unload,
                                                  .workspace = workspace,
                                                  .prepare = prepare,
                                                  .forward = forward};
