/*
 * map.c - maps with borders, and the layers without weights (map.h). Memory is the caller's.
 */
#include "map.h"

#include <string.h>

static int64_t even(int64_t size) {
    return size + size % 2;
}

dlc_map dlc_map_shape(int64_t images, int64_t height, int64_t width, int64_t channels, int64_t border) {
    return (dlc_map){.images = images,
                     .height = height,
                     .width = width,
                     .channels = channels,
                     .border = border,
                     .rows = even(height) + 2 * border,
                     .pitch = even(width) + 2 * border};
}

int64_t dlc_map_floats(const dlc_map *map) {
    return map->images * map->rows * map->pitch * map->channels;
}

static void clear(float *from, const float *to) {
    memset(from, 0, (size_t)(to - from) * sizeof *from);
}

void dlc_map_clear_border(const dlc_map *map) {
    const int64_t right_end = map->pitch - map->border;
    for (int64_t image = 0; image < map->images; image++) {
        clear(dlc_map_at(map, image, -map->border, -map->border), dlc_map_at(map, image, 0, 0));
        for (int64_t y = 0; y + 1 < map->height; y++)
            clear(dlc_map_at(map, image, y, map->width), dlc_map_at(map, image, y + 1, 0));
        clear(dlc_map_at(map, image, map->height - 1, map->width),
              dlc_map_at(map, image, map->rows - map->border - 1, right_end));
    }
}

void dlc_map_from_planes(const dlc_map *map, const float *planes) {
    memset(map->data, 0, (size_t)dlc_map_floats(map) * sizeof *map->data);
    if (!planes)
        return;
    for (int64_t c = 0; c < map->channels; c++) {
        for (int64_t y = 0; y < map->height; y++) {
            float *out = dlc_map_at(map, 0, y, 0) + c;
            for (int64_t x = 0; x < map->width; x++)
                out[x * map->channels] = *planes++;
        }
    }
}

void dlc_map_max_pool(const dlc_map *from, const dlc_map *to, int64_t image) {
    const int64_t channels = from->channels;
    for (int64_t y = 0; y < to->height; y++) {
        for (int64_t x = 0; x < to->width; x++) {
            float *restrict out = dlc_map_at(to, image, y, x);
            memset(out, 0, (size_t)channels * sizeof *out);
            for (int64_t part = 0; part < 9; part++) {
                const float *restrict in = dlc_map_at(from, 0, 2 * y + part / 3 - 1, 2 * x + part % 3 - 1);
                for (int64_t c = 0; c < channels; c++)
                    out[c] = in[c] > out[c] || in[c] != in[c] ? in[c] : out[c];
            }
        }
    }
}

void dlc_map_mean(const dlc_map *map, int64_t image, double *sums, float *means) {
    for (int64_t c = 0; c < map->channels; c++)
        sums[c] = 0;
    for (int64_t y = 0; y < map->height; y++) {
        const float *in = dlc_map_at(map, image, y, 0);
        for (int64_t x = 0; x < map->width; x++, in += map->channels)
            for (int64_t c = 0; c < map->channels; c++)
                sums[c] += (double)in[c];
    }
    for (int64_t c = 0; c < map->channels; c++)
        means[c] = (float)(sums[c] / (double)(map->height * map->width));
}
