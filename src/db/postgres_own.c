// SPDX-License-Identifier: MPL-2.0
// Who works with a database: an advisory lock that servers share, and that what cannot be
// done beside others takes alone for its time.
//
// A transaction that stays open holds it: so it works through a pooler, too, and ends with
// the process. It has no snapshot and holds nothing else up. When the database restarts,
// the lock is lost with all connections; the first that comes back takes it again.
#include "db_postgres.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

enum { OWN_WAIT_MS = 3000, OWN_STEP_MS = 50 }; // a killed owner's backend may still work
#define OWN_KEY   "gridcase store"
#define GIVE_BACK "ROLLBACK TO alone; RELEASE alone"

struct own {
    char address[DB_ADDRESS_SIZE];
    struct pg_link link; // under the mutex
    struct own *next;
};

static struct {
    pthread_mutex_t mutex;
    struct own *list;
} owned = {.mutex = PTHREAD_MUTEX_INITIALIZER};

// Runs a word, if one is given, and then asks something about the lock, in one round trip.
static int ask(struct pg_link *link, const char *word, enum query_id query,
               int64_t *ret_answer, struct error *error)
{
    static const Oid types[] = {PG_INT8};
    static const int lengths[] = {8};
    unsigned char key[8];
    const char *values[] = {(const char *)key};
    struct pg_send sends[] = {{.text = word},
                              {.text = db_query_texts[query].text,
                               .count = 1,
                               .types = types,
                               .values = values,
                               .lengths = lengths}};
    PGresult *results[PG_STEPS_MAX];
    pg_put_int(key, pg_key_of(OWN_KEY));
    const size_t first = word ? 0 : 1, last = 1 - first;
    int code = pg_link_run(link, sends + first, 2 - first, results, error);
    if (code != 0)
        return code;
    struct pg_cell cell = {.bytes = PQgetvalue(results[last], 0, 0),
                           .length = (size_t)PQgetlength(results[last], 0, 0),
                           .type = PQftype(results[last], 0)};
    *ret_answer = pg_cell_int(&cell);
    PQclear(results[0]);
    PQclear(results[1]);
    return 0;
}

// Begins a transaction and tries the lock: 1 it is ours, 0 somebody has it alone.
static int try_lock(struct pg_link *link, struct error *error)
{
    int64_t got = 0;
    int code = ask(link, "BEGIN", QUERY_POSTGRES_OWN, &got, error);
    if (code != 0)
        return code;
    return got != 0 ? 1 : pg_link_script(link, "ROLLBACK", error);
}

static int take(struct own *own, struct error *error)
{
    int64_t end_us = instant_monotonic_us() + OWN_WAIT_MS * 1000LL;
    int code = pg_link_open(&own->link, own->address, error);
    while (code == 0 && (code = try_lock(&own->link, error)) == 0) {
        if (instant_monotonic_us() > end_us)
            code = error_set(error, ERROR_BUSY, "store.locked",
                             "another gridcase has this database for itself");
        else
            instant_sleep_ms(OWN_STEP_MS);
    }
    if (code < 0)
        pg_link_close(&own->link);
    return code < 0 ? code : 0;
}

int pg_own(const char *address, void **ret_lock, struct error *error)
{
    struct own *own = memory_new(sizeof *own);
    snprintf(own->address, sizeof own->address, "%s", address);
    int code = take(own, error);
    if (code != 0) {
        free(own);
        return code;
    }
    pthread_mutex_lock(&owned.mutex);
    own->next = owned.list;
    owned.list = own;
    pthread_mutex_unlock(&owned.mutex);
    *ret_lock = own;
    return 0;
}

void pg_disown(void *lock)
{
    struct own *own = lock;
    pthread_mutex_lock(&owned.mutex);
    struct own **at = &owned.list;
    while (*at != own)
        at = &(*at)->next;
    *at = own->next;
    pthread_mutex_unlock(&owned.mutex);
    pg_link_close(&own->link);
    free(own);
}

int pg_own_renew(const char *address, struct error *error)
{
    int code = 0;
    pthread_mutex_lock(&owned.mutex);
    for (struct own *own = owned.list; own && code == 0; own = own->next) {
        if (!text_equal(own->address, address))
            continue;
        int64_t process = 0;
        struct error ignored = {0};
        if (pg_link_is_up(&own->link) && pg_link_ask(&own->link, QUERY_POSTGRES_PROCESS,
                                                     NULL, 0, &process, &ignored) == 0)
            continue;
        pg_link_close(&own->link);
        code = take(own, error);
    }
    pthread_mutex_unlock(&owned.mutex);
    return code;
}

// What a savepoint has locked is given back by rolling back to it.
int pg_alone(void *lock, struct error *error)
{
    struct own *own = lock;
    int64_t got = 0, end_us = instant_monotonic_us() + OWN_WAIT_MS * 1000LL;
    pthread_mutex_lock(&owned.mutex);
    int code = 0;
    while (code == 0 && got == 0) {
        code = ask(&own->link, "SAVEPOINT alone", QUERY_POSTGRES_OWN_ALONE, &got, error);
        if (code != 0 || got != 0)
            break;
        code = pg_link_script(&own->link, GIVE_BACK, error);
        if (code == 0 && instant_monotonic_us() > end_us)
            code = error_set(error, ERROR_BUSY, "store.locked",
                             "another gridcase works with this database: stop it first");
        else
            instant_sleep_ms(OWN_STEP_MS);
    }
    pthread_mutex_unlock(&owned.mutex);
    return code;
}

void pg_alone_over(void *lock)
{
    struct own *own = lock;
    struct error ignored = {0};
    pthread_mutex_lock(&owned.mutex);
    if (pg_link_is_up(&own->link)) // else the lock went with the connection
        (void)pg_link_script(&own->link, GIVE_BACK, &ignored);
    pthread_mutex_unlock(&owned.mutex);
}

int pg_count_owners(void *lock, int64_t *ret_count, struct error *error)
{
    struct own *own = lock;
    pthread_mutex_lock(&owned.mutex);
    int code = ask(&own->link, NULL, QUERY_POSTGRES_OWN_COUNT, ret_count, error);
    pthread_mutex_unlock(&owned.mutex);
    return code;
}
