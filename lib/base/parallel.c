/* parallel.c - fork and join over pthreads (parallel.h). */
#include "parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct dlc_team {
    dlc_task run;
    void *context;
    int64_t tasks;
    _Atomic int64_t next_task;
    _Atomic int32_t next_thread;
} dlc_team;

int32_t dlc_threads_resolve(int32_t threads) {
    if (threads > 0)
        return threads < DLC_THREADS_MAX ? threads : DLC_THREADS_MAX;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (online < 1)
        return 1;
    return online < DLC_THREADS_MAX ? (int32_t)online : DLC_THREADS_MAX;
}

static void *work(void *argument) {
    dlc_team *team = argument;
    const int32_t thread = atomic_fetch_add(&team->next_thread, 1);
    int64_t task;
    while ((task = atomic_fetch_add(&team->next_task, 1)) < team->tasks)
        team->run(team->context, task, thread);
    return NULL;
}

void dlc_parallel(int32_t threads, int64_t tasks, dlc_task run, void *context) {
    dlc_team team = {.run = run, .context = context, .tasks = tasks};
    const int32_t wanted = threads < tasks ? threads : (int32_t)tasks;
    pthread_t others[DLC_THREADS_MAX];
    int32_t started = 0;
    while (started + 1 < wanted && pthread_create(&others[started], NULL, work, &team) == 0)
        started++;
    work(&team);
    for (int32_t i = 0; i < started; i++)
        pthread_join(others[i], NULL);
}
