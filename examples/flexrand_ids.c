/*
 * flexrand_ids.c - flexrand alone: a subset of a data set that keeps growing and changes its order, from scores made
 * anywhere. Every sample has a stable id, the hash of its name, so the subset depends on what is there and not on where
 * it stands; and a larger share contains every smaller one.
 *
 *     cc flexrand_ids.c $(pkg-config --cflags --libs libdlc) -o flexrand_ids
 *     ./flexrand_ids KEEP <TABLE      KEEP: 0.3, say. TABLE: lines "name label score". Prints the names that are kept.
 */
#include <dlc/dlc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES_MAX = 100000, NAME_MAX_LENGTH = 63 };

static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

/* FNV-1a, 64 bits. Two names with one hash - one chance in 10^8 among a million - are an error that names both. */
static int64_t hash(const char *name) {
    uint64_t value = 14695981039346656037U;
    for (; *name; name++)
        value = (value ^ (unsigned char)*name) * 1099511628211U;
    int64_t id = 0;
    memcpy(&id, &value, sizeof id); /* ids may be negative */
    return id;
}

int main(int argc, char **argv) {
    static char names[SAMPLES_MAX][NAME_MAX_LENGTH + 1];
    static int64_t labels[SAMPLES_MAX], ids[SAMPLES_MAX], selection[SAMPLES_MAX];
    static float scores[SAMPLES_MAX];
    if (argc != 2) {
        fprintf(stderr, "usage: flexrand_ids KEEP <TABLE\n");
        return 2;
    }
    int64_t samples = 0;
    while (samples < SAMPLES_MAX &&
           scanf("%63s %" SCNd64 " %f", names[samples], &labels[samples], &scores[samples]) == 3) {
        ids[samples] = hash(names[samples]);
        samples++;
    }

    dlc_flexrand *flexrand = NULL;
    check(dlc_flexrand_create(NULL, &flexrand), "flexrand");
    check(dlc_flexrand_set_gamma(flexrand, 0.4), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_set_seed(flexrand, 2402), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_set_floor(flexrand, 1), dlc_flexrand_message(flexrand)); /* one of every class at least */
    check(dlc_flexrand_set_samples(flexrand, samples, labels, scores, ids), dlc_flexrand_message(flexrand));
    check(dlc_flexrand_select_keep(flexrand, strtod(argv[1], NULL)), dlc_flexrand_message(flexrand));

    /* In the order of picking: who has room for ten takes the first ten. */
    check(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, selection, NULL), dlc_flexrand_message(flexrand));
    const int64_t kept = dlc_flexrand_selected_count(flexrand);
    for (int64_t i = 0; i < kept; i++)
        puts(names[selection[i]]);
    dlc_flexrand_free(flexrand);
    return EXIT_SUCCESS;
}
