// SPDX-License-Identifier: MPL-2.0
// Waiting for a lane: for commands, workers and tests.
#include <gridcase/db/lane.h>

#include <pthread.h>
#include <stdbool.h>

struct call {
    int (*work)(struct db *db, void *context, struct error *error);
    void *context;
    pthread_mutex_t mutex;
    pthread_cond_t told;
    bool over;
    struct error error; // code 0: committed
};

static int call_work(struct db *db, void *context, struct error *error)
{
    struct call *call = context;
    return call->work(db, call->context, error);
}

static void call_done(void *context, const struct error *error)
{
    struct call *call = context;
    pthread_mutex_lock(&call->mutex);
    call->over = true;
    if (error)
        call->error = *error;
    pthread_cond_signal(&call->told);
    pthread_mutex_unlock(&call->mutex);
}

int db_lane_call(struct db_lane *lane, enum db_priority priority,
                 int (*work)(struct db *db, void *context, struct error *error),
                 void *context, struct error *error)
{
    struct call call = {.work = work, .context = context};
    pthread_mutex_init(&call.mutex, NULL);
    pthread_cond_init(&call.told, NULL);
    struct db_lane_job job = {
        .priority = priority, .work = call_work, .done = call_done, .context = &call};
    int code = db_lane_submit(lane, &job, error);
    if (code == 0) {
        pthread_mutex_lock(&call.mutex);
        while (!call.over)
            pthread_cond_wait(&call.told, &call.mutex);
        pthread_mutex_unlock(&call.mutex);
        code = call.error.code;
        if (code != 0 && error)
            *error = call.error;
    }
    pthread_cond_destroy(&call.told);
    pthread_mutex_destroy(&call.mutex);
    return code;
}
