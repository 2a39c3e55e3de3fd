/*
 * parallel.h - runs a function over a range of tasks on several threads and waits for all. Threads live for one call:
 * there is no pool to keep, and a host that forks between calls is not surprised.
 */
#ifndef DLC_LIB_PARALLEL_H
#define DLC_LIB_PARALLEL_H

#include <stdint.h>

/* Does task number `task`. `thread` is 0..threads-1, for scratch space of its own. */
typedef void (*dlc_task)(void *context, int64_t task, int32_t thread);

#define DLC_THREADS_MAX 1024

/* What an option of 0 (one per online processor) or more threads comes to: 1..DLC_THREADS_MAX. */
int32_t dlc_threads_resolve(int32_t threads);

/*
 * Calls run(context, task, thread) for every task of 0..tasks-1, on at most `threads` threads, the caller's included;
 * tasks are handed out in ascending order. Where a thread cannot be started the others do its work, so this never
 * fails.
 */
void dlc_parallel(int32_t threads, int64_t tasks, dlc_task run, void *context);

#endif
