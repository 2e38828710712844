// SPDX-License-Identifier: MPL-2.0
#include "db_spatialite.h"

#include <pthread.h>
#include <stddef.h>

#include <sqlite3.h>

#include <spatialite.h>

// SpatiaLite 5.0 keeps global tables of its connections: opening and closing take turns.
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

void *spatialite_attach(struct sqlite3 *connection)
{
    pthread_mutex_lock(&turn);
    void *cache = spatialite_alloc_connection();
    if (cache)
        spatialite_init_ex(connection, cache, 0);
    pthread_mutex_unlock(&turn);
    return cache;
}

void spatialite_detach(void *cache)
{
    if (!cache)
        return;
    pthread_mutex_lock(&turn);
    spatialite_cleanup_ex(cache);
    pthread_mutex_unlock(&turn);
}
