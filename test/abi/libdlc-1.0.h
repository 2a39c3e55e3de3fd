#ifndef DLC_DLC_H
#define DLC_DLC_H
#ifndef DLC_BASE_H
#define DLC_BASE_H
#include <stdint.h>
#if defined(__GNUC__) || defined(__clang__)
#define DLC_API __attribute__((visibility("default")))
#else
#define DLC_API
#endif
#ifdef __cplusplus
extern "C" {
#endif
#define DLC_VERSION_MAJOR  1
#define DLC_VERSION_MINOR  0
#define DLC_VERSION_PATCH  0
#define DLC_VERSION_NUMBER (DLC_VERSION_MAJOR * 10000 + DLC_VERSION_MINOR * 100 + DLC_VERSION_PATCH)
DLC_API int32_t dlc_version_number(void);
DLC_API const char *dlc_version_string(void);
typedef int32_t dlc_status;
#define DLC_OK                0
#define DLC_ERROR_MEMORY      (-1)
#define DLC_ERROR_ARGUMENT    (-2)
#define DLC_ERROR_STATE       (-3)
#define DLC_ERROR_DATA        (-4)
#define DLC_ERROR_CALLBACK    (-5)
#define DLC_ERROR_CANCELLED   (-6)
#define DLC_ERROR_IO          (-7)
#define DLC_ERROR_FORMAT      (-8)
#define DLC_ERROR_UNSUPPORTED (-9)
#define DLC_ERROR_LIMIT       (-10)
DLC_API const char *dlc_status_name(dlc_status status);
DLC_API const char *dlc_status_text(dlc_status status);
typedef struct dlc_allocator dlc_allocator;
typedef void (*dlc_allocate_callback)(void *user, int64_t size, void **result);
typedef void (*dlc_release_callback)(void *user, void *block);
DLC_API dlc_status dlc_allocator_create(dlc_allocate_callback allocate, dlc_release_callback release, void *user,
                                        dlc_allocator **out);
DLC_API void dlc_allocator_free(dlc_allocator *allocator);
#define DLC_DTYPE_OTHER 0
#define DLC_DTYPE_F32   1
#define DLC_DTYPE_F16   2
#define DLC_DTYPE_BF16  3
#define DLC_DTYPE_F64   4
#define DLC_DTYPE_I64   5
#define DLC_DTYPE_I32   6
#define DLC_DTYPE_U8    7
DLC_API int64_t dlc_dtype_size(int32_t dtype);
DLC_API const char *dlc_dtype_name(int32_t dtype);
#ifdef __cplusplus
}
#endif
#endif
#ifndef DLC_ENCODER_H
#define DLC_ENCODER_H
#ifndef DLC_FILE_H
#define DLC_FILE_H
#ifdef __cplusplus
extern "C" {
#endif
typedef struct dlc_npy dlc_npy;
DLC_API dlc_status dlc_npy_create(const dlc_allocator *allocator, dlc_npy **out);
DLC_API void dlc_npy_free(dlc_npy *npy);
DLC_API const char *dlc_npy_message(const dlc_npy *npy);
DLC_API dlc_status dlc_npy_open(dlc_npy *npy, const char *path);
DLC_API int32_t dlc_npy_dtype(const dlc_npy *npy);
DLC_API int64_t dlc_npy_rank(const dlc_npy *npy);
DLC_API int64_t dlc_npy_dim(const dlc_npy *npy, int64_t axis);
DLC_API int64_t dlc_npy_count(const dlc_npy *npy);
DLC_API dlc_status dlc_npy_read(dlc_npy *npy, int64_t first, int64_t count, void *out);
DLC_API dlc_status dlc_npy_read_int64(dlc_npy *npy, int64_t first, int64_t count, int64_t *out);
DLC_API dlc_status dlc_npy_write(dlc_npy *npy, const char *path, int32_t dtype, int64_t rank, const int64_t *dims,
                                 const void *data);
typedef struct dlc_safetensors dlc_safetensors;
DLC_API dlc_status dlc_safetensors_create(const dlc_allocator *allocator, dlc_safetensors **out);
DLC_API void dlc_safetensors_free(dlc_safetensors *file);
DLC_API const char *dlc_safetensors_message(const dlc_safetensors *file);
DLC_API dlc_status dlc_safetensors_open(dlc_safetensors *file, const char *path);
DLC_API int64_t dlc_safetensors_count(const dlc_safetensors *file);
DLC_API int64_t dlc_safetensors_find(const dlc_safetensors *file, const char *name);
DLC_API const char *dlc_safetensors_name(const dlc_safetensors *file, int64_t tensor);
DLC_API int32_t dlc_safetensors_dtype(const dlc_safetensors *file, int64_t tensor);
DLC_API const char *dlc_safetensors_dtype_text(const dlc_safetensors *file,
                                               int64_t tensor);
DLC_API int64_t dlc_safetensors_rank(const dlc_safetensors *file, int64_t tensor);
DLC_API int64_t dlc_safetensors_dim(const dlc_safetensors *file, int64_t tensor, int64_t axis);
DLC_API int64_t dlc_safetensors_elements(const dlc_safetensors *file, int64_t tensor);
DLC_API int64_t dlc_safetensors_bytes(const dlc_safetensors *file, int64_t tensor);
DLC_API void *dlc_safetensors_data(const dlc_safetensors *file, int64_t tensor);
DLC_API const char *dlc_safetensors_metadata(const dlc_safetensors *file, const char *key);
DLC_API int32_t dlc_safetensors_masked_by_default(const dlc_safetensors *file, int64_t tensor);
DLC_API dlc_status dlc_safetensors_save(dlc_safetensors *file, const char *path);
#ifdef __cplusplus
}
#endif
#endif
#ifdef __cplusplus
extern "C" {
#endif
typedef struct dlc_encoder dlc_encoder;
#define DLC_POOLING_TOKEN 0
#define DLC_POOLING_MEAN  1
DLC_API dlc_status dlc_encoder_create(const dlc_allocator *allocator, dlc_encoder **out);
DLC_API void dlc_encoder_free(dlc_encoder *encoder);
DLC_API const char *dlc_encoder_message(const dlc_encoder *encoder);
DLC_API dlc_status dlc_encoder_set_threads(dlc_encoder *encoder, int32_t threads);
DLC_API dlc_status dlc_encoder_set_pooling(dlc_encoder *encoder, int32_t pooling);
DLC_API dlc_status dlc_encoder_load(dlc_encoder *encoder, dlc_safetensors *weights);
DLC_API const char *dlc_encoder_architecture(const dlc_encoder *encoder);
DLC_API int32_t dlc_encoder_channels(const dlc_encoder *encoder);
DLC_API int64_t dlc_encoder_dim(const dlc_encoder *encoder);
DLC_API int64_t dlc_encoder_block(const dlc_encoder *encoder);
DLC_API int64_t dlc_encoder_image_size(const dlc_encoder *encoder);
DLC_API int64_t dlc_encoder_published_size(const dlc_encoder *encoder);
DLC_API dlc_status dlc_encoder_forward(dlc_encoder *encoder, const float *images, int64_t first, int64_t rows,
                                       int64_t height, int64_t width, float *features);
#ifdef __cplusplus
}
#endif
#endif
#ifndef DLC_FLEXRAND_H
#define DLC_FLEXRAND_H
#ifdef __cplusplus
extern "C" {
#endif
typedef struct dlc_flexrand dlc_flexrand;
#define DLC_METHOD_FLEXRAND 0
#define DLC_METHOD_EASY     1
#define DLC_METHOD_HARD     2
#define DLC_METHOD_RANDOM   3
#define DLC_BUDGET_EXACT 0
#define DLC_BUDGET_PAPER 1
#define DLC_RNG_PHILOX 0
#define DLC_RNG_NUMPY  1
#define DLC_ORDER_INDEX 0
#define DLC_ORDER_PICK  1
#define DLC_INTERVAL_EASY 0
#define DLC_INTERVAL_HARD 1
DLC_API dlc_status dlc_flexrand_create(const dlc_allocator *allocator, dlc_flexrand **out);
DLC_API void dlc_flexrand_free(dlc_flexrand *flexrand);
DLC_API const char *dlc_flexrand_message(const dlc_flexrand *flexrand);
DLC_API dlc_status dlc_flexrand_set_samples(dlc_flexrand *flexrand, int64_t samples, const int64_t *labels,
                                            const float *scores, const int64_t *ids);
DLC_API dlc_status dlc_flexrand_set_method(dlc_flexrand *flexrand, int32_t method);
DLC_API dlc_status dlc_flexrand_set_gamma(dlc_flexrand *flexrand, double gamma);
DLC_API dlc_status dlc_flexrand_set_budget(dlc_flexrand *flexrand, int32_t budget);
DLC_API dlc_status dlc_flexrand_set_rng(dlc_flexrand *flexrand, int32_t rng);
DLC_API dlc_status dlc_flexrand_set_seed(dlc_flexrand *flexrand, uint64_t seed);
DLC_API dlc_status dlc_flexrand_set_floor(dlc_flexrand *flexrand, int64_t floor);
DLC_API dlc_status dlc_flexrand_select_keep(dlc_flexrand *flexrand, double keep);
DLC_API dlc_status dlc_flexrand_select_count(dlc_flexrand *flexrand, int64_t count);
DLC_API int64_t dlc_flexrand_selected_count(const dlc_flexrand *flexrand);
DLC_API dlc_status dlc_flexrand_get_selection(dlc_flexrand *flexrand, int32_t order, int64_t *indices,
                                              int32_t *intervals);
#ifdef __cplusplus
}
#endif
#endif
#ifndef DLC_IMAGE_H
#define DLC_IMAGE_H
#ifdef __cplusplus
extern "C" {
#endif
typedef struct dlc_images dlc_images;
#define DLC_INTERPOLATION_BILINEAR 0
#define DLC_INTERPOLATION_BICUBIC  1
#define DLC_IMAGES_SIDE_MAX 65535
DLC_API dlc_status dlc_images_create(const dlc_allocator *allocator, dlc_images **out);
DLC_API void dlc_images_free(dlc_images *images);
DLC_API const char *dlc_images_message(const dlc_images *images);
DLC_API dlc_status dlc_images_set_channels(dlc_images *images, int32_t channels);
DLC_API dlc_status dlc_images_set_size(dlc_images *images, int64_t side);
DLC_API dlc_status dlc_images_set_interpolation(dlc_images *images, int32_t interpolation);
DLC_API dlc_status dlc_images_set_crop(dlc_images *images, int64_t side);
DLC_API dlc_status dlc_images_set_normalization(dlc_images *images, const float *mean, const float *deviation);
DLC_API dlc_status dlc_images_set_threads(dlc_images *images, int32_t threads);
DLC_API dlc_status dlc_images_set_memory_limit(dlc_images *images, int64_t bytes);
DLC_API dlc_status dlc_images_set_cache_folder(dlc_images *images, const char *folder);
DLC_API dlc_status dlc_images_set_skip_broken(dlc_images *images, int32_t skip);
DLC_API dlc_status dlc_images_open(dlc_images *images, const char *directory);
DLC_API int64_t dlc_images_count(const dlc_images *images);
DLC_API int64_t dlc_images_class_count(const dlc_images *images);
DLC_API int32_t dlc_images_channels(const dlc_images *images);
DLC_API int64_t dlc_images_height(const dlc_images *images);
DLC_API int64_t dlc_images_width(const dlc_images *images);
DLC_API const char *dlc_images_class_name(const dlc_images *images, int64_t class_id);
DLC_API const char *dlc_images_path(const dlc_images *images, int64_t sample);
DLC_API int64_t dlc_images_label(const dlc_images *images, int64_t sample);
DLC_API int64_t dlc_images_skipped_count(const dlc_images *images);
DLC_API const char *dlc_images_skipped_path(const dlc_images *images, int64_t index);
DLC_API const char *dlc_images_skipped_reason(const dlc_images *images, int64_t index);
DLC_API dlc_status dlc_images_read(dlc_images *images, int64_t first, int64_t rows, float *out);
DLC_API dlc_status dlc_images_read_pixels(dlc_images *images, int64_t sample, uint8_t *out);
#ifdef __cplusplus
}
#endif
#endif
#ifndef DLC_MASK_H
#define DLC_MASK_H
#ifdef __cplusplus
extern "C" {
#endif
typedef struct dlc_mask dlc_mask;
#define DLC_CRITERION_L1     0
#define DLC_CRITERION_RANDOM 1
DLC_API dlc_status dlc_mask_create(const dlc_allocator *allocator, dlc_mask **out);
DLC_API void dlc_mask_free(dlc_mask *mask);
DLC_API const char *dlc_mask_message(const dlc_mask *mask);
DLC_API dlc_status dlc_mask_add_tensor(dlc_mask *mask, const char *name, int32_t dtype, void *data, int64_t count,
                                       int32_t maskable);
DLC_API int64_t dlc_mask_tensor_count(const dlc_mask *mask);
DLC_API dlc_status dlc_mask_set_criterion(dlc_mask *mask, int32_t criterion);
DLC_API dlc_status dlc_mask_set_seed(dlc_mask *mask, uint64_t seed);
DLC_API dlc_status dlc_mask_set_threads(dlc_mask *mask, int32_t threads);
DLC_API dlc_status dlc_mask_set_geometric(dlc_mask *mask, double amount, int64_t levels);
DLC_API dlc_status dlc_mask_set_linear(dlc_mask *mask, double first, double last, int64_t levels);
DLC_API dlc_status dlc_mask_set_list(dlc_mask *mask, const double *shares, int64_t levels);
DLC_API dlc_status dlc_mask_set_schedule(dlc_mask *mask, const char *spec);
DLC_API dlc_status dlc_mask_plan(dlc_mask *mask);
DLC_API int64_t dlc_mask_level_count(const dlc_mask *mask);
DLC_API int64_t dlc_mask_weight_count(const dlc_mask *mask);
DLC_API dlc_status dlc_mask_get_level(dlc_mask *mask, int64_t level, int64_t *kept, double *capacity,
                                      double *threshold);
DLC_API dlc_status dlc_mask_get_ties(dlc_mask *mask, int64_t level, int64_t tensor, int64_t *ties);
DLC_API dlc_status dlc_mask_memory_estimate(dlc_mask *mask, int64_t *bytes);
DLC_API dlc_status dlc_mask_apply(dlc_mask *mask, int64_t level);
DLC_API dlc_status dlc_mask_restore(dlc_mask *mask);
DLC_API int64_t dlc_mask_current_level(const dlc_mask *mask);
DLC_API dlc_status dlc_mask_copy(dlc_mask *mask, int64_t level, int64_t tensor, void *out);
#ifdef __cplusplus
}
#endif
#endif
#ifndef DLC_RESPONSE_H
#define DLC_RESPONSE_H
#ifdef __cplusplus
extern "C" {
#endif
typedef struct dlc_response dlc_response;
#define DLC_RESPONSE_IGNORE (-100)
#define DLC_EMPTY_ERROR 0
#define DLC_EMPTY_ZERO  1
DLC_API dlc_status dlc_response_create(const dlc_allocator *allocator, dlc_response **out);
DLC_API void dlc_response_free(dlc_response *response);
DLC_API const char *dlc_response_message(const dlc_response *response);
DLC_API dlc_status dlc_response_set_logits(dlc_response *response, int32_t dtype, int64_t vocabulary);
DLC_API dlc_status dlc_response_set_empty(dlc_response *response, int32_t empty);
DLC_API dlc_status dlc_response_set_threads(dlc_response *response, int32_t threads);
DLC_API dlc_status dlc_response_begin(dlc_response *response, int64_t rows);
DLC_API dlc_status dlc_response_add(dlc_response *response, int64_t first, int64_t rows, int64_t tokens,
                                    const void *logits, int64_t row_stride, int64_t token_stride,
                                    const int64_t *targets, int64_t targets_stride, const uint8_t *mask,
                                    int64_t mask_stride);
DLC_API dlc_status dlc_response_get_losses(dlc_response *response, float *losses, int64_t *tokens);
#ifdef __cplusplus
}
#endif
#endif
#ifndef DLC_RUN_H
#define DLC_RUN_H
#ifndef DLC_SCORE_H
#define DLC_SCORE_H
#ifdef __cplusplus
extern "C" {
#endif
typedef struct dlc_score dlc_score;
#define DLC_HEAD_CENTROID 0
#define DLC_HEAD_LOGITS   1
#define DLC_HEAD_LOSS     2
#define DLC_OBSERVE_LOSS       0
#define DLC_OBSERVE_CORRECT    1
#define DLC_OBSERVE_CONFIDENCE 2
#define DLC_OBSERVE_MARGIN     3
DLC_API dlc_status dlc_score_create(const dlc_allocator *allocator, dlc_score **out);
DLC_API void dlc_score_free(dlc_score *score);
DLC_API const char *dlc_score_message(const dlc_score *score);
DLC_API dlc_status dlc_score_set_samples(dlc_score *score, int64_t samples, const int64_t *labels, int64_t classes);
DLC_API dlc_status dlc_score_set_head(dlc_score *score, int32_t head, int64_t width);
DLC_API dlc_status dlc_score_set_range(dlc_score *score, int64_t first);
DLC_API dlc_status dlc_score_set_observation(dlc_score *score, int32_t observation);
DLC_API dlc_status dlc_score_set_levels(dlc_score *score, int64_t levels);
DLC_API dlc_status dlc_score_set_keep_curves(dlc_score *score, int32_t keep);
DLC_API dlc_status dlc_score_set_threads(dlc_score *score, int32_t threads);
DLC_API int64_t dlc_score_sample_count(const dlc_score *score);
DLC_API int64_t dlc_score_class_count(const dlc_score *score);
DLC_API int64_t dlc_score_width(const dlc_score *score);
DLC_API int32_t dlc_score_head(const dlc_score *score);
DLC_API dlc_status dlc_score_memory_estimate(dlc_score *score, int64_t *bytes);
DLC_API dlc_status dlc_score_add_features(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                          const float *data, int64_t stride);
DLC_API dlc_status dlc_score_finish_centroids(dlc_score *score);
DLC_API dlc_status dlc_score_set_centroids(dlc_score *score, const float *centroids);
DLC_API int32_t dlc_score_has_centroids(const dlc_score *score);
DLC_API dlc_status dlc_score_get_centroids(dlc_score *score, float *centroids);
DLC_API dlc_status dlc_score_sums_size(dlc_score *score, int64_t *bytes);
DLC_API dlc_status dlc_score_export_sums(dlc_score *score, void *sums, int64_t bytes);
DLC_API dlc_status dlc_score_merge_sums(void *into, const void *from, int64_t bytes);
DLC_API dlc_status dlc_score_import_sums(dlc_score *score, const void *sums, int64_t bytes);
DLC_API dlc_status dlc_score_begin_level(dlc_score *score, int64_t level);
DLC_API dlc_status dlc_score_observe(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                     const float *data, int64_t stride);
DLC_API dlc_status dlc_score_end_level(dlc_score *score);
DLC_API dlc_status dlc_score_close(dlc_score *score);
DLC_API dlc_status dlc_score_reset(dlc_score *score);
DLC_API int64_t dlc_score_visited_count(const dlc_score *score);
DLC_API dlc_status dlc_score_get_visited(dlc_score *score, int64_t *levels);
DLC_API dlc_status dlc_score_get_scores(dlc_score *score, float *scores);
DLC_API dlc_status dlc_score_get_estimate(dlc_score *score, float *scores);
DLC_API dlc_status dlc_score_get_curves(dlc_score *score, float *curves);
DLC_API dlc_status dlc_score_get_correct_counts(dlc_score *score, int32_t *counts);
#ifdef __cplusplus
}
#endif
#endif
#ifdef __cplusplus
extern "C" {
#endif
typedef struct dlc_run dlc_run;
#define DLC_AUTO_SPEARMAN 0.999
typedef void (*dlc_forward_callback)(void *user, int64_t level, int64_t first, int64_t rows, float *out,
                                     int64_t *rows_written);
typedef void (*dlc_progress_callback)(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples,
                                      int32_t *go_on);
typedef void (*dlc_exchange_callback)(void *user, void *sums, int64_t bytes, int32_t *done);
DLC_API dlc_status dlc_run_create(const dlc_allocator *allocator, dlc_run **out);
DLC_API void dlc_run_free(dlc_run *run);
DLC_API const char *dlc_run_message(const dlc_run *run);
DLC_API dlc_status dlc_run_set_mask(dlc_run *run, dlc_mask *mask);
DLC_API dlc_status dlc_run_set_score(dlc_run *run, dlc_score *score);
DLC_API dlc_status dlc_run_set_forward(dlc_run *run, dlc_forward_callback forward, void *user);
DLC_API dlc_status dlc_run_set_progress(dlc_run *run, dlc_progress_callback progress, void *user);
DLC_API dlc_status dlc_run_set_exchange(dlc_run *run, dlc_exchange_callback exchange, void *user);
DLC_API dlc_status dlc_run_set_batch(dlc_run *run, int64_t rows);
DLC_API dlc_status dlc_run_set_memory_limit(dlc_run *run, int64_t bytes);
DLC_API dlc_status dlc_run_set_auto(dlc_run *run, double spearman);
DLC_API dlc_status dlc_run_set_checkpoint_file(dlc_run *run, const char *path);
#define DLC_CHECKPOINT_BEGIN  0
#define DLC_CHECKPOINT_DATA   1
#define DLC_CHECKPOINT_COMMIT 2
#define DLC_CHECKPOINT_ABORT  3
typedef void (*dlc_checkpoint_write_callback)(void *user, int32_t step, const void *data, int64_t size, int32_t *done);
typedef void (*dlc_checkpoint_read_callback)(void *user, void *data, int64_t size, int64_t *read);
DLC_API dlc_status dlc_run_set_checkpoint(dlc_run *run, dlc_checkpoint_write_callback write,
                                          dlc_checkpoint_read_callback read, void *user);
DLC_API dlc_status dlc_run_set_checkpoint_interval(dlc_run *run, double seconds);
DLC_API dlc_status dlc_run_add_fingerprint(dlc_run *run, const char *name, const void *data, int64_t size);
DLC_API int64_t dlc_run_resumed_pass(const dlc_run *run);
DLC_API int64_t dlc_run_resumed_samples(const dlc_run *run);
DLC_API dlc_status dlc_run_memory_estimate(dlc_run *run, int64_t *bytes);
DLC_API dlc_status dlc_run_execute(dlc_run *run);
DLC_API int64_t dlc_run_round_count(const dlc_run *run);
DLC_API dlc_status dlc_run_get_round(dlc_run *run, int64_t round, int64_t *visited, double *spearman);
DLC_API void dlc_run_cancel(dlc_run *run);
#ifdef __cplusplus
}
#endif
#endif
#endif
