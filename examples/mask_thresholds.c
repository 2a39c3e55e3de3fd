/*
 * mask_thresholds.c - the mask module alone, for weights that live where libdlc cannot reach them: on a GPU, say. A
 * copy on the host is planned once; what every level needs over there is one threshold, and for ties one number a
 * tensor. Prints level, kept weights, capacity, threshold, and the ties of each tensor.
 *
 *     cc mask_thresholds.c $(pkg-config --cflags --libs libdlc) -o mask_thresholds && ./mask_thresholds
 */
#include <dlc/dlc.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TENSORS = 2, LEVELS = 10 };
static const int64_t counts[TENSORS] = {6000, 4000};

/*
 * What a kernel on the device does: a weight goes if its magnitude is below the threshold, or equal to it and one of
 * the first `ties` such of its tensor. In PyTorch:
 *
 *     equal = w.abs() == threshold
 *     masked = torch.where((w.abs() < threshold) | (equal & (equal.flatten().cumsum(0).view_as(w) <= ties)), 0, w)
 */
static void mask_on_device(const float *w, int64_t count, double threshold, int64_t ties, float *masked) {
    int64_t equal = 0;
    for (int64_t i = 0; i < count; i++) {
        const double magnitude = fabs((double)w[i]);
        equal += magnitude == threshold;
        masked[i] = magnitude < threshold || (magnitude == threshold && equal <= ties) ? 0 : w[i];
    }
}

/* Weights as a quantised model has them: steps of 1/256, so that many are equal. */
static float quantised_noise(void) {
    static uint32_t state = 1;
    state = state * 1664525U + 1013904223U;
    return (float)(state >> 24) / 256.0F - 0.5F;
}

static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

int main(void) {
    static float host[TENSORS][6000]; /* the copy on the host; it may go once there are thresholds and ties */
    static float device[6000], expected[6000];
    dlc_mask *mask = NULL;
    check(dlc_mask_create(NULL, &mask), "mask");
    for (int t = 0; t < TENSORS; t++) {
        char name[32];
        snprintf(name, sizeof name, "layer%d", t);
        for (int64_t i = 0; i < counts[t]; i++)
            host[t][i] = quantised_noise();
        check(dlc_mask_add_tensor(mask, name, DLC_DTYPE_F32, host[t], counts[t], 1), dlc_mask_message(mask));
    }
    check(dlc_mask_set_geometric(mask, 0.1, LEVELS), dlc_mask_message(mask));
    check(dlc_mask_plan(mask), dlc_mask_message(mask));

    for (int64_t level = 0; level < LEVELS; level++) {
        int64_t kept = 0, ties[TENSORS];
        double capacity = 0, threshold = 0;
        check(dlc_mask_get_level(mask, level, &kept, &capacity, &threshold), dlc_mask_message(mask));
        printf("%" PRId64 "\t%" PRId64 "\t%.4f\t%.17g", level, kept, capacity, threshold);
        for (int t = 0; t < TENSORS; t++) {
            check(dlc_mask_get_ties(mask, level, t, &ties[t]), dlc_mask_message(mask));
            printf("\t%" PRId64, ties[t]);

            /* The same weights as the library would leave them, to the bit. */
            mask_on_device(host[t], counts[t], threshold, ties[t], device);
            check(dlc_mask_copy(mask, level, t, expected), dlc_mask_message(mask));
            if (memcmp(device, expected, (size_t)counts[t] * sizeof *device) != 0) {
                fprintf(stderr, "level %" PRId64 ", layer%d: not as the library masks it\n", level, t);
                return EXIT_FAILURE;
            }
        }
        putchar('\n');
    }
    dlc_mask_free(mask);
    return EXIT_SUCCESS;
}
