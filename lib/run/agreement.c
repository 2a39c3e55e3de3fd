/* agreement.c - rank correlation within classes (agreement.h), by one sort of (class, score) a ranking. Called by
 * run.c. */
#include "run/agreement.h"

#include <math.h>

/* Sums over the samples of a class, or of all. */
typedef struct dlc_moments {
    double xx, xy, yy;
} dlc_moments;

int64_t dlc_agreement_bytes(int64_t samples) {
    return samples * (int64_t)(2 * sizeof(dlc_radix_item) + sizeof(double));
}

int dlc_agreement_start(dlc_agreement *agreement, const dlc_allocator *allocator, int64_t samples,
                        const int32_t *labels) {
    *agreement = (dlc_agreement){.labels = labels, .samples = samples};
    /* All ranks tied: nothing agrees with that. */
    agreement->deviations = dlc_allocate_zeroed(allocator, samples, sizeof *agreement->deviations);
    if (agreement->deviations && dlc_radix_room_get(&agreement->room, allocator, samples))
        return 1;
    dlc_release(allocator, agreement->deviations);
    *agreement = (dlc_agreement){0};
    return 0;
}

void dlc_agreement_stop(dlc_agreement *agreement, const dlc_allocator *allocator) {
    dlc_radix_room_release(&agreement->room, allocator);
    dlc_release(allocator, agreement->deviations);
    *agreement = (dlc_agreement){0};
}

/* Sorts by (class, score). An index has 64 bits: the lower half is the item's value, the upper its tag. */
static void sort_samples(dlc_agreement *agreement, const float *scores) {
    for (int64_t i = 0; i < agreement->samples; i++) {
        const uint64_t label = agreement->labels ? (uint64_t)agreement->labels[i] : 0;
        agreement->room.items[i] = (dlc_radix_item){
            .key = label << 32 | dlc_radix_float_key(scores[i]),
            .value = (uint32_t)i,
            .tag = (int32_t)(i >> 32),
        };
    }
    dlc_radix_sort(agreement->room.items, agreement->room.scratch, agreement->samples, agreement->samples);
}

static int64_t index_of(const dlc_radix_item *item) {
    return (int64_t)item->tag << 32 | item->value;
}

/*
 * Ranks one class, `items` sorted by score, and puts its deviations in the place of those before. The sums are of
 * integers, hence exact up to classes of some 300,000 samples.
 */
static dlc_moments rank_class(dlc_agreement *agreement, const dlc_radix_item *items, int64_t count) {
    dlc_moments sums = {0, 0, 0};
    for (int64_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && items[end].key == items[first].key; end++)
            ;
        /* The ranks first + 1 to end have the mean (first + 1 + end) / 2. */
        const double x = (double)(first + end - count);
        for (int64_t i = first; i < end; i++) {
            double *deviation = &agreement->deviations[index_of(&items[i])];
            const double y = *deviation;
            *deviation = x;
            sums.xx += x * x;
            sums.xy += x * y;
            sums.yy += y * y;
        }
    }
    return sums;
}

double dlc_agreement_next(dlc_agreement *agreement, const float *scores) {
    sort_samples(agreement, scores);
    const dlc_radix_item *items = agreement->room.items;
    dlc_moments sums = {0, 0, 0};
    for (int64_t first = 0, end; first < agreement->samples; first = end) {
        const uint64_t label = items[first].key >> 32;
        for (end = first + 1; end < agreement->samples && items[end].key >> 32 == label; end++)
            ;
        const double n = (double)(end - first);
        const dlc_moments own = rank_class(agreement, items + first, end - first);
        sums.xx += own.xx / (n * n);
        sums.xy += own.xy / (n * n);
        sums.yy += own.yy / (n * n);
    }
    if (!(sums.xx > 0 && sums.yy > 0))
        return NAN;
    const double agreed = sums.xy / sqrt(sums.xx * sums.yy);
    return agreed > 1 ? 1 : agreed < -1 ? -1 : agreed;
}
