// SPDX-License-Identifier: MPL-2.0
// Worker threads with a bounded queue, shared round-robin by key (one key per city), so
// that one city's exports do not make the others wait.
#pragma once

#include <stdint.h>

#include <gridcase/core/error.h>

struct pool;

struct pool *pool_new(unsigned threads, unsigned queue_ceiling);
// Runs what is queued, then joins. Takes NULL, returns NULL.
struct pool *pool_free(struct pool *pool);
// work(context) runs once on some worker. ERROR_BUSY "server.busy" when the queue is full
// or the pool is stopping (work is not run then).
int pool_submit(struct pool *pool, uint64_t key, void (*work)(void *context), void *context,
                struct error *error) ERROR_MUST_CHECK;
