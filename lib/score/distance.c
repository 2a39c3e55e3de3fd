/* distance.c - the distance kernel for each instruction set, and the choice among them (distance.h). */
#include "distance.h"

#include <stddef.h>

/* Eight sums stay in registers, each loaded row serves two classes and each centroid four rows. */
#define TILE_ROWS    DLC_DISTANCE_ROWS
#define TILE_CLASSES DLC_DISTANCE_CLASSES

#define DLC_JOIN_(a, b) a##b
#define DLC_JOIN(a, b)  DLC_JOIN_(a, b)

static double add_lanes(const double lane[DLC_DISTANCE_LANES]) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

#if defined(__x86_64__)
#define KERNEL distance_avx512
#define VECTOR 8
#define TARGET __attribute__((target("avx512f")))
#include "distance_tile.h"

#define KERNEL distance_avx2
#define VECTOR 4
#define TARGET __attribute__((target("avx2")))
#include "distance_tile.h"
#endif

#define KERNEL distance_baseline
#define VECTOR 2
#define TARGET
#include "distance_tile.h"

dlc_distance_kernel dlc_distance_kernel_at(int32_t index) {
    dlc_distance_kernel usable[4] = {NULL};
    int32_t count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        usable[count++] = distance_avx512;
    if (__builtin_cpu_supports("avx2"))
        usable[count++] = distance_avx2;
#endif
    usable[count++] = distance_baseline;
    return index >= 0 && index < count ? usable[index] : NULL;
}
