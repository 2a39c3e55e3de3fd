/*
 * encoder_checks.h - what is checked of an encoder whatever its architecture: features against the golden ones of
 * PyTorch (test/golden/encoder), the same bits for any batch and number of threads, wrong files. Used by the
 * encoder_*tests.c. OpenBLAS must run single-threaded (blas.h).
 */
#ifndef DLC_TEST_ENCODER_CHECKS_H
#define DLC_TEST_ENCODER_CHECKS_H

#include "recipe.h"

#include <dlc/dlc.h>

#include <stdint.h>

/* A model of test/golden/encoder. */
typedef struct encoder_case {
    const char *name, *architecture;
    int32_t channels;
    int64_t height, width, dim;
    int64_t masked_rank; /* of the tensors that were masked */
} encoder_case;

dlc_safetensors *encoder_case_weights(const encoder_case *of);

/* NAME_WHAT.npy; the caller frees it. */
float *encoder_case_floats(const encoder_case *of, const char *what, int64_t *count);

/* An encoder of these weights; the caller frees it. */
dlc_encoder *encoder_of(dlc_safetensors *weights);

/* Uniform in [-1, 1), the same at every call; the caller frees them. */
float *encoder_images(int64_t floats);

/* Features must be those of NAME_WHAT.npy to 1e-4 of their standard deviation. */
void encoder_check_features(dlc_encoder *encoder, const encoder_case *of, const char *what);

/* What is said of the model, its features, and those of the masked weights. */
void encoder_check_golden(const encoder_case *of);

/* GUARANTEE G2: 75 rows in batches of many sizes on 1, 2 and 4 threads have the bits of one batch on one thread. */
void encoder_check_batches(dlc_encoder *encoder, int64_t height, int64_t width);

/* An encoder that was used before has the bits of a fresh one of the same weights, and a NaN in one image comes out in
 * its own features alone. */
void encoder_check_nothing_left(dlc_encoder *used, dlc_safetensors *weights, int64_t height, int64_t width);

/* The bits do not depend on where in memory the tensors lie. */
void encoder_check_alignment(recipe file, int64_t height, int64_t width);

/* A file with one fault, and what is said of it. */
typedef struct encoder_fault {
    recipe_change change;
    dlc_status status;
    const char *message;
} encoder_fault;

/* The file is refused, and the model that was loaded before still works. */
void encoder_check_fault(const recipe *good, const encoder_fault *fault, int64_t height, int64_t width);

#endif
