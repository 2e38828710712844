// SPDX-License-Identifier: MPL-2.0
// Health of the databases' server: what a failover would lose.
#include <gridcase/api/health.h>

#include <gridcase/db/store.h>

void health_store(struct health *health, struct db_store *store)
{
    struct db_replicas replicas;
    struct error error = {0};
    if (db_store_replicas(store, &replicas, &error)) {
        health_add(health, "store", HEALTH_CRITICAL, "%.300s", error.message);
    } else if (!replicas.server) {
        return;
    } else if (!replicas.commits_wait) {
        health_add(health, "store", HEALTH_WARNING,
                   "synchronous_commit is off: a crash of the database loses what was "
                   "acknowledged just before");
    } else if (replicas.named && replicas.connected == 0) {
        health_add(health, "store", HEALTH_WARNING,
                   "synchronous_standby_names is set but no replica follows: writing waits "
                   "for one");
    } else if (replicas.connected > 0 && !replicas.synchronous) {
        health_add(health, "store", HEALTH_WARNING,
                   "%u replica(s) follow, none of them synchronously: a failover may lose "
                   "acknowledged reports; set synchronous_standby_names",
                   replicas.connected);
    } else {
        health_add(
            health, "store", HEALTH_OK,
            replicas.synchronous
                ? "%u replica(s) follow; what is acknowledged is on a synchronous one"
                : "the database answers; %u replicas follow it",
            replicas.connected);
    }
}
