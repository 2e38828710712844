// SPDX-License-Identifier: MPL-2.0
// Threads that play what one thread loads: a ring of batches, taken in their order. There
// is one reader, so all of it is of one moment on every engine.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "recount_internal.h"

enum { HELPERS_MOST = 15, SLOTS_MORE = 3 };

struct recount_crew {
    const struct city_snapshot *city;
    struct recount_player *own; // of the calling thread
    unsigned helpers_most, helpers, slots;
    pthread_t threads[HELPERS_MOST];
    struct recount_player *players[HELPERS_MOST]; // NULL where none was started
    struct recount_batch *batches;
    uint64_t loaded, taken; // of the calling thread: batches so far
    pthread_mutex_t lock;   // guards what follows, and the states
    pthread_cond_t changed;
    uint64_t to_play, ready; // the next that nobody plays; how many have been loaded
    bool over;
};
struct helper {
    struct recount_crew *crew;
    struct recount_player *player;
};

static struct recount_batch *batch_at(struct recount_crew *crew, uint64_t number)
{
    return &crew->batches[number % crew->slots];
}

struct recount_crew *recount_crew_new(const struct city_snapshot *city,
                                      const struct recount_sums *sums)
{
    struct recount_crew *crew = memory_new(sizeof *crew);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    crew->city = city;
    crew->own = recount_player_new(city, sums);
    crew->helpers_most = processors > 1 ? (unsigned)processors - 1 : 0;
    if (crew->helpers_most > HELPERS_MOST)
        crew->helpers_most = HELPERS_MOST;
    crew->slots = crew->helpers_most + SLOTS_MORE;
    crew->batches = memory_new(crew->slots * sizeof *crew->batches);
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    return crew;
}

struct recount_crew *recount_crew_free(struct recount_crew *crew)
{
    if (crew == NULL)
        return NULL;
    pthread_mutex_lock(&crew->lock);
    crew->over = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->helpers; i++) {
        pthread_join(crew->threads[i], NULL);
        recount_player_free(crew->players[i]);
    }
    for (unsigned i = 0; i < crew->slots; i++)
        recount_batch_done(&crew->batches[i]);
    recount_player_free(crew->own);
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->changed);
    free(crew->batches);
    free(crew);
    return NULL;
}

// With the lock held: gives it back while it plays. false: nothing to play.
static bool play_next(struct recount_crew *crew, struct recount_player *player)
{
    if (crew->to_play == crew->ready)
        return false;
    struct recount_batch *batch = batch_at(crew, crew->to_play++);
    pthread_mutex_unlock(&crew->lock);
    recount_play(player, batch);
    pthread_mutex_lock(&crew->lock);
    batch->state = RECOUNT_PLAYED;
    pthread_cond_broadcast(&crew->changed);
    return true;
}

static void *help(void *context)
{
    struct helper helper = *(struct helper *)context;
    struct recount_crew *crew = helper.crew;
    free(context);
    pthread_mutex_lock(&crew->lock);
    while (!crew->over)
        if (!play_next(crew, helper.player))
            pthread_cond_wait(&crew->changed, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

// A city of one batch needs nobody.
static void start_helpers(struct recount_crew *crew)
{
    while (crew->helpers < crew->helpers_most) {
        struct recount_player *player =
            recount_player_new(crew->city, recount_player_sums(crew->own));
        struct helper *helper = memory_new(sizeof *helper);
        *helper = (struct helper){.crew = crew, .player = player};
        if (pthread_create(&crew->threads[crew->helpers], NULL, help, helper) != 0) {
            recount_player_free(player);
            free(helper);
            crew->helpers_most = crew->helpers; // those that there are have to do
            return;
        }
        crew->players[crew->helpers++] = player;
    }
}

// The oldest batch, when somebody has played it; plays where there is nothing to wait for.
static int take_oldest(struct recount_crew *crew, recount_take *take, void *context,
                       struct error *error)
{
    struct recount_batch *batch = batch_at(crew, crew->taken);
    pthread_mutex_lock(&crew->lock);
    while (batch->state != RECOUNT_PLAYED)
        if (!play_next(crew, crew->own))
            pthread_cond_wait(&crew->changed, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
    int code = batch->code;
    if (code != 0)
        *error = batch->error;
    else
        take(context, batch);
    recount_unload(batch);
    batch->state = RECOUNT_FREE; // nobody else looks at it until it is loaded
    crew->taken++;
    return code;
}

struct recount_batch *recount_crew_free_batch(struct recount_crew *crew, recount_take *take,
                                              void *context, struct error *error)
{
    if (crew->loaded - crew->taken == crew->slots &&
        take_oldest(crew, take, context, error) != 0)
        return NULL;
    return batch_at(crew, crew->loaded);
}

void recount_crew_loaded(struct recount_crew *crew)
{
    if (++crew->loaded > 1)
        start_helpers(crew);
    pthread_mutex_lock(&crew->lock);
    batch_at(crew, crew->ready++)->state = RECOUNT_LOADED;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

int recount_crew_finish(struct recount_crew *crew, recount_take *take, void *context,
                        struct error *error)
{
    int code = 0;
    while (crew->taken < crew->loaded && code == 0)
        code = take_oldest(crew, take, context, error);
    return code;
}

void recount_crew_sums(struct recount_crew *crew, struct recount_sums *sums)
{
    recount_sums_join(sums, recount_player_sums(crew->own));
    for (unsigned i = 0; i < crew->helpers; i++)
        recount_sums_join(sums, recount_player_sums(crew->players[i]));
}
