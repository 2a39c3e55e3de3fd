/* api_fuzz.h - the handles and the caller's own data that a program of api_fuzz.c works on, and its steps by module. */
#ifndef DLC_FUZZ_API_FUZZ_H
#define DLC_FUZZ_API_FUZZ_H

#include "fuzz.h"

/* Bytes of weights; samples, floats in a row, floats of features and the like that arrays have room for. */
enum { API_WEIGHTS = 512, API_SAMPLES = 32, API_WIDTH = 16, API_FLOATS = API_SAMPLES * API_WIDTH };

typedef struct api {
    fuzz_input input;
    fuzz_memory memory;
    dlc_allocator *allocator;
    dlc_mask *mask;
    dlc_score *score;
    dlc_run *run;
    dlc_flexrand *flexrand;

    /* The caller's. */
    uint8_t weights[API_WEIGHTS];
    uint8_t own[API_WEIGHTS]; /* as they were before any mask */
    float floats[API_FLOATS];
    int64_t integers[API_SAMPLES];

    /* What was registered, for looking at the mask's work. */
    struct {
        uint8_t *data;
        int64_t bytes;
    } tensors[64];
    int64_t tensor_count;

    /* The model: how it goes wrong, and after how many calls. */
    int trouble, trouble_after, calls;
    uint8_t checkpoint[65536], next[65536]; /* the last one, and the one that is written */
    int64_t checkpoint_size, next_size, read_at;
    int32_t budget;
    int64_t samples; /* of the flexrand */
} api;

/* Fills the caller's arrays from the input. */
void api_fill(api *world);

/* Sensible, or at the edge, or absurd: a share. */
double api_share(api *world);

/* Any steps of a module; a handle that is not there is created first. */
void api_mask_step(api *world);
void api_score_step(api *world);
void api_run_step(api *world);
void api_flexrand_step(api *world);

/* Creates the handle that is not there; 0 where there was no memory. */
int api_has_mask(api *world);
int api_has_score(api *world);

#endif
