/*
 * mpi_sums.c - how long class sums take to travel: MPI_Allreduce() of the sums of a scorer on every rank, with
 * dlc_score_merge_sums() as operation. Compiled and run by scaling.py; prints the seconds of the best of five.
 *
 *     mpirun -n RANKS mpi_sums CLASSES WIDTH
 */
#include <dlc/dlc.h>

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(dlc_status status) {
    if (status != DLC_OK)
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}

static void add_sums(void *from, void *into, int *count, MPI_Datatype *type) {
    MPI_Count bytes;
    (void)count; /* 1 */
    MPI_Type_size_x(*type, &bytes);
    check(dlc_score_merge_sums(into, from, bytes));
}

/* The sums of one sample of every class. */
static char *own_sums(int64_t classes, int64_t width, int64_t *bytes) {
    dlc_score *score = NULL;
    int64_t *labels = calloc((size_t)classes, sizeof *labels);
    float *features = calloc((size_t)(classes * width), sizeof *features);
    for (int64_t c = 0; c < classes; c++)
        labels[c] = c;
    for (int64_t i = 0; i < classes * width; i++)
        features[i] = (float)rand() / (float)RAND_MAX - 0.5F;
    check(dlc_score_create(NULL, &score));
    check(dlc_score_set_samples(score, classes, labels, classes));
    check(dlc_score_set_head(score, DLC_HEAD_CENTROID, width));
    check(dlc_score_add_features(score, 0, NULL, classes, features, width));
    check(dlc_score_sums_size(score, bytes));
    char *sums = malloc((size_t)*bytes);
    check(dlc_score_export_sums(score, sums, *bytes));
    dlc_score_free(score);
    free(labels);
    free(features);
    return sums;
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    if (argc != 3)
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    int64_t bytes = 0;
    char *own = own_sums(strtoll(argv[1], NULL, 10), strtoll(argv[2], NULL, 10), &bytes);
    char *total = malloc((size_t)bytes);
    MPI_Datatype word, type;
    MPI_Op add;
    MPI_Type_contiguous(4, MPI_BYTE, &word);
    MPI_Type_contiguous((int)(bytes / 4), word, &type);
    MPI_Type_commit(&type);
    MPI_Op_create(add_sums, 1, &add);
    double best = 1e30;
    for (int i = 0; i < 5; i++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double start = MPI_Wtime();
        MPI_Allreduce(own, total, 1, type, add, MPI_COMM_WORLD);
        MPI_Barrier(MPI_COMM_WORLD);
        best = MPI_Wtime() - start < best ? MPI_Wtime() - start : best;
    }
    if (rank == 0)
        printf("%.4f\n", best);
    MPI_Op_free(&add);
    MPI_Type_free(&type);
    MPI_Type_free(&word);
    free(own);
    free(total);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
