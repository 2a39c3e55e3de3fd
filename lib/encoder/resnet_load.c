/*
 * resnet_load.c - recognises a ResNet under timm's and torchvision's names from the names and shapes of a file's
 * tensors (resnet.h). Reads no weights but to see that they are finite.
 */
#include "resnet.h"

#include <stdio.h>
#include <string.h>

/* So that every size handed to BLAS fits its 32 bits: 49 * CHANNELS_MAX does. */
#define CHANNELS_MAX 1048576

/* Images that are worked on together: enough rows for sgemm where maps are small, and few enough that a thread's maps
 * of 224x224 images take some 40 MB. */
#define BLOCK_IMAGES 8

/* Models with a 7x7 stem are trained on ImageNet at this size. */
#define PUBLISHED_SIZE 224

/* A file while it is gone through. */
typedef struct dlc_reader {
    dlc_tensors tensors;
    dlc_error *error;
    dlc_resnet *resnet;
    int64_t capacity; /* of resnet->residuals */
    int64_t channels; /* of the map so far */
} dlc_reader;

int dlc_resnet_recognises(const dlc_safetensors *file) {
    return dlc_safetensors_find(file, "conv1.weight") >= 0 || dlc_safetensors_find(file, "conv1.0.weight") >= 0;
}

/* ---- Layers ---- */

/* The channels along one axis of a convolution's weights. A tensor that is missing is reported when it is taken. */
static dlc_status channels_of(const dlc_reader *reader, const char *name, int64_t axis, int64_t *channels) {
    const int64_t tensor = dlc_safetensors_find(reader->tensors.file, name);
    *channels = 1;
    if (tensor < 0)
        return DLC_OK;
    const int64_t rank = dlc_safetensors_rank(reader->tensors.file, tensor);
    if (rank != 4)
        return dlc_fail(reader->error, DLC_ERROR_FORMAT, "tensor '%s' has %lld dimensions, expected 4", name,
                        (long long)rank);
    *channels = dlc_safetensors_dim(reader->tensors.file, tensor, axis);
    if (*channels < 1 || *channels > CHANNELS_MAX)
        return dlc_fail(reader->error, DLC_ERROR_FORMAT, "tensor '%s' has %lld %s channels, expected 1 to %d", name,
                        (long long)*channels, axis == 0 ? "output" : "input", CHANNELS_MAX);
    return DLC_OK;
}

/* Takes PREFIX + CONV_NAME + ".weight" and the four tensors of batch norm PREFIX + NORM_NAME. */
static dlc_status take_conv(dlc_reader *reader, const char *prefix, const char *conv_name, const char *norm_name,
                            const dlc_conv *shape, dlc_conv *out) {
    *out = *shape;
    char name[128];
    snprintf(name, sizeof name, "%s%s.weight", prefix, conv_name);
    const int64_t dims[] = {shape->outputs, shape->inputs, shape->kernel, shape->kernel};
    DLC_TRY(dlc_tensors_take(&reader->tensors, name, 4, dims, &out->weight));
    const struct {
        const char *name;
        dlc_tensor *weight;
    } parts[] = {
        {"weight", &out->gamma}, {"bias", &out->beta}, {"running_mean", &out->mean}, {"running_var", &out->variance}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(name, sizeof name, "%s%s.%s", prefix, norm_name, parts[i].name);
        DLC_TRY(dlc_tensors_take(&reader->tensors, name, 1, &shape->outputs, parts[i].weight));
    }
    return DLC_OK;
}

static dlc_status take_stem(dlc_reader *reader) {
    const dlc_safetensors *file = reader->tensors.file;
    const int64_t tensor = dlc_safetensors_find(file, "conv1.weight");
    if (tensor < 0)
        return dlc_fail(reader->error, DLC_ERROR_UNSUPPORTED,
                        "a ResNet with a deep stem ('conv1.0.weight'), known are stems of one convolution");
    dlc_conv stem = {0};
    DLC_TRY(channels_of(reader, "conv1.weight", 0, &stem.outputs));
    DLC_TRY(channels_of(reader, "conv1.weight", 1, &stem.inputs));
    stem.kernel = dlc_safetensors_dim(file, tensor, 2);
    stem.stride = stem.kernel == 7 ? 2 : 1;
    if (stem.kernel != 3 && stem.kernel != 7)
        return dlc_fail(reader->error, DLC_ERROR_UNSUPPORTED,
                        "a ResNet with a %lldx%lld stem ('conv1.weight'), known are 3x3 and 7x7",
                        (long long)stem.kernel, (long long)dlc_safetensors_dim(file, tensor, 3));
    DLC_TRY(take_conv(reader, "", "conv1", "bn1", &stem, &reader->resnet->stem));
    reader->resnet->has_pool = stem.kernel == 7;
    reader->channels = stem.outputs;
    return DLC_OK;
}

/* The row of a basic block is 3x3, 3x3 with the stride in the first; that of a bottleneck 1x1, 3x3, 1x1 with the stride
 * in the second. */
static dlc_status take_row(dlc_reader *reader, const char *prefix, int64_t stride, dlc_residual *residual) {
    const int64_t depth = reader->resnet->depth;
    dlc_conv shape = {.inputs = reader->channels};
    for (int64_t c = 0; c < depth; c++) {
        char conv[16], norm[16], name[128];
        snprintf(conv, sizeof conv, "conv%d", (int)c + 1);
        snprintf(norm, sizeof norm, "bn%d", (int)c + 1);
        snprintf(name, sizeof name, "%s%s.weight", prefix, conv);
        /* The 3x3 convolution inside a row keeps its channels. */
        if (c == 0 || c == 2)
            DLC_TRY(channels_of(reader, name, 0, &shape.outputs));
        shape.kernel = depth == 2 || c == 1 ? 3 : 1;
        shape.stride = c == depth - 2 ? stride : 1;
        DLC_TRY(take_conv(reader, prefix, conv, norm, &shape, &residual->convs[c]));
        shape.inputs = shape.outputs;
    }
    return DLC_OK;
}

static dlc_status take_residual(dlc_reader *reader, const char *prefix, int64_t stride, dlc_residual *residual) {
    DLC_TRY(take_row(reader, prefix, stride, residual));
    const dlc_conv shape = {.inputs = reader->channels,
                            .outputs = residual->convs[reader->resnet->depth - 1].outputs,
                            .kernel = 1,
                            .stride = stride};
    char name[128];
    snprintf(name, sizeof name, "%sdownsample.", prefix);
    residual->has_shortcut =
        stride != 1 || shape.inputs != shape.outputs || dlc_tensors_have_prefix(reader->tensors.file, name);
    if (residual->has_shortcut)
        DLC_TRY(take_conv(reader, prefix, "downsample.0", "downsample.1", &shape, &residual->shortcut));
    reader->channels = shape.outputs;
    return DLC_OK;
}

/* Stages, and blocks in a stage, are as many as the file has names for. */
static dlc_status take_stages(dlc_reader *reader) {
    dlc_resnet *resnet = reader->resnet;
    int64_t stage = 1, block = 0;
    char prefix[64] = "layer1.0.";
    resnet->depth = dlc_safetensors_find(reader->tensors.file, "layer1.0.conv3.weight") >= 0 ? 3 : 2;
    do {
        if (!dlc_allocate_room(&resnet->model.allocator, (void **)&resnet->residuals, resnet->count, &reader->capacity,
                               sizeof *resnet->residuals))
            return dlc_fail_memory(reader->error, "the list of layers");
        dlc_residual *residual = &resnet->residuals[resnet->count++];
        *residual = (dlc_residual){.starts_stage = block == 0};
        DLC_TRY(take_residual(reader, prefix, stage > 1 && block == 0 ? 2 : 1, residual));
        block++;
        snprintf(prefix, sizeof prefix, "layer%lld.%lld.", (long long)stage, (long long)block);
        if (!dlc_tensors_have_prefix(reader->tensors.file, prefix)) {
            stage++;
            block = 0;
            snprintf(prefix, sizeof prefix, "layer%lld.0.", (long long)stage);
        }
    } while (dlc_tensors_have_prefix(reader->tensors.file, prefix));
    return dlc_tensors_check_rest(&reader->tensors, "fc.");
}

/* ---- The whole ---- */

static void append(char *text, size_t size, const char *before, int64_t number) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%lld", before, (long long)number);
}

/* "resnet bottleneck 3-4-6-3, 256-512-1024-2048 channels, 7x7 stem". */
static void describe(const dlc_resnet *resnet, char *text, size_t size) {
    snprintf(text, size, "resnet %s", resnet->depth == 2 ? "basic" : "bottleneck");
    for (int64_t i = 0, blocks = 0, stages = 0; i < resnet->count; i++) {
        blocks++;
        if (i + 1 == resnet->count || resnet->residuals[i + 1].starts_stage) {
            append(text, size, stages == 0 ? " " : "-", blocks);
            blocks = 0;
            stages++;
        }
    }
    for (int64_t i = 0; i < resnet->count; i++)
        if (resnet->residuals[i].starts_stage)
            append(text, size, i == 0 ? ", " : "-", resnet->residuals[i].convs[resnet->depth - 1].outputs);
    append(text, size, " channels, ", resnet->stem.kernel);
    append(text, size, "x", resnet->stem.kernel);
    snprintf(text + strlen(text), size - strlen(text), " stem");
}

static dlc_status allocate_ready(dlc_resnet *resnet, dlc_error *error) {
    int64_t floats = 0;
    for (int64_t i = 0; i < dlc_resnet_conv_count(resnet); i++)
        floats += dlc_resnet_conv(resnet, i) ? dlc_conv_ready_floats(dlc_resnet_conv(resnet, i)) : 0;
    resnet->ready = dlc_allocate(&resnet->model.allocator, floats, sizeof *resnet->ready);
    if (!resnet->ready)
        return dlc_fail_memory(error, "the prepared weights");
    float *next = resnet->ready;
    for (int64_t i = 0; i < dlc_resnet_conv_count(resnet); i++) {
        dlc_conv *conv = dlc_resnet_conv(resnet, i);
        if (conv) {
            conv->ready = next;
            next += dlc_conv_ready_floats(conv);
        }
    }
    return DLC_OK;
}

static dlc_status take_all(dlc_reader *reader) {
    DLC_TRY(take_stem(reader));
    DLC_TRY(take_stages(reader));
    return allocate_ready(reader->resnet, reader->error);
}

dlc_status dlc_resnet_load(const dlc_allocator *allocator, const dlc_safetensors *file, dlc_error *error,
                           dlc_model **out) {
    dlc_resnet *resnet = dlc_allocate_zeroed(allocator, 1, sizeof *resnet);
    if (!resnet)
        return dlc_fail_memory(error, "the model");
    resnet->model.architecture = &dlc_resnet_architecture;
    resnet->model.allocator = *allocator;
    dlc_reader reader = {.error = error, .resnet = resnet};
    dlc_status status = dlc_tensors_start(&reader.tensors, allocator, file, error);
    if (status == DLC_OK)
        status = take_all(&reader);
    dlc_tensors_end(&reader.tensors);
    if (status != DLC_OK) {
        dlc_resnet_unload(&resnet->model);
        return status;
    }
    resnet->model.channels = (int32_t)resnet->stem.inputs;
    resnet->model.dim = reader.channels;
    resnet->model.block = BLOCK_IMAGES;
    resnet->model.published_size = resnet->has_pool ? PUBLISHED_SIZE : 0;
    resnet->model.tasks = dlc_resnet_conv_count(resnet);
    describe(resnet, resnet->model.description, sizeof resnet->model.description);
    *out = &resnet->model;
    return DLC_OK;
}

/* The model is the first member of its dlc_resnet. */
void dlc_resnet_unload(dlc_model *model) {
    dlc_resnet *resnet = (dlc_resnet *)model;
    const dlc_allocator allocator = model->allocator;
    dlc_release(&allocator, resnet->ready);
    dlc_release(&allocator, resnet->residuals);
    dlc_release(&allocator, resnet);
}
