/*
 * masking.h - the flags that say which weights are masked and how, the same for `dlc mask` and `dlc score --encoder`.
 */
#ifndef DLC_SRC_MASKING_H
#define DLC_SRC_MASKING_H

#include <dlc/dlc.h>
#include <jansson.h>

enum { GLOBS_MOST = 64 };

typedef struct glob_list {
    int count;
    const char *patterns[GLOBS_MOST];
} glob_list;

typedef struct masking_options {
    glob_list include; /* replaces the default set */
    glob_list exclude; /* taken away from either */
    int32_t criterion;
    uint64_t seed;
    const char *schedule; /* SPEC, or NULL: the published one */
} masking_options;

/* Their entries in a command's table of flags. */
enum { MASKING_INCLUDE = 128, MASKING_EXCLUDE, MASKING_CRITERION, MASKING_SEED, MASKING_SCHEDULE };
#define MASKING_FLAGS                                                                                                  \
    {"include", required_argument, NULL, MASKING_INCLUDE}, {"exclude", required_argument, NULL, MASKING_EXCLUDE},      \
        {"criterion", required_argument, NULL, MASKING_CRITERION}, {"seed", required_argument, NULL, MASKING_SEED}, {  \
        "schedule", required_argument, NULL, MASKING_SCHEDULE                                                          \
    }

/* The words of --criterion, by DLC_CRITERION_*. */
extern const char *const masking_criteria[];

/* The defaults: published schedule, l1, seed 1. */
masking_options masking_default(void);

/* Stores one of the flags above; leaves all others alone. EXIT_DONE, or EXIT_USAGE after a message. */
int masking_take(masking_options *masking, int flag, const char *value);

/* 1 if tensor number `tensor` of the file is to be masked, else 0. */
int masking_chooses(const masking_options *masking, const dlc_safetensors *weights, int64_t tensor);

/*
 * Registers the tensors of an open weight file in a new mask, sets the options and plans. path: of the file, for
 * messages. EXIT_DONE, or EXIT_FAILED (EXIT_USAGE for a bad SPEC) after a message; *out is NULL then.
 */
int masking_plan(const masking_options *masking, dlc_safetensors *weights, const char *path, int32_t threads,
                 dlc_mask **out);

/* For JSON: the masked tensors (name, dtype, elements), and the levels (level, kept, capacity, threshold). New
 * references; NULL where memory is short. */
json_t *masking_json_tensors(const masking_options *masking, const dlc_safetensors *weights);
json_t *masking_json_levels(dlc_mask *mask);

#endif
