/*
 * mpi_score.c - one data set on many machines, over MPI: every rank scores a part of it, rank 0 selects. Scores and
 * subset are bit for bit those of a single process, whatever the number of ranks.
 *
 *     mpicc mpi_score.c $(pkg-config --cflags --libs libdlc) -o mpi_score
 *     mpirun -n 4 ./mpi_score FOLDER OUT               x.npy, labels.npy, w1.npy and w2.npy in FOLDER
 *     mpirun -n 4 ./mpi_score --synthetic 100000 OUT   made-up samples
 *
 * OUT/scores.npy and OUT/pick.npy (30 % of the samples) are written. The model is z = relu(x W1^T) W2^T. A rank reads
 * and holds its own rows alone; what travels is the sums of the features of every class, once, and in the end labels
 * and scores.
 */
#include <dlc/dlc.h>

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* This rank's part of the data set, and the whole model. */
typedef struct part {
    int64_t total; /* samples of all ranks */
    int64_t first; /* number of the first sample here */
    int64_t count;
    int64_t classes;
    int64_t inputs, hidden, dim;
    float *x; /* [count][inputs] */
    int64_t *labels;
    float *w1; /* [hidden][inputs] */
    float *w2; /* [dim][hidden] */
    float *activations;
} part;

/* ---- Failing: one rank that stops must stop all, or they wait for it for ever ---- */

static void stop(const char *what, const char *why) {
    fprintf(stderr, "mpi_score: %s: %s\n", what, why);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}

/* Every call returns a status; the handle it was made on has the message. */
static void check(dlc_status status, const char *message) {
    if (status != DLC_OK)
        stop(dlc_status_name(status), message);
}

static void *allocate(int64_t count, size_t size) {
    void *block = malloc((size_t)count * size);
    if (!block)
        stop("memory", "there is not enough");
    return block;
}

/* ---- Data ---- */

/* Samples first to first + count - 1 are this rank's. */
static void take_range(part *p, int64_t total) {
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (total < ranks || total > INT_MAX)
        stop("samples", "there must be one for every rank, and MPI_Gatherv() counts them by int");
    p->total = total;
    p->first = total * rank / ranks;
    p->count = total * (rank + 1) / ranks - p->first;
}

static void open_npy(dlc_npy *npy, const char *folder, const char *name, int64_t rank, int32_t dtype) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check(dlc_npy_open(npy, path), dlc_npy_message(npy));
    if (dlc_npy_rank(npy) != rank || dlc_npy_dtype(npy) != dtype)
        stop(path, "not of the shape or dtype that it should be");
}

/* A whole weight of two dimensions. */
static float *read_weight(dlc_npy *npy, const char *folder, const char *name, int64_t *rows, int64_t *columns) {
    open_npy(npy, folder, name, 2, DLC_DTYPE_F32);
    *rows = dlc_npy_dim(npy, 0);
    *columns = dlc_npy_dim(npy, 1);
    float *weight = allocate(*rows * *columns, sizeof *weight);
    check(dlc_npy_read(npy, 0, *rows * *columns, weight), dlc_npy_message(npy));
    return weight;
}

static void read_data(part *p, const char *folder) {
    dlc_npy *npy = NULL;
    int64_t hidden;
    check(dlc_npy_create(NULL, &npy), "npy");
    p->w1 = read_weight(npy, folder, "w1.npy", &p->hidden, &p->inputs);
    p->w2 = read_weight(npy, folder, "w2.npy", &p->dim, &hidden);
    open_npy(npy, folder, "x.npy", 2, DLC_DTYPE_F32);
    take_range(p, dlc_npy_dim(npy, 0));
    if (hidden != p->hidden || dlc_npy_dim(npy, 1) != p->inputs)
        stop(folder, "x.npy, w1.npy and w2.npy do not fit each other");
    p->x = allocate(p->count * p->inputs, sizeof *p->x);
    check(dlc_npy_read(npy, p->first * p->inputs, p->count * p->inputs, p->x), dlc_npy_message(npy));
    open_npy(npy, folder, "labels.npy", 1, DLC_DTYPE_I64);
    p->labels = allocate(p->count, sizeof *p->labels);
    check(dlc_npy_read_int64(npy, p->first, p->count, p->labels), dlc_npy_message(npy));
    dlc_npy_free(npy);
}

/* Number `i` of a made-up sequence, in [0, 1): the same for whoever asks. */
static float made_up(uint64_t i) {
    i = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    i = (i ^ i >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return (float)((i ^ i >> 32) >> 40) / 16777216.0F;
}

static void make_data(part *p, int64_t total) {
    enum { INPUTS = 24, HIDDEN = 48, DIM = 16, CLASSES = 12 };
    p->inputs = INPUTS;
    p->hidden = HIDDEN;
    p->dim = DIM;
    p->w1 = allocate(HIDDEN * INPUTS, sizeof *p->w1);
    p->w2 = allocate(DIM * HIDDEN, sizeof *p->w2);
    for (int i = 0; i < HIDDEN * INPUTS; i++)
        p->w1[i] = made_up((uint64_t)i) - 0.5F;
    for (int i = 0; i < DIM * HIDDEN; i++)
        p->w2[i] = made_up((uint64_t)i + 1000000) - 0.5F;
    take_range(p, total);
    p->x = allocate(p->count * INPUTS, sizeof *p->x);
    p->labels = allocate(p->count, sizeof *p->labels);
    for (int64_t row = 0; row < p->count; row++) {
        const uint64_t sample = (uint64_t)(p->first + row) + 1000000;
        const float u = made_up(sample * 32);
        p->labels[row] = (int64_t)(u * u * CLASSES); /* class sizes unlike */
        for (int i = 0; i < INPUTS; i++)
            p->x[row * INPUTS + i] = made_up(sample * 32 + (uint64_t)i + 1) + (i % CLASSES == p->labels[row] ? 1 : 0);
    }
}

/* ---- The model ---- */

/* Rows first to first + rows - 1 of the whole data set: dlc_score_set_range() has told libdlc where this part lies. */
static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    part *p = user;
    (void)level;
    for (int64_t r = 0; r < rows; r++) {
        const float *x = p->x + (first - p->first + r) * p->inputs;
        for (int64_t h = 0; h < p->hidden; h++) {
            float sum = 0;
            for (int64_t i = 0; i < p->inputs; i++)
                sum += x[i] * p->w1[h * p->inputs + i];
            p->activations[h] = sum > 0 ? sum : 0;
        }
        for (int64_t d = 0; d < p->dim; d++) {
            float sum = 0;
            for (int64_t h = 0; h < p->hidden; h++)
                sum += p->activations[h] * p->w2[d * p->hidden + h];
            out[r * p->dim + d] = sum;
        }
    }
    *rows_written = rows;
}

/* ---- What travels ---- */

/* The body of an MPI_Op. The sums of all classes are one element, so `count` is 1. */
static void add_sums(void *from, void *into, int *count, MPI_Datatype *type) {
    MPI_Count bytes;
    MPI_Type_size_x(*type, &bytes);
    for (int i = 0; i < *count; i++)
        check(dlc_score_merge_sums((char *)into + i * bytes, (const char *)from + i * bytes, bytes),
              "merging the sums");
}

/* Bytes stay as they are on the way: no type but MPI_BYTE would do between unlike machines. */
static void exchange(void *user, void *sums, int64_t bytes, int32_t *done) {
    MPI_Datatype word, type;
    MPI_Op add;
    (void)user;
    if (bytes / 4 > INT_MAX)
        return;                              /* 8 GiB of sums: dlc_run_execute() fails then */
    MPI_Type_contiguous(4, MPI_BYTE, &word); /* the size is a multiple of 4 */
    MPI_Type_contiguous((int)(bytes / 4), word, &type);
    MPI_Type_commit(&type);
    MPI_Op_create(add_sums, 1, &add);
    MPI_Allreduce(MPI_IN_PLACE, sums, 1, type, add, MPI_COMM_WORLD);
    MPI_Op_free(&add);
    MPI_Type_free(&type);
    MPI_Type_free(&word);
    *done = 1;
}

/* The parts of all ranks, one after the other, on rank 0; NULL on the others. */
static void *gather(const part *p, const void *own, MPI_Datatype type, size_t size) {
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    int *firsts = allocate(ranks, sizeof *firsts), *counts = allocate(ranks, sizeof *counts);
    const int first = (int)p->first, count = (int)p->count;
    MPI_Allgather(&first, 1, MPI_INT, firsts, 1, MPI_INT, MPI_COMM_WORLD);
    MPI_Allgather(&count, 1, MPI_INT, counts, 1, MPI_INT, MPI_COMM_WORLD);
    void *all = rank == 0 ? allocate(p->total, size) : NULL;
    MPI_Gatherv(own, count, type, all, counts, firsts, type, 0, MPI_COMM_WORLD);
    free(firsts);
    free(counts);
    return all;
}

/* ---- Scoring and selecting ---- */

/* The scores of this rank's samples: float32[count]. */
static float *score_part(part *p) {
    dlc_mask *mask = NULL;
    dlc_score *score = NULL;
    dlc_run *run = NULL;
    check(dlc_mask_create(NULL, &mask), "mask");
    check(dlc_score_create(NULL, &score), "score");
    check(dlc_run_create(NULL, &run), "run");
    check(dlc_mask_add_tensor(mask, "w1", DLC_DTYPE_F32, p->w1, p->hidden * p->inputs, 1), dlc_mask_message(mask));
    check(dlc_mask_add_tensor(mask, "w2", DLC_DTYPE_F32, p->w2, p->dim * p->hidden, 1), dlc_mask_message(mask));
    check(dlc_score_set_range(score, p->first), dlc_score_message(score));
    check(dlc_score_set_samples(score, p->count, p->labels, p->classes), dlc_score_message(score));
    check(dlc_score_set_head(score, DLC_HEAD_CENTROID, p->dim), dlc_score_message(score));
    check(dlc_run_set_mask(run, mask), dlc_run_message(run));
    check(dlc_run_set_score(run, score), dlc_run_message(run));
    check(dlc_run_set_forward(run, forward, p), dlc_run_message(run));
    check(dlc_run_set_exchange(run, exchange, NULL), dlc_run_message(run));
    check(dlc_run_execute(run), dlc_run_message(run));
    float *scores = allocate(p->count, sizeof *scores);
    check(dlc_score_get_scores(score, scores), dlc_score_message(score));
    dlc_run_free(run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    return scores;
}

static void write_npy(const char *folder, const char *name, int32_t dtype, int64_t count, const void *data) {
    char path[4096];
    dlc_npy *npy = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    check(dlc_npy_create(NULL, &npy), "npy");
    check(dlc_npy_write(npy, path, dtype, 1, &count, data), dlc_npy_message(npy));
    dlc_npy_free(npy);
}

static void select_and_write(int64_t total, const int64_t *labels, const float *scores, const char *out) {
    dlc_flexrand *flexrand = NULL;
    check(dlc_flexrand_create(NULL, &flexrand), "flexrand");
    check(dlc_flexrand_set_samples(flexrand, total, labels, scores, NULL), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_select_keep(flexrand, 0.3), dlc_flexrand_message(flexrand));
    const int64_t kept = dlc_flexrand_selected_count(flexrand);
    int64_t *indices = allocate(kept, sizeof *indices);
    check(dlc_flexrand_get_selection(flexrand, DLC_ORDER_INDEX, indices, NULL), dlc_flexrand_message(flexrand));
    dlc_flexrand_free(flexrand);
    write_npy(out, "scores.npy", DLC_DTYPE_F32, total, scores);
    write_npy(out, "pick.npy", DLC_DTYPE_I64, kept, indices);
    printf("%lld of %lld samples kept\n", (long long)kept, (long long)total);
    free(indices);
}

int main(int argc, char **argv) {
    part p = {0};
    MPI_Init(&argc, &argv);
    const int synthetic = argc > 1 && strcmp(argv[1], "--synthetic") == 0;
    if (argc != 3 + synthetic)
        stop("usage", "mpi_score (FOLDER | --synthetic SAMPLES) OUT");
    if (synthetic)
        make_data(&p, strtoll(argv[2], NULL, 10));
    else
        read_data(&p, argv[1]);

    /* A rank may lack the highest classes: all must agree on how many there are. */
    for (int64_t i = 0; i < p.count; i++)
        p.classes = p.labels[i] >= p.classes ? p.labels[i] + 1 : p.classes;
    MPI_Allreduce(MPI_IN_PLACE, &p.classes, 1, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD);
    p.activations = allocate(p.hidden, sizeof *p.activations);

    float *own_scores = score_part(&p);
    float *scores = gather(&p, own_scores, MPI_FLOAT, sizeof *scores);
    int64_t *labels = gather(&p, p.labels, MPI_INT64_T, sizeof *labels);
    if (scores)
        select_and_write(p.total, labels, scores, argv[2 + synthetic]);

    free(own_scores);
    free(scores);
    free(labels);
    free(p.x);
    free(p.labels);
    free(p.w1);
    free(p.w2);
    free(p.activations);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
