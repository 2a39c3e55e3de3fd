/*
 * minimal.c - the smallest whole use of libdlc: a two-layer model of your own on BLAS, samples of three classes, 30 %
 * kept. Prints the subset: index, class and score of every sample that is kept.
 *
 *     cc minimal.c $(pkg-config --cflags --libs libdlc openblas) -o minimal && ./minimal
 *
 * A real program has a pre-trained model and a data set where this one makes numbers up.
 */
#include <cblas.h>
#include <dlc/dlc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 300, CLASSES = 3, INPUTS = 8, HIDDEN = 32, DIM = 16 };

typedef struct model {
    float inputs[SAMPLES][INPUTS];
    float w1[HIDDEN][INPUTS];
    float w2[DIM][HIDDEN];
    float hidden[SAMPLES][HIDDEN];
} model;

/* features = relu(x W1^T) W2^T, a row a sample. The weights are masked when this is called: just use them. */
static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    model *m = user;
    (void)level;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, HIDDEN, INPUTS, 1, m->inputs[first], INPUTS,
                m->w1[0], INPUTS, 0, m->hidden[0], HIDDEN);
    for (int64_t r = 0; r < rows; r++)
        for (int h = 0; h < HIDDEN; h++)
            if (m->hidden[r][h] < 0)
                m->hidden[r][h] = 0;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, DIM, HIDDEN, 1, m->hidden[0], HIDDEN, m->w2[0],
                HIDDEN, 0, out, DIM);
    *rows_written = rows;
}

/* The same numbers on every machine, from -0.5 to 0.5. */
static float noise(void) {
    static uint32_t state = 1;
    state = state * 1664525U + 1013904223U;
    return (float)(state >> 8) / 16777216.0F - 0.5F;
}

static void make_up(model *m, int64_t *labels) {
    for (int i = 0; i < SAMPLES; i++) {
        labels[i] = i % CLASSES;
        for (int j = 0; j < INPUTS; j++)
            m->inputs[i][j] = (j % CLASSES == labels[i] ? 1.0F : 0.0F) + noise();
    }
    for (int i = 0; i < HIDDEN * INPUTS; i++)
        m->w1[i / INPUTS][i % INPUTS] = noise();
    for (int i = 0; i < DIM * HIDDEN; i++)
        m->w2[i / HIDDEN][i % HIDDEN] = noise();
}

/* Every call returns a status; the handle it was made on has the message. */
static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

int main(void) {
    static model m;
    static int64_t labels[SAMPLES];
    static float scores[SAMPLES];
    make_up(&m, labels);

    dlc_mask *mask = NULL;
    dlc_score *score = NULL;
    dlc_run *run = NULL;
    dlc_flexrand *flexrand = NULL;
    check(dlc_mask_create(NULL, &mask), "mask");
    check(dlc_score_create(NULL, &score), "score");
    check(dlc_run_create(NULL, &run), "run");
    check(dlc_flexrand_create(NULL, &flexrand), "flexrand");

    /* The weights, masked in place and restored; the samples; what the model returns for one. */
    check(dlc_mask_add_tensor(mask, "w1", DLC_DTYPE_F32, m.w1, HIDDEN * INPUTS, 1), dlc_mask_message(mask));
    check(dlc_mask_add_tensor(mask, "w2", DLC_DTYPE_F32, m.w2, DIM * HIDDEN, 1), dlc_mask_message(mask));
    check(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), dlc_score_message(score));
    check(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), dlc_score_message(score));

    /* One forward pass over the data set for each of the 50 levels of the published schedule. */
    check(dlc_run_set_mask(run, mask), dlc_run_message(run));
    check(dlc_run_set_score(run, score), dlc_run_message(run));
    check(dlc_run_set_forward(run, forward, &m), dlc_run_message(run));
    check(dlc_run_execute(run), dlc_run_message(run));
    check(dlc_score_get_scores(score, scores), dlc_score_message(score));

    /* The subset. With other gammas and keeps it costs no forward pass. */
    check(dlc_flexrand_set_samples(flexrand, SAMPLES, labels, scores, NULL), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_select_keep(flexrand, 0.3), dlc_flexrand_message(flexrand));
    const int64_t kept = dlc_flexrand_selected_count(flexrand);
    int64_t *indices = malloc((size_t)kept * sizeof *indices);
    if (!indices)
        return EXIT_FAILURE;
    check(dlc_flexrand_get_selection(flexrand, DLC_ORDER_INDEX, indices, NULL), dlc_flexrand_message(flexrand));
    for (int64_t i = 0; i < kept; i++)
        printf("%" PRId64 "\t%" PRId64 "\t%.6f\n", indices[i], labels[indices[i]], (double)scores[indices[i]]);

    free(indices);
    dlc_flexrand_free(flexrand);
    dlc_run_free(run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    return EXIT_SUCCESS;
}
