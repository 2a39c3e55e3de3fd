/*
 * kernels_template.h - the kernels' bodies, included by kernels.c once for each instruction set with
 *   SET      its name
 *   VECTOR   doubles in a register: 8, 4 or 2
 *   TARGET   the attribute that allows the instruction set
 *   FUSED    FUSED(a, b, c): a * b - c rounded once, on its vectors; or not defined
 * The lanes are the same eight for any VECTOR: a smaller register takes them in several groups.
 */
#define DOUBLES      DLC_JOIN(doubles_, SET)
#define WORDS        DLC_JOIN(words_, SET)
#define UNKNOWN_ONE  DLC_JOIN(unknown_one_, SET)
#define DIFFERENCE   DLC_JOIN(difference_, SET)
#define TILE         DLC_JOIN(tile_, SET)
#define DISTANCES    DLC_JOIN(distances_, SET)
#define LOGITS       DLC_JOIN(logits_, SET)
#define EXPONENTIALS DLC_JOIN(exponentials_, SET)

typedef double DOUBLES __attribute__((vector_size(VECTOR * 8), aligned(8), may_alias));
typedef uint64_t WORDS __attribute__((vector_size(VECTOR * 8), aligned(8), may_alias));

/*
 * A number that the compiler does not know to be 1. A tile does half of its subtractions as z * 1 - mu, to the very
 * same bits: processors that add in one unit and multiply in another, and here add more often, have both busy then.
 */
TARGET static inline DOUBLES UNKNOWN_ONE(void) {
    DOUBLES one = (DOUBLES){0} + 1;
#ifdef FUSED
    __asm__("" : "+x"(one));
#endif
    return one;
}

TARGET static inline DOUBLES DIFFERENCE(DOUBLES z, DOUBLES mu, DOUBLES one, int column) {
#ifdef FUSED
    if (column % 2 == 1)
        return FUSED(z, one, mu);
#endif
    (void)one;
    (void)column;
    return z - mu;
}

/* A tile of rows against a tile of centroids. Registers cannot be indexed, so the loops over the tile are unrolled. */
TARGET static inline void TILE(const double *rows, const double *centroids, int64_t width,
                               double lanes[DLC_TILE_ROWS][DLC_TILE_CLASSES][DLC_LANES]) {
    const DOUBLES one = UNKNOWN_ONE();
    for (int64_t group = 0; group < DLC_LANES; group += VECTOR) {
        DOUBLES sum[DLC_TILE_ROWS][DLC_TILE_CLASSES] = {{{0}}};
        for (int64_t f = group; f < width; f += DLC_LANES) {
            DOUBLES mu[DLC_TILE_CLASSES];
#pragma GCC unroll 8
            for (int j = 0; j < DLC_TILE_CLASSES; j++)
                mu[j] = *(const DOUBLES *)(centroids + j * width + f);
#pragma GCC unroll 8
            for (int i = 0; i < DLC_TILE_ROWS; i++) {
                const DOUBLES z = *(const DOUBLES *)(rows + i * width + f);
#pragma GCC unroll 8
                for (int j = 0; j < DLC_TILE_CLASSES; j++) {
                    const DOUBLES difference = DIFFERENCE(z, mu[j], one, j);
                    sum[i][j] += difference * difference;
                }
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < DLC_TILE_ROWS; i++) {
#pragma GCC unroll 8
            for (int j = 0; j < DLC_TILE_CLASSES; j++)
                *(DOUBLES *)&lanes[i][j][group] = sum[i][j];
        }
    }
}

TARGET static void DISTANCES(const double *rows, int64_t row_count, const double *centroids, int64_t classes,
                             int64_t width, double *out, int64_t stride) {
    double lanes[DLC_TILE_ROWS][DLC_TILE_CLASSES][DLC_LANES];
    for (int64_t c = 0; c < classes; c += DLC_TILE_CLASSES)
        for (int64_t r = 0; r < row_count; r += DLC_TILE_ROWS) {
            TILE(rows + r * width, centroids + c * width, width, lanes);
            for (int i = 0; i < DLC_TILE_ROWS; i++)
                for (int j = 0; j < DLC_TILE_CLASSES; j++)
                    out[(r + i) * stride + c + j] = add_lanes(lanes[i][j]);
        }
}

/* Vectors of this kind have no square root: the middle loop is the compiler's to vectorise. */
TARGET static void LOGITS(double *values, int64_t count) {
    for (int64_t i = 0; i < count; i += VECTOR) {
        DOUBLES *squared = (DOUBLES *)(values + i);
        const WORDS large_enough = (WORDS)(*squared > SMALLEST_SQUARED_DISTANCE);
        const DOUBLES smallest = (DOUBLES){0} + SMALLEST_SQUARED_DISTANCE;
        *squared = (DOUBLES)(((WORDS)*squared & large_enough) | ((WORDS)smallest & ~large_enough));
    }
    for (int64_t i = 0; i < count; i++)
        values[i] = sqrt(values[i]);
    for (int64_t i = 0; i < count; i += VECTOR) {
        DOUBLES *distance = (DOUBLES *)(values + i);
        *distance = 1 / *distance;
    }
}

TARGET static double EXPONENTIALS(double *values, int64_t count, double top) {
    double lanes[DLC_LANES];
    for (int64_t group = 0; group < DLC_LANES; group += VECTOR) {
        DOUBLES sum = {0};
        for (int64_t i = group; i < count; i += DLC_LANES) {
            DOUBLES x = *(const DOUBLES *)(values + i) - top;
            const WORDS large_enough = (WORDS)(x > EXP_SMALLEST);
            x = (DOUBLES)((WORDS)x & large_enough);
            const DOUBLES shifted = x * LOG2_E + ROUNDER;
            const DOUBLES n = shifted - ROUNDER;
            const DOUBLES r = (x - n * LN2_HIGH) - n * LN2_LOW;
            DOUBLES power = (DOUBLES){0} + exp_term[EXP_TERMS - 1];
            for (int term = EXP_TERMS - 2; term >= 0; term--)
                power = power * r + exp_term[term];
            power = (DOUBLES)(((WORDS)power + ((WORDS)shifted << MANTISSA_BITS)) & large_enough);
            *(DOUBLES *)(values + i) = power;
            sum += power;
        }
        *(DOUBLES *)(lanes + group) = sum;
    }
    return add_lanes(lanes);
}

static const dlc_kernels DLC_JOIN(kernels_, SET) = {DISTANCES, LOGITS, EXPONENTIALS};

#undef DOUBLES
#undef WORDS
#undef UNKNOWN_ONE
#undef DIFFERENCE
#undef TILE
#undef DISTANCES
#undef LOGITS
#undef EXPONENTIALS
#undef SET
#undef VECTOR
#undef TARGET
#undef FUSED
