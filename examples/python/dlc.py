"""libdlc for Python: every function of the C library, by ctypes and NumPy alone. Copy this one file to your program.

    import dlc

    mask = dlc.Mask(schedule="geometric:0.02x50")
    mask.add_tensor("fc1", w1)                          # your arrays or torch tensors: masked in place, and restored
    score = dlc.Score(labels, width=64)
    def forward(level, first, rows, out):               # your model, called for every batch at every level
        out[:] = model(inputs[first:first + rows])
    dlc.Run(mask, score, forward, batch=256).execute()
    kept = dlc.Flexrand(labels, score.get_scores()).select_keep(0.3)

Names. dlc_mask_set_seed(mask, 7) is Mask.set_seed(7), DLC_HEAD_LOSS is dlc.HEAD_LOSS. Creating and freeing are the
object's own life, counts and the like are properties, what C returns through pointers is returned. Settings may also be
given to the constructor, by keyword. The C headers are the reference for shapes, units and errors; the docstrings here
say what Python adds. `library` holds the C functions themselves, with the same checks of arguments, for models in C.

Arrays. What goes in is used where it is, without a copy: NumPy arrays of just the dtype that the function takes,
C-contiguous, or torch tensors on the CPU. Anything else is a TypeError that names the argument. Lists are converted.

Errors. A status below 0 becomes a DlcError with the library's message. What a callback raises - KeyboardInterrupt too -
stops the C call and comes out of the Python call, with its traceback.

Lifetime. Objects may go in any order: each keeps alive what it borrows (buffers, other handles, callbacks). close(), or
leaving a `with` block, gives an object up early; what others still borrow of it lives on until they go.

Threads. C calls release Python's global lock. Distinct objects are independent; one that is used by two threads at
once, or from a callback of its own call, raises RuntimeError. Only Run.cancel() may come from anywhere.

The library is $DLC_LIBRARY; else libdlc.so.1 beside this file, in the build tree that it lies in, or installed.
"""

from __future__ import annotations

import ctypes
import operator
import os
import re
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

# ---- Constants: those of the headers, without DLC_ ----

VERSION_MAJOR = 1
VERSION_MINOR = 0
VERSION_PATCH = 0
VERSION_NUMBER = VERSION_MAJOR * 10000 + VERSION_MINOR * 100 + VERSION_PATCH

OK = 0
ERROR_MEMORY = -1
ERROR_ARGUMENT = -2
ERROR_STATE = -3
ERROR_DATA = -4
ERROR_CALLBACK = -5
ERROR_CANCELLED = -6
ERROR_IO = -7
ERROR_FORMAT = -8
ERROR_UNSUPPORTED = -9
ERROR_LIMIT = -10

DTYPE_OTHER = 0
DTYPE_F32 = 1
DTYPE_F16 = 2
DTYPE_BF16 = 3
DTYPE_F64 = 4
DTYPE_I64 = 5
DTYPE_I32 = 6
DTYPE_U8 = 7

CRITERION_L1 = 0
CRITERION_RANDOM = 1

HEAD_CENTROID = 0
HEAD_LOGITS = 1
HEAD_LOSS = 2

OBSERVE_LOSS = 0
OBSERVE_CORRECT = 1
OBSERVE_CONFIDENCE = 2
OBSERVE_MARGIN = 3

RESPONSE_IGNORE = -100
EMPTY_ERROR = 0
EMPTY_ZERO = 1

AUTO_SPEARMAN = 0.999

CHECKPOINT_BEGIN = 0
CHECKPOINT_DATA = 1
CHECKPOINT_COMMIT = 2
CHECKPOINT_ABORT = 3

METHOD_FLEXRAND = 0
METHOD_EASY = 1
METHOD_HARD = 2
METHOD_RANDOM = 3

BUDGET_EXACT = 0
BUDGET_PAPER = 1

RNG_PHILOX = 0
RNG_NUMPY = 1

ORDER_INDEX = 0
ORDER_PICK = 1

INTERVAL_EASY = 0
INTERVAL_HARD = 1

INTERPOLATION_BILINEAR = 0
INTERPOLATION_BICUBIC = 1
IMAGES_SIDE_MAX = 65535

POOLING_TOKEN = 0
POOLING_MEAN = 1

# ---- The C functions: the headers' prototypes, word for word ----

_PROTOTYPES = """
int32_t dlc_version_number(void);
const char *dlc_version_string(void);
const char *dlc_status_name(dlc_status status);
const char *dlc_status_text(dlc_status status);
typedef void (*dlc_allocate_callback)(void *user, int64_t size, void **result);
typedef void (*dlc_release_callback)(void *user, void *block);
dlc_status dlc_allocator_create(dlc_allocate_callback allocate, dlc_release_callback release, void *user,
                                dlc_allocator **out);
void dlc_allocator_free(dlc_allocator *allocator);
int64_t dlc_dtype_size(int32_t dtype);
const char *dlc_dtype_name(int32_t dtype);

dlc_status dlc_mask_create(const dlc_allocator *allocator, dlc_mask **out);
void dlc_mask_free(dlc_mask *mask);
const char *dlc_mask_message(const dlc_mask *mask);
dlc_status dlc_mask_add_tensor(dlc_mask *mask, const char *name, int32_t dtype, void *data, int64_t count,
                               int32_t maskable);
int64_t dlc_mask_tensor_count(const dlc_mask *mask);
dlc_status dlc_mask_set_criterion(dlc_mask *mask, int32_t criterion);
dlc_status dlc_mask_set_seed(dlc_mask *mask, uint64_t seed);
dlc_status dlc_mask_set_threads(dlc_mask *mask, int32_t threads);
dlc_status dlc_mask_set_geometric(dlc_mask *mask, double amount, int64_t levels);
dlc_status dlc_mask_set_linear(dlc_mask *mask, double first, double last, int64_t levels);
dlc_status dlc_mask_set_list(dlc_mask *mask, const double *shares, int64_t levels);
dlc_status dlc_mask_set_schedule(dlc_mask *mask, const char *spec);
dlc_status dlc_mask_plan(dlc_mask *mask);
int64_t dlc_mask_level_count(const dlc_mask *mask);
int64_t dlc_mask_weight_count(const dlc_mask *mask);
dlc_status dlc_mask_get_level(dlc_mask *mask, int64_t level, int64_t *kept, double *capacity, double *threshold);
dlc_status dlc_mask_get_ties(dlc_mask *mask, int64_t level, int64_t tensor, int64_t *ties);
dlc_status dlc_mask_memory_estimate(dlc_mask *mask, int64_t *bytes);
dlc_status dlc_mask_apply(dlc_mask *mask, int64_t level);
dlc_status dlc_mask_restore(dlc_mask *mask);
int64_t dlc_mask_current_level(const dlc_mask *mask);
dlc_status dlc_mask_copy(dlc_mask *mask, int64_t level, int64_t tensor, void *out);

dlc_status dlc_score_create(const dlc_allocator *allocator, dlc_score **out);
void dlc_score_free(dlc_score *score);
const char *dlc_score_message(const dlc_score *score);
dlc_status dlc_score_set_samples(dlc_score *score, int64_t samples, const int64_t *labels, int64_t classes);
dlc_status dlc_score_set_head(dlc_score *score, int32_t head, int64_t width);
dlc_status dlc_score_set_range(dlc_score *score, int64_t first);
dlc_status dlc_score_set_observation(dlc_score *score, int32_t observation);
dlc_status dlc_score_set_levels(dlc_score *score, int64_t levels);
dlc_status dlc_score_set_keep_curves(dlc_score *score, int32_t keep);
dlc_status dlc_score_set_threads(dlc_score *score, int32_t threads);
int64_t dlc_score_sample_count(const dlc_score *score);
int64_t dlc_score_class_count(const dlc_score *score);
int64_t dlc_score_width(const dlc_score *score);
int32_t dlc_score_head(const dlc_score *score);
dlc_status dlc_score_memory_estimate(dlc_score *score, int64_t *bytes);
dlc_status dlc_score_add_features(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                  const float *data, int64_t stride);
dlc_status dlc_score_finish_centroids(dlc_score *score);
dlc_status dlc_score_set_centroids(dlc_score *score, const float *centroids);
int32_t dlc_score_has_centroids(const dlc_score *score);
dlc_status dlc_score_get_centroids(dlc_score *score, float *centroids);
dlc_status dlc_score_sums_size(dlc_score *score, int64_t *bytes);
dlc_status dlc_score_export_sums(dlc_score *score, void *sums, int64_t bytes);
dlc_status dlc_score_merge_sums(void *into, const void *from, int64_t bytes);
dlc_status dlc_score_import_sums(dlc_score *score, const void *sums, int64_t bytes);
dlc_status dlc_score_begin_level(dlc_score *score, int64_t level);
dlc_status dlc_score_observe(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                             const float *data, int64_t stride);
dlc_status dlc_score_end_level(dlc_score *score);
dlc_status dlc_score_close(dlc_score *score);
dlc_status dlc_score_reset(dlc_score *score);
int64_t dlc_score_visited_count(const dlc_score *score);
dlc_status dlc_score_get_visited(dlc_score *score, int64_t *levels);
dlc_status dlc_score_get_scores(dlc_score *score, float *scores);
dlc_status dlc_score_get_estimate(dlc_score *score, float *scores);
dlc_status dlc_score_get_curves(dlc_score *score, float *curves);
dlc_status dlc_score_get_correct_counts(dlc_score *score, int32_t *counts);

dlc_status dlc_response_create(const dlc_allocator *allocator, dlc_response **out);
void dlc_response_free(dlc_response *response);
const char *dlc_response_message(const dlc_response *response);
dlc_status dlc_response_set_logits(dlc_response *response, int32_t dtype, int64_t vocabulary);
dlc_status dlc_response_set_empty(dlc_response *response, int32_t empty);
dlc_status dlc_response_set_threads(dlc_response *response, int32_t threads);
dlc_status dlc_response_begin(dlc_response *response, int64_t rows);
dlc_status dlc_response_add(dlc_response *response, int64_t first, int64_t rows, int64_t tokens,
                            const void *logits, int64_t row_stride, int64_t token_stride,
                            const int64_t *targets, int64_t targets_stride, const uint8_t *mask,
                            int64_t mask_stride);
dlc_status dlc_response_get_losses(dlc_response *response, float *losses, int64_t *tokens);

typedef void (*dlc_forward_callback)(void *user, int64_t level, int64_t first, int64_t rows, float *out,
                                     int64_t *rows_written);
typedef void (*dlc_progress_callback)(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples,
                                      int32_t *go_on);
typedef void (*dlc_exchange_callback)(void *user, void *sums, int64_t bytes, int32_t *done);
dlc_status dlc_run_create(const dlc_allocator *allocator, dlc_run **out);
void dlc_run_free(dlc_run *run);
const char *dlc_run_message(const dlc_run *run);
dlc_status dlc_run_set_mask(dlc_run *run, dlc_mask *mask);
dlc_status dlc_run_set_score(dlc_run *run, dlc_score *score);
dlc_status dlc_run_set_forward(dlc_run *run, dlc_forward_callback forward, void *user);
dlc_status dlc_run_set_progress(dlc_run *run, dlc_progress_callback progress, void *user);
dlc_status dlc_run_set_exchange(dlc_run *run, dlc_exchange_callback exchange, void *user);
dlc_status dlc_run_set_batch(dlc_run *run, int64_t rows);
dlc_status dlc_run_set_memory_limit(dlc_run *run, int64_t bytes);
dlc_status dlc_run_set_auto(dlc_run *run, double spearman);
dlc_status dlc_run_set_checkpoint_file(dlc_run *run, const char *path);
typedef void (*dlc_checkpoint_write_callback)(void *user, int32_t step, const void *data, int64_t size, int32_t *done);
typedef void (*dlc_checkpoint_read_callback)(void *user, void *data, int64_t size, int64_t *read);
dlc_status dlc_run_set_checkpoint(dlc_run *run, dlc_checkpoint_write_callback write, dlc_checkpoint_read_callback read,
                                  void *user);
dlc_status dlc_run_set_checkpoint_interval(dlc_run *run, double seconds);
dlc_status dlc_run_add_fingerprint(dlc_run *run, const char *name, const void *data, int64_t size);
int64_t dlc_run_resumed_pass(const dlc_run *run);
int64_t dlc_run_resumed_samples(const dlc_run *run);
dlc_status dlc_run_memory_estimate(dlc_run *run, int64_t *bytes);
dlc_status dlc_run_execute(dlc_run *run);
int64_t dlc_run_round_count(const dlc_run *run);
dlc_status dlc_run_get_round(dlc_run *run, int64_t round, int64_t *visited, double *spearman);
void dlc_run_cancel(dlc_run *run);

dlc_status dlc_flexrand_create(const dlc_allocator *allocator, dlc_flexrand **out);
void dlc_flexrand_free(dlc_flexrand *flexrand);
const char *dlc_flexrand_message(const dlc_flexrand *flexrand);
dlc_status dlc_flexrand_set_samples(dlc_flexrand *flexrand, int64_t samples, const int64_t *labels,
                                    const float *scores, const int64_t *ids);
dlc_status dlc_flexrand_set_method(dlc_flexrand *flexrand, int32_t method);
dlc_status dlc_flexrand_set_gamma(dlc_flexrand *flexrand, double gamma);
dlc_status dlc_flexrand_set_budget(dlc_flexrand *flexrand, int32_t budget);
dlc_status dlc_flexrand_set_rng(dlc_flexrand *flexrand, int32_t rng);
dlc_status dlc_flexrand_set_seed(dlc_flexrand *flexrand, uint64_t seed);
dlc_status dlc_flexrand_set_floor(dlc_flexrand *flexrand, int64_t floor);
dlc_status dlc_flexrand_select_keep(dlc_flexrand *flexrand, double keep);
dlc_status dlc_flexrand_select_count(dlc_flexrand *flexrand, int64_t count);
int64_t dlc_flexrand_selected_count(const dlc_flexrand *flexrand);
dlc_status dlc_flexrand_get_selection(dlc_flexrand *flexrand, int32_t order, int64_t *indices, int32_t *intervals);

dlc_status dlc_npy_create(const dlc_allocator *allocator, dlc_npy **out);
void dlc_npy_free(dlc_npy *npy);
const char *dlc_npy_message(const dlc_npy *npy);
dlc_status dlc_npy_open(dlc_npy *npy, const char *path);
int32_t dlc_npy_dtype(const dlc_npy *npy);
int64_t dlc_npy_rank(const dlc_npy *npy);
int64_t dlc_npy_dim(const dlc_npy *npy, int64_t axis);
int64_t dlc_npy_count(const dlc_npy *npy);
dlc_status dlc_npy_read(dlc_npy *npy, int64_t first, int64_t count, void *out);
dlc_status dlc_npy_read_int64(dlc_npy *npy, int64_t first, int64_t count, int64_t *out);
dlc_status dlc_npy_write(dlc_npy *npy, const char *path, int32_t dtype, int64_t rank, const int64_t *dims,
                         const void *data);

dlc_status dlc_safetensors_create(const dlc_allocator *allocator, dlc_safetensors **out);
void dlc_safetensors_free(dlc_safetensors *file);
const char *dlc_safetensors_message(const dlc_safetensors *file);
dlc_status dlc_safetensors_open(dlc_safetensors *file, const char *path);
int64_t dlc_safetensors_count(const dlc_safetensors *file);
int64_t dlc_safetensors_find(const dlc_safetensors *file, const char *name);
const char *dlc_safetensors_name(const dlc_safetensors *file, int64_t tensor);
int32_t dlc_safetensors_dtype(const dlc_safetensors *file, int64_t tensor);
const char *dlc_safetensors_dtype_text(const dlc_safetensors *file, int64_t tensor);
int64_t dlc_safetensors_rank(const dlc_safetensors *file, int64_t tensor);
int64_t dlc_safetensors_dim(const dlc_safetensors *file, int64_t tensor, int64_t axis);
int64_t dlc_safetensors_elements(const dlc_safetensors *file, int64_t tensor);
int64_t dlc_safetensors_bytes(const dlc_safetensors *file, int64_t tensor);
void *dlc_safetensors_data(const dlc_safetensors *file, int64_t tensor);
const char *dlc_safetensors_metadata(const dlc_safetensors *file, const char *key);
int32_t dlc_safetensors_masked_by_default(const dlc_safetensors *file, int64_t tensor);
dlc_status dlc_safetensors_save(dlc_safetensors *file, const char *path);

dlc_status dlc_images_create(const dlc_allocator *allocator, dlc_images **out);
void dlc_images_free(dlc_images *images);
const char *dlc_images_message(const dlc_images *images);
dlc_status dlc_images_set_channels(dlc_images *images, int32_t channels);
dlc_status dlc_images_set_size(dlc_images *images, int64_t side);
dlc_status dlc_images_set_interpolation(dlc_images *images, int32_t interpolation);
dlc_status dlc_images_set_crop(dlc_images *images, int64_t side);
dlc_status dlc_images_set_normalization(dlc_images *images, const float *mean, const float *deviation);
dlc_status dlc_images_set_threads(dlc_images *images, int32_t threads);
dlc_status dlc_images_set_memory_limit(dlc_images *images, int64_t bytes);
dlc_status dlc_images_set_cache_folder(dlc_images *images, const char *folder);
dlc_status dlc_images_set_skip_broken(dlc_images *images, int32_t skip);
dlc_status dlc_images_open(dlc_images *images, const char *directory);
int64_t dlc_images_count(const dlc_images *images);
int64_t dlc_images_class_count(const dlc_images *images);
int32_t dlc_images_channels(const dlc_images *images);
int64_t dlc_images_height(const dlc_images *images);
int64_t dlc_images_width(const dlc_images *images);
const char *dlc_images_class_name(const dlc_images *images, int64_t class_id);
const char *dlc_images_path(const dlc_images *images, int64_t sample);
int64_t dlc_images_label(const dlc_images *images, int64_t sample);
int64_t dlc_images_skipped_count(const dlc_images *images);
const char *dlc_images_skipped_path(const dlc_images *images, int64_t index);
const char *dlc_images_skipped_reason(const dlc_images *images, int64_t index);
dlc_status dlc_images_read(dlc_images *images, int64_t first, int64_t rows, float *out);
dlc_status dlc_images_read_pixels(dlc_images *images, int64_t sample, uint8_t *out);

dlc_status dlc_encoder_create(const dlc_allocator *allocator, dlc_encoder **out);
void dlc_encoder_free(dlc_encoder *encoder);
const char *dlc_encoder_message(const dlc_encoder *encoder);
dlc_status dlc_encoder_set_threads(dlc_encoder *encoder, int32_t threads);
dlc_status dlc_encoder_set_pooling(dlc_encoder *encoder, int32_t pooling);
dlc_status dlc_encoder_load(dlc_encoder *encoder, dlc_safetensors *weights);
const char *dlc_encoder_architecture(const dlc_encoder *encoder);
int32_t dlc_encoder_channels(const dlc_encoder *encoder);
int64_t dlc_encoder_dim(const dlc_encoder *encoder);
int64_t dlc_encoder_block(const dlc_encoder *encoder);
int64_t dlc_encoder_image_size(const dlc_encoder *encoder);
int64_t dlc_encoder_published_size(const dlc_encoder *encoder);
dlc_status dlc_encoder_forward(dlc_encoder *encoder, const float *images, int64_t first, int64_t rows,
                               int64_t height, int64_t width, float *features);
"""

# ---- Errors ----


class DlcError(Exception):
    """A call of libdlc that failed. `status` is one of dlc.ERROR_*, `name` its name in C, `message` what went wrong."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.name: str = library.dlc_status_name(status)
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} ({self.name})"


# ---- Callbacks: what Python raises below a C frame is held, and raised once the C call has returned ----


class _Callback:
    """A Python function that C calls. The C side sees failure, because the result that it preset was not overwritten.

    Once something is held the function is not called again, so that C stops at the next callback at the latest. A
    function that gives back what another took (`always`) is called all the same.
    """

    def __init__(self, function: Callable[..., None], always: bool = False) -> None:
        self.function = function
        self.always = always
        self.held: BaseException | None = None

    def __call__(self, _user: object, *arguments: Any) -> None:
        try:
            if self.held is None or self.always:
                self.function(*arguments)
        except BaseException as error:
            self.hold(error)

    def hold(self, error: BaseException) -> None:
        if self.held is None:
            self.held = error


def _raise_held(callbacks: list[_Callback]) -> None:
    held = [callback.held for callback in callbacks if callback.held is not None]
    for callback in callbacks:
        callback.held = None
    try:
        if held:
            raise held[0]
    finally:
        del held  # or the exception would hold this frame, which holds the exception


class _EntryGuard:
    """Catches what is raised on the way into a _Callback, before its `try` is reached.

    A signal that arrives while C code runs is handled at the first bytecode of the next callback: that is where most
    KeyboardInterrupts of a long run are raised. ctypes passes such an exception to sys.unraisablehook, which this
    replaces as long as a C call is under way that may call back.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a collection within may free a handle, which comes here too
        self.calls = 0
        self.previous: Callable[[Any], object] = sys.unraisablehook

    def hook(self, unraisable: Any) -> None:
        traceback = unraisable.exc_traceback
        if traceback is not None and traceback.tb_frame.f_code is _Callback.__call__.__code__:
            traceback.tb_frame.f_locals["self"].hold(unraisable.exc_value)
        else:
            self.previous(unraisable)

    def __enter__(self) -> None:
        with self.lock:
            if self.calls == 0 and sys.unraisablehook != self.hook:
                self.previous = sys.unraisablehook
                sys.unraisablehook = self.hook
            self.calls += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.calls -= 1
            if self.calls == 0 and sys.unraisablehook == self.hook:
                sys.unraisablehook = self.previous


_entry_guard = _EntryGuard()

# ---- Arrays ----

_NUMPY_DTYPES: dict[int, np.dtype[Any]] = {
    DTYPE_F32: np.dtype(np.float32),
    DTYPE_F16: np.dtype(np.float16),
    DTYPE_BF16: np.dtype(np.uint16),  # NumPy has no bfloat16: its bits
    DTYPE_F64: np.dtype(np.float64),
    DTYPE_I64: np.dtype(np.int64),
    DTYPE_I32: np.dtype(np.int32),
    DTYPE_U8: np.dtype(np.uint8),
}
_ELEMENTS: dict[np.dtype[Any], Any] = {
    np.dtype(element): element
    for element in (ctypes.c_float, ctypes.c_double, ctypes.c_int32, ctypes.c_int64, ctypes.c_uint8)
}
_DTYPES = {dtype: code for code, dtype in _NUMPY_DTYPES.items() if code != DTYPE_BF16}
_TORCH_DTYPES = {
    "torch.float32": DTYPE_F32,
    "torch.float16": DTYPE_F16,
    "torch.bfloat16": DTYPE_BF16,
    "torch.float64": DTYPE_F64,
    "torch.int64": DTYPE_I64,
    "torch.int32": DTYPE_I32,
    "torch.uint8": DTYPE_U8,
}


def _is_torch(value: object) -> bool:
    return hasattr(value, "data_ptr") and hasattr(value, "detach")


def _detached(value: Any, name: str) -> Any:
    """A torch tensor without its gradient, on the same memory."""
    tensor = value.detach()
    if tensor.device.type != "cpu":
        raise TypeError(f"{name}: the tensor is on {tensor.device}; .cpu() gives a copy that libdlc can read")
    return tensor


def _numpy(value: Any, name: str, dtype: Any) -> np.ndarray:
    """`value` as an array of that dtype (None: any), on the memory where it is; lists are converted."""
    if _is_torch(value):
        value = _detached(value, name).numpy()
    elif isinstance(value, (list, tuple)):
        value = np.array(value, dtype)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        value = np.frombuffer(value, np.uint8)
    elif not isinstance(value, np.ndarray):
        if not hasattr(value, "__array_interface__"):
            raise TypeError(f"{name}: an array is needed, not {type(value).__name__}")
        value = np.asarray(value)
    if dtype is not None and value.dtype != dtype:
        raise TypeError(f"{name}: an array of {np.dtype(dtype)} is needed, not of {value.dtype}")
    return value


def _check_shape(array: np.ndarray, name: str, shape: Sequence[int | None]) -> None:
    """None in a shape: any size."""
    if array.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, array.shape)):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name}: an array of shape ({wanted}) is needed, not {array.shape}")


def _check_layout(array: np.ndarray, name: str, contiguous: bool, writable: bool = False) -> None:
    if not contiguous:
        raise TypeError(f"{name}: the array is not C-contiguous; numpy.ascontiguousarray() makes a copy that is")
    if writable and not array.flags.writeable:
        raise TypeError(f"{name}: the array is read-only")


def _check_aligned(array: np.ndarray, name: str) -> None:
    if not array.flags.aligned:
        raise TypeError(f"{name}: the array is not aligned; numpy.array(array) makes a copy that is")


def _array(
    value: Any, name: str, dtype: Any, shape: Sequence[int | None] | None = None, *, writable: bool = False
) -> np.ndarray:
    """`value` as an array that C can use where it is, or an error that names the argument."""
    if writable and isinstance(value, (list, tuple)):
        raise TypeError(f"{name}: an array is needed, not {type(value).__name__}")
    array = _numpy(value, name, dtype)
    if shape is not None:
        _check_shape(array, name, shape)
    _check_layout(array, name, array.flags.c_contiguous, writable)
    _check_aligned(array, name)
    return array


def _rows(value: Any, name: str, dtype: Any, shape: Sequence[int | None]) -> tuple[np.ndarray, int]:
    """A matrix whose rows are contiguous but may be apart, and how many elements they are apart."""
    array = _numpy(value, name, dtype)
    if shape[1] == 1 and array.ndim == 1:
        array = array[:, np.newaxis]
    _check_shape(array, name, shape)
    step, rest = divmod(array.strides[0], array.itemsize)
    _check_layout(array, name, rest == 0 and (array.shape[1] <= 1 or array.strides[1] == array.itemsize))
    _check_aligned(array, name)
    return array, step


def _out(value: Any, name: str, dtype: Any, shape: Sequence[int]) -> np.ndarray:
    """Where results go: the caller's array, or a new one."""
    return np.empty(shape, dtype) if value is None else _array(value, name, dtype, shape, writable=True)


def _start(array: np.ndarray) -> Any:
    """A ctypes pointer to an array's data, which keeps the array. (numpy's data_as() leaves a cycle behind.)"""
    element = _ELEMENTS.get(array.dtype, ctypes.c_uint8)
    result: Any = ctypes.cast(array.ctypes.data, ctypes.POINTER(element))
    result.array = array
    return result


class _Memory:
    """Memory of libdlc's as numpy.asarray() takes it: without a copy, and without a ctypes type made for every size."""

    def __init__(self, address: int, shape: tuple[int, ...], dtype: np.dtype[Any], owner: object = None) -> None:
        self.owner = owner
        self.__array_interface__ = {"version": 3, "typestr": dtype.str, "shape": shape, "data": (address, False)}


class _Buffer(NamedTuple):
    """A tensor's memory, and what keeps it alive."""

    address: int
    elements: int
    dtype: int
    shape: tuple[int, ...]
    owner: object


def _buffer(value: Any, name: str, dtype: int | None) -> _Buffer:
    """The memory of weights, which libdlc will write to; see Mask.add_tensor()."""
    if isinstance(value, Tensor):
        return _Buffer(value.address, value.elements, value.dtype, value.shape, value._memory)
    if isinstance(value, tuple):
        address, count, code = value
        return _Buffer(operator.index(address), operator.index(count), operator.index(code), (count,), None)
    if _is_torch(value):
        tensor = _detached(value, name)
        if str(tensor.dtype) not in _TORCH_DTYPES:
            raise TypeError(f"{name}: tensors of {tensor.dtype} cannot be masked")
        if not tensor.is_contiguous():
            raise TypeError(f"{name}: the tensor is not contiguous; .contiguous() makes a copy that is")
        # Detached, the tensor keeps its memory even if the parameter is given other memory.
        return _Buffer(tensor.data_ptr(), tensor.numel(), _TORCH_DTYPES[str(tensor.dtype)], tuple(tensor.shape), tensor)
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name}: an array, a tensor or (address, count, dtype) is needed, not {type(value).__name__}")
    code = _DTYPES.get(value.dtype) if dtype is None else operator.index(dtype)
    if code is None:
        raise TypeError(f"{name}: arrays of {value.dtype} cannot be masked; `dtype` says what else these hold")
    if value.dtype != _NUMPY_DTYPES.get(code):
        raise TypeError(f"{name}: an array of {value.dtype} does not hold {library.dlc_dtype_name(code)}")
    _check_layout(value, name, value.flags.c_contiguous, writable=True)
    return _Buffer(value.ctypes.data, value.size, code, value.shape, value)


# ---- Reading the prototypes, and calling ----

_Converter = Callable[[Any, str], Any]
_structures: dict[str, Any] = {}
_prototypes: dict[str, Any] = {}  # of callbacks
_NUMBERS: dict[str, Any] = {
    "int32_t": ctypes.c_int32,
    "dlc_status": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "uint8_t": ctypes.c_uint8,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}


def _structure(name: str) -> Any:
    """The opaque structure behind a handle."""
    if name not in _structures:
        _structures[name] = type(name, (ctypes.Structure,), {})
    return _structures[name]


def _ctype(base: str, stars: int) -> Any:
    """The ctypes type of a C type: a number, `void`, a callback or a handle, and how many pointers there are to it."""
    if base == "char":
        return ctypes.c_char_p
    result: Any
    if base == "void":
        result, stars = (None, 0) if stars == 0 else (ctypes.c_void_p, stars - 1)
    else:
        result = _NUMBERS.get(base) or _prototypes.get(base) or _structure(base)
    for _ in range(stars):
        result = ctypes.POINTER(result)
    return result


def _integer(low: int, high: int) -> _Converter:
    """ctypes would take an integer that is out of range, and drop its upper bits."""

    def convert(value: Any, name: str) -> int:
        try:
            number = operator.index(value)
        except TypeError:
            raise TypeError(f"{name}: an integer is needed, not {type(value).__name__}") from None
        if not low <= number <= high:
            raise OverflowError(f"{name}: {number} is not in {low} to {high}")
        return number

    return convert


def _real(value: Any, name: str) -> float:
    if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        raise TypeError(f"{name}: a number is needed, not {type(value).__name__}")
    return float(value)


def _text(value: Any, name: str) -> bytes | None:
    """Text and paths; None is NULL."""
    if value is None:
        return None
    try:
        path = os.fspath(value)
    except TypeError:
        raise TypeError(f"{name}: text is needed, not {type(value).__name__}") from None
    text = path.encode("utf-8", "surrogateescape") if isinstance(path, str) else path
    if b"\0" in text:
        raise ValueError(f"{name}: a zero byte in {path!r}")
    return text


def _numbers(element: Any, writable: bool) -> _Converter:
    """A pointer to numbers: an array of just that dtype, None for NULL, or what ctypes takes (byref(), an address)."""
    dtype = None if element is None else np.dtype(element)
    pointer: Any = ctypes.c_void_p if element is None else ctypes.POINTER(element)
    passed_on: Any = (pointer, int, type(ctypes.byref(ctypes.c_int())))

    def convert(value: Any, name: str) -> Any:
        if value is None or isinstance(value, passed_on):
            return value
        return _start(_array(value, name, dtype, writable=writable))

    return convert


def _handle_pointer(structure: Any) -> _Converter:
    pointer = ctypes.POINTER(structure)

    def convert(value: Any, name: str) -> Any:
        if isinstance(value, _Handle) and value._structure == structure.__name__:
            return value._pointer()
        if value is not None and not isinstance(value, pointer):
            raise TypeError(f"{name}: a handle of {structure.__name__} is needed, not {type(value).__name__}")
        return value

    return convert


def _callback_pointer(prototype: Any) -> _Converter:
    def convert(value: Any, name: str) -> Any:
        return prototype() if value is None else value

    return convert


def _unchanged(value: Any, name: str) -> Any:
    return value


def _converter(base: str, stars: int, constant: bool) -> _Converter:
    if base == "char":
        return _text
    if base in _prototypes:
        return _callback_pointer(_prototypes[base])
    if stars == 0:
        if base in ("float", "double"):
            return _real
        bits = 8 * ctypes.sizeof(_NUMBERS[base])
        return _integer(0, 2**bits - 1) if base.startswith("u") else _integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if stars > 1:
        return _unchanged
    if base == "void" or base in _NUMBERS:
        return _numbers(_NUMBERS.get(base), not constant)
    return _handle_pointer(_structure(base))


class _Parameter(NamedTuple):
    name: str
    ctype: Any
    convert: _Converter


def _parameter(text: str) -> _Parameter:
    match = re.fullmatch(r"(const )?(\w+) ?(\**)(\w+)", text)
    if match is None:
        raise ImportError(f"a parameter that cannot be read: {text}")
    constant, base, stars, name = match.groups()
    return _Parameter(name, _ctype(base, len(stars)), _converter(base, len(stars), constant is not None))


class _Function:
    """A C function. Checks and converts its arguments; a status below 0 is raised; text comes back as str."""

    def __init__(self, result: str, name: str, parameters: list[_Parameter], shared: ctypes.CDLL) -> None:
        self.name = name
        self.parameters = parameters
        self.returns_status = result == "dlc_status"
        try:
            self.symbol = shared[name]
        except AttributeError as error:
            raise ImportError(f"libdlc cannot be used: {error}") from None
        base, stars = result.replace("const ", "").rstrip("* "), result.count("*")
        self.symbol.restype = _ctype(base, stars)
        self.symbol.argtypes = [parameter.ctype for parameter in parameters]

    def __call__(self, *values: Any) -> Any:
        if len(values) != len(self.parameters):
            raise TypeError(f"{self.name}() takes {len(self.parameters)} arguments, not {len(values)}")
        arguments = [parameter.convert(value, parameter.name) for parameter, value in zip(self.parameters, values)]
        owner = values[0]._owner if values and isinstance(values[0], _Handle) else None
        if owner is None:
            result = self.symbol(*arguments)
        else:
            with owner:
                result = self.symbol(*arguments)
        if self.returns_status and result < 0:
            raise DlcError(result, (owner.message() if owner else "") or library.dlc_status_text(result))
        return result.decode("utf-8", "surrogateescape") if isinstance(result, bytes) else result


def _find() -> ctypes.CDLL:
    """Loads the library, and refuses one that these prototypes do not fit."""
    here = Path(__file__).resolve().parent
    beside, built = here / "libdlc.so.1", here.parent.parent / "build" / "libdlc.so.1"
    chosen = os.environ.get("DLC_LIBRARY")
    path = chosen or next((str(place) for place in (beside, built) if place.exists()), "libdlc.so.1")
    try:
        shared = ctypes.CDLL(path)
        number = shared.dlc_version_number()
    except (OSError, AttributeError) as error:
        places = "" if chosen else f"; it is not $DLC_LIBRARY, {beside} or {built} either"
        raise ImportError(f"libdlc cannot be loaded: {error}{places}") from None
    if number // 10000 != VERSION_MAJOR or number // 100 % 100 < VERSION_MINOR:
        raise ImportError(
            f"{path} is libdlc {number // 10000}.{number // 100 % 100}, and {__file__} needs "
            f"{VERSION_MAJOR}.{VERSION_MINOR} or a later {VERSION_MAJOR}.x"
        )
    return shared


def _bind(shared: ctypes.CDLL) -> Any:
    functions = SimpleNamespace()
    for statement in " ".join(_PROTOTYPES.split()).split(";")[:-1]:
        match = re.fullmatch(r" ?(.+?) ?(?:\(\*)?(dlc_\w+)\)?\((.*)\)", statement)
        if match is None:
            raise ImportError(f"a prototype that cannot be read: {statement}")
        result, name, arguments = match.groups()
        parameters = [] if arguments == "void" else [_parameter(text) for text in arguments.split(", ")]
        if result == "typedef void":
            _prototypes[name] = ctypes.CFUNCTYPE(None, *(parameter.ctype for parameter in parameters))
            setattr(functions, name, _prototypes[name])
        else:
            setattr(functions, name, _Function(result, name, parameters, shared))
    return functions


library: Any = _bind(_find())
"""The C functions by their own names: library.dlc_mask_plan(mask) is mask.plan(). Callbacks' types too, which make a C
function of an address: library.dlc_run_set_forward(run, library.dlc_forward_callback(address), user)."""


def version_number() -> int:
    """The version of the library that runs, 10203 for 1.2.3."""
    return library.dlc_version_number()


def version_string() -> str:
    """The version of the library that runs, "1.2.3"."""
    return library.dlc_version_string()


def status_name(status: int) -> str:
    """ "DLC_ERROR_DATA" and so on."""
    return library.dlc_status_name(status)


def status_text(status: int) -> str:
    """A short sentence for a status."""
    return library.dlc_status_text(status)


def dtype_size(dtype: int) -> int:
    """Bytes of one element of a DTYPE_*."""
    return library.dlc_dtype_size(dtype)


def dtype_name(dtype: int) -> str:
    """ "float32", "bfloat16" and so on."""
    return library.dlc_dtype_name(dtype)


# ---- Handles ----


class _Owner:
    """Owns a C handle, and frees it when the last Python object that needs it is gone.

    As a context manager it is the time of one C call: nobody else may use the handle, and what callbacks raised comes
    out at the end.
    """

    def __init__(self, name: str, pointer: Any, structure: str, allocator: _Owner | None = None) -> None:
        self.name = name
        self.pointer = pointer  # None once the handle is freed
        self.own(structure)
        self.get_message = getattr(library, f"{structure}_message", None)
        self.allocator = allocator
        self.callbacks: dict[str, list[tuple[_Callback, Any]]] = {}  # by setter, with the C function made of each
        self.uses: dict[str, _Owner] = {}  # handles that C works on through this one
        self.reads: dict[str, _Owner] = {}  # handles that C only reads through this one
        self.buffers: list[_Buffer] = []
        self.in_use = False
        self.under_way: list[_Callback] = []

    def own(self, structure: str) -> None:
        """Arrays are nothing that the garbage collector tracks: of a cycle they go last, after all finalizers.

        What these use is thus still there, views of a file's memory too.
        """
        self.anchor = np.empty(0)
        free = weakref.finalize(self.anchor, getattr(library, f"{structure}_free").symbol, self.pointer)
        free.atexit = False  # finalizers come later than that

    def message(self) -> str:
        return self.get_message.symbol(self.pointer).decode("utf-8", "replace") if self.get_message else ""

    def all_callbacks(self) -> list[_Callback]:
        callbacks = [callback for made in self.callbacks.values() for callback, _ in made]
        for owner in (self.allocator, *self.uses.values()):
            if owner is not None:
                callbacks += owner.all_callbacks()
        return callbacks

    def __enter__(self) -> None:
        for owner in (self, *self.uses.values(), *self.reads.values()):
            if owner.pointer is None:
                raise ValueError(f"this {owner.name} is closed")
        for owner in (self, *self.uses.values()):
            if owner.in_use:
                raise RuntimeError(f"this {owner.name} is in use: neither its callbacks nor other threads may call it")
        callbacks = self.all_callbacks()
        if callbacks:
            _entry_guard.__enter__()
        self.mark_in_use(callbacks)

    def __exit__(self, *_: object) -> None:
        callbacks = self.under_way
        self.mark_free()
        if callbacks:
            _entry_guard.__exit__()
            _raise_held(callbacks)

    def mark_in_use(self, callbacks: list[_Callback]) -> None:
        self.under_way = callbacks
        self.in_use = True
        for owner in self.uses.values():
            owner.in_use = True

    def mark_free(self) -> None:
        self.under_way = []
        self.in_use = False
        for owner in self.uses.values():
            owner.in_use = False


class _FinalizedOwner(_Owner):
    """Of a handle with an allocator, whose functions freeing calls: it must be done as long as these are there.

    In a cycle other finalizers may still come, and find the object closed.
    """

    def own(self, structure: str) -> None:
        self.free = getattr(library, f"{structure}_free").symbol

    def __del__(self) -> None:
        pointer, self.pointer = self.pointer, None
        with _entry_guard:
            self.free(pointer)
        _raise_held(self.all_callbacks())


class _AllocatorOwner(_FinalizedOwner):
    """Any number of calls may use an allocator at once."""

    def mark_in_use(self, callbacks: list[_Callback]) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        _entry_guard.__exit__()
        _raise_held(self.all_callbacks())


class _Handle:
    """What all classes below have in common. A closed object raises ValueError when it is used."""

    _structure: ClassVar[str]
    _owner: _Owner | None = None

    def __init__(self, allocator: Allocator | None) -> None:
        pointer = ctypes.POINTER(_structures[self._structure])()
        try:
            getattr(library, f"{self._structure}_create")(allocator, ctypes.byref(pointer))
        except DlcError as error:
            if error.status == ERROR_UNSUPPORTED:  # a build without the module, which says so where there is no handle
                error = DlcError(error.status, getattr(library, f"{self._structure}_message")(None))
            raise error from None
        if allocator is None:
            self._owner = _Owner(type(self).__name__, pointer, self._structure)
        else:
            self._owner = _FinalizedOwner(type(self).__name__, pointer, self._structure, allocator._live())

    def _live(self) -> _Owner:
        if self._owner is None or self._owner.pointer is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._owner

    def _pointer(self) -> Any:
        return self._live().pointer

    def _set(self, **options: Any) -> None:
        """The constructor's keywords, each by its own setter."""
        for name, value in options.items():
            if value is not None:
                getattr(self, f"set_{name}")(value)

    def close(self) -> None:
        """Give the object up. May be called again."""
        if self._owner is not None and self._owner.in_use:
            raise RuntimeError(f"this {type(self).__name__} is in use: it cannot be closed")
        self._owner = None

    def __enter__(self) -> Self:
        self._live()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _memory_estimate(self) -> int:
        size = ctypes.c_int64()
        getattr(library, f"{self._structure}_memory_estimate")(self, ctypes.byref(size))
        return size.value


class Allocator(_Handle):
    """Where handles take their memory from: give it to their constructors.

    allocate(size) returns the address of a block aligned as malloc() aligns, or None where there is no memory;
    release(address) gives one back. Both may be called from any thread that is inside a call of libdlc.
    """

    _structure = "dlc_allocator"

    def __init__(self, allocate: Callable[[int], int | None], release: Callable[[int], object]) -> None:
        def allocate_block(size: int, result: Any) -> None:
            block = allocate(size)
            if block:
                result[0] = block

        def release_block(block: int) -> None:
            release(block)

        allocating, releasing = _Callback(allocate_block, always=True), _Callback(release_block, always=True)
        functions = (_prototypes["dlc_allocate_callback"](allocating), _prototypes["dlc_release_callback"](releasing))
        pointer = ctypes.POINTER(_structures[self._structure])()
        with _entry_guard:
            status = library.dlc_allocator_create.symbol(*functions, None, ctypes.byref(pointer))
        _raise_held([allocating, releasing])
        if status < 0:
            raise DlcError(status, status_text(status))
        self._owner = _AllocatorOwner(type(self).__name__, pointer, self._structure)
        self._owner.callbacks = {"create": [(allocating, functions[0]), (releasing, functions[1])]}


class Level(NamedTuple):
    """What a level of a schedule does: weights left, their share, and the largest magnitude that is masked."""

    kept: int
    capacity: float
    threshold: float


class Mask(_Handle):
    """Masks the weights of a model level by level, smallest first, and puts them back (dlc/mask.h)."""

    _structure = "dlc_mask"

    def __init__(
        self, *, schedule: str | None = None, criterion: int | None = None, seed: int | None = None,
        threads: int | None = None, allocator: Allocator | None = None,
    ) -> None:
        super().__init__(allocator)
        self._tensors = self._live().buffers
        self._set(schedule=schedule, criterion=criterion, seed=seed, threads=threads)

    def close(self) -> None:
        """Give the object up; the weights are restored first."""
        if self._owner is not None:
            self.restore()
        super().close()

    def add_tensor(self, name: str, data: Any, *, dtype: int | None = None, maskable: bool = True) -> int:
        """Register a weight tensor and return its number. It is masked where it is, and kept alive.

        data: a writable C-contiguous NumPy array of float32, float16 or float64 (or of uint16, with
        dtype=dlc.DTYPE_BF16), a contiguous torch tensor on the CPU, a Tensor of a Safetensors file, or (address, count,
        dlc.DTYPE_*) for memory that you keep alive until the mask is gone.
        """
        buffer = _buffer(data, name, dtype)
        library.dlc_mask_add_tensor(self, name, buffer.dtype, buffer.address, buffer.elements, maskable)
        self._tensors.append(buffer)
        return len(self._tensors) - 1

    @property
    def tensor_count(self) -> int:
        """How many tensors are registered."""
        return library.dlc_mask_tensor_count(self)

    def set_criterion(self, criterion: int) -> None:
        """CRITERION_L1 or CRITERION_RANDOM."""
        library.dlc_mask_set_criterion(self, criterion)

    def set_seed(self, seed: int) -> None:
        """The seed of CRITERION_RANDOM."""
        library.dlc_mask_set_seed(self, seed)

    def set_threads(self, threads: int) -> None:
        """Threads that plan, apply and copy may use; 0: one per processor."""
        library.dlc_mask_set_threads(self, threads)

    def set_geometric(self, amount: float, levels: int) -> None:
        """Every level masks `amount` of the weights that are left; the first nothing."""
        library.dlc_mask_set_geometric(self, amount, levels)

    def set_linear(self, first: float, last: float, levels: int) -> None:
        """Masked shares evenly spread from first to last."""
        library.dlc_mask_set_linear(self, first, last, levels)

    def set_list(self, shares: Any) -> None:
        """Masked shares one by one, float64."""
        shares = _array(shares, "shares", np.float64, (None,))
        library.dlc_mask_set_list(self, shares, len(shares))

    def set_schedule(self, spec: str) -> None:
        """A schedule as the dlc command takes it: "geometric:0.02x50", "linear:0.02-0.98x49", "list:0,0.1,0.5"."""
        library.dlc_mask_set_schedule(self, spec)

    def plan(self) -> None:
        """Find the kept count and the exact threshold of every level."""
        library.dlc_mask_plan(self)

    @property
    def level_count(self) -> int:
        """Levels of the schedule."""
        return library.dlc_mask_level_count(self)

    @property
    def weight_count(self) -> int:
        """Maskable weights registered."""
        return library.dlc_mask_weight_count(self)

    def get_level(self, level: int) -> Level:
        """What a level does; plan first."""
        kept, capacity, threshold = ctypes.c_int64(), ctypes.c_double(), ctypes.c_double()
        library.dlc_mask_get_level(
            self, level, ctypes.byref(kept), ctypes.byref(capacity), ctypes.byref(threshold)
        )
        return Level(kept.value, capacity.value, threshold.value)

    def get_ties(self, level: int, tensor: int) -> int:
        """How many of a tensor's weights of magnitude equal to the threshold are masked: the first ones."""
        ties = ctypes.c_int64()
        library.dlc_mask_get_ties(self, level, tensor, ctypes.byref(ties))
        return ties.value

    def memory_estimate(self) -> int:
        """Bytes that the mask will hold at most beside the weights."""
        return self._memory_estimate()

    def apply(self, level: int) -> None:
        """Set the weights to what they are at a level."""
        library.dlc_mask_apply(self, level)

    def restore(self) -> None:
        """Put every weight back, bit for bit."""
        library.dlc_mask_restore(self)

    @contextmanager
    def applied(self, level: int) -> Iterator[None]:
        """`with mask.applied(12):` applies a level, and restores the weights at the end, whatever happens."""
        try:
            self.apply(level)
            yield
        finally:
            self.restore()

    @property
    def current_level(self) -> int:
        """The level that the weights are at; -1 for none."""
        return library.dlc_mask_current_level(self)

    def copy(self, level: int, tensor: int, out: Any = None) -> Any:
        """One tensor as it is at a level, whatever is applied: a new array, or `out`, given as in add_tensor()."""
        if not 0 <= tensor < len(self._tensors):
            raise IndexError(f"tensor: {tensor} is not one of {len(self._tensors)}")
        source = self._tensors[tensor]
        if out is None:
            out = np.empty(source.shape, _NUMPY_DTYPES[source.dtype])
        target = _buffer(out, "out", source.dtype)
        if (target.dtype, target.elements) != (source.dtype, source.elements):
            raise ValueError(
                f"out: {target.elements} elements of {dtype_name(target.dtype)} cannot hold tensor {tensor}: "
                f"{source.elements} of {dtype_name(source.dtype)}"
            )
        library.dlc_mask_copy(self, level, tensor, target.address)
        return out


class Score(_Handle):
    """Turns what the model says of every sample at every level into curves and scores (dlc/score.h).

    labels: int64[N], from 0; without labels (head loss only) give samples=N. classes: 1 more than the largest label,
    unless given. width: see set_head().
    """

    _structure = "dlc_score"

    def __init__(
        self, labels: Any = None, classes: int | None = None, *, samples: int | None = None, head: int | None = None,
        width: int | None = None, range: int | None = None, observation: int | None = None, levels: int | None = None,
        keep_curves: bool | None = None, threads: int | None = None, allocator: Allocator | None = None,
    ) -> None:
        super().__init__(allocator)
        if labels is not None or samples is not None:
            self.set_samples(labels, classes, samples=samples)
        if head is not None or width is not None:
            self.set_head(HEAD_CENTROID if head is None else head, width)
        self._set(range=range, observation=observation, levels=levels, keep_curves=keep_curves, threads=threads)

    def set_samples(self, labels: Any = None, classes: int | None = None, *, samples: int | None = None) -> None:
        """The samples and their labels; as in the constructor."""
        if labels is None:
            if samples is None:
                raise TypeError("samples: their number is needed where there are no labels")
            library.dlc_score_set_samples(self, samples, None, classes or 0)
            return
        labels = _array(labels, "labels", np.int64, (samples,))
        if classes is None:
            classes = int(labels.max()) + 1 if labels.size else 0
        library.dlc_score_set_samples(self, len(labels), labels, classes)

    def set_head(self, head: int, width: int | None = None) -> None:
        """HEAD_CENTROID, HEAD_LOGITS or HEAD_LOSS, and the floats in a row of a batch (known for the last two)."""
        if width is None:
            if head == HEAD_CENTROID:
                raise TypeError("width: HEAD_CENTROID needs the number of features")
            width = self.class_count if head == HEAD_LOGITS else 1
        library.dlc_score_set_head(self, head, width)

    def set_range(self, first: int) -> None:
        """This score holds samples first to first + N - 1 of a larger data set, whose numbers count from now on."""
        library.dlc_score_set_range(self, first)

    def set_observation(self, observation: int) -> None:
        """OBSERVE_*: what is recorded."""
        library.dlc_score_set_observation(self, observation)

    def set_levels(self, levels: int) -> None:
        """The number of levels; a Run sets it."""
        library.dlc_score_set_levels(self, levels)

    def set_keep_curves(self, keep: bool) -> None:
        """Keep every observation, for get_curves(); not only running sums."""
        library.dlc_score_set_keep_curves(self, keep)

    def set_threads(self, threads: int) -> None:
        """Threads that a call may use; 0: one per processor."""
        library.dlc_score_set_threads(self, threads)

    @property
    def sample_count(self) -> int:
        """N; 0 before they are set."""
        return library.dlc_score_sample_count(self)

    @property
    def class_count(self) -> int:
        """C; 0 before it is set."""
        return library.dlc_score_class_count(self)

    @property
    def width(self) -> int:
        """Floats in a row of a batch; 0 before it is set."""
        return library.dlc_score_width(self)

    @property
    def head(self) -> int:
        """HEAD_*; -1 before it is set."""
        return library.dlc_score_head(self)

    def memory_estimate(self) -> int:
        """Bytes that the score will hold at most."""
        return self._memory_estimate()

    def _batch(self, function: Any, data: Any, name: str, first: int, samples: Any) -> None:
        array, step = _rows(data, name, np.float32, (None, self.width))
        if samples is not None:
            samples = _array(samples, "samples", np.int64, (len(array),))
        function(self, first, samples, len(array), _start(array), step)

    def add_features(self, features: Any, first: int = 0, samples: Any = None) -> None:
        """A batch of unmasked features, float32[rows, width]; parameters as in observe()."""
        self._batch(library.dlc_score_add_features, features, "features", first, samples)

    def finish_centroids(self) -> None:
        """No more features come: the class means are final."""
        library.dlc_score_finish_centroids(self)

    def set_centroids(self, centroids: Any) -> None:
        """Centroids of your own, float32[classes, width]."""
        centroids = _array(centroids, "centroids", np.float32, (self.class_count, self.width))
        library.dlc_score_set_centroids(self, centroids)

    @property
    def has_centroids(self) -> bool:
        """Whether the centroids are final."""
        return library.dlc_score_has_centroids(self) == 1

    def get_centroids(self, out: Any = None) -> np.ndarray:
        """float32[classes, width]."""
        out = _out(out, "out", np.float32, (self.class_count, self.width))
        library.dlc_score_get_centroids(self, out)
        return out

    def sums_size(self) -> int:
        """Bytes of the class sums."""
        size = ctypes.c_int64()
        library.dlc_score_sums_size(self, ctypes.byref(size))
        return size.value

    def export_sums(self, out: Any = None) -> np.ndarray:
        """The class sums of the features added so far, uint8[sums_size]: for scores of other parts of the data set."""
        out = _out(out, "out", np.uint8, (self.sums_size(),))
        library.dlc_score_export_sums(self, out, len(out))
        return out

    @staticmethod
    def merge_sums(into: Any, other: Any) -> None:
        """Add sums to sums, in place: uint8 arrays, or bytes (a bytearray for `into`)."""
        into = _array(into, "into", np.uint8, (None,), writable=True)
        other = _array(other, "other", np.uint8, into.shape)
        library.dlc_score_merge_sums(into, other, len(into))

    def import_sums(self, sums: Any) -> None:
        """Put the sums of the whole data set, uint8 or bytes, in the place of this part's own."""
        sums = _array(sums, "sums", np.uint8, (None,))
        library.dlc_score_import_sums(self, sums, len(sums))

    def begin_level(self, level: int) -> None:
        """The batches to come are of this level."""
        library.dlc_score_begin_level(self, level)

    def observe(self, rows: Any, first: int = 0, samples: Any = None) -> None:
        """Record a batch at the current level: float32[rows, width] (or float32[rows] where width is 1).

        Row r is of sample first + r, or samples[r] where int64 `samples` are given. Each row must be contiguous, the
        rows may be apart.
        """
        self._batch(library.dlc_score_observe, rows, "rows", first, samples)

    def end_level(self) -> None:
        """Every sample was observed at the current level."""
        library.dlc_score_end_level(self)

    def close_levels(self) -> None:
        """No more levels will come (dlc_score_close): get_scores() gives the estimate from those that were visited."""
        library.dlc_score_close(self)

    def reset(self) -> None:
        """Forget the observations; keep the settings."""
        library.dlc_score_reset(self)

    @property
    def visited_count(self) -> int:
        """Levels that were ended."""
        return library.dlc_score_visited_count(self)

    def get_visited(self) -> np.ndarray:
        """The levels that were ended, int64, ascending."""
        out = np.empty(self.visited_count, np.int64)
        library.dlc_score_get_visited(self, out)
        return out

    def get_scores(self, out: Any = None) -> np.ndarray:
        """float32[N], high = hard."""
        out = _out(out, "out", np.float32, (self.sample_count,))
        library.dlc_score_get_scores(self, out)
        return out

    def get_estimate(self, out: Any = None) -> np.ndarray:
        """float32[N], the scores from the levels visited so far."""
        out = _out(out, "out", np.float32, (self.sample_count,))
        library.dlc_score_get_estimate(self, out)
        return out

    def get_curves(self, out: Any = None) -> np.ndarray:
        """float32[visited levels, N]."""
        out = _out(out, "out", np.float32, (self.visited_count, self.sample_count))
        library.dlc_score_get_curves(self, out)
        return out

    def get_correct_counts(self, out: Any = None) -> np.ndarray:
        """int32[N], at how many levels the model's answer was the label."""
        out = _out(out, "out", np.int32, (self.sample_count,))
        library.dlc_score_get_correct_counts(self, out)
        return out


class _Logits(NamedTuple):
    """Logits [rows, tokens, vocabulary], wherever rows and tokens lie; strides in elements."""

    address: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: int | None
    owner: object


def _logits(value: Any) -> _Logits:
    if _is_torch(value):
        tensor = _detached(value, "logits")
        dtype = _TORCH_DTYPES.get(str(tensor.dtype))
        return _Logits(tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), dtype, tensor)
    array = _numpy(value, "logits", None)
    dtype = DTYPE_BF16 if array.dtype == _NUMPY_DTYPES[DTYPE_BF16] else _DTYPES.get(array.dtype)
    if any(stride % array.itemsize for stride in array.strides):
        raise TypeError("logits: the strides of the array are not whole elements")
    strides = tuple(stride // array.itemsize for stride in array.strides)
    return _Logits(array.ctypes.data, array.shape, strides, dtype, array)


class Response(_Handle):
    """Logits of a language model -> the loss of each sample, for HEAD_LOSS (dlc/response.h).

    dtype: DTYPE_F32, DTYPE_F16 or DTYPE_BF16 (torch tensors, or uint16 arrays of the bits).
    """

    _structure = "dlc_response"

    def __init__(
        self, dtype: int | None = None, vocabulary: int | None = None, *, empty: int | None = None,
        threads: int | None = None, allocator: Allocator | None = None,
    ) -> None:
        super().__init__(allocator)
        self._dtype: int | None = None
        self._vocabulary = self._batch_rows = 0
        if dtype is not None or vocabulary is not None:
            self.set_logits(dtype, vocabulary)
        self._set(empty=empty, threads=threads)

    def set_logits(self, dtype: int | None, vocabulary: int | None) -> None:
        """What the logits of a token are."""
        library.dlc_response_set_logits(self, dtype, vocabulary)
        self._dtype, self._vocabulary = operator.index(dtype or 0), operator.index(vocabulary or 0)

    def set_empty(self, empty: int) -> None:
        """EMPTY_ERROR or EMPTY_ZERO: what a row without a response token is."""
        library.dlc_response_set_empty(self, empty)

    def set_threads(self, threads: int) -> None:
        """Threads that add() may use; 0: one per processor."""
        library.dlc_response_set_threads(self, threads)

    def begin(self, rows: int) -> None:
        """Start a batch."""
        self._batch_rows = 0
        library.dlc_response_begin(self, rows)
        self._batch_rows = operator.index(rows)

    def add(self, logits: Any, targets: Any, mask: Any = None, first: int = 0) -> None:
        """Add response tokens to the sums of rows `first` and on; what does not count is never looked at.

        logits: [rows, tokens, vocabulary]; rows and tokens may lie anywhere, so the usual shift is add(logits[:, :-1],
        ids[:, 1:], mask[:, 1:]). targets: int64[rows, tokens]. mask: uint8 or bool [rows, tokens]; None: those targets
        count that are not RESPONSE_IGNORE.
        """
        given = _logits(logits)
        if len(given.shape) != 3 or given.shape[2] < self._vocabulary:
            wanted = f"(any, any, {self._vocabulary})"
            raise ValueError(f"logits: an array of shape {wanted} is needed, not {given.shape}")
        if self._dtype is not None and given.dtype != self._dtype:
            raise TypeError(f"logits: an array of {dtype_name(self._dtype)} is needed, not of {logits.dtype}")
        rows, tokens, vocabulary = given.shape
        if vocabulary > 1 and given.strides[2] != 1:
            raise TypeError("logits: the logits of a token are not contiguous")
        targets, targets_stride = _rows(targets, "targets", np.int64, (rows, tokens))
        mask_stride = 0
        if mask is not None:
            mask = _numpy(mask, "mask", None)
            mask = mask.view(np.uint8) if mask.dtype == np.bool_ else mask
            mask, mask_stride = _rows(mask, "mask", np.uint8, (rows, tokens))
            mask = _start(mask)
        library.dlc_response_add(self, first, rows, tokens, given.address, given.strides[0], given.strides[1],
                                 _start(targets), targets_stride, mask, mask_stride)

    def get_losses(self, out: Any = None, *, tokens: Any = None) -> np.ndarray:
        """float32[rows], the mean over each row's response tokens. tokens: int64[rows], filled with their numbers."""
        out = _out(out, "out", np.float32, (self._batch_rows,))
        if tokens is not None:
            tokens = _array(tokens, "tokens", np.int64, (self._batch_rows,), writable=True)
        library.dlc_response_get_losses(self, out, tokens)
        return out


class Round(NamedTuple):
    """A round of automatic levels: levels visited when it ended, and the rank correlation with the round before."""

    visited: int
    spearman: float


Forward = Callable[[int, int, int, np.ndarray], None]
Progress = Callable[[int, int, int, int], "bool | None"]
Exchange = Callable[[np.ndarray], None]
CheckpointWrite = Callable[[int, "np.ndarray | None"], None]
CheckpointRead = Callable[[np.ndarray], int]


class Run(_Handle):
    """The whole scoring run: for every level mask, call the model for every batch, observe (dlc/run.h)."""

    _structure = "dlc_run"

    def __init__(
        self, mask: Mask | None = None, score: Score | None = None, forward: Forward | None = None, *,
        progress: Progress | None = None, batch: int | None = None, memory_limit: int | None = None,
        auto: float | None = None, exchange: Exchange | None = None, checkpoint_file: Any = None,
        checkpoint_interval: float | None = None, allocator: Allocator | None = None,
    ) -> None:
        super().__init__(allocator)
        self._set(mask=mask, score=score, forward=forward, progress=progress, batch=batch, memory_limit=memory_limit,
                  auto=auto, exchange=exchange, checkpoint_file=checkpoint_file,
                  checkpoint_interval=checkpoint_interval)

    def set_mask(self, mask: Mask) -> None:
        """The weights and the schedule."""
        library.dlc_run_set_mask(self, mask)
        self._live().uses["mask"] = mask._live()

    def set_score(self, score: Score) -> None:
        """Where the observations go."""
        library.dlc_run_set_score(self, score)
        self._live().uses["score"] = score._live()

    def set_forward(self, forward: Forward) -> None:
        """The model: forward(level, first, rows, out) computes samples first to first + rows - 1.

        The weights are masked when it is called: just use them. level: -1 for an extra unmasked pass. out: to be filled
        (out[:] = ...), float32[rows, width]. It is libdlc's memory: keep no reference to it.
        """
        uses = self._live().uses

        def call(level: int, first: int, rows: int, out: Any, rows_written: Any) -> None:
            width = library.dlc_score_width.symbol(uses["score"].pointer)
            memory = _Memory(ctypes.addressof(out.contents), (rows, width), _NUMPY_DTYPES[DTYPE_F32])
            if forward(level, first, rows, np.asarray(memory)) is not None:
                raise TypeError("forward() returned something: it must fill `out` (out[:] = ...) and return None")
            rows_written[0] = rows

        self._set_callbacks(library.dlc_run_set_forward, _Callback(call))

    def set_progress(self, progress: Progress | None) -> None:
        """Reports after every batch: progress(pass, passes, samples_done, samples). Returning False stops the run."""
        if progress is None:
            self._set_callbacks(library.dlc_run_set_progress, None)
            return
        report: Progress = progress

        def call(pass_: int, passes: int, samples_done: int, samples: int, go_on: Any) -> None:
            if report(pass_, passes, samples_done, samples) is not False:
                go_on[0] = 1

        self._set_callbacks(library.dlc_run_set_progress, _Callback(call))

    def set_exchange(self, exchange: Exchange | None) -> None:
        """This run is over one part of a data set: exchange(sums) replaces the bytes of `sums`, uint8, by the total.

        sums: this part's, of all parts to be added up with Score.merge_sums(). Keep no reference to it.
        """
        if exchange is None:
            self._set_callbacks(library.dlc_run_set_exchange, None)
            return
        add_up: Exchange = exchange

        def call(sums: int, size: int, done: Any) -> None:
            add_up(np.asarray(_Memory(sums, (size,), _NUMPY_DTYPES[DTYPE_U8])))
            done[0] = 1

        self._set_callbacks(library.dlc_run_set_exchange, _Callback(call))

    def _set_callbacks(self, setter: _Function, *callbacks: _Callback | None) -> None:
        types = [parameter.ctype for parameter in setter.parameters[1:]]
        made = [(callback, make(callback)) for callback, make in zip(callbacks, types) if callback is not None]
        setter(self, *([pointer for _, pointer in made] or [None] * len(callbacks)), None)
        self._live().callbacks[setter.name] = made  # only now may those before go

    def set_batch(self, rows: int) -> None:
        """Rows asked for in one forward call."""
        library.dlc_run_set_batch(self, rows)

    def set_memory_limit(self, size: int) -> None:
        """Bytes that libdlc may hold for this run; 0: no limit."""
        library.dlc_run_set_memory_limit(self, size)

    def set_auto(self, spearman: float) -> None:
        """Automatic levels, until the rank correlation reaches this (AUTO_SPEARMAN); 0: every level."""
        library.dlc_run_set_auto(self, spearman)

    def set_checkpoint_file(self, path: Any) -> None:
        """Keep a checkpoint in this file, and go on from the one that is there; None: no checkpoint."""
        library.dlc_run_set_checkpoint_file(self, path)

    def set_checkpoint(self, write: CheckpointWrite | None, read: CheckpointRead | None) -> None:
        """Keep a checkpoint elsewhere than in a file; both None: no checkpoint.

        write(step, data): CHECKPOINT_BEGIN, CHECKPOINT_DATA with the next bytes, uint8 (keep no reference: copy them),
        CHECKPOINT_COMMIT; CHECKPOINT_ABORT when one of these has failed. read(room): fill the uint8 array with the next
        bytes of the last checkpoint and return how many, as a binary file's readinto() does; 0 at once: there is none.
        """
        if write is None or read is None:
            if write is not read:
                raise TypeError("set_checkpoint() takes two functions, or None twice")
            self._set_callbacks(library.dlc_run_set_checkpoint, None, None)
            return
        put: CheckpointWrite = write
        get: CheckpointRead = read

        def call_write(step: int, address: int | None, size: int, done: Any) -> None:
            data = None
            if step == CHECKPOINT_DATA:
                data = np.asarray(_Memory(address or 0, (size,), _NUMPY_DTYPES[DTYPE_U8]))
                data.flags.writeable = False
            put(step, data)
            done[0] = 1

        def call_read(address: int, size: int, count: Any) -> None:
            count[0] = operator.index(get(np.asarray(_Memory(address, (size,), _NUMPY_DTYPES[DTYPE_U8]))))

        # A writer that has failed is still told to abort.
        self._set_callbacks(library.dlc_run_set_checkpoint, _Callback(call_write, always=True), _Callback(call_read))

    def set_checkpoint_interval(self, seconds: float) -> None:
        """Inside a pass, write a checkpoint when so many seconds have gone by; 0: every batch; math.inf: never."""
        library.dlc_run_set_checkpoint_interval(self, seconds)

    def add_fingerprint(self, name: str, data: Any) -> None:
        """What this run depends on unseen by libdlc: text, bytes or an array. Others' checkpoints are refused."""
        if isinstance(data, str):
            data = data.encode()
        array = _array(data, "data", None) if data is not None else np.empty(0, np.uint8)
        library.dlc_run_add_fingerprint(self, name, array, array.nbytes)

    @property
    def resumed_pass(self) -> int:
        """The pass at which the last execute() went on from a checkpoint; -1 where it started anew."""
        return library.dlc_run_resumed_pass(self)

    @property
    def resumed_samples(self) -> int:
        """The samples of that pass that were done already; -1 where it started anew."""
        return library.dlc_run_resumed_samples(self)

    def memory_estimate(self) -> int:
        """Bytes that libdlc will hold at most for this run, mask and score included."""
        return self._memory_estimate()

    def execute(self) -> None:
        """Do the run. Afterwards the score has the results; however this ends, the weights are what they were."""
        library.dlc_run_execute(self)

    @property
    def round_count(self) -> int:
        """Rounds of automatic levels of the last execute()."""
        return library.dlc_run_round_count(self)

    def get_round(self, index: int) -> Round:
        """What a round came to."""
        visited, spearman = ctypes.c_int64(), ctypes.c_double()
        library.dlc_run_get_round(self, index, ctypes.byref(visited), ctypes.byref(spearman))
        return Round(visited.value, spearman.value)

    def cancel(self) -> None:
        """Make execute() fail with ERROR_CANCELLED after the current batch. From any thread, any callback."""
        owner = self._live()
        library.dlc_run_cancel.symbol(owner.pointer)


class Flexrand(_Handle):
    """Labels + scores -> the indices of the subset (dlc/flexrand.h). One object serves many selections."""

    _structure = "dlc_flexrand"

    def __init__(
        self, labels: Any = None, scores: Any = None, ids: Any = None, *, method: int | None = None,
        gamma: float | None = None, budget: int | None = None, rng: int | None = None, seed: int | None = None,
        floor: int | None = None, allocator: Allocator | None = None,
    ) -> None:
        super().__init__(allocator)
        self._set(method=method, gamma=gamma, budget=budget, rng=rng, seed=seed, floor=floor)
        if labels is not None or scores is not None:
            self.set_samples(labels, scores, ids)

    def set_samples(self, labels: Any, scores: Any, ids: Any = None) -> None:
        """labels: int64[N], or None: one class. scores: float32[N], high = hard. ids: int64[N], or None: the index."""
        if labels is not None:
            labels = _array(labels, "labels", np.int64, (None,))
        scores = _array(scores, "scores", np.float32, (None if labels is None else len(labels),))
        if ids is not None:
            ids = _array(ids, "ids", np.int64, (len(scores),))
        library.dlc_flexrand_set_samples(self, len(scores), labels, scores, ids)

    def set_method(self, method: int) -> None:
        """METHOD_*."""
        library.dlc_flexrand_set_method(self, method)

    def set_gamma(self, gamma: float) -> None:
        """The split, in (0, 1)."""
        library.dlc_flexrand_set_gamma(self, gamma)

    def set_budget(self, budget: int) -> None:
        """BUDGET_EXACT or BUDGET_PAPER."""
        library.dlc_flexrand_set_budget(self, budget)

    def set_rng(self, rng: int) -> None:
        """RNG_PHILOX or RNG_NUMPY."""
        library.dlc_flexrand_set_rng(self, rng)

    def set_seed(self, seed: int) -> None:
        """The seed of all that is drawn."""
        library.dlc_flexrand_set_seed(self, seed)

    def set_floor(self, floor: int) -> None:
        """Picks that every class is given first."""
        library.dlc_flexrand_set_floor(self, floor)

    def select_keep(self, keep: float) -> np.ndarray:
        """Select a share of the samples, and return their indices, ascending."""
        library.dlc_flexrand_select_keep(self, keep)
        return self.get_selection()

    def select_count(self, count: int) -> np.ndarray:
        """The same for a number of samples."""
        library.dlc_flexrand_select_count(self, count)
        return self.get_selection()

    @property
    def selected_count(self) -> int:
        """Samples in the selection; -1 where there is none."""
        return library.dlc_flexrand_selected_count(self)

    def get_selection(self, order: int = ORDER_INDEX, *, intervals: Any = None) -> np.ndarray:
        """The indices of the selection, int64, in ORDER_INDEX or ORDER_PICK.

        intervals: int32[selected_count] to be filled with INTERVAL_EASY or INTERVAL_HARD of each.
        """
        count = max(self.selected_count, 0)
        if intervals is not None:
            intervals = _array(intervals, "intervals", np.int32, (count,), writable=True)
        indices = np.empty(count, np.int64)
        library.dlc_flexrand_get_selection(self, order, indices, intervals)
        return indices


class Npy(_Handle):
    """Reads and writes .npy files (dlc/file.h): in parts, checked, written whole or not at all."""

    _structure = "dlc_npy"

    def __init__(self, path: Any = None, *, allocator: Allocator | None = None) -> None:
        super().__init__(allocator)
        if path is not None:
            self.open(path)

    def open(self, path: Any) -> None:
        """Open an array for reading."""
        library.dlc_npy_open(self, path)

    @property
    def dtype(self) -> int:
        """DTYPE_* of the open array; -1 where none is open."""
        return library.dlc_npy_dtype(self)

    @property
    def rank(self) -> int:
        """Number of dimensions; -1 where no file is open."""
        return library.dlc_npy_rank(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """The dimensions of the open array."""
        return tuple(library.dlc_npy_dim(self, axis) for axis in range(self.rank))

    @property
    def count(self) -> int:
        """Number of elements; -1 where no file is open."""
        return library.dlc_npy_count(self)

    def _read(self, function: Any, dtype: Any, first: int, count: int | None) -> np.ndarray:
        shape = self.shape if count is None and first == 0 else None
        if count is None:
            count = max(self.count - first, 0)
        out = np.empty(max(count, 0), dtype)
        function(self, first, count, out)
        return out if shape is None else out.reshape(shape)

    def read(self, first: int = 0, count: int | None = None) -> np.ndarray:
        """The whole array; or, flat, `count` elements from `first`."""
        return self._read(library.dlc_npy_read, _NUMPY_DTYPES.get(self.dtype, np.uint8), first, count)

    def read_int64(self, first: int = 0, count: int | None = None) -> np.ndarray:
        """The same, widened to int64 from int64, int32 or uint8."""
        return self._read(library.dlc_npy_read_int64, np.int64, first, count)

    def write(self, path: Any, array: Any) -> None:
        """Write an array, whole or not at all, as numpy.save() writes it."""
        array = _array(array, "array", None)
        if array.dtype not in _DTYPES:
            raise TypeError(f"array: arrays of {array.dtype} cannot be written")
        dims = np.array(array.shape, np.int64)
        library.dlc_npy_write(self, path, _DTYPES[array.dtype], array.ndim, dims, array)


class Tensor:
    """A tensor of an open Safetensors file. numpy.asarray(tensor) is its memory: write to it, and save the file.

    bfloat16 comes as uint16, dtypes that libdlc does not work with as the uint8 of their bytes.
    """

    def __init__(self, file: Safetensors, index: int) -> None:
        self.name: str = library.dlc_safetensors_name(file, index)
        self.dtype: int = library.dlc_safetensors_dtype(file, index)
        self.dtype_text: str = library.dlc_safetensors_dtype_text(file, index)
        rank = library.dlc_safetensors_rank(file, index)
        self.shape: tuple[int, ...] = tuple(library.dlc_safetensors_dim(file, index, axis) for axis in range(rank))
        self.elements: int = library.dlc_safetensors_elements(file, index)
        self.bytes: int = library.dlc_safetensors_bytes(file, index)
        self.address: int = library.dlc_safetensors_data(file, index) or 0
        self.masked_by_default: bool = library.dlc_safetensors_masked_by_default(file, index) == 1
        shape, dtype = (self.bytes,) if self.dtype == DTYPE_OTHER else self.shape, self.dtype or DTYPE_U8
        self._memory = _Memory(self.address, shape, _NUMPY_DTYPES[dtype], file._live())

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self._memory.__array_interface__

    def __repr__(self) -> str:
        return f"<dlc.Tensor {self.name!r}, {self.dtype_text}{list(self.shape)}>"


class Safetensors(_Handle):
    """A .safetensors file, whole in memory (dlc/file.h): a mapping of names to Tensors in the order of their data."""

    _structure = "dlc_safetensors"

    def __init__(self, path: Any, *, allocator: Allocator | None = None) -> None:
        super().__init__(allocator)
        library.dlc_safetensors_open(self, path)

    def __len__(self) -> int:
        return library.dlc_safetensors_count(self)

    def __iter__(self) -> Iterator[str]:
        return iter([library.dlc_safetensors_name(self, index) for index in range(len(self))])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and library.dlc_safetensors_find(self, name) >= 0

    def __getitem__(self, name: str) -> Tensor:
        index = library.dlc_safetensors_find(self, name)
        if index < 0:
            raise KeyError(name)
        return Tensor(self, index)

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors, in the order of their data."""
        return [Tensor(self, index) for index in range(len(self))]

    def metadata(self, key: str) -> str | None:
        """The value of a key of the file's "__metadata__"."""
        return library.dlc_safetensors_metadata(self, key)

    def save(self, path: Any) -> None:
        """Write the tensors as they are now in memory, whole or not at all."""
        library.dlc_safetensors_save(self, path)


class Skipped(NamedTuple):
    """A file in the folder that is no sample, and why."""

    path: str
    reason: str


class Images(_Handle):
    """Class folders of images -> float32 batches, NCHW (dlc/image.h).

    normalization: (mean, deviation), float32[channels] each. size, crop: 0 for none.
    """

    _structure = "dlc_images"

    def __init__(
        self, directory: Any = None, *, channels: int | None = None, size: int | None = None,
        interpolation: int | None = None, crop: int | None = None, normalization: tuple[Any, Any] | None = None,
        threads: int | None = None, memory_limit: int | None = None, cache_folder: Any = None,
        skip_broken: bool | None = None, allocator: Allocator | None = None,
    ) -> None:
        super().__init__(allocator)
        self._set(channels=channels, size=size, interpolation=interpolation, crop=crop, threads=threads,
                  memory_limit=memory_limit, cache_folder=cache_folder, skip_broken=skip_broken)
        if normalization is not None:
            self.set_normalization(*normalization)
        if directory is not None:
            self.open(directory)

    def set_channels(self, channels: int) -> None:
        """1 (grey) or 3 (RGB)."""
        library.dlc_images_set_channels(self, channels)

    def set_size(self, side: int) -> None:
        """Resize so that the shorter side becomes this."""
        library.dlc_images_set_size(self, side)

    def set_interpolation(self, interpolation: int) -> None:
        """INTERPOLATION_*."""
        library.dlc_images_set_interpolation(self, interpolation)

    def set_crop(self, side: int) -> None:
        """Take the middle after resizing."""
        library.dlc_images_set_crop(self, side)

    def set_normalization(self, mean: Any, deviation: Any) -> None:
        """Values become (pixel / 255 - mean[c]) / deviation[c]."""
        shape = (self.channels,)
        mean = _array(mean, "mean", np.float32, shape)
        deviation = _array(deviation, "deviation", np.float32, shape)
        library.dlc_images_set_normalization(self, mean, deviation)

    def set_threads(self, threads: int) -> None:
        """Threads that decoding may use; 0: one per processor."""
        library.dlc_images_set_threads(self, threads)

    def set_memory_limit(self, size: int) -> None:
        """Bytes that pixels kept in memory may take; 0: no limit."""
        library.dlc_images_set_memory_limit(self, size)

    def set_cache_folder(self, folder: Any) -> None:
        """Where pixels beyond that are kept."""
        library.dlc_images_set_cache_folder(self, folder)

    def set_skip_broken(self, skip: bool) -> None:
        """Leave broken images out, and list them."""
        library.dlc_images_set_skip_broken(self, skip)

    def open(self, directory: Any) -> None:
        """List the class folders, and decode the first image."""
        library.dlc_images_open(self, directory)

    @property
    def count(self) -> int:
        """Samples; 0 where no folder is open."""
        return library.dlc_images_count(self)

    @property
    def class_count(self) -> int:
        """Classes; 0 where no folder is open."""
        return library.dlc_images_class_count(self)

    @property
    def channels(self) -> int:
        """Channels of all images."""
        return library.dlc_images_channels(self)

    @property
    def height(self) -> int:
        """Rows of all images."""
        return library.dlc_images_height(self)

    @property
    def width(self) -> int:
        """Columns of all images."""
        return library.dlc_images_width(self)

    @property
    def class_names(self) -> list[str]:
        """The folders' names, by class id."""
        return [library.dlc_images_class_name(self, class_id) for class_id in range(self.class_count)]

    @property
    def paths(self) -> list[str]:
        """The path of every sample, relative to the folder."""
        return [library.dlc_images_path(self, sample) for sample in range(self.count)]

    @property
    def labels(self) -> np.ndarray:
        """The class id of every sample, int64."""
        return np.array([library.dlc_images_label(self, sample) for sample in range(self.count)], np.int64)

    @property
    def skipped(self) -> list[Skipped]:
        """The files of the folder that are no samples."""
        count = library.dlc_images_skipped_count(self)
        return [
            Skipped(library.dlc_images_skipped_path(self, index), library.dlc_images_skipped_reason(self, index))
            for index in range(count)
        ]

    def read(self, first: int, rows: int, out: Any = None) -> np.ndarray:
        """Samples first to first + rows - 1 as float32[rows, channels, height, width]."""
        shape = (max(rows, 0), self.channels, self.height, self.width)
        out = _out(out, "out", np.float32, shape)
        library.dlc_images_read(self, first, rows, out)
        return out

    def read_pixels(self, sample: int, out: Any = None) -> np.ndarray:
        """One sample as uint8[height, width, channels], for looking at."""
        out = _out(out, "out", np.uint8, (self.height, self.width, self.channels))
        library.dlc_images_read_pixels(self, sample, out)
        return out


class Encoder(_Handle):
    """An embedded forward pass: ResNet or ViT weights + image batches -> features (dlc/encoder.h)."""

    _structure = "dlc_encoder"

    def __init__(
        self, weights: Safetensors | None = None, *, threads: int | None = None, pooling: int | None = None,
        allocator: Allocator | None = None,
    ) -> None:
        super().__init__(allocator)
        self._set(threads=threads, pooling=pooling)
        if weights is not None:
            self.load(weights)

    def set_threads(self, threads: int) -> None:
        """Threads that a forward pass may use; 0: one per processor."""
        library.dlc_encoder_set_threads(self, threads)

    def set_pooling(self, pooling: int) -> None:
        """POOLING_*, of vision transformers."""
        library.dlc_encoder_set_pooling(self, pooling)

    def load(self, weights: Safetensors) -> None:
        """Recognise the architecture of a weight file; its tensors are used where they are, masked or not."""
        library.dlc_encoder_load(self, weights)
        self._live().reads["weights"] = weights._live()

    @property
    def architecture(self) -> str | None:
        """What was recognised; None before load()."""
        return library.dlc_encoder_architecture(self)

    @property
    def channels(self) -> int:
        """Image channels that it takes."""
        return library.dlc_encoder_channels(self)

    @property
    def dim(self) -> int:
        """Floats in a feature row."""
        return library.dlc_encoder_dim(self)

    @property
    def block(self) -> int:
        """Samples in a fixed block: batches of multiples of it waste no work."""
        return library.dlc_encoder_block(self)

    @property
    def image_size(self) -> int:
        """The side of the square images that it takes; 0: any size."""
        return library.dlc_encoder_image_size(self)

    @property
    def published_size(self) -> int:
        """The side of the images that the architecture is published for."""
        return library.dlc_encoder_published_size(self)

    def forward(self, images: Any, first: int = 0, out: Any = None) -> np.ndarray:
        """float32[rows, dim] from images float32[rows, channels, height, width], which start at row `first`."""
        images = _array(images, "images", np.float32, (None, self.channels, None, None))
        rows, _, height, width = images.shape
        out = _out(out, "out", np.float32, (rows, self.dim))
        library.dlc_encoder_forward(self, images, first, rows, height, width, out)
        return out
