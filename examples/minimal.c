/*
 * minimal.c - the smallest whole use of libdlc: a two-layer model of its own, made-up samples of three classes, 30 % kept.
 *
 *     cc minimal.c $(pkg-config --cflags --libs libdlc) -lm -o minimal && ./minimal
 *
 * A real program has a pre-trained model and a data set where this one makes numbers up.
 */
#include <dlc/dlc.h>

#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 300, CLASSES = 3, INPUTS = 8, HIDDEN = 32, DIM = 16 };

typedef struct model {
    float inputs[SAMPLES][INPUTS];
    float w1[HIDDEN][INPUTS];
    float w2[DIM][HIDDEN];
} model;

/* features = relu(x W1^T) W2^T. The weights are masked when this is called: just use them. */
static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    const model *m = user;
    (void)level;
    for (int64_t r = 0; r < rows; r++) {
        float hidden[HIDDEN];
        for (int h = 0; h < HIDDEN; h++) {
            float sum = 0;
            for (int i = 0; i < INPUTS; i++)
                sum += m->inputs[first + r][i] * m->w1[h][i];
            hidden[h] = sum > 0 ? sum : 0;
        }
        for (int d = 0; d < DIM; d++) {
            out[r * DIM + d] = 0;
            for (int h = 0; h < HIDDEN; h++)
                out[r * DIM + d] += hidden[h] * m->w2[d][h];
        }
    }
    *rows_written = rows;
}

static float noise(void) {
    return (float)rand() / (float)RAND_MAX - 0.5F;
}

static void make_up(model *m, int64_t *labels) {
    for (int i = 0; i < SAMPLES; i++) {
        labels[i] = i % CLASSES;
        for (int j = 0; j < INPUTS; j++)
            m->inputs[i][j] = (j % CLASSES == labels[i] ? 1.0F : 0.0F) + noise();
    }
    for (int i = 0; i < HIDDEN * INPUTS; i++)
        (&m->w1[0][0])[i] = noise();
    for (int i = 0; i < DIM * HIDDEN; i++)
        (&m->w2[0][0])[i] = noise();
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

    check(dlc_mask_add_tensor(mask, "w1", DLC_DTYPE_F32, m.w1, HIDDEN * INPUTS, 1), dlc_mask_message(mask));
    check(dlc_mask_add_tensor(mask, "w2", DLC_DTYPE_F32, m.w2, DIM * HIDDEN, 1), dlc_mask_message(mask));
    check(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), dlc_score_message(score));
    check(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), dlc_score_message(score));

    check(dlc_run_set_mask(run, mask), dlc_run_message(run));
    check(dlc_run_set_score(run, score), dlc_run_message(run));
    check(dlc_run_set_forward(run, forward, &m), dlc_run_message(run));
    check(dlc_run_execute(run), dlc_run_message(run));
    check(dlc_score_get_scores(score, scores), dlc_score_message(score));

    check(dlc_flexrand_set_samples(flexrand, SAMPLES, labels, scores, NULL), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_select_keep(flexrand, 0.3), dlc_flexrand_message(flexrand));
    const int64_t kept = dlc_flexrand_selected_count(flexrand);
    int64_t *indices = malloc((size_t)kept * sizeof *indices);
    if (!indices)
        return EXIT_FAILURE;
    check(dlc_flexrand_get_selection(flexrand, DLC_ORDER_INDEX, indices, NULL), dlc_flexrand_message(flexrand));
    printf("%lld of %d samples kept; the first: %lld, class %lld, score %.4f\n", (long long)kept, SAMPLES,
           (long long)indices[0], (long long)labels[indices[0]], (double)scores[indices[0]]);

    free(indices);
    dlc_flexrand_free(flexrand);
    dlc_run_free(run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    return EXIT_SUCCESS;
}
