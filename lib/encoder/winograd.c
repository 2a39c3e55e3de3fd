/*
 * winograd.c - F(2x2, 3x3) (winograd.h).
 *
 * Some rows of tiles at a time, so that patches and products stay in the cache: their patches are transformed into 16
 * matrices [tiles][inputs], multiplied with the 16 matrices [inputs][outputs] of the weights, and the products
 * transformed back, two rows of pixels for each row of tiles. Both transforms go down the columns first, in runs as
 * long as a row, then along the rows, in runs as long as the channels.
 */
#include "winograd.h"

/* Tiles in a chunk. */
#define CHUNK_TILES 256

/* Between matrices, so that the same place of all 16 does not fall into one set of the cache. */
#define GAP 16

/* Floats from one matrix of the weights to the next. */
static int64_t weights_apart(const dlc_conv *conv) {
    return conv->outputs * conv->inputs + GAP;
}

int64_t dlc_winograd_ready_floats(const dlc_conv *conv) {
    return 16 * weights_apart(conv);
}

void dlc_winograd_prepare(const dlc_conv *conv, int64_t output, const float *weights) {
    const int64_t matrix = weights_apart(conv);
    float *out = conv->ready + output;
    for (int64_t i = 0; i < conv->inputs; i++, weights += 9, out += conv->outputs) {
        float column[4][3];
        for (int x = 0; x < 3; x++) {
            const float outer = 0.5F * (weights[x] + weights[x + 6]), inner = 0.5F * weights[x + 3];
            column[0][x] = weights[x];
            column[1][x] = outer + inner;
            column[2][x] = outer - inner;
            column[3][x] = weights[x + 6];
        }
        for (int y = 0; y < 4; y++) {
            const float outer = 0.5F * (column[y][0] + column[y][2]), inner = 0.5F * column[y][1];
            out[(4 * y + 0) * matrix] = column[y][0];
            out[(4 * y + 1) * matrix] = outer + inner;
            out[(4 * y + 2) * matrix] = outer - inner;
            out[(4 * y + 3) * matrix] = column[y][2];
        }
    }
}

/* How a map falls into tiles and chunks, and the scratch into its parts. */
typedef struct dlc_tiling {
    int64_t across, down; /* tiles of one map */
    int64_t rows;         /* rows of tiles in a chunk */
    int64_t patches;      /* floats from one matrix [tiles][inputs] to the next */
    int64_t products;     /* and of [tiles][outputs] */
    int64_t lines;        /* floats that the half-done transforms of one row of tiles take */
} dlc_tiling;

static dlc_tiling tiling_of(const dlc_conv *conv, const dlc_map *to) {
    dlc_tiling tiling = {.across = (to->width + 1) / 2, .down = (to->height + 1) / 2};
    tiling.rows = CHUNK_TILES / tiling.across > 1 ? CHUNK_TILES / tiling.across : 1;
    tiling.patches = tiling.rows * tiling.across * conv->inputs + GAP;
    tiling.products = tiling.rows * tiling.across * conv->outputs + GAP;
    const int64_t in = 4 * (2 * tiling.across + 2) * conv->inputs;
    const int64_t out = (8 + 2) * tiling.across * conv->outputs;
    tiling.lines = in > out ? in : out;
    return tiling;
}

int64_t dlc_winograd_scratch_floats(const dlc_conv *conv, const dlc_map *to) {
    const dlc_tiling tiling = tiling_of(conv, to);
    return 16 * (tiling.patches + tiling.products) + tiling.lines;
}

/* B' d: four rows of pixels into four lines. */
static void patches_down(const float *restrict in, int64_t pitch, int64_t length, float *restrict lines) {
    const float *restrict in1 = in + pitch, *restrict in2 = in1 + pitch, *restrict in3 = in2 + pitch;
    float *restrict line1 = lines + length, *restrict line2 = line1 + length, *restrict line3 = line2 + length;
    for (int64_t i = 0; i < length; i++) {
        lines[i] = in[i] - in2[i];
        line1[i] = in1[i] + in2[i];
        line2[i] = in2[i] - in1[i];
        line3[i] = in1[i] - in3[i];
    }
}

/* (B' d) B: one line into four matrices. */
static void patches_along(const float *restrict line, int64_t tiles, int64_t channels, float *restrict out,
                          int64_t matrix) {
    float *restrict out1 = out + matrix, *restrict out2 = out1 + matrix, *restrict out3 = out2 + matrix;
    for (int64_t tile = 0; tile < tiles; tile++) {
        for (int64_t c = 0; c < channels; c++) {
            const float p0 = line[c], p1 = line[c + channels], p2 = line[c + 2 * channels], p3 = line[c + 3 * channels];
            out[c] = p0 - p2;
            out1[c] = p1 + p2;
            out2[c] = p2 - p1;
            out3[c] = p1 - p3;
        }
        line += 2 * channels;
        out += channels, out1 += channels, out2 += channels, out3 += channels;
    }
}

/* A' m: column `j` of the 16 matrices into a line for each of the two rows of pixels. */
static void products_down(const float *restrict in, int64_t matrix, int64_t row, float *restrict upper,
                          float *restrict lower) {
    const float *restrict in1 = in + 4 * matrix, *restrict in2 = in1 + 4 * matrix, *restrict in3 = in2 + 4 * matrix;
    for (int64_t i = 0; i < row; i++) {
        upper[i] = in[i] + in1[i] + in2[i];
        lower[i] = in1[i] - in2[i] - in3[i];
    }
}

/* (A' m) A: four lines into one row of pixels. */
static void products_along(const float *restrict lines, int64_t tiles, int64_t channels, float *restrict out) {
    const int64_t row = tiles * channels;
    for (int64_t tile = 0; tile < tiles; tile++, lines += channels, out += 2 * channels) {
        for (int64_t c = 0; c < channels; c++) {
            const float p1 = lines[c + row], p2 = lines[c + 2 * row];
            out[c] = lines[c] + p1 + p2;
            out[c + channels] = p1 - p2 - lines[c + 3 * row];
        }
    }
}

static void transform_in(const dlc_map *from, int64_t row, const dlc_tiling *tiling, float *patches, float *lines) {
    const int64_t length = (2 * tiling->across + 2) * from->channels;
    patches_down(dlc_map_at(from, row / tiling->down, 2 * (row % tiling->down) - 1, -1), from->pitch * from->channels,
                 length, lines);
    for (int64_t i = 0; i < 4; i++)
        patches_along(lines + i * length, tiling->across, from->channels, patches + 4 * i * tiling->patches,
                      tiling->patches);
}

static void transform_out(const dlc_conv *conv, const float *products, int64_t row, const dlc_tiling *tiling,
                          const dlc_map *to, int64_t image, int32_t after, float *lines) {
    const int64_t length = tiling->across * conv->outputs;
    for (int64_t j = 0; j < 4; j++)
        products_down(products + j * tiling->products, tiling->products, length, lines + j * length,
                      lines + (4 + j) * length);
    float *pixels = lines + 8 * length;
    for (int64_t half = 0; half < 2; half++) {
        const int64_t y = 2 * (row % tiling->down) + half;
        if (y == to->height)
            break;
        products_along(lines + 4 * half * length, tiling->across, conv->outputs, pixels);
        dlc_conv_finish(conv, pixels, dlc_map_at(to, image + row / tiling->down, y, 0), to->width, after);
    }
}

void dlc_winograd_forward(const dlc_conv *conv, const dlc_map *from, const dlc_map *to, int64_t image, int32_t after,
                          float *scratch) {
    const dlc_tiling tiling = tiling_of(conv, to);
    float *patches = scratch, *products = patches + 16 * tiling.patches, *lines = products + 16 * tiling.products;
    const int64_t rows = from->images * tiling.down;
    for (int64_t first = 0; first < rows; first += tiling.rows) {
        const int64_t last = first + tiling.rows < rows ? first + tiling.rows : rows;
        for (int64_t row = first; row < last; row++)
            transform_in(from, row, &tiling, patches + (row - first) * tiling.across * conv->inputs, lines);
        for (int64_t i = 0; i < 16; i++)
            dlc_conv_multiply((last - first) * tiling.across, conv->outputs, conv->inputs, patches + i * tiling.patches,
                              conv->ready + i * weights_apart(conv), products + i * tiling.products);
        for (int64_t row = first; row < last; row++)
            transform_out(conv, products + (row - first) * tiling.across * conv->outputs, row, &tiling, to, image,
                          after, lines);
    }
}
