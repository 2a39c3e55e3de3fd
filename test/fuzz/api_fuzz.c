/*
 * api_fuzz.c - the input is a program: a byte for a function, the bytes after it for its arguments, which are sensible,
 * at the edge or absurd. One handle of each module of the method at a time - mask, score, run, flexrand - in any state
 * that calls can bring it to, with allocations that fail at chosen places, and a model that fails in every way.
 *
 * What a caller may not do is not done: pointers are good for what the other arguments say of them.
 *
 * Checked are the promises that hold whatever was called before: the weights' bits (G1), an exact budget and its prefix
 * (G3), statuses and messages, results in range, and at the end no memory that was not given back (G6).
 */
#include "api_fuzz.h"

#include <string.h>

static void start(api *world, const uint8_t *data, size_t size) {
    memset(world, 0, sizeof *world);
    world->input = (fuzz_input){data, data + size};
    world->memory = (fuzz_memory){.limit = 16 << 20, .fail_at = -1};
    world->allocator = fuzz_allocator(&world->memory);
    api_fill(world);
}

static void end(api *world) {
    world->memory.fail_at = -1;
    dlc_run_free(world->run);
    dlc_mask_free(world->mask);
    dlc_score_free(world->score);
    dlc_flexrand_free(world->flexrand);
    fuzz_allocator_end(world->allocator, &world->memory);
}

/* The next allocations work, but for one. */
static void choose_failure(api *world) {
    const int byte = fuzz_byte(&world->input);
    world->memory.calls = 0;
    world->memory.fail_at = byte < 128 ? -1 : byte - 128;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static api world;
    start(&world, data, size);
    for (int step = 0; step < 300 && world.input.at < world.input.end; step++)
        switch (fuzz_choice(&world.input, 8)) {
        case 0:
            choose_failure(&world);
            break;
        case 1:
        case 2:
            api_mask_step(&world);
            break;
        case 3:
        case 4:
            api_score_step(&world);
            break;
        case 5:
        case 6:
            api_run_step(&world);
            break;
        default:
            api_flexrand_step(&world);
        }
    end(&world);
    return 0;
}
