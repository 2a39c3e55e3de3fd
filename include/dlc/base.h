/*
 * dlc/base.h - what every module of libdlc shares: status codes, versions, allocators, dtypes.
 *
 * The conventions below hold for the whole API; the other headers do not repeat them.
 *
 * Handles. Every module has one opaque handle. dlc_X_create() gives an owned handle through its last parameter, and
 * sets that parameter to NULL when it fails; dlc_X_free() gives the handle back and accepts NULL. What a function takes
 * as a plain pointer it only borrows for the length of the call, unless its comment says that the handle goes on using
 * it.
 *
 * Errors. A function that can fail returns a dlc_status: 0 is success, anything negative a failure. The handle holds a
 * one-line message in UTF-8 that names the thing at fault and its value ("label 12 of sample 40711 is not below 10
 * classes"); dlc_X_message() borrows it out. It is empty until a call fails, stays the same until the next call that
 * fails on that handle, and needs no memory, so it is there when memory has run out. The pointer is one and the same
 * for the life of the handle, so check(dlc_mask_plan(mask), dlc_mask_message(mask)) is right whichever of the two a
 * compiler evaluates first; of a NULL handle it says just that. A create function that fails leaves no handle: its
 * status says all there is to say. Unless a comment says otherwise, a call that failed has changed nothing, and the
 * handle can be used or freed. Getters that return a count give -1 for a NULL handle or an index out of range.
 *
 * Parameters. The handle comes first, what goes in next, what comes out last. Counts, sizes and indices are int64_t;
 * flags and choices are int32_t constants DLC_*. Arrays are C order (last index fastest).
 *
 * Threads. Distinct handles are independent. One handle belongs to one thread at a time; it may be created in one and
 * used in another, and any thread may create one. libdlc has no global state, never prints, never aborts or exits, and
 * installs no signal handler.
 *
 * Builds. A vendor may leave out the image or the encoder module (docs/abi.md). The functions are there all the same,
 * but no handle: dlc_images_create() or dlc_encoder_create() gives DLC_ERROR_UNSUPPORTED, and the message of a NULL
 * handle says why.
 *
 * Callbacks. A callback gets the caller's `user` pointer first and returns nothing. Its outcome goes through its last
 * parameter, which the library presets to -1 ("failed") or NULL: a callback that is left half way - a Python exception
 * under ctypes, for one - thus counts as failed. Never leave a callback by longjmp or a C++ exception: libdlc's frames
 * lie below it. A callback must not call back into the handle that called it, dlc_run_cancel() excepted, nor change
 * one that it borrows (a run's mask and score).
 */
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

/* ---- Version ---- */

/* The version of these headers. Major: the ABI (soname libdlc.so.MAJOR); minor: functions were added; patch: neither.
 */
#define DLC_VERSION_MAJOR  1
#define DLC_VERSION_MINOR  0
#define DLC_VERSION_PATCH  0
#define DLC_VERSION_NUMBER (DLC_VERSION_MAJOR * 10000 + DLC_VERSION_MINOR * 100 + DLC_VERSION_PATCH)

/*
 * dlc_version_number() - the version of the library that runs, as DLC_VERSION_NUMBER (1.2.3 is 10203).
 * It may be newer than the headers a program was compiled with, never of another major version. Any thread. Since 1.0.
 */
DLC_API int32_t dlc_version_number(void);

/* dlc_version_string() - the same as text, "1.2.3". Static storage. Any thread. Since 1.0. */
DLC_API const char *dlc_version_string(void);

/* ---- Status ---- */

typedef int32_t dlc_status;

/* The values are part of the ABI: pinned, and never reused. */
#define DLC_OK                0
#define DLC_ERROR_MEMORY      (-1)  /* an allocation failed */
#define DLC_ERROR_ARGUMENT    (-2)  /* an argument is not allowed: out of its range, NULL, unknown */
#define DLC_ERROR_STATE       (-3)  /* the call does not fit what was done with the handle before */
#define DLC_ERROR_DATA        (-4)  /* the caller's data cannot be used: NaN, a label out of range, an empty class */
#define DLC_ERROR_CALLBACK    (-5)  /* a callback failed, or reported something other than it was asked for */
#define DLC_ERROR_CANCELLED   (-6)  /* stopped by dlc_run_cancel() or by the progress callback */
#define DLC_ERROR_IO          (-7)  /* the system refused to open, read, write or rename a file */
#define DLC_ERROR_FORMAT      (-8)  /* a file is broken, or not of the kind it should be */
#define DLC_ERROR_UNSUPPORTED (-9)  /* well formed, but of a kind that this build does not handle */
#define DLC_ERROR_LIMIT       (-10) /* it would need more memory than the caller's limit */

/* dlc_status_name() - the name of a status, "DLC_ERROR_DATA"; "DLC_ERROR_UNKNOWN" for a value not listed. Static
 * storage, any thread. Since 1.0. */
DLC_API const char *dlc_status_name(dlc_status status);

/* dlc_status_text() - a short English sentence for a status, without a full stop. Static storage, any thread.
 * Since 1.0. */
DLC_API const char *dlc_status_text(dlc_status status);

/* ---- Allocators ---- */

/*
 * Every block that libdlc itself allocates comes from an allocator. Where a create function takes `allocator`, NULL
 * means malloc() and free(). (The libraries below - BLAS, the JSON parser, threads - keep allocators of their own.)
 */
typedef struct dlc_allocator dlc_allocator;

/*
 * Allocates `size` bytes (always positive), aligned as malloc() aligns, and stores the block in *result, which is
 * preset to NULL. NULL there means that there is no memory. May be called from any thread that is inside a libdlc call,
 * several at once.
 */
typedef void (*dlc_allocate_callback)(void *user, int64_t size, void **result);

/* Gives back a block, never NULL. Same threads as above. */
typedef void (*dlc_release_callback)(void *user, void *block);

/*
 * dlc_allocator_create() - an allocator from the caller's two functions.
 *
 * Handles copy it when they are created, so it may be freed at once after them; `allocate`, `release` and what `user`
 * points at must stay valid until the last handle is freed. The allocator's own few bytes come from `allocate` too.
 *
 * Errors: DLC_ERROR_ARGUMENT (a NULL callback or out), DLC_ERROR_MEMORY. Any thread. Since 1.0.
 */
DLC_API dlc_status dlc_allocator_create(dlc_allocate_callback allocate, dlc_release_callback release, void *user,
                                        dlc_allocator **out);

/* dlc_allocator_free() - frees the allocator (not the handles made with it). Accepts NULL. Since 1.0. */
DLC_API void dlc_allocator_free(dlc_allocator *allocator);

/* ---- Data types ---- */

/* Of weights: the first four. Of arrays in files: all. The values are part of the ABI. */
#define DLC_DTYPE_OTHER 0 /* a type that libdlc passes through without looking inside */
#define DLC_DTYPE_F32   1 /* IEEE 754 binary32 */
#define DLC_DTYPE_F16   2 /* IEEE 754 binary16 */
#define DLC_DTYPE_BF16  3 /* the upper half of binary32 */
#define DLC_DTYPE_F64   4 /* IEEE 754 binary64 */
#define DLC_DTYPE_I64   5
#define DLC_DTYPE_I32   6
#define DLC_DTYPE_U8    7

/* dlc_dtype_size() - bytes of one element; 0 for DLC_DTYPE_OTHER and values not listed. dtype: DLC_DTYPE_*. Any thread.
 * Since 1.0. */
DLC_API int64_t dlc_dtype_size(int32_t dtype);

/* dlc_dtype_name() - "float32", "bfloat16", "int64", ...; "other" for the rest. dtype: DLC_DTYPE_*. Static storage, any
 * thread. Since 1.0. */
DLC_API const char *dlc_dtype_name(int32_t dtype);

#ifdef __cplusplus
}
#endif
#endif
