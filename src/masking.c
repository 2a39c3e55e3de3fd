/* masking.c - see masking.h. */
#include "masking.h"

#include "flags.h"
#include "json_text.h"
#include "message.h"

#include <fnmatch.h>
#include <math.h>
#include <stddef.h>

const char *const masking_criteria[] = {"l1", "random", NULL};

masking_options masking_default(void) {
    return (masking_options){.criterion = DLC_CRITERION_L1, .seed = 1};
}

static int add_pattern(glob_list *globs, const char *flag, const char *pattern) {
    if (globs->count == GLOBS_MOST)
        return wrong_usage("%s is given more than %d times", flag, GLOBS_MOST);
    globs->patterns[globs->count++] = pattern;
    return EXIT_DONE;
}

int masking_take(masking_options *masking, int flag, const char *value) {
    switch (flag) {
    case MASKING_INCLUDE:
        return add_pattern(&masking->include, "--include", value);
    case MASKING_EXCLUDE:
        return add_pattern(&masking->exclude, "--exclude", value);
    case MASKING_CRITERION:
        return flag_choice("--criterion", value, masking_criteria, &masking->criterion);
    case MASKING_SEED:
        return flag_uint64("--seed", value, &masking->seed);
    case MASKING_SCHEDULE:
        masking->schedule = value;
        return EXIT_DONE;
    default:
        return EXIT_DONE;
    }
}

static int matches(const glob_list *globs, const char *name) {
    for (int i = 0; i < globs->count; i++)
        if (fnmatch(globs->patterns[i], name, 0) == 0)
            return 1;
    return 0;
}

static int is_floating(int32_t dtype) {
    return dtype == DLC_DTYPE_F32 || dtype == DLC_DTYPE_F16 || dtype == DLC_DTYPE_BF16 || dtype == DLC_DTYPE_F64;
}

int masking_chooses(const masking_options *masking, const dlc_safetensors *weights, int64_t tensor) {
    const char *name = dlc_safetensors_name(weights, tensor);
    if (!is_floating(dlc_safetensors_dtype(weights, tensor)) || matches(&masking->exclude, name))
        return 0;
    if (masking->include.count > 0)
        return matches(&masking->include, name);
    return dlc_safetensors_masked_by_default(weights, tensor) == 1;
}

/* A pattern that matches no tensor at all is a slip of the pen, and would quietly change the result. */
static int check_patterns(const glob_list *globs, const char *flag, const dlc_safetensors *weights, const char *path) {
    for (int i = 0; i < globs->count; i++) {
        const glob_list one = {.count = 1, .patterns = {globs->patterns[i]}};
        int64_t tensor = 0;
        while (tensor < dlc_safetensors_count(weights) && !matches(&one, dlc_safetensors_name(weights, tensor)))
            tensor++;
        if (tensor == dlc_safetensors_count(weights))
            return failed("%s: no tensor matches %s '%s'", path, flag, globs->patterns[i]);
    }
    return EXIT_DONE;
}

static dlc_status register_and_plan(const masking_options *masking, dlc_safetensors *weights, int32_t threads,
                                    dlc_mask *mask) {
    for (int64_t tensor = 0; tensor < dlc_safetensors_count(weights); tensor++) {
        if (!masking_chooses(masking, weights, tensor))
            continue;
        const dlc_status status =
            dlc_mask_add_tensor(mask, dlc_safetensors_name(weights, tensor), dlc_safetensors_dtype(weights, tensor),
                                dlc_safetensors_data(weights, tensor), dlc_safetensors_elements(weights, tensor), 1);
        if (status != DLC_OK)
            return status;
    }
    dlc_status status = dlc_mask_set_criterion(mask, masking->criterion);
    if (status == DLC_OK)
        status = dlc_mask_set_seed(mask, masking->seed);
    if (status == DLC_OK)
        status = dlc_mask_set_threads(mask, threads);
    return status == DLC_OK ? dlc_mask_plan(mask) : status;
}

int masking_plan(const masking_options *masking, dlc_safetensors *weights, const char *path, int32_t threads,
                 dlc_mask **out) {
    *out = NULL;
    if (check_patterns(&masking->include, "--include", weights, path) != EXIT_DONE ||
        check_patterns(&masking->exclude, "--exclude", weights, path) != EXIT_DONE)
        return EXIT_FAILED;
    dlc_mask *mask = NULL;
    if (dlc_mask_create(NULL, &mask) != DLC_OK)
        return failed("%s: out of memory", path);
    int status = EXIT_DONE;
    const dlc_status taken = masking->schedule ? dlc_mask_set_schedule(mask, masking->schedule) : DLC_OK;
    if (taken == DLC_ERROR_MEMORY)
        status = failed("%s", dlc_mask_message(mask));
    else if (taken != DLC_OK)
        status = wrong_usage("--schedule: %s", dlc_mask_message(mask));
    else if (register_and_plan(masking, weights, threads, mask) != DLC_OK)
        status = failed("%s: %s", path, dlc_mask_message(mask));
    if (status == EXIT_DONE)
        *out = mask;
    else
        dlc_mask_free(mask);
    return status;
}

json_t *masking_json_tensors(const masking_options *masking, const dlc_safetensors *weights) {
    json_t *tensors = json_array();
    for (int64_t tensor = 0; tensor < dlc_safetensors_count(weights); tensor++)
        if (masking_chooses(masking, weights, tensor))
            tensors = json_list_add(tensors, json_pack("{s:s, s:s, s:I}", "name", dlc_safetensors_name(weights, tensor),
                                                       "dtype", dlc_safetensors_dtype_text(weights, tensor), "elements",
                                                       (json_int_t)dlc_safetensors_elements(weights, tensor)));
    return tensors;
}

json_t *masking_json_levels(dlc_mask *mask) {
    json_t *levels = json_array();
    for (int64_t level = 0; level < dlc_mask_level_count(mask); level++) {
        int64_t kept = 0;
        double capacity = 0, threshold = 0;
        dlc_mask_get_level(mask, level, &kept, &capacity, &threshold);
        /* Criterion random has no threshold: JSON knows no NaN. */
        json_t *bound = isnan(threshold) ? json_null() : json_real(threshold);
        levels = json_list_add(levels, json_pack("{s:I, s:I, s:f, s:o}", "level", (json_int_t)level, "kept",
                                                 (json_int_t)kept, "capacity", capacity, "threshold", bound));
    }
    return levels;
}
