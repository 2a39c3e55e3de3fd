/*
 * score_images.c - `dlc score --encoder --images`: class folders in, RUN out; the embedded encoder does the forward
 * passes.
 */
#include "arrays.h"
#include "blas.h"
#include "checkpointing.h"
#include "interrupt.h"
#include "message.h"
#include "outputs.h"
#include "progress.h"
#include "run_folder.h"
#include "run_record.h"
#include "score_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* All that a run works with; everything is freed at one place. */
typedef struct image_run {
    score_options *options;
    dlc_safetensors *weights;
    dlc_encoder *encoder;
    dlc_images *images;
    dlc_mask *mask;
    dlc_score *score;
    dlc_run *run;
    float *pixels;         /* one batch, float32[batch, channels, height, width] */
    const char *complaint; /* of a module that failed inside the forward callback, or NULL */
    progress_line line;
    run_timings timings;
} image_run;

static double lap(double *since) {
    const double now = seconds_now(), spent = now - *since;
    *since = now;
    return spent;
}

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    (void)level;
    image_run *job = user;
    double clock = seconds_now();
    const int read = dlc_images_read(job->images, first, rows, job->pixels) == DLC_OK;
    job->timings.decode_images += lap(&clock);
    if (!read) {
        job->complaint = dlc_images_message(job->images);
        return;
    }
    const int done = dlc_encoder_forward(job->encoder, job->pixels, first, rows, dlc_images_height(job->images),
                                         dlc_images_width(job->images), out) == DLC_OK;
    job->timings.forward_passes += lap(&clock);
    if (done)
        *rows_written = rows;
    else
        job->complaint = dlc_encoder_message(job->encoder);
}

static void show(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples, int32_t *go_on) {
    image_run *job = user;
    progress_show(&job->line, pass, passes, samples_done, samples);
    *go_on = 1;
}

/* A library that was built without one of the two modules says so when the handle is to be created. */
static int create_all(image_run *job) {
    const dlc_status encoder = dlc_encoder_create(NULL, &job->encoder), images = dlc_images_create(NULL, &job->images);
    if (encoder == DLC_ERROR_UNSUPPORTED || images == DLC_ERROR_UNSUPPORTED)
        return wrong_usage("score --encoder: %s",
                           encoder != DLC_OK ? dlc_encoder_message(NULL) : dlc_images_message(NULL));
    if (encoder != DLC_OK || images != DLC_OK || dlc_safetensors_create(NULL, &job->weights) != DLC_OK ||
        dlc_score_create(NULL, &job->score) != DLC_OK || dlc_run_create(NULL, &job->run) != DLC_OK)
        return failed("out of memory");
    return EXIT_DONE;
}

static void free_all(image_run *job) {
    interrupt_hold(NULL);
    dlc_run_free(job->run);
    dlc_score_free(job->score);
    dlc_mask_free(job->mask);
    dlc_images_free(job->images);
    dlc_encoder_free(job->encoder);
    dlc_safetensors_free(job->weights);
    free(job->pixels);
}

static int load_model(image_run *job) {
    const score_options *options = job->options;
    double clock = seconds_now();
    if (dlc_safetensors_open(job->weights, options->encoder) != DLC_OK)
        return failed("%s", dlc_safetensors_message(job->weights));
    if (dlc_encoder_set_threads(job->encoder, (int32_t)options->threads) != DLC_OK ||
        dlc_encoder_set_pooling(job->encoder, options->pooling) != DLC_OK ||
        dlc_encoder_load(job->encoder, job->weights) != DLC_OK)
        return failed("%s: %s", options->encoder, dlc_encoder_message(job->encoder));
    job->timings.read_weights = lap(&clock);
    const int status =
        masking_plan(&options->masking, job->weights, options->encoder, (int32_t)options->threads, &job->mask);
    job->timings.plan_masks = lap(&clock);
    return status;
}

/* Where temporary files go. */
static const char *temporary_folder(void) {
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : NULL;
}

/* Up to half of the memory limit is for pixels; the run gets what they leave. */
static int open_images(image_run *job) {
    score_options *options = job->options;
    double clock = seconds_now();
    dlc_images *images = job->images;
    int status = transform_complete(&options->transform, job->encoder);
    if (status == EXIT_DONE)
        status = transform_set(&options->transform, job->encoder, images);
    if (status != EXIT_DONE)
        return status;
    if (dlc_images_set_threads(images, (int32_t)options->threads) != DLC_OK ||
        dlc_images_set_memory_limit(images, options->memory_limit / 2) != DLC_OK ||
        dlc_images_set_cache_folder(images, temporary_folder()) != DLC_OK ||
        dlc_images_set_skip_broken(images, options->skip_broken) != DLC_OK ||
        dlc_images_open(images, options->images) != DLC_OK)
        return failed("%s", dlc_images_message(images));
    job->timings.list_images = lap(&clock);
    const int64_t side = dlc_encoder_image_size(job->encoder);
    if (side > 0 && (dlc_images_height(images) != side || dlc_images_width(images) != side))
        return failed("%s: the encoder takes images of %lldx%lld, after --size and --crop these are %lldx%lld",
                      options->images, (long long)side, (long long)side, (long long)dlc_images_height(images),
                      (long long)dlc_images_width(images));
    return EXIT_DONE;
}

static int64_t pixels_per_image(const image_run *job) {
    return dlc_images_channels(job->images) * dlc_images_height(job->images) * dlc_images_width(job->images);
}

/* Bytes of pixels that the images keep in memory. */
static int64_t pixels_in_memory(const image_run *job) {
    const int64_t all = dlc_images_count(job->images) * pixels_per_image(job);
    const int64_t most = job->options->memory_limit / 2;
    return all < most ? all : most;
}

/* The samples, and a batch of them. */
static int prepare_samples(image_run *job) {
    const int64_t samples = dlc_images_count(job->images);
    const int64_t batch = job->options->batch < samples ? job->options->batch : samples;
    int64_t *labels = malloc((size_t)samples * sizeof *labels);
    job->pixels = malloc((size_t)(batch * pixels_per_image(job)) * sizeof *job->pixels);
    if (!labels || !job->pixels) {
        free(labels);
        return failed("%s: out of memory", job->options->images);
    }
    for (int64_t i = 0; i < samples; i++)
        labels[i] = dlc_images_label(job->images, i);
    dlc_score *score = job->score;
    const int set = dlc_score_set_samples(score, samples, labels, dlc_images_class_count(job->images)) == DLC_OK &&
                    dlc_score_set_head(score, DLC_HEAD_CENTROID, dlc_encoder_dim(job->encoder)) == DLC_OK &&
                    dlc_score_set_observation(score, job->options->observation) == DLC_OK &&
                    dlc_score_set_keep_curves(score, 1) == DLC_OK &&
                    dlc_score_set_threads(score, (int32_t)job->options->threads) == DLC_OK;
    free(labels);
    return set ? EXIT_DONE : failed("%s: %s", job->options->images, dlc_score_message(score));
}

/* A run that a signal stopped. */
static int stopped(const score_options *options) {
    char how[4096] = "without --checkpoint the next run starts anew";
    if (options->checkpoint)
        snprintf(how, sizeof how, "the same command goes on from %s", options->checkpoint);
    return interrupted(how);
}

/* The line for a run that failed. What is wrong with a checkpoint is not the images' fault. */
static int complain(const image_run *job, dlc_status status) {
    const int of_checkpoint = status == DLC_ERROR_STATE || status == DLC_ERROR_IO || status == DLC_ERROR_FORMAT ||
                              status == DLC_ERROR_UNSUPPORTED;
    if (job->complaint)
        return failed("%s", job->complaint);
    if (of_checkpoint)
        return failed("%s", dlc_run_message(job->run));
    return failed("%s: %s", job->options->images, dlc_run_message(job->run));
}

static int execute(image_run *job) {
    const score_options *options = job->options;
    dlc_run *run = job->run;
    dlc_run_set_mask(run, job->mask);
    dlc_run_set_score(run, job->score);
    dlc_run_set_forward(run, forward, job);
    dlc_run_set_progress(run, show, job);
    dlc_run_set_batch(run, options->batch);
    dlc_run_set_memory_limit(run, options->memory_limit - pixels_in_memory(job));
    if (options->automatic)
        dlc_run_set_auto(run, options->agreement);
    if (options->checkpoint && checkpointing_set(run, options, job->weights, job->encoder, job->images) != EXIT_DONE)
        return EXIT_FAILED;
    double clock = seconds_now();
    job->line = progress_start(options->quiet);
    interrupt_hold(run);
    const dlc_status status = dlc_run_execute(run);
    progress_end(&job->line);
    job->timings.mask_and_score = lap(&clock) - job->timings.decode_images - job->timings.forward_passes;
    if (status == DLC_ERROR_CANCELLED)
        return stopped(options);
    return status == DLC_OK ? EXIT_DONE : complain(job, status);
}

static int write_floats(const run_folder *folder, const char *name, int64_t rank, const int64_t *dims,
                        const float *data) {
    char path[4096];
    return array_write(run_folder_file(folder, name, path, sizeof path), DLC_DTYPE_F32, rank, dims, data);
}

/* correct.npy: at how many levels the nearest centroid was the label's. */
static int write_correct(const image_run *job, const run_folder *folder, int64_t samples) {
    char path[4096];
    int32_t *counts = malloc((size_t)samples * sizeof *counts);
    if (!counts)
        return failed("%s: out of memory", folder->path);
    int status = EXIT_DONE;
    if (dlc_score_get_correct_counts(job->score, counts) != DLC_OK)
        status = failed("%s", dlc_score_message(job->score));
    else
        status =
            array_write(run_folder_file(folder, "correct.npy", path, sizeof path), DLC_DTYPE_I32, 1, &samples, counts);
    free(counts);
    return status;
}

static int write_labels(const image_run *job, const run_folder *folder, int64_t samples) {
    char path[4096];
    int64_t *labels = malloc((size_t)samples * sizeof *labels);
    if (!labels)
        return failed("%s: out of memory", folder->path);
    for (int64_t i = 0; i < samples; i++)
        labels[i] = dlc_images_label(job->images, i);
    const int status =
        array_write(run_folder_file(folder, "labels.npy", path, sizeof path), DLC_DTYPE_I64, 1, &samples, labels);
    free(labels);
    return status;
}

static int write_arrays(const image_run *job, const run_folder *folder) {
    const int64_t dims[2] = {dlc_score_visited_count(job->score), dlc_images_count(job->images)};
    float *data = malloc((size_t)(dims[0] * dims[1]) * sizeof *data);
    if (!data)
        return failed("%s: out of memory", folder->path);
    int status = EXIT_DONE;
    if (dlc_score_get_curves(job->score, data) != DLC_OK)
        status = failed("%s", dlc_score_message(job->score));
    else
        status = write_floats(folder, "curves.npy", 2, dims, data);
    if (status == EXIT_DONE && dlc_score_get_scores(job->score, data) != DLC_OK)
        status = failed("%s", dlc_score_message(job->score));
    if (status == EXIT_DONE)
        status = write_floats(folder, "scores.npy", 1, dims + 1, data);
    free(data);
    if (status == EXIT_DONE)
        status = write_labels(job, folder, dims[1]);
    return status == EXIT_DONE ? write_correct(job, folder, dims[1]) : status;
}

static int write_paths(const image_run *job, const run_folder *folder) {
    char path[4096];
    FILE *file = output_open(run_folder_file(folder, "samples.txt", path, sizeof path));
    if (!file)
        return EXIT_FAILED;
    for (int64_t i = 0; i < dlc_images_count(job->images); i++)
        fprintf(file, "%s\n", dlc_images_path(job->images, i));
    return output_close(file, path);
}

static int write_run(const image_run *job, run_folder *folder) {
    char path[4096];
    const run_record record = {job->options, job->weights, job->encoder, job->images,
                               job->mask,    job->score,   job->run,     job->timings};
    int status = write_arrays(job, folder);
    if (status == EXIT_DONE)
        status = write_paths(job, folder);
    if (status == EXIT_DONE)
        status = run_record_write(&record, run_folder_file(folder, "run.json", path, sizeof path));
    if (status == EXIT_DONE && interrupt_noted())
        status = stopped(job->options);
    if (status == EXIT_DONE)
        status = run_folder_commit(folder);
    /* It has done its duty. Where it cannot be removed it does no harm: it is of this run, whose results are there. */
    if (status == EXIT_DONE && job->options->checkpoint)
        unlink(job->options->checkpoint);
    return status;
}

int score_images(const score_options *given) {
    score_options options = *given; /* its transform gets completed */
    blas_use_one_thread();
    image_run job = {.options = &options};
    run_folder folder = {0};
    int status = create_all(&job);
    if (status == EXIT_DONE)
        status = run_folder_begin(&folder, options.out_dir);
    if (status == EXIT_DONE)
        status = load_model(&job);
    if (status == EXIT_DONE)
        status = open_images(&job);
    if (status == EXIT_DONE)
        status = prepare_samples(&job);
    if (status == EXIT_DONE)
        status = execute(&job);
    if (status == EXIT_DONE)
        status = write_run(&job, &folder);
    free_all(&job);
    run_folder_discard(&folder);
    return status;
}
