/* api_flexrand.c - steps of dlc_flexrand (api_fuzz.h). */
#include "api_fuzz.h"

#include <math.h>
#include <string.h>

static int has_flexrand(api *world) {
    if (world->flexrand)
        return 1;
    world->budget = DLC_BUDGET_EXACT;
    world->samples = 0;
    return fuzz_status(dlc_flexrand_create(world->allocator, &world->flexrand), "none") == DLC_OK;
}

static void set_samples(api *world) {
    fuzz_input *input = &world->input;
    const int kind = fuzz_byte(input);
    int64_t samples = fuzz_number(input, API_SAMPLES), ids[API_SAMPLES];
    if (samples > API_SAMPLES && samples <= UINT32_MAX)
        samples = API_SAMPLES;
    for (int i = 0; i < API_SAMPLES; i++)
        ids[i] = kind & 1 ? INT64_MIN + i * 1000003 : (int64_t)fuzz_word(input, 1);
    const dlc_status status = dlc_flexrand_set_samples(world->flexrand, samples, kind >= 254 ? NULL : world->integers,
                                                       kind >= 252 ? NULL : world->floats, kind & 2 ? ids : NULL);
    if (fuzz_status(status, dlc_flexrand_message(world->flexrand)) == DLC_OK)
        world->samples = samples;
}

static dlc_status set_option(api *world) {
    dlc_flexrand *flexrand = world->flexrand;
    fuzz_input *input = &world->input;
    switch (fuzz_choice(input, 6)) {
    case 0:
        return dlc_flexrand_set_method(flexrand, (int32_t)fuzz_number(input, 3));
    case 1:
        return dlc_flexrand_set_gamma(flexrand, api_share(world));
    case 2: {
        const int32_t budget = (int32_t)fuzz_number(input, 1);
        const dlc_status status = dlc_flexrand_set_budget(flexrand, budget);
        world->budget = status == DLC_OK ? budget : world->budget;
        return status;
    }
    case 3:
        return dlc_flexrand_set_rng(flexrand, (int32_t)fuzz_number(input, 1));
    case 4:
        return dlc_flexrand_set_seed(flexrand, fuzz_word(input, fuzz_choice(input, 9)));
    default:
        return dlc_flexrand_set_floor(flexrand, fuzz_number(input, 5));
    }
}

/* Copies the selection out in the order picked, and checks both orders against each other. Returns its size, or -1. */
static int64_t get_selection(api *world, int64_t picked[API_SAMPLES]) {
    dlc_flexrand *flexrand = world->flexrand;
    int64_t ascending[API_SAMPLES];
    int32_t intervals[API_SAMPLES];
    const int64_t count = dlc_flexrand_selected_count(flexrand);
    fuzz_check(count >= 0 && count <= world->samples);
    if (fuzz_status(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, picked, NULL),
                    dlc_flexrand_message(flexrand)) != DLC_OK ||
        fuzz_status(dlc_flexrand_get_selection(flexrand, DLC_ORDER_INDEX, ascending, intervals),
                    dlc_flexrand_message(flexrand)) != DLC_OK)
        return -1;
    uint64_t seen_picked = 0, seen_ascending = 0;
    for (int64_t i = 0; i < count; i++) {
        fuzz_check(ascending[i] >= 0 && ascending[i] < world->samples && picked[i] >= 0 && picked[i] < world->samples);
        fuzz_check(i == 0 || ascending[i - 1] < ascending[i]);
        fuzz_check(intervals[i] == DLC_INTERVAL_EASY || intervals[i] == DLC_INTERVAL_HARD);
        fuzz_check((seen_picked >> picked[i] & 1U) == 0);
        seen_picked |= UINT64_C(1) << picked[i];
        seen_ascending |= UINT64_C(1) << ascending[i];
    }
    fuzz_check(seen_picked == seen_ascending);
    return count;
}

/* An exact budget is exact, and the beginning of every larger one. */
static void select_some(api *world) {
    dlc_flexrand *flexrand = world->flexrand;
    int64_t some[API_SAMPLES], all[API_SAMPLES], wanted;
    dlc_status status;
    if (fuzz_byte(&world->input) & 1) {
        wanted = fuzz_number(&world->input, API_SAMPLES);
        status = dlc_flexrand_select_count(flexrand, wanted);
    } else {
        const double keep = api_share(world);
        status = dlc_flexrand_select_keep(flexrand, keep);
        wanted = status == DLC_OK ? (int64_t)nearbyint(keep * (double)world->samples) : 0;
    }
    fuzz_status(status, dlc_flexrand_message(flexrand));
    fuzz_check((status == DLC_OK) == (dlc_flexrand_selected_count(flexrand) >= 0));
    if (status != DLC_OK)
        return;
    const int64_t count = get_selection(world, some);
    if (world->budget != DLC_BUDGET_EXACT || count < 0)
        return;
    fuzz_check(count == wanted);
    if (fuzz_status(dlc_flexrand_select_count(flexrand, world->samples), dlc_flexrand_message(flexrand)) != DLC_OK ||
        get_selection(world, all) < 0)
        return;
    fuzz_check(memcmp(some, all, (size_t)count * sizeof *all) == 0);
}

void api_flexrand_step(api *world) {
    if (!has_flexrand(world))
        return;
    switch (fuzz_choice(&world->input, 8)) {
    case 0:
        dlc_flexrand_free(world->flexrand);
        world->flexrand = NULL;
        return;
    case 1:
    case 2:
        set_samples(world);
        return;
    case 3:
    case 4:
        fuzz_status(set_option(world), dlc_flexrand_message(world->flexrand));
        return;
    default:
        select_some(world);
    }
}
