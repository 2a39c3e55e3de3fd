/*
 * distance_tile.h - the body of the distance kernel, included by distance.c once for each instruction set with
 *   KERNEL   the name of the function to define
 *   VECTOR   doubles in a register: 8, 4 or 2
 *   TARGET   the attribute that allows the instruction set
 * The lanes are the same eight for any VECTOR, and so are the results, bit for bit.
 */
#define LANES DLC_JOIN(KERNEL, _lanes)
#define TILE  DLC_JOIN(KERNEL, _tile)

typedef double LANES __attribute__((vector_size(VECTOR * 8), aligned(8), may_alias));

/* TILE_ROWS rows against TILE_CLASSES centroids. Registers cannot be indexed, so the loops over the tile are unrolled.
 */
TARGET static inline void TILE(const double *rows, const double *centroids, int64_t width,
                               double lanes[TILE_ROWS][TILE_CLASSES][DLC_DISTANCE_LANES]) {
    for (int64_t group = 0; group < DLC_DISTANCE_LANES; group += VECTOR) {
        LANES sum[TILE_ROWS][TILE_CLASSES] = {{{0}}};
        for (int64_t f = group; f < width; f += DLC_DISTANCE_LANES) {
            LANES mu[TILE_CLASSES];
#pragma GCC unroll 8
            for (int j = 0; j < TILE_CLASSES; j++)
                mu[j] = *(const LANES *)(centroids + j * width + f);
#pragma GCC unroll 8
            for (int i = 0; i < TILE_ROWS; i++) {
                const LANES z = *(const LANES *)(rows + i * width + f);
#pragma GCC unroll 8
                for (int j = 0; j < TILE_CLASSES; j++) {
                    const LANES difference = z - mu[j];
                    sum[i][j] += difference * difference;
                }
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < TILE_ROWS; i++) {
#pragma GCC unroll 8
            for (int j = 0; j < TILE_CLASSES; j++)
                *(LANES *)&lanes[i][j][group] = sum[i][j];
        }
    }
}

TARGET static void KERNEL(const double *rows, int64_t row_count, const double *centroids, int64_t classes,
                          int64_t width, double *out) {
    double lanes[TILE_ROWS][TILE_CLASSES][DLC_DISTANCE_LANES];
    for (int64_t c = 0; c < classes; c += TILE_CLASSES)
        for (int64_t r = 0; r < row_count; r += TILE_ROWS) {
            TILE(rows + r * width, centroids + c * width, width, lanes);
            for (int i = 0; i < TILE_ROWS; i++)
                for (int j = 0; j < TILE_CLASSES; j++)
                    out[(r + i) * classes + c + j] = add_lanes(lanes[i][j]);
        }
}

#undef TILE
#undef LANES
#undef KERNEL
#undef VECTOR
#undef TARGET
