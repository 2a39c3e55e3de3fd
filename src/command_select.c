/*
 * command_select.c - `dlc select`: scores, and labels if there are any, in; the indices of the subset, or the chosen
 * lines of a JSONL file, out.
 */
#include "arrays.h"
#include "commands.h"
#include "flags.h"
#include "jsonl.h"
#include "message.h"
#include "outputs.h"
#include "paths.h"
#include "run_folder.h"

#include <dlc/dlc.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct select_options {
    const char *scores, *labels, *ids, *run, *out, *list, *jsonl, *indices;
    double keep;   /* 0: not given */
    int64_t count; /* 0: not given */
    double gamma;
    int32_t method, budget, rng, order;
    uint64_t seed;
    int64_t floor;
} select_options;

enum {
    SCORES = FLAG_OWN,
    LABELS,
    IDS,
    RUN,
    KEEP,
    COUNT,
    GAMMA,
    METHOD,
    BUDGET,
    RNG,
    SEED,
    FLOOR,
    ORDER,
    OUT,
    LIST,
    JSONL,
    INDICES
};

static const struct option flags[] = {
    {"scores", required_argument, NULL, SCORES},   {"labels", required_argument, NULL, LABELS},
    {"ids", required_argument, NULL, IDS},         {"run", required_argument, NULL, RUN},
    {"keep", required_argument, NULL, KEEP},       {"count", required_argument, NULL, COUNT},
    {"gamma", required_argument, NULL, GAMMA},     {"method", required_argument, NULL, METHOD},
    {"budget", required_argument, NULL, BUDGET},   {"rng", required_argument, NULL, RNG},
    {"seed", required_argument, NULL, SEED},       {"floor", required_argument, NULL, FLOOR},
    {"order", required_argument, NULL, ORDER},     {"out", required_argument, NULL, OUT},
    {"list", required_argument, NULL, LIST},       {"jsonl", required_argument, NULL, JSONL},
    {"indices", required_argument, NULL, INDICES}, FLAGS_COMMON,
};

/* By DLC_METHOD_*, DLC_BUDGET_*, DLC_RNG_*, DLC_ORDER_*. */
static const char *const methods[] = {"flexrand", "easy", "hard", "random", NULL};
static const char *const budgets[] = {"exact", "paper", NULL};
static const char *const generators[] = {"philox", "numpy", NULL};
static const char *const orders[] = {"index", "pick", NULL};

enum { ORDER_NOT_GIVEN = -1 };

/* Shares and counts are judged here, not by the library, so that a wrong one is a wrong use before any file is read. */
static int take(void *user, int flag, const char *value) {
    select_options *options = user;
    switch (flag) {
    case SCORES:
        options->scores = value;
        return EXIT_DONE;
    case LABELS:
        options->labels = value;
        return EXIT_DONE;
    case IDS:
        options->ids = value;
        return EXIT_DONE;
    case RUN:
        options->run = value;
        return EXIT_DONE;
    case KEEP:
        return flag_share("--keep", value, 1, &options->keep);
    case COUNT:
        return flag_int64("--count", value, 1, INT64_MAX, &options->count);
    case GAMMA:
        return flag_share("--gamma", value, 0, &options->gamma);
    case METHOD:
        return flag_choice("--method", value, methods, &options->method);
    case BUDGET:
        return flag_choice("--budget", value, budgets, &options->budget);
    case RNG:
        return flag_choice("--rng", value, generators, &options->rng);
    case SEED:
        return flag_uint64("--seed", value, &options->seed);
    case FLOOR:
        return flag_int64("--floor", value, 0, INT64_MAX, &options->floor);
    case ORDER:
        return flag_choice("--order", value, orders, &options->order);
    case OUT:
        options->out = value;
        return EXIT_DONE;
    case LIST:
        options->list = value;
        return EXIT_DONE;
    case JSONL:
        options->jsonl = value;
        return EXIT_DONE;
    case INDICES:
        options->indices = value;
        return EXIT_DONE;
    default:
        return EXIT_DONE;
    }
}

static int check(const select_options *options) {
    if (options->run && (options->scores || options->labels || options->ids))
        return wrong_usage("select: --run does not go with --scores, --labels and --ids");
    if (!options->run && !options->scores)
        return wrong_usage("select: give --scores or --run");
    if ((options->keep > 0) == (options->count > 0))
        return wrong_usage("select: give either --keep or --count");
    if (!options->out)
        return wrong_usage("select: --out is missing");
    if (options->list && !options->run)
        return wrong_usage("select: --list needs --run");
    if (options->indices && !options->jsonl)
        return wrong_usage("select: --indices needs --jsonl; --out names the indices without it");
    if (options->rng == DLC_RNG_NUMPY && options->budget != DLC_BUDGET_PAPER)
        return wrong_usage("select: --rng numpy needs --budget paper");
    if (options->rng == DLC_RNG_NUMPY && options->seed > UINT32_MAX)
        return wrong_usage("--seed %llu: --rng numpy takes seeds up to 4294967295", (unsigned long long)options->seed);
    if (options->floor > 0 && options->budget == DLC_BUDGET_PAPER)
        return wrong_usage("select: --floor needs --budget exact");
    return EXIT_DONE;
}

static int check_paths(const select_options *options) {
    const flag_path inputs[] = {{"--scores", options->scores},
                                {"--labels", options->labels},
                                {"--ids", options->ids},
                                {"--jsonl", options->jsonl}};
    const flag_path outputs[] = {{"--out", options->out}, {"--list", options->list}, {"--indices", options->indices}};
    const int count = sizeof outputs / sizeof outputs[0];
    const int status = paths_check("select", inputs, sizeof inputs / sizeof inputs[0], outputs, count);
    return status == EXIT_DONE ? paths_check_run("select", options->run, outputs, count) : status;
}

typedef struct sample_arrays {
    int64_t count;
    float *scores;
    int64_t *labels; /* NULL: one group */
    int64_t *ids;
} sample_arrays;

static int load(const char *scores, const char *labels, const char *ids, sample_arrays *samples) {
    int64_t others = 0;
    int status = array_load_float(scores, 1, "[samples]", &samples->scores, &samples->count);
    if (status == EXIT_DONE && labels) {
        status = array_load_int64(labels, "[samples]", &samples->labels, &others);
        if (status == EXIT_DONE && others != samples->count)
            return failed("%s has %lld labels, %s %lld scores", labels, (long long)others, scores,
                          (long long)samples->count);
    }
    if (status == EXIT_DONE && ids) {
        status = array_load_int64(ids, "[samples]", &samples->ids, &others);
        if (status == EXIT_DONE && others != samples->count)
            return failed("%s has %lld ids, %s %lld scores", ids, (long long)others, scores, (long long)samples->count);
    }
    return status;
}

static int draw(const select_options *options, const char *scores, const char *labels, const sample_arrays *samples,
                dlc_flexrand *flexrand) {
    dlc_flexrand_set_method(flexrand, options->method);
    dlc_flexrand_set_gamma(flexrand, options->gamma);
    dlc_flexrand_set_budget(flexrand, options->budget);
    dlc_flexrand_set_rng(flexrand, options->rng);
    dlc_flexrand_set_seed(flexrand, options->seed);
    dlc_flexrand_set_floor(flexrand, options->floor);
    dlc_status status =
        dlc_flexrand_set_samples(flexrand, samples->count, samples->labels, samples->scores, samples->ids);
    if (status == DLC_OK)
        status = options->keep > 0 ? dlc_flexrand_select_keep(flexrand, options->keep)
                                   : dlc_flexrand_select_count(flexrand, options->count);
    if (status == DLC_OK)
        return EXIT_DONE;
    return failed("%s%s%s: %s", scores, labels ? ", " : "", labels ? labels : "", dlc_flexrand_message(flexrand));
}

static int write_names(const char *temporary, const char *run, const sample_arrays *samples, const int64_t *indices,
                       int64_t count) {
    char path[4096];
    snprintf(path, sizeof path, "%s/samples.txt", run);
    char **names = NULL, *block = NULL;
    int status = run_folder_read_samples(path, samples->count, &names, &block);
    FILE *file = status == EXIT_DONE ? output_open(temporary) : NULL;
    if (file) {
        for (int64_t i = 0; i < count; i++)
            fprintf(file, "%s\n", names[indices[i]]);
        status = output_close(file, temporary);
    } else {
        status = EXIT_FAILED;
    }
    free(names);
    free(block);
    return status;
}

/* All that was asked for, or nothing. */
static int write_outputs(const select_options *options, const char *scores, const sample_arrays *samples,
                         const int64_t *indices, int64_t count) {
    const char *array = options->jsonl ? options->indices : options->out;
    output_set outputs = {0};
    const char *to = NULL;
    int status = EXIT_DONE;
    if (options->jsonl) {
        status = outputs_add(&outputs, options->out, &to);
        if (status == EXIT_DONE)
            status = jsonl_copy_lines(options->jsonl, samples->count, scores, indices, count, to);
    }
    if (status == EXIT_DONE && array) {
        status = outputs_add(&outputs, array, &to);
        if (status == EXIT_DONE)
            status = array_write(to, DLC_DTYPE_I64, 1, &count, indices);
    }
    if (status == EXIT_DONE && options->list) {
        status = outputs_add(&outputs, options->list, &to);
        if (status == EXIT_DONE)
            status = write_names(to, options->run, samples, indices, count);
    }
    if (status == EXIT_DONE)
        status = outputs_commit(&outputs);
    outputs_discard(&outputs);
    return status;
}

static int write_selection(const select_options *options, const char *scores, const sample_arrays *samples,
                           dlc_flexrand *flexrand) {
    const int64_t count = dlc_flexrand_selected_count(flexrand);
    int32_t order = options->order;
    if (order == ORDER_NOT_GIVEN) /* the published function's own order, where its very indices are asked for */
        order = options->rng == DLC_RNG_NUMPY ? DLC_ORDER_PICK : DLC_ORDER_INDEX;
    int64_t *indices = malloc((size_t)count * sizeof *indices);
    if (!indices)
        return failed("%s: out of memory", options->out);
    int status = EXIT_DONE;
    if (dlc_flexrand_get_selection(flexrand, order, indices, NULL) != DLC_OK)
        status = failed("%s", dlc_flexrand_message(flexrand));
    if (status == EXIT_DONE)
        status = write_outputs(options, scores, samples, indices, count);
    free(indices);
    return status;
}

static int work(const select_options *options, sample_arrays *samples, dlc_flexrand *flexrand) {
    char run_scores[4096], run_labels[4096];
    const char *scores = options->scores, *labels = options->labels;
    int status = EXIT_DONE;
    if (options->run) {
        status = run_folder_check(options->run);
        snprintf(run_scores, sizeof run_scores, "%s/scores.npy", options->run);
        snprintf(run_labels, sizeof run_labels, "%s/labels.npy", options->run);
        scores = run_scores;
        labels = run_labels;
    }
    if (status == EXIT_DONE)
        status = load(scores, labels, options->ids, samples);
    if (status == EXIT_DONE)
        status = draw(options, scores, labels, samples, flexrand);
    return status == EXIT_DONE ? write_selection(options, scores, samples, flexrand) : status;
}

int command_select(int argc, char **argv) {
    select_options options = {.gamma = 0.5, .seed = 1, .order = ORDER_NOT_GIVEN};
    int status = flags_parse(argc, argv, flags, take, &options);
    if (status == EXIT_DONE)
        status = check(&options);
    if (status == EXIT_DONE)
        status = check_paths(&options);
    if (status != EXIT_DONE)
        return status;
    dlc_flexrand *flexrand = NULL;
    if (dlc_flexrand_create(NULL, &flexrand) != DLC_OK)
        return failed("%s: out of memory", options.out);
    sample_arrays samples = {0};
    status = work(&options, &samples, flexrand);
    free(samples.scores);
    free(samples.labels);
    free(samples.ids);
    dlc_flexrand_free(flexrand);
    return status;
}
