/*
 * progress_cancel.c - a long run with a progress line on the terminal that ends early where somebody wants it to:
 * Ctrl-C, or a thread that watches the clock. Shows that the weights are intact whatever happened.
 *
 *     cc progress_cancel.c $(pkg-config --cflags --libs libdlc openblas) -pthread -o progress_cancel
 *     ./progress_cancel          to the end, or Ctrl-C
 *     ./progress_cancel 0.2      for 0.2 seconds at most
 */
#define _POSIX_C_SOURCE 200809L
#include <cblas.h>
#include <dlc/dlc.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 8192, CLASSES = 10, INPUTS = 128, DIM = 256, BATCH = 512 };

typedef struct model {
    float inputs[SAMPLES][INPUTS];
    float w[DIM][INPUTS];
} model;

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    const model *m = user;
    (void)level;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, DIM, INPUTS, 1, m->inputs[first], INPUTS, m->w[0],
                INPUTS, 0, out, DIM);
    *rows_written = rows;
}

/* ---- Progress: called after every batch, from the thread that runs ---- */

static void progress(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples, int32_t *go_on) {
    (void)user;
    if (isatty(STDERR_FILENO)) /* no line that rewrites itself in a log file */
        fprintf(stderr, "\rlevel %d of %d, %3.0f %%", (int)pass + 1, (int)passes,
                100 * ((double)pass + (double)samples_done / (double)samples) / (double)passes);
    *go_on = 1; /* anything else stops the run: a third way to cancel */
}

/* ---- Cancel: dlc_run_cancel() may be called from any thread and from a signal handler ---- */

static dlc_run *volatile interrupted; /* for the handler; set before the handler, kept until after it */

static void interrupt(int signal) {
    (void)signal;
    dlc_run_cancel(interrupted);
}

typedef struct watch {
    dlc_run *run;
    double seconds;
    int finished;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} watch;

static void *watch_clock(void *user) {
    watch *w = user;
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    const int64_t nanoseconds = end.tv_nsec + (int64_t)(w->seconds * 1e9);
    end.tv_sec += (time_t)(nanoseconds / 1000000000);
    end.tv_nsec = (long)(nanoseconds % 1000000000);
    pthread_mutex_lock(&w->lock);
    int error = 0;
    while (!w->finished && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&w->changed, &w->lock, &end);
    if (!w->finished)
        dlc_run_cancel(w->run);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- The program ---- */

static float noise(void) {
    static uint32_t state = 1;
    state = state * 1664525U + 1013904223U;
    return (float)(state >> 8) / 16777216.0F - 0.5F;
}

static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
    static model m;
    static int64_t labels[SAMPLES];
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        m.inputs[i / INPUTS][i % INPUTS] = noise();
    for (int i = 0; i < DIM * INPUTS; i++)
        m.w[i / INPUTS][i % INPUTS] = noise();
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i % CLASSES;
    static float before[DIM][INPUTS];
    memcpy(before, m.w, sizeof before);

    dlc_mask *mask = NULL;
    dlc_score *score = NULL;
    dlc_run *run = NULL;
    check(dlc_mask_create(NULL, &mask), "mask");
    check(dlc_score_create(NULL, &score), "score");
    check(dlc_run_create(NULL, &run), "run");
    check(dlc_mask_add_tensor(mask, "w", DLC_DTYPE_F32, m.w, DIM * INPUTS, 1), dlc_mask_message(mask));
    check(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), dlc_score_message(score));
    check(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), dlc_score_message(score));
    check(dlc_run_set_mask(run, mask), dlc_run_message(run));
    check(dlc_run_set_score(run, score), dlc_run_message(run));
    check(dlc_run_set_forward(run, forward, &m), dlc_run_message(run));
    check(dlc_run_set_progress(run, progress, NULL), dlc_run_message(run));
    check(dlc_run_set_batch(run, BATCH), dlc_run_message(run)); /* a cancel waits for one batch at most */

    interrupted = run;
    const struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    watch w = {run, argc > 1 ? strtod(argv[1], NULL) : 1e6, 0, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    if (pthread_create(&thread, NULL, watch_clock, &w))
        return EXIT_FAILURE;

    const dlc_status status = dlc_run_execute(run);

    /* Nobody may cancel a run that is freed: the thread is joined and the signal given back first. */
    pthread_mutex_lock(&w.lock);
    w.finished = 1;
    pthread_cond_signal(&w.changed);
    pthread_mutex_unlock(&w.lock);
    pthread_join(thread, NULL);
    signal(SIGINT, SIG_DFL);

    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
    if (status != DLC_ERROR_CANCELLED)
        check(status, dlc_run_message(run));
    printf("%s\n", status == DLC_OK ? "finished" : dlc_run_message(run));
    printf("weights %s\n", memcmp(before, m.w, sizeof before) == 0 ? "intact" : "changed");
    dlc_run_free(run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    return status == DLC_OK ? EXIT_SUCCESS : 130;
}
