// SPDX-License-Identifier: MPL-2.0
#include <gridcase/db/wake.h>

#include <stdlib.h>

#include <gridcase/core/arena.h>

#include "db_internal.h"

struct db_wake {
    const struct db_engine *engine;
    void *native;
};

int db_wake_open(struct db_store *store, const char *address, struct db_wake **ret_wake,
                 struct error *error)
{
    void *native = NULL;
    *ret_wake = NULL;
    if (!store->engine->wake_open)
        return address ? error_set(error, ERROR_INPUT, "store.no_wake",
                                   "a store in a folder has no other servers to listen to")
                       : 0;
    int code = store->engine->wake_open(address ? address : store->address, address != NULL,
                                        &native, error);
    if (code == ERROR_INPUT && !address) {
        error_clear(error);
        return 0;
    }
    if (code != 0)
        return code;
    *ret_wake = memory_new(sizeof **ret_wake);
    **ret_wake = (struct db_wake){store->engine, native};
    return 0;
}

struct db_wake *db_wake_close(struct db_wake *wake)
{
    if (wake)
        wake->engine->wake_close(wake->native);
    free(wake);
    return NULL;
}

int db_wake_send(struct db_wake *wake, const char *words, struct error *error)
{
    return wake->engine->wake_send(wake->native, words, error);
}

int db_wake_hear(struct db_wake *wake, int fd, int ms,
                 void (*hear)(void *context, const char *words), void *context,
                 struct error *error)
{
    struct db_hearing hearing = {fd, ms, hear, context};
    return wake->engine->wake_hear(wake->native, &hearing, error);
}
