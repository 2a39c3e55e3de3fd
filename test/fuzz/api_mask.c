/* api_mask.c - steps of dlc_mask, and the caller's data (api_fuzz.h). */
#include "api_fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void api_fill(api *world) {
    const int kind = fuzz_byte(&world->input);
    const uint64_t seed = fuzz_word(&world->input, 4);
    for (int i = 0; i < API_WEIGHTS / 4; i++) {
        /* Few magnitudes, so that many are equal; or denormal and huge ones. */
        float value = (float)((seed >> i % 29 & 15U) * (unsigned)(i % 5 + 1)) / (i % 2 ? 8.0F : -8.0F);
        if (kind & 1)
            value *= i % 3 ? 1e-42F : 1e36F;
        if (kind & 2 && i % 64 == 5)
            value = kind & 4 ? NAN : INFINITY;
        memcpy(world->weights + 4 * i, &value, sizeof value);
    }
    memcpy(world->own, world->weights, sizeof world->own);
    for (int i = 0; i < API_FLOATS; i++)
        world->floats[i] = (float)((seed * (unsigned)(i + 1)) >> 20 & 63U) / 16.0F * (kind & 8 ? 1e30F : 1.0F);
    if (kind & 16)
        world->floats[seed % API_FLOATS] = kind & 32 ? NAN : -INFINITY;
    for (int i = 0; i < API_SAMPLES; i++)
        world->integers[i] = (int64_t)(seed >> i % 23 & (kind & 64 ? 7U : 1U));
}

double api_share(api *world) {
    static const double shares[] = {0.0,  0.02, 0.1,       0.25,      0.3,   0.5,  0.75,      0.98,
                                    0.99, 1.0,  1.0 / 3.0, 2.0 / 3.0, 1e-9,  -0.5, 1.0000001, 1e300,
                                    -0.0, NAN,  INFINITY,  5e-324,    0.999, 0.01, 1 - 1e-16, 0.6180339887498949};
    return shares[fuzz_choice(&world->input, sizeof shares / sizeof shares[0])];
}

int api_has_mask(api *world) {
    if (world->mask)
        return 1;
    memcpy(world->weights, world->own, sizeof world->own);
    world->tensor_count = 0;
    const dlc_status status = fuzz_status(dlc_mask_create(world->allocator, &world->mask), "none");
    fuzz_check((status == DLC_OK) == (world->mask != NULL));
    return status == DLC_OK;
}

/* ---- Tensors ---- */

static void add_tensor(api *world) {
    static const char *const names[] = {"a", "b", "c.weight", "", "\xC3\xA4", "\xFF\n", NULL};
    static const int32_t dtypes[] = {DLC_DTYPE_F32, DLC_DTYPE_F32, DLC_DTYPE_F16,  DLC_DTYPE_BF16,
                                     DLC_DTYPE_F64, DLC_DTYPE_I64, DLC_DTYPE_OTHER};
    fuzz_input *input = &world->input;
    char number[16];
    const char *name = names[fuzz_choice(input, sizeof names / sizeof names[0])];
    if (name && fuzz_byte(input) & 1) {
        snprintf(number, sizeof number, "%d", fuzz_byte(input));
        name = number;
    }
    const int32_t dtype = fuzz_byte(input) == 255 ? -7 : dtypes[fuzz_choice(input, sizeof dtypes / sizeof dtypes[0])];
    const int64_t offset = (int64_t)(fuzz_word(input, 2) % API_WEIGHTS);
    const int64_t size = dlc_dtype_size(dtype) > 0 ? dlc_dtype_size(dtype) : 1;
    int64_t count = fuzz_number(input, 100);
    if (count > (API_WEIGHTS - offset) / size && count != INT64_MAX)
        count = (API_WEIGHTS - offset) / size;
    uint8_t *data = fuzz_byte(input) == 255 ? NULL : world->weights + offset;
    const int32_t maskable = (int32_t)fuzz_number(input, 1);
    if (world->tensor_count == (int64_t)(sizeof world->tensors / sizeof world->tensors[0]))
        return;
    if (fuzz_status(dlc_mask_add_tensor(world->mask, name, dtype, data, count, maskable),
                    dlc_mask_message(world->mask)) != DLC_OK)
        return;
    fuzz_check(count >= 0 && count <= API_WEIGHTS && name);
    world->tensors[world->tensor_count].data = data;
    world->tensors[world->tensor_count++].bytes = count * dlc_dtype_size(dtype);
}

/* ---- Schedules ---- */

/* A million levels would be allowed, and take their time. */
static int64_t choose_levels(api *world) {
    const int64_t levels = fuzz_number(&world->input, 9);
    return levels > 60 && levels <= 1000000 ? 60 : levels;
}

static dlc_status set_schedule(api *world) {
    static const char *const specs[] = {"geometric:0.02x50",
                                        "geometric:0.5x8",
                                        "linear:0.02-0.98x9",
                                        "list:0,0.1,0.5",
                                        "list:1,0,1",
                                        "linear:1-0x3",
                                        "geometric:1x1",
                                        "list:",
                                        "auto",
                                        "",
                                        "list:0.5;",
                                        "geometric:0.5x9999999999",
                                        "linear:0-1",
                                        "\xFF\xFE\n",
                                        "list:0.0000000000000000000001,1",
                                        "list:1e-3"};
    dlc_mask *mask = world->mask;
    double shares[9];
    switch (fuzz_choice(&world->input, 4)) {
    case 0: {
        const double amount = api_share(world);
        return dlc_mask_set_geometric(mask, amount, choose_levels(world));
    }
    case 1: {
        const double first = api_share(world), last = api_share(world);
        return dlc_mask_set_linear(mask, first, last, choose_levels(world));
    }
    case 2: {
        for (int i = 0; i < 9; i++)
            shares[i] = api_share(world);
        const int64_t levels = fuzz_number(&world->input, 9);
        return dlc_mask_set_list(mask, levels == 0 ? NULL : shares, levels > 9 && levels <= 1000000 ? 9 : levels);
    }
    default:
        return dlc_mask_set_schedule(mask, specs[fuzz_choice(&world->input, sizeof specs / sizeof specs[0])]);
    }
}

/* ---- Levels ---- */

/* The weights are the caller's own, or those that dlc_mask_copy() gives for the level. */
static void check_weights(api *world) {
    const int64_t level = dlc_mask_current_level(world->mask);
    if (level < 0) {
        fuzz_check(memcmp(world->weights, world->own, sizeof world->own) == 0);
        return;
    }
    for (int64_t i = 0; i < world->tensor_count; i++) {
        uint8_t copy[API_WEIGHTS];
        if (fuzz_status(dlc_mask_copy(world->mask, level, i, copy), dlc_mask_message(world->mask)) == DLC_OK)
            fuzz_check(memcmp(copy, world->tensors[i].data ? world->tensors[i].data : copy,
                              (size_t)world->tensors[i].bytes) == 0);
    }
}

static void look_at_level(api *world) {
    dlc_mask *mask = world->mask;
    const int64_t level = fuzz_number(&world->input, 9), tensor = fuzz_number(&world->input, 6);
    int64_t kept = 0, ties = 0, bytes = 0;
    double capacity = 0, threshold = 0;
    if (fuzz_status(dlc_mask_get_level(mask, level, &kept, &capacity, &threshold), dlc_mask_message(mask)) == DLC_OK) {
        fuzz_check(level >= 0 && level < dlc_mask_level_count(mask));
        fuzz_check(kept >= 0 && kept <= dlc_mask_weight_count(mask));
        fuzz_check(capacity >= 0 && capacity <= 1);
    }
    if (fuzz_status(dlc_mask_get_ties(mask, level, tensor, &ties), dlc_mask_message(mask)) == DLC_OK)
        fuzz_check(ties >= 0 && ties <= world->tensors[tensor].bytes);
    if (fuzz_status(dlc_mask_memory_estimate(mask, &bytes), dlc_mask_message(mask)) == DLC_OK)
        fuzz_check(bytes > 0);
    uint8_t out[API_WEIGHTS];
    if (fuzz_status(dlc_mask_copy(mask, level, tensor, out), dlc_mask_message(mask)) == DLC_OK)
        fuzz_check(tensor >= 0 && tensor < dlc_mask_tensor_count(mask));
}

static void free_mask(api *world) {
    dlc_run_free(world->run);
    world->run = NULL;
    dlc_mask_free(world->mask);
    world->mask = NULL;
}

void api_mask_step(api *world) {
    if (!api_has_mask(world))
        return;
    dlc_mask *mask = world->mask;
    dlc_status status = DLC_OK;
    switch (fuzz_choice(&world->input, 16)) {
    case 0:
        free_mask(world);
        return;
    case 1:
        status = dlc_mask_set_criterion(mask, (int32_t)fuzz_number(&world->input, 1));
        break;
    case 2:
        status = dlc_mask_set_seed(mask, fuzz_word(&world->input, 8));
        break;
    case 3:
        status = dlc_mask_set_threads(mask, (int32_t)fuzz_number(&world->input, 3));
        status = status == DLC_OK ? dlc_mask_set_threads(mask, 2) : status;
        break;
    case 4:
    case 5:
        status = set_schedule(world);
        break;
    case 6:
    case 7:
        status = dlc_mask_plan(mask);
        break;
    case 8:
    case 9:
        status = dlc_mask_apply(mask, fuzz_number(&world->input, 9));
        break;
    case 10:
        status = dlc_mask_restore(mask);
        fuzz_check(status == DLC_OK && dlc_mask_current_level(mask) == -1);
        break;
    case 11:
        look_at_level(world);
        return;
    default:
        add_tensor(world);
    }
    fuzz_status(status, dlc_mask_message(mask));
    fuzz_check(dlc_mask_tensor_count(mask) == world->tensor_count);
    check_weights(world);
}
