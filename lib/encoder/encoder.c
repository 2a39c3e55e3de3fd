/*
 * encoder.c - the public handle (dlc/encoder.h): picks the architecture, cuts batches into fixed blocks of samples, and
 * gives each block to one thread with a workspace of its own. Knows nothing of layers; those are behind model.h.
 */
#include "dlc/encoder.h"

#include "../base/parallel.h"
#include "model.h"
#include "resnet.h"
#include "vit.h"

#include <stddef.h>

/* So that products of sizes stay far below 2^63. */
#define SIDE_MAX 65536

/* Workspaces start on a cache line. */
#define ALIGNMENT 64

static const dlc_architecture *const architectures[] = {&dlc_resnet_architecture, &dlc_vit_architecture};

struct dlc_encoder {
    dlc_allocator allocator;
    dlc_error error;
    int32_t threads;
    int32_t pooling;
    dlc_model *model; /* NULL before load */
    void *workspaces; /* kept from call to call */
    int64_t workspace_bytes;
};

dlc_status dlc_encoder_create(const dlc_allocator *allocator, dlc_encoder **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    const dlc_allocator copy = dlc_allocator_or_default(allocator);
    dlc_encoder *encoder = dlc_allocate_zeroed(&copy, 1, sizeof *encoder);
    if (!encoder)
        return DLC_ERROR_MEMORY;
    encoder->allocator = copy;
    encoder->threads = 1;
    *out = encoder;
    return DLC_OK;
}

static void unload(dlc_encoder *encoder) {
    if (encoder->model)
        encoder->model->architecture->unload(encoder->model);
    dlc_release(&encoder->allocator, encoder->workspaces);
    encoder->model = NULL;
    encoder->workspaces = NULL;
    encoder->workspace_bytes = 0;
}

void dlc_encoder_free(dlc_encoder *encoder) {
    if (!encoder)
        return;
    unload(encoder);
    const dlc_allocator allocator = encoder->allocator;
    dlc_release(&allocator, encoder);
}

const char *dlc_encoder_message(const dlc_encoder *encoder) {
    return encoder ? encoder->error.text : "the handle is NULL";
}

dlc_status dlc_encoder_set_threads(dlc_encoder *encoder, int32_t threads) {
    if (!encoder)
        return DLC_ERROR_ARGUMENT;
    if (threads < 0 || threads > DLC_THREADS_MAX)
        return dlc_fail(&encoder->error, DLC_ERROR_ARGUMENT, "threads %d is not in 0 to %d", (int)threads,
                        DLC_THREADS_MAX);
    encoder->threads = threads;
    return DLC_OK;
}

dlc_status dlc_encoder_set_pooling(dlc_encoder *encoder, int32_t pooling) {
    if (!encoder)
        return DLC_ERROR_ARGUMENT;
    if (pooling != DLC_POOLING_TOKEN && pooling != DLC_POOLING_MEAN)
        return dlc_fail(&encoder->error, DLC_ERROR_ARGUMENT, "pooling %d is unknown", (int)pooling);
    encoder->pooling = pooling;
    return DLC_OK;
}

/* ---- Load ---- */

static dlc_status fail_unknown(dlc_encoder *encoder, const dlc_safetensors *weights) {
    return dlc_fail(&encoder->error, DLC_ERROR_UNSUPPORTED,
                    "no architecture that is known: a ResNet has a tensor 'conv1.weight', a vision transformer "
                    "'patch_embed.proj.weight' and 'blocks.0...', or 'conv_proj.weight' and "
                    "'encoder.layers.encoder_layer_0...'; the first tensor here is '%s'",
                    dlc_safetensors_name(weights, 0));
}

dlc_status dlc_encoder_load(dlc_encoder *encoder, dlc_safetensors *weights) {
    if (!encoder)
        return DLC_ERROR_ARGUMENT;
    if (!weights)
        return dlc_fail(&encoder->error, DLC_ERROR_ARGUMENT, "weights is NULL");
    if (dlc_safetensors_count(weights) == 0)
        return dlc_fail(&encoder->error, DLC_ERROR_UNSUPPORTED, "the weights hold no tensor, or no file is open");
    const size_t count = sizeof architectures / sizeof architectures[0];
    for (size_t i = 0; i < count; i++) {
        if (!architectures[i]->recognises(weights))
            continue;
        dlc_model *model = NULL;
        DLC_TRY(architectures[i]->load(&encoder->allocator, weights, &encoder->error, &model));
        unload(encoder);
        encoder->model = model;
        return DLC_OK;
    }
    return fail_unknown(encoder, weights);
}

const char *dlc_encoder_architecture(const dlc_encoder *encoder) {
    return encoder && encoder->model ? encoder->model->description : NULL;
}

int32_t dlc_encoder_channels(const dlc_encoder *encoder) {
    if (!encoder)
        return -1;
    return encoder->model ? encoder->model->channels : 0;
}

int64_t dlc_encoder_dim(const dlc_encoder *encoder) {
    if (!encoder)
        return -1;
    return encoder->model ? encoder->model->dim : 0;
}

int64_t dlc_encoder_block(const dlc_encoder *encoder) {
    if (!encoder)
        return -1;
    return encoder->model ? encoder->model->block : 0;
}

int64_t dlc_encoder_image_size(const dlc_encoder *encoder) {
    if (!encoder)
        return -1;
    return encoder->model ? encoder->model->image_size : 0;
}

int64_t dlc_encoder_published_size(const dlc_encoder *encoder) {
    if (!encoder)
        return -1;
    return encoder->model ? encoder->model->published_size : 0;
}

/* ---- Forward ---- */

typedef struct dlc_pass {
    dlc_model *model;
    const float *images;
    float *features;
    int64_t first, rows, height, width;
    int64_t first_block;
    float *workspaces;
    int64_t workspace; /* floats of one */
} dlc_pass;

static void prepare_weights(void *context, int64_t task, int32_t thread) {
    (void)thread;
    const dlc_pass *pass = context;
    pass->model->architecture->prepare(pass->model, task);
}

static void forward_block(void *context, int64_t task, int32_t thread) {
    const dlc_pass *pass = context;
    const dlc_model *model = pass->model;
    /* Rows of the batch, before its start and beyond its end too, that are in this block. */
    const int64_t start = (pass->first_block + task) * model->block - pass->first;
    const int64_t from = start < 0 ? 0 : start;
    const int64_t to = start + model->block < pass->rows ? start + model->block : pass->rows;
    model->architecture->forward(model, pass->images + from * model->channels * pass->height * pass->width,
                                 from - start, to - start, pass->height, pass->width,
                                 pass->workspaces + thread * pass->workspace, pass->features + from * model->dim);
}

static dlc_status check_batch(dlc_encoder *encoder, const float *images, int64_t first, int64_t rows, int64_t height,
                              int64_t width, const float *features) {
    if (!encoder->model)
        return dlc_fail(&encoder->error, DLC_ERROR_STATE, "no weights are loaded");
    if (first < 0 || rows < 0 || first > INT64_MAX - rows)
        return dlc_fail(&encoder->error, DLC_ERROR_ARGUMENT, "%lld rows from row %lld on", (long long)rows,
                        (long long)first);
    if (height < 1 || height > SIDE_MAX || width < 1 || width > SIDE_MAX)
        return dlc_fail(&encoder->error, DLC_ERROR_ARGUMENT, "images of %lldx%lld pixels, expected 1 to %d a side",
                        (long long)height, (long long)width, SIDE_MAX);
    const int64_t size = encoder->model->image_size;
    if (size > 0 && (height != size || width != size))
        return dlc_fail(&encoder->error, DLC_ERROR_ARGUMENT, "images of %lldx%lld pixels, the model takes %lldx%lld",
                        (long long)height, (long long)width, (long long)size, (long long)size);
    if (rows > 0 && (!images || !features))
        return dlc_fail(&encoder->error, DLC_ERROR_ARGUMENT, "%s is NULL", images ? "features" : "images");
    return DLC_OK;
}

static dlc_status allocate_workspaces(dlc_encoder *encoder, int64_t count, dlc_pass *pass) {
    const int64_t size = (int64_t)sizeof *pass->workspaces;
    if (pass->workspace > (INT64_MAX - ALIGNMENT) / size / count)
        return dlc_fail_memory(&encoder->error, "the maps of the images");
    const int64_t bytes = count * pass->workspace * size + ALIGNMENT;
    if (bytes > encoder->workspace_bytes) {
        dlc_release(&encoder->allocator, encoder->workspaces);
        encoder->workspace_bytes = 0;
        encoder->workspaces = dlc_allocate(&encoder->allocator, bytes, 1);
        if (!encoder->workspaces)
            return dlc_fail_memory(&encoder->error, "the maps of the images");
        encoder->workspace_bytes = bytes;
    }
    const uintptr_t over = (uintptr_t)encoder->workspaces % ALIGNMENT;
    pass->workspaces = (float *)(void *)((char *)encoder->workspaces + (over ? ALIGNMENT - over : 0));
    return DLC_OK;
}

dlc_status dlc_encoder_forward(dlc_encoder *encoder, const float *images, int64_t first, int64_t rows, int64_t height,
                               int64_t width, float *features) {
    if (!encoder)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(check_batch(encoder, images, first, rows, height, width, features));
    if (rows == 0)
        return DLC_OK;
    dlc_model *model = encoder->model;
    model->pooling = encoder->pooling;
    const int64_t first_block = first / model->block;
    const int64_t blocks = (first + rows - 1) / model->block - first_block + 1;
    const int32_t threads = dlc_threads_resolve(encoder->threads);
    dlc_pass pass = {.model = model,
                     .images = images,
                     .features = features,
                     .first = first,
                     .rows = rows,
                     .height = height,
                     .width = width,
                     .first_block = first_block,
                     .workspace = model->architecture->workspace(model, height, width)};
    DLC_TRY(allocate_workspaces(encoder, threads < blocks ? threads : blocks, &pass));
    dlc_parallel(threads, model->tasks, prepare_weights, &pass);
    dlc_parallel(threads, blocks, forward_block, &pass);
    return DLC_OK;
}
