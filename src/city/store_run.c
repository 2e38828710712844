// SPDX-License-Identifier: MPL-2.0
// Storing a model: phases in slices on the writer lane.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "locator_path.h"
#include "store_internal.h"

// ---- slices ----
struct load_run {
    struct load_job *job;
    load_phase *const *phases;
    size_t count;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool done;
    int code;
    struct error error;
};

static int run_slice(struct db *db, void *context, struct error *error)
{
    struct load_run *run = context;
    struct load_job *job = run->job;
    job->next = job->committed;
    while ((size_t)job->next.phase < run->count) {
        int code = run->phases[job->next.phase](job, db, error);
        if (code < 0)
            return code;
        if (code == PHASE_DONE) {
            job->next.phase++;
            job->next.index = 0;
        }
        if (db_lane_time_left_us(db) <= 0)
            break;
    }
    return (size_t)job->next.phase < run->count ? DB_LANE_MORE : 0;
}

static void slice_committed(void *context)
{
    struct load_run *run = context;
    run->job->committed = run->job->next;
}

static void run_done(void *context, const struct error *error)
{
    struct load_run *run = context;
    pthread_mutex_lock(&run->mutex);
    run->done = true;
    if (error) {
        run->error = *error;
        run->code = error->code;
    } else {
        run->job->committed = run->job->next;
    }
    pthread_cond_signal(&run->ended);
    pthread_mutex_unlock(&run->mutex);
}

int load_run(struct db_lane *lane, struct load_job *job, load_phase *const *phases,
             size_t count, struct error *error)
{
    struct load_run run = {.job = job, .phases = phases, .count = count};
    struct db_lane_job work = {.priority = DB_MACHINES,
                               .work = run_slice,
                               .slice_committed = slice_committed,
                               .done = run_done,
                               .context = &run};
    job->committed.phase = 0;
    job->committed.index = 0;
    pthread_mutex_init(&run.mutex, NULL);
    pthread_cond_init(&run.ended, NULL);
    int code = db_lane_submit(lane, &work, error);
    if (code == 0) {
        pthread_mutex_lock(&run.mutex);
        while (!run.done)
            pthread_cond_wait(&run.ended, &run.mutex);
        pthread_mutex_unlock(&run.mutex);
        code = run.code;
        if (code < 0 && error)
            *error = run.error;
    }
    pthread_cond_destroy(&run.ended);
    pthread_mutex_destroy(&run.mutex);
    return code;
}

// ---- locators ----
static int write_locator(struct db_store *store, struct load_job *job,
                         const struct model_layer *layer, int64_t level_id,
                         struct error *error)
{
    LOCATOR_CLEANUP struct locator *locator = NULL;
    char path[4096];
    struct locator_shape *shapes = calloc(layer->count + 1, sizeof(*shapes));
    if (!shapes)
        return error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
    for (size_t i = 0; i < layer->count; i++)
        shapes[i] = (struct locator_shape){job->area_id[layer->first + i],
                                           job->model->area[layer->first + i].polygon};
    int code = locator_build(shapes, layer->count, job->version, &locator, error);
    free(shapes);
    if (code == 0)
        code = locator_path(store, job->slug, job->version, level_id, path, sizeof(path),
                            error);
    if (code == 0)
        code = locator_write(locator, path, error);
    return code;
}

static int write_locators(struct db_store *store, struct load_job *job, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < job->model->layer_count && code == 0; i++) {
        const struct model_layer *layer = &job->model->layer[i];
        bool overlay = layer->family == MODEL_LEVEL && layer->kind == CITY_OVERLAY;
        if (layer->family == MODEL_GRIDS)
            code = write_locator(store, job, layer, 0, error);
        else if (overlay || layer->family == MODEL_COVERAGE)
            code = write_locator(store, job, layer, job->level_id[i], error);
    }
    return code;
}

// Files of versions before the last one are of no use to anybody.
static void drop_locators(struct db_store *store, const struct load_job *job)
{
    char path[4096];
    for (int64_t version = job->version - 2; version > 0 && version > job->version - 5;
         version--) {
        if (locator_path(store, job->slug, version, 0, path, sizeof(path), NULL) == 0)
            unlink(path);
        for (size_t i = 0; i < job->model->layer_count; i++)
            if (job->level_id[i] &&
                locator_path(store, job->slug, version, job->level_id[i], path,
                             sizeof(path), NULL) == 0)
                unlink(path);
    }
}

// ---- the whole ----
static load_phase *const phases_write[] = {
    phase_sweep, phase_version,    phase_settings, phase_tables,
    phase_rules, phase_registries, phase_areas,    phase_grids,
    phase_close, phase_streets,    phase_places,
};
static load_phase *const phases_valid[] = {phase_valid};
static load_phase *const phases_sweep[] = {phase_sweep};
static load_phase *const phases_components[] = {phase_components};

#define RUN(lane, job, phases, error)                                                      \
    load_run(lane, job, phases, sizeof(phases) / sizeof(*(phases)), error)

static int store_on_lane(struct db_store *store, struct db_lane *lane, struct load_job *job,
                         struct error *error)
{
    int code = RUN(lane, job, phases_write, error);
    bool unchanged = code == 0 && job->previous > 0 && job->committed.changes == 0;
    if (code == 0 && !unchanged)
        code = write_locators(store, job, error);
    if (code == 0 && !unchanged)
        code = RUN(lane, job, phases_valid, error);
    if (code < 0 || unchanged) {
        struct error swept = {0};
        int sweep_code = RUN(lane, job, phases_sweep, &swept);
        if (code == 0 && sweep_code < 0) {
            *error = swept;
            code = sweep_code;
        }
    }
    if (code == 0) {
        job->committed.result.unchanged = unchanged;
        job->committed.result.version = unchanged ? job->previous : job->version;
        code = RUN(lane, job, phases_components, error);
    }
    if (code == 0 && !unchanged)
        drop_locators(store, job);
    return code;
}

// One load at a time: another one would take the first for broken and sweep it.
static pthread_mutex_t one_load = PTHREAD_MUTEX_INITIALIZER;

int city_model_store(struct db_store *store, const char *slug, struct city_model *model,
                     const struct city_report *report, int64_t now_ms,
                     struct city_load_result *ret_result, struct error *error)
{
    if (city_report_count_of(report, CITY_ERROR) > 0)
        return error_set(error, ERROR_CONFLICT, "model.errors",
                         "the model has %zu errors and is not loaded",
                         city_report_count_of(report, CITY_ERROR));
    if (pthread_mutex_trylock(&one_load) != 0)
        return error_set(error, ERROR_BUSY, "model.loading",
                         "another model is being loaded");
    struct load_job job = {.model = model, .slug = slug, .now_ms = now_ms};
    struct db_lane *lane = NULL;
    job.area_id = calloc(model->area_count + 1, sizeof(*job.area_id));
    job.shape_id = calloc(model->area_count + 1, sizeof(*job.shape_id));
    int code = job.area_id && job.shape_id
                   ? db_lane_get(store, slug, DB_CITY, &lane, error)
                   : error_set(error, ERROR_LIMIT, "model.memory", "out of memory");
    if (code == 0)
        code = store_on_lane(store, lane, &job, error);
    if (code == 0) {
        const struct model_layer *grids = model_layer_of(model, MODEL_GRIDS, NULL);
        job.committed.result.grids = grids ? grids->count : 0;
        job.committed.result.components = model->component_count;
        *ret_result = job.committed.result;
    }
    db_lane_put(lane);
    free(job.area_id);
    free(job.shape_id);
    pthread_mutex_unlock(&one_load);
    return code;
}
