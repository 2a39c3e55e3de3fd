/*
 * map.h - a few images' maps on their way through a network: float32 [images][rows][pitch][channels], channels last, so
 * that a pixel's channels are one run and so are neighbouring pixels. Each map lies inside a border of zeros, which is
 * the padding of the convolutions: nothing that reads a map knows about edges. Used by the layers and the
 * architectures.
 */
#ifndef DLC_LIB_ENCODER_MAP_H
#define DLC_LIB_ENCODER_MAP_H

#include <stdint.h>

typedef struct dlc_map {
    float *data;
    int64_t images, height, width, channels;
    int64_t border; /* zero pixels above and to the left; as many, and what makes the size even, below and right */
    int64_t rows;   /* of a map, borders included */
    int64_t pitch;  /* pixels in a row, borders included */
} dlc_map;

/* A map of this shape; its data are still to be set. */
dlc_map dlc_map_shape(int64_t images, int64_t height, int64_t width, int64_t channels, int64_t border);

/* Floats that its data take. */
int64_t dlc_map_floats(const dlc_map *map);

/* Where pixel (y, x) of an image is; the borders have coordinates below 0 and beyond the size. */
static inline float *dlc_map_at(const dlc_map *map, int64_t image, int64_t y, int64_t x) {
    return map->data + ((image * map->rows + y + map->border) * map->pitch + x + map->border) * map->channels;
}

/* Sets the borders to 0. */
void dlc_map_clear_border(const dlc_map *map);

/* Fills a map of one image from planes [channels][height][width], border included; NULL: all zeros. */
void dlc_map_from_planes(const dlc_map *map, const float *planes);

/* 3x3 maximum, stride 2, padding 1. Takes a map without negative values (the zero border is its padding), and passes
 * NaN on. `to` is image number `image` of its map. */
void dlc_map_max_pool(const dlc_map *from, const dlc_map *to, int64_t image);

/* The mean of each channel of image number `image`, summed in double in the order of the pixels. sums: `channels`
 * doubles of scratch. */
void dlc_map_mean(const dlc_map *map, int64_t image, double *sums, float *means);

#endif
