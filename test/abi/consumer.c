/*
 * consumer.c - a program of release 1.0, kept as it was: compiled against the headers of that release, linked with a
 * library of its symbols and version nodes (consumer.sh makes both from the baseline), and run with today's library. It
 * does the whole job on test/golden/a and compares with what PyTorch and NumPy came to. Never call anything newer here.
 */
#include <dlc/dlc.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Every function that release 1.0 had, so that the dynamic linker looks for each; consumer.sh lists them. */
typedef void (*function)(void);
#define FUNCTION(name) (function) name,
static function volatile functions[] = {
#include "functions.h"
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

enum { INPUTS = 24, HIDDEN = 48, DIM = 16 };

static void check(dlc_status status, const char *what) {
    if (status == DLC_OK)
        return;
    printf("%s: %s\n", dlc_status_name(status), what);
    exit(EXIT_FAILURE);
}

static void expect(int holds, const char *what) {
    if (holds)
        return;
    printf("not so: %s\n", what);
    exit(EXIT_FAILURE);
}

/* A whole .npy file; count receives the number of elements. */
static void *array(const char *path, int32_t dtype, int64_t *count) {
    dlc_npy *npy = NULL;
    check(dlc_npy_create(NULL, &npy), path);
    check(dlc_npy_open(npy, path), dlc_npy_message(npy));
    expect(dlc_npy_dtype(npy) == dtype, path);
    *count = dlc_npy_count(npy);
    void *data = malloc((size_t)(*count * dlc_dtype_size(dtype)));
    expect(data != NULL, "memory");
    check(dlc_npy_read(npy, 0, *count, data), dlc_npy_message(npy));
    dlc_npy_free(npy);
    return data;
}

static float *floats(const char *path, int64_t *count) {
    return array(path, DLC_DTYPE_F32, count);
}

/* |a - b| <= 1e-4 everywhere. */
static int close_to(const float *a, const float *b, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-4F))
            return 0;
    return 1;
}

typedef struct model {
    float *x, *w1, *w2;
    int64_t reports;
} model;

/* features = relu(x W1^T) W2^T */
static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    const model *m = user;
    (void)level;
    for (int64_t r = 0; r < rows; r++) {
        float hidden[HIDDEN];
        for (int h = 0; h < HIDDEN; h++) {
            hidden[h] = 0;
            for (int i = 0; i < INPUTS; i++)
                hidden[h] += m->x[(first + r) * INPUTS + i] * m->w1[h * INPUTS + i];
            hidden[h] = hidden[h] > 0 ? hidden[h] : 0;
        }
        for (int d = 0; d < DIM; d++) {
            out[r * DIM + d] = 0;
            for (int h = 0; h < HIDDEN; h++)
                out[r * DIM + d] += hidden[h] * m->w2[d * HIDDEN + h];
        }
    }
    *rows_written = rows;
}

static void progress(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples, int32_t *go_on) {
    model *m = user;
    m->reports++;
    *go_on = pass < passes && samples_done <= samples;
}

static int64_t blocks;

static void allocate(void *user, int64_t size, void **result) {
    (void)user;
    *result = malloc((size_t)size);
    blocks += *result != NULL;
}

static void release(void *user, void *block) {
    (void)user;
    blocks--;
    free(block);
}

/* Scores and the published selection. */
static void score_and_select(void) {
    int64_t samples = 0, count = 0;
    model m = {.x = floats("test/golden/a/x.npy", &count),
               .w1 = floats("test/golden/a/w1.npy", &count),
               .w2 = floats("test/golden/a/w2.npy", &count)};
    int64_t *labels = array("test/golden/a/labels.npy", DLC_DTYPE_I64, &samples);
    float *expected = floats("test/golden/a/score.npy", &count), *scores = malloc((size_t)samples * sizeof *scores);
    expect(count == samples && scores != NULL, "score.npy");

    dlc_allocator *allocator = NULL;
    dlc_mask *mask = NULL;
    dlc_score *score = NULL;
    dlc_run *run = NULL;
    dlc_flexrand *flexrand = NULL;
    check(dlc_allocator_create(allocate, release, NULL, &allocator), "allocator");
    check(dlc_mask_create(allocator, &mask), "mask");
    check(dlc_score_create(allocator, &score), "score");
    check(dlc_run_create(allocator, &run), "run");
    check(dlc_flexrand_create(allocator, &flexrand), "flexrand");
    dlc_allocator_free(allocator);
    check(dlc_mask_add_tensor(mask, "w1", DLC_DTYPE_F32, m.w1, HIDDEN * INPUTS, 1), dlc_mask_message(mask));
    check(dlc_mask_add_tensor(mask, "w2", DLC_DTYPE_F32, m.w2, DIM * HIDDEN, 1), dlc_mask_message(mask));
    check(dlc_score_set_samples(score, samples, labels, 7), dlc_score_message(score));
    check(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), dlc_score_message(score));
    check(dlc_run_set_mask(run, mask), dlc_run_message(run));
    check(dlc_run_set_score(run, score), dlc_run_message(run));
    check(dlc_run_set_forward(run, forward, &m), dlc_run_message(run));
    check(dlc_run_set_progress(run, progress, &m), dlc_run_message(run));
    check(dlc_run_execute(run), dlc_run_message(run));
    check(dlc_score_get_scores(score, scores), dlc_score_message(score));
    expect(m.reports >= 50, "progress is reported");
    expect(close_to(scores, expected, samples), "the scores are PyTorch's");

    double gamma = 0, keep = 0;
    long long seed = 0, index = 0;
    FILE *subsets = fopen("test/golden/a/subsets.txt", "r");
    expect(subsets != NULL && fscanf(subsets, "%lf %lf %lld", &gamma, &keep, &seed) == 3, "subsets.txt");
    check(dlc_flexrand_set_samples(flexrand, samples, labels, expected, NULL), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_set_gamma(flexrand, gamma), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_set_budget(flexrand, DLC_BUDGET_PAPER), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_set_rng(flexrand, DLC_RNG_NUMPY), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_set_seed(flexrand, (uint64_t)seed), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_select_keep(flexrand, keep), dlc_flexrand_message(flexrand));
    int64_t picks[1024];
    const int64_t selected = dlc_flexrand_selected_count(flexrand);
    expect(selected > 0 && selected <= 1024, "the size of the subset");
    check(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, picks, NULL), dlc_flexrand_message(flexrand));
    for (int64_t i = 0; i < selected; i++)
        expect(fscanf(subsets, "%lld", &index) == 1 && picks[i] == index, "the subset is NumPy's");
    fclose(subsets);

    dlc_flexrand_free(flexrand);
    dlc_run_free(run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    expect(blocks == 0, "every block is given back");
    free(m.x);
    free(m.w1);
    free(m.w2);
    free(labels);
    free(expected);
    free(scores);
}

/* Features of the embedded encoder; nothing to do where the build has none. */
static void encode(void) {
    dlc_encoder *encoder = NULL;
    const dlc_status status = dlc_encoder_create(NULL, &encoder);
    if (status == DLC_ERROR_UNSUPPORTED)
        return;
    check(status, "encoder");
    dlc_safetensors *weights = NULL;
    check(dlc_safetensors_create(NULL, &weights), "weights");
    check(dlc_safetensors_open(weights, "test/golden/encoder/grey.safetensors"), dlc_safetensors_message(weights));
    check(dlc_encoder_load(encoder, weights), dlc_encoder_message(encoder));
    int64_t count = 0, pixels = 0;
    float *expected = floats("test/golden/encoder/grey_features.npy", &count);
    float *images = floats("test/golden/encoder/grey_images.npy", &pixels);
    float *features = malloc((size_t)count * sizeof *features);
    const int64_t rows = count / dlc_encoder_dim(encoder);
    const int64_t side = (int64_t)sqrt((double)(pixels / rows / dlc_encoder_channels(encoder)));
    expect(features != NULL, "memory");
    check(dlc_encoder_forward(encoder, images, 0, rows, side, side, features), dlc_encoder_message(encoder));
    expect(close_to(features, expected, count), "the features are PyTorch's");
    dlc_encoder_free(encoder);
    dlc_safetensors_free(weights);
    free(images);
    free(expected);
    free(features);
}

/* Pixels of class folders; nothing to do where the build reads no images. */
static void read_images(void) {
    dlc_images *images = NULL;
    const dlc_status status = dlc_images_create(NULL, &images);
    if (status == DLC_ERROR_UNSUPPORTED)
        return;
    check(status, "images");
    check(dlc_images_set_size(images, 8), dlc_images_message(images));
    check(dlc_images_set_crop(images, 8), dlc_images_message(images));
    check(dlc_images_open(images, "test/golden/files/png"), dlc_images_message(images));
    float batch[2 * 3 * 8 * 8];
    check(dlc_images_read(images, 0, 2, batch), dlc_images_message(images));
    expect(dlc_images_class_count(images) == 5 && batch[0] >= 0 && batch[0] <= 1, "the images are read");
    dlc_images_free(images);
}

int main(void) {
    expect(dlc_version_number() >= DLC_VERSION_NUMBER, "the library is not older than its headers");
    expect(dlc_version_number() / 10000 == DLC_VERSION_MAJOR, "the library is of the major version");
    for (int i = 0; i < FUNCTIONS; i++)
        expect(functions[i] != NULL, "every function is bound");
    score_and_select();
    encode();
    read_images();
    printf("%d functions bound, library %s\n", FUNCTIONS, dlc_version_string());
    return EXIT_SUCCESS;
}
