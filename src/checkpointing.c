/* checkpointing.c - see checkpointing.h. */
#include "checkpointing.h"

#include "blas.h"
#include "message.h"
#include "weights_hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

/* ---- Images ---- */

/* One image: its path and a NUL, then size and time as text and another. */
static int hash_image(XXH3_state_t *state, const char *folder, const char *path) {
    const size_t size = strlen(folder) + strlen(path) + 2;
    char *whole = malloc(size), text[96];
    if (!whole)
        return failed("%s: out of memory", folder);
    snprintf(whole, size, "%s/%s", folder, path);
    struct stat file;
    int status = EXIT_DONE;
    if (stat(whole, &file) != 0)
        status = failed("%s: %s", whole, strerror(errno));
    free(whole);
    if (status != EXIT_DONE)
        return status;
    snprintf(text, sizeof text, "%lld %lld.%09ld", (long long)file.st_size, (long long)file.st_mtim.tv_sec,
             file.st_mtim.tv_nsec);
    XXH3_128bits_update(state, path, strlen(path) + 1);
    XXH3_128bits_update(state, text, strlen(text) + 1);
    return EXIT_DONE;
}

static int hash_images(const char *folder, const dlc_images *images, XXH128_canonical_t *hash) {
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return failed("%s: out of memory", folder);
    XXH3_128bits_reset(state);
    int status = EXIT_DONE;
    for (int64_t i = 0; i < dlc_images_count(images) && status == EXIT_DONE; i++)
        status = hash_image(state, folder, dlc_images_path(images, i));
    XXH128_canonicalFromHash(hash, XXH3_128bits_digest(state));
    XXH3_freeState(state);
    return status;
}

/* ---- Texts ---- */

static dlc_status add_text(dlc_run *run, const char *name, const char *text) {
    return dlc_run_add_fingerprint(run, name, text, (int64_t)strlen(text));
}

static dlc_status add_number(dlc_run *run, const char *name, int64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    return add_text(run, name, text);
}

static dlc_status add_values(dlc_run *run, const char *name, const double values[3], int32_t channels) {
    char text[128] = "";
    for (int32_t c = 0; c < channels; c++)
        snprintf(text + strlen(text), sizeof text - strlen(text), c == 0 ? "%.9g" : ",%.9g", values[c]);
    return add_text(run, name, text);
}

static dlc_status add_transform(dlc_run *run, const transform_options *transform, int32_t channels) {
    dlc_status status = add_number(run, "--size", transform->size);
    if (status == DLC_OK)
        status = add_number(run, "--crop", transform->crop);
    if (status == DLC_OK)
        status = add_text(run, "--interpolation", transform_interpolations[transform->interpolation]);
    if (status == DLC_OK)
        status = add_values(run, "--mean", transform->mean, channels);
    return status == DLC_OK ? add_values(run, "--std", transform->deviation, channels) : status;
}

static dlc_status add_blas(dlc_run *run) {
    char text[64];
    blas_describe(text, sizeof text);
    return add_text(run, "OpenBLAS", text);
}

int checkpointing_set(dlc_run *run, const score_options *options, const dlc_safetensors *weights,
                      const dlc_encoder *encoder, const dlc_images *images) {
    XXH128_canonical_t encoder_hash, images_hash;
    if (!weights_hash(weights, &encoder_hash))
        return failed("%s: out of memory", options->encoder);
    if (hash_images(options->images, images, &images_hash) != EXIT_DONE)
        return EXIT_FAILED;
    dlc_status status = dlc_run_set_checkpoint_file(run, options->checkpoint);
    if (status == DLC_OK)
        status = dlc_run_add_fingerprint(run, "encoder", encoder_hash.digest, sizeof encoder_hash.digest);
    if (status == DLC_OK)
        status = dlc_run_add_fingerprint(run, "images", images_hash.digest, sizeof images_hash.digest);
    if (status == DLC_OK)
        status = add_transform(run, &options->transform, dlc_encoder_channels(encoder));
    if (status == DLC_OK)
        status = add_text(run, "--pool", pooling_words[options->pooling]);
    if (status == DLC_OK)
        status = add_blas(run);
    return status == DLC_OK ? EXIT_DONE : failed("--checkpoint: %s", dlc_run_message(run));
}
