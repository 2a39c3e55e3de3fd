/* resample.c - weights of the filters, and the kernels in plain C (resample.h). */
#include "resample.h"

#include "dlc/image.h"

#include <math.h>
#include <stddef.h>

/* ---- Weights ---- */

/* The filters, by distance in pixels of the smaller of the two images. */
static double bilinear(double x) {
    const double distance = fabs(x);
    return distance < 1.0 ? 1.0 - distance : 0.0;
}

/* Keys' cubic convolution with a = -1/2; the operations are in Pillow's order, since the weights' last bit matters. */
static double bicubic(double x) {
    const double a = -0.5, distance = fabs(x);
    if (distance < 1.0)
        return ((a + 2.0) * distance - (a + 3.0)) * distance * distance + 1.0;
    if (distance < 2.0)
        return (((distance - 5.0) * distance + 8.0) * distance - 4.0) * a;
    return 0.0;
}

/* A weight as a share of all, rounded half away from zero. */
static int32_t fixed_point(double weight, double total) {
    const double share = total != 0.0 ? weight / total : weight;
    return (int32_t)(share * (1 << DLC_RESAMPLE_BITS) + (share < 0.0 ? -0.5 : 0.5));
}

typedef struct dlc_axis {
    double (*filter)(double x);
    double support; /* inputs to each side of the centre that the filter reaches */
    double scale;   /* inputs an output */
    double stretch; /* of the filter: the scale, where the image becomes smaller */
    int64_t input;
} dlc_axis;

static double centre_of(const dlc_axis *axis, int64_t output) {
    return ((double)output + 0.5) * axis->scale;
}

/* Which inputs the filter reaches. */
static void find_inputs(dlc_taps *taps, int64_t index, const dlc_axis *axis, double centre) {
    const double start = centre - axis->support + 0.5, end = centre + axis->support + 0.5;
    const int64_t first = start > 0.0 ? (int64_t)start : 0;
    const int64_t stop = end < (double)axis->input ? (int64_t)end : axis->input;
    taps->starts[index] = first;
    taps->lengths[index] = stop - first;
    if (taps->width < stop - first)
        taps->width = stop - first;
}

/* values: room for as many doubles as there are inputs. */
static void weigh_inputs(dlc_taps *taps, int64_t index, const dlc_axis *axis, double centre, double *values) {
    const int64_t first = taps->starts[index], length = taps->lengths[index];
    const double shrink = 1.0 / axis->stretch;
    double total = 0.0;
    for (int64_t i = 0; i < length; i++) {
        values[i] = axis->filter(((double)(first + i) - centre + 0.5) * shrink);
        total += values[i];
    }
    for (int64_t i = 0; i < length; i++)
        taps->weights[index * taps->width + i] = fixed_point(values[i], total);
}

dlc_status dlc_taps_make(dlc_taps *taps, const dlc_allocator *allocator, int32_t interpolation, int64_t input,
                         int64_t output, int64_t first, int64_t count, dlc_error *error) {
    const int is_cubic = interpolation == DLC_INTERPOLATION_BICUBIC;
    const double scale = (double)input / (double)output, stretch = scale < 1.0 ? 1.0 : scale;
    const dlc_axis axis = {is_cubic ? bicubic : bilinear, (is_cubic ? 2.0 : 1.0) * stretch, scale, stretch, input};
    *taps = (dlc_taps){.count = count};
    taps->starts = dlc_allocate(allocator, count, sizeof *taps->starts);
    taps->lengths = dlc_allocate(allocator, count, sizeof *taps->lengths);
    if (!taps->starts || !taps->lengths)
        return dlc_fail_memory(error, "resizing an image");
    for (int64_t i = 0; i < count; i++)
        find_inputs(taps, i, &axis, centre_of(&axis, first + i));
    taps->width = (taps->width + 3) / 4 * 4;
    taps->weights = dlc_allocate_zeroed(allocator, count * taps->width, sizeof *taps->weights);
    double *values = dlc_allocate(allocator, taps->width, sizeof *values);
    const int ready = taps->weights && values;
    for (int64_t i = 0; ready && i < count; i++)
        weigh_inputs(taps, i, &axis, centre_of(&axis, first + i), values);
    dlc_release(allocator, values);
    return ready ? DLC_OK : dlc_fail_memory(error, "resizing an image");
}

void dlc_taps_free(dlc_taps *taps, const dlc_allocator *allocator) {
    dlc_release(allocator, taps->starts);
    dlc_release(allocator, taps->lengths);
    dlc_release(allocator, taps->weights);
    *taps = (dlc_taps){0};
}

/* ---- Kernels ---- */

static int64_t layout_size(const dlc_taps *taps, int32_t channels) {
    (void)taps;
    (void)channels;
    return 0;
}

static void lay_out(const dlc_taps *taps, int32_t channels, void *layout) {
    (void)taps;
    (void)channels;
    (void)layout;
}

static void across(const dlc_taps *taps, const void *layout, int32_t channels, const uint8_t *row, uint8_t *out) {
    (void)layout;
    const int32_t *weights = taps->weights;
    for (int64_t x = 0; x < taps->count; x++, weights += taps->width)
        for (int32_t channel = 0; channel < channels; channel++) {
            const uint8_t *from = row + taps->starts[x] * channels + channel;
            int32_t sum = DLC_RESAMPLE_HALF;
            for (int64_t i = 0; i < taps->lengths[x]; i++)
                sum += from[i * channels] * weights[i];
            *out++ = dlc_resample_clip(sum);
        }
}

static void down(const uint8_t *const *rows, const int32_t *weights, int64_t count, int64_t bytes, uint8_t *out) {
    for (int64_t x = 0; x < bytes; x++) {
        int32_t sum = DLC_RESAMPLE_HALF;
        for (int64_t i = 0; i < count; i++)
            sum += rows[i][x] * weights[i];
        out[x] = dlc_resample_clip(sum);
    }
}

static const dlc_resample_kernel baseline = {layout_size, lay_out, across, down};

const dlc_resample_kernel *dlc_resample_kernel_at(int32_t index) {
    const dlc_resample_kernel *usable[4] = {NULL};
    int32_t count = 0;
    if (dlc_resample_avx512())
        usable[count++] = dlc_resample_avx512();
    if (dlc_resample_avx2())
        usable[count++] = dlc_resample_avx2();
    usable[count++] = &baseline;
    return index >= 0 && index < count ? usable[index] : NULL;
}
