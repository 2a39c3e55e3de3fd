/*
 * gpu_loop_tests.c - links the loop that docs/embedding.md shows for weights on a GPU, with a device that is a copy in
 * memory: the scores are those of a run that masks in place, bit for bit, though half of the weights are ties. Built by
 * guides.sh.
 */
#include <dlc/dlc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 90, CLASSES = 3, INPUTS = 6, DIM = 10 };
static float inputs[SAMPLES][INPUTS], weights[DIM][INPUTS], device[DIM][INPUTS], features[32 * DIM];
static float expected[SAMPLES], scores[SAMPLES];
static int64_t labels[SAMPLES];

void device_mask(int64_t tensor, double threshold, int64_t ties);
void device_forward(int64_t first, int64_t rows, float *out);
dlc_status score_on_device(dlc_mask *mask, dlc_score *score, int64_t batch, float *room);

void device_mask(int64_t tensor, double threshold, int64_t ties) {
    (void)tensor; /* there is one */
    for (int64_t i = 0, equal = 0; i < DIM * INPUTS; i++) {
        const float w = weights[i / INPUTS][i % INPUTS];
        equal += fabsf(w) == (float)threshold;
        device[i / INPUTS][i % INPUTS] =
            fabsf(w) < (float)threshold || (fabsf(w) == (float)threshold && equal <= ties) ? 0 : w;
    }
}

static void multiply(float w[DIM][INPUTS], int64_t first, int64_t rows, float *out) {
    for (int64_t i = 0; i < rows * DIM; i++) {
        out[i] = 0;
        for (int j = 0; j < INPUTS; j++)
            out[i] += inputs[first + i / DIM][j] * w[i % DIM][j];
    }
}

void device_forward(int64_t first, int64_t rows, float *out) {
    multiply(device, first, rows, out);
}

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    (void)user;
    (void)level;
    multiply(weights, first, rows, out);
    *rows_written = rows;
}

int main(void) {
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        inputs[i / INPUTS][i % INPUTS] = (float)sin(i * i);
    for (int i = 0; i < DIM * INPUTS; i++)
        device[i / INPUTS][i % INPUTS] = weights[i / INPUTS][i % INPUTS] =
            (float)(i * 7 % 16 - 8) / 8; /* many are equal */
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i % CLASSES;
    dlc_mask *mask = NULL;
    dlc_score *score = NULL;
    dlc_run *run = NULL;
    if (dlc_mask_create(NULL, &mask) || dlc_score_create(NULL, &score) || dlc_run_create(NULL, &run) ||
        dlc_mask_add_tensor(mask, "weights", DLC_DTYPE_F32, weights, DIM * INPUTS, 1) ||
        dlc_score_set_samples(score, SAMPLES, labels, CLASSES) || dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM) ||
        dlc_run_set_mask(run, mask) || dlc_run_set_score(run, score) || dlc_run_set_forward(run, forward, NULL) ||
        dlc_run_execute(run) || dlc_score_get_scores(score, expected))
        return 1;
    if (dlc_score_reset(score) || score_on_device(mask, score, 32, features) || dlc_score_get_scores(score, scores))
        return 1;
    puts(memcmp(scores, expected, sizeof scores) == 0 ? "the same scores" : "other scores");
    dlc_run_free(run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    return 0;
}
