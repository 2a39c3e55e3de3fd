/*
 * flexrand.c - the public face of the module (dlc/flexrand.h): handle, options, and the selection that is kept. The
 * samples are grouped in classes.c; what is picked is decided in exact.c and paper.c.
 */
#include "dlc/flexrand.h"

#include "base/rounding.h"
#include "flexrand/exact.h"
#include "flexrand/paper.h"

#include <inttypes.h>
#include <stddef.h>

struct dlc_flexrand {
    dlc_allocator allocator;
    dlc_error error;
    dlc_flexrand_options options;
    dlc_classes classes; /* no samples: not set */
    dlc_selection selection;
};

dlc_status dlc_flexrand_create(const dlc_allocator *allocator, dlc_flexrand **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    const dlc_allocator own = dlc_allocator_or_default(allocator);
    dlc_flexrand *flexrand = dlc_allocate_zeroed(&own, 1, sizeof *flexrand);
    if (!flexrand)
        return DLC_ERROR_MEMORY;
    flexrand->allocator = own;
    flexrand->options = (dlc_flexrand_options){
        .method = DLC_METHOD_FLEXRAND, .budget = DLC_BUDGET_EXACT, .rng = DLC_RNG_PHILOX, .gamma = 0.5, .seed = 1};
    *out = flexrand;
    return DLC_OK;
}

static void drop_selection(dlc_flexrand *flexrand) {
    dlc_selection_release(&flexrand->selection, &flexrand->allocator);
}

void dlc_flexrand_free(dlc_flexrand *flexrand) {
    if (!flexrand)
        return;
    const dlc_allocator own = flexrand->allocator;
    drop_selection(flexrand);
    dlc_classes_release(&flexrand->classes, &own);
    dlc_release(&own, flexrand);
}

const char *dlc_flexrand_message(const dlc_flexrand *flexrand) {
    return flexrand ? flexrand->error.text : "the handle is NULL";
}

dlc_status dlc_flexrand_set_samples(dlc_flexrand *flexrand, int64_t samples, const int64_t *labels, const float *scores,
                                    const int64_t *ids) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    if (samples < 1 || samples > DLC_CLASSES_SAMPLES_MAX)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "%" PRId64 " samples are not between 1 and %" PRId64,
                        samples, DLC_CLASSES_SAMPLES_MAX);
    if (!scores)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "scores are NULL");
    dlc_classes classes;
    DLC_TRY(dlc_classes_build(&classes, &flexrand->allocator, &flexrand->error, samples, labels, scores, ids));
    dlc_classes_release(&flexrand->classes, &flexrand->allocator);
    drop_selection(flexrand);
    flexrand->classes = classes;
    return DLC_OK;
}

/* Options that are one of a few constants 0..last. */
static dlc_status set_choice(dlc_flexrand *flexrand, int32_t *option, int32_t value, int32_t last, const char *name) {
    if (value < 0 || value > last)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "%s %" PRId32 " is unknown", name, value);
    *option = value;
    return DLC_OK;
}

dlc_status dlc_flexrand_set_method(dlc_flexrand *flexrand, int32_t method) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    return set_choice(flexrand, &flexrand->options.method, method, DLC_METHOD_RANDOM, "method");
}

dlc_status dlc_flexrand_set_gamma(dlc_flexrand *flexrand, double gamma) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    if (!(gamma > 0 && gamma < 1))
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "gamma %.10g is not above 0 and below 1", gamma);
    flexrand->options.gamma = gamma;
    return DLC_OK;
}

dlc_status dlc_flexrand_set_budget(dlc_flexrand *flexrand, int32_t budget) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    return set_choice(flexrand, &flexrand->options.budget, budget, DLC_BUDGET_PAPER, "budget");
}

dlc_status dlc_flexrand_set_rng(dlc_flexrand *flexrand, int32_t rng) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    return set_choice(flexrand, &flexrand->options.rng, rng, DLC_RNG_NUMPY, "generator");
}

dlc_status dlc_flexrand_set_seed(dlc_flexrand *flexrand, uint64_t seed) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    flexrand->options.seed = seed;
    return DLC_OK;
}

dlc_status dlc_flexrand_set_floor(dlc_flexrand *flexrand, int64_t floor) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    if (floor < 0)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "floor %" PRId64 " is negative", floor);
    flexrand->options.floor = floor;
    return DLC_OK;
}

/* What both ways of selecting ask for before they look at the budget. */
static dlc_status check_ready(dlc_flexrand *flexrand) {
    const dlc_flexrand_options *options = &flexrand->options;
    if (flexrand->classes.samples == 0)
        return dlc_fail(&flexrand->error, DLC_ERROR_STATE, "there are no samples to select from");
    if (options->rng == DLC_RNG_NUMPY && options->budget == DLC_BUDGET_EXACT)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "generator numpy does not go with budget exact");
    if (options->rng == DLC_RNG_NUMPY && options->seed > UINT32_MAX)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT,
                        "seed %" PRIu64 " has more than the 32 bits of generator numpy", options->seed);
    if (options->floor > 0 && options->budget == DLC_BUDGET_PAPER)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "floor %" PRId64 " does not go with budget paper",
                        options->floor);
    return DLC_OK;
}

static dlc_status select_paper(dlc_flexrand *flexrand, double keep) {
    const dlc_status status = dlc_paper_select(&flexrand->selection, &flexrand->classes, &flexrand->options, keep,
                                               &flexrand->allocator, &flexrand->error);
    if (status != DLC_OK)
        drop_selection(flexrand);
    return status;
}

static dlc_status select_exact(dlc_flexrand *flexrand, int64_t total) {
    const dlc_status status = dlc_exact_select(&flexrand->selection, &flexrand->classes, &flexrand->options, total,
                                               &flexrand->allocator, &flexrand->error);
    if (status != DLC_OK)
        drop_selection(flexrand);
    return status;
}

dlc_status dlc_flexrand_select_keep(dlc_flexrand *flexrand, double keep) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    drop_selection(flexrand);
    if (!(keep > 0 && keep <= 1))
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "keep %.10g is not above 0 and at most 1", keep);
    DLC_TRY(check_ready(flexrand));
    if (flexrand->options.budget == DLC_BUDGET_PAPER)
        return select_paper(flexrand, keep);
    const int64_t samples = flexrand->classes.samples;
    const int64_t total = dlc_round_half_even(keep * (double)samples);
    if (total == 0)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "keep %.10g of %" PRId64 " samples comes to 0", keep,
                        samples);
    return select_exact(flexrand, total);
}

dlc_status dlc_flexrand_select_count(dlc_flexrand *flexrand, int64_t count) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    drop_selection(flexrand);
    DLC_TRY(check_ready(flexrand));
    const int64_t samples = flexrand->classes.samples;
    if (count < 1 || count > samples)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT,
                        "count %" PRId64 " is not between 1 and the %" PRId64 " samples", count, samples);
    if (flexrand->options.budget == DLC_BUDGET_PAPER)
        return select_paper(flexrand, (double)count / (double)samples);
    return select_exact(flexrand, count);
}

int64_t dlc_flexrand_selected_count(const dlc_flexrand *flexrand) {
    return flexrand && flexrand->selection.places ? flexrand->selection.count : -1;
}

dlc_status dlc_flexrand_get_selection(dlc_flexrand *flexrand, int32_t order, int64_t *indices, int32_t *intervals) {
    if (!flexrand)
        return DLC_ERROR_ARGUMENT;
    if (!flexrand->selection.places)
        return dlc_fail(&flexrand->error, DLC_ERROR_STATE, "there is no selection");
    if (!indices)
        return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "indices are NULL");
    if (order == DLC_ORDER_INDEX)
        return dlc_selection_by_index(&flexrand->selection, &flexrand->classes, &flexrand->allocator, &flexrand->error,
                                      indices, intervals);
    if (order == DLC_ORDER_PICK)
        return dlc_selection_by_pick(&flexrand->selection, &flexrand->classes, &flexrand->allocator, &flexrand->error,
                                     indices, intervals);
    return dlc_fail(&flexrand->error, DLC_ERROR_ARGUMENT, "order %" PRId32 " is unknown", order);
}
