/*
 * command_mask.c - `dlc mask`: the model at one level, for any engine, or the table of all levels.
 */
#include "commands.h"
#include "flags.h"
#include "interrupt.h"
#include "json_text.h"
#include "masking.h"
#include "message.h"
#include "outputs.h"
#include "paths.h"

#include <dlc/dlc.h>
#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct mask_options {
    masking_options masking;
    const char *weights;
    const char *out;
    int64_t level; /* -1: not given */
    int plan;
    int json;
} mask_options;

enum { WEIGHTS = FLAG_OWN, LEVEL, OUT, PLAN, JSON };

static const struct option flags[] = {
    {"weights", required_argument, NULL, WEIGHTS},
    MASKING_FLAGS,
    {"level", required_argument, NULL, LEVEL},
    {"out", required_argument, NULL, OUT},
    {"plan", no_argument, NULL, PLAN},
    {"json", no_argument, NULL, JSON},
    FLAGS_COMMON,
};

static int take(void *user, int flag, const char *value) {
    mask_options *options = user;
    switch (flag) {
    case WEIGHTS:
        options->weights = value;
        return EXIT_DONE;
    case LEVEL:
        return flag_int64("--level", value, 0, INT64_MAX, &options->level);
    case OUT:
        options->out = value;
        return EXIT_DONE;
    case PLAN:
        options->plan = 1;
        return EXIT_DONE;
    case JSON:
        options->json = 1;
        return EXIT_DONE;
    default:
        return masking_take(&options->masking, flag, value);
    }
}

static int check(const mask_options *options) {
    if (!options->weights)
        return wrong_usage("mask: --weights is missing");
    if (options->plan && (options->level >= 0 || options->out))
        return wrong_usage("mask: --plan does not go with --level and --out");
    if (options->json && !options->plan)
        return wrong_usage("mask: --json goes with --plan");
    if (!options->plan && (options->level < 0 || !options->out))
        return wrong_usage("mask: give --level and --out, or --plan");
    const flag_path input = {"--weights", options->weights}, output = {"--out", options->out};
    return paths_check("mask", &input, 1, &output, 1);
}

/* The masked tensors come first, in lines that start with '#'; then the table. */
static void print_table(dlc_mask *mask, const masking_options *masking, const dlc_safetensors *weights) {
    printf("# %lld weights of these tensors are masked:\n", (long long)dlc_mask_weight_count(mask));
    for (int64_t tensor = 0; tensor < dlc_safetensors_count(weights); tensor++)
        if (masking_chooses(masking, weights, tensor)) {
            printf("#   ");
            print_name(dlc_safetensors_name(weights, tensor));
            printf(" %s %lld\n", dlc_safetensors_dtype_text(weights, tensor),
                   (long long)dlc_safetensors_elements(weights, tensor));
        }
    printf("%7s %14s %10s %16s\n", "level", "kept", "capacity", "threshold");
    for (int64_t level = 0; level < dlc_mask_level_count(mask); level++) {
        int64_t kept = 0;
        double capacity = 0, threshold = 0;
        dlc_mask_get_level(mask, level, &kept, &capacity, &threshold);
        printf("%7lld %14lld %10.6f %16.9g\n", (long long)level, (long long)kept, capacity, threshold);
    }
}

static int print_json(dlc_mask *mask, const masking_options *masking, const dlc_safetensors *weights) {
    json_t *tensors = masking_json_tensors(masking, weights);
    json_t *levels = masking_json_levels(mask);
    json_t *plan = json_pack("{s:I, s:o, s:o}", "weights", (json_int_t)dlc_mask_weight_count(mask), "tensors", tensors,
                             "levels", levels);
    char *text = json_whole_text(plan, 0);
    json_decref(plan);
    if (!text)
        return failed("out of memory for the plan as JSON");
    const int broken = puts(text) == EOF;
    free(text);
    return broken ? failed("the plan cannot be written as JSON") : EXIT_DONE;
}

static int write_level(const mask_options *options, dlc_mask *mask, dlc_safetensors *weights) {
    output_set outputs = {0};
    const char *temporary = NULL;
    int status = outputs_add(&outputs, options->out, &temporary);
    if (status == EXIT_DONE && dlc_mask_apply(mask, options->level) != DLC_OK)
        status = failed("%s: %s", options->weights, dlc_mask_message(mask));
    interrupt_hold(NULL); /* not in the middle of a file: its temporary one has a name that only libdlc knows */
    if (status == EXIT_DONE && dlc_safetensors_save(weights, temporary) != DLC_OK)
        status = failed("%s", dlc_safetensors_message(weights));
    if (status == EXIT_DONE)
        status = outputs_commit(&outputs);
    outputs_discard(&outputs);
    return status;
}

static int work(const mask_options *options, dlc_safetensors *weights) {
    if (dlc_safetensors_open(weights, options->weights) != DLC_OK)
        return failed("%s", dlc_safetensors_message(weights));
    dlc_mask *mask = NULL;
    int status = masking_plan(&options->masking, weights, options->weights, 0, &mask);
    if (status != EXIT_DONE)
        return status;
    if (!options->plan)
        status = write_level(options, mask, weights);
    else if (options->json)
        status = print_json(mask, &options->masking, weights);
    else
        print_table(mask, &options->masking, weights);
    if (options->plan && status == EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout)))
        status = failed("standard output cannot be written");
    dlc_mask_free(mask);
    return status;
}

int command_mask(int argc, char **argv) {
    mask_options options = {.masking = masking_default(), .level = -1};
    int status = flags_parse(argc, argv, flags, take, &options);
    if (status == EXIT_DONE)
        status = check(&options);
    if (status != EXIT_DONE)
        return status;
    dlc_safetensors *weights = NULL;
    if (dlc_safetensors_create(NULL, &weights) != DLC_OK)
        return failed("%s: out of memory", options.weights);
    status = work(&options, weights);
    dlc_safetensors_free(weights);
    return status;
}
