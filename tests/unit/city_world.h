// SPDX-License-Identifier: MPL-2.0
// A city of grids/ in a data folder of its own, loaded. Included by one program at a time.
#pragma once

#include <stdio.h>

#include <gridcase/account/city_setup.h>
#include <gridcase/city/city.h>
#include <gridcase/db/store.h>

#include "assert_ok.h"
#include "fault/temporary.h"

static struct error error;

struct city_world {
    char folder[256];
    struct db_store *store;
    struct city_report *report;
    struct city_load_result result;
    struct city_snapshot *city;
};

static void city_world_open(struct city_world *world, const char *slug)
{
    char location[300], model_path[300], token[TOKEN_TEXT_SIZE];
    struct city_model *model CITY_MODEL_CLEANUP = NULL;
    temporary_folder(world->folder, sizeof world->folder);
    snprintf(location, sizeof location, "%s/data", world->folder);
    snprintf(model_path, sizeof model_path, "grids/%s", slug);
    world->report = city_report_new();
    assert_ok(db_store_open(location, DB_STORE_CREATE, &world->store, &error));
    assert_ok(city_model_read_identity(model_path, world->report, &model, &error));
    assert_ok(city_setup_new(world->store, slug, model, 1, token, &error));
    assert_ok(city_setup_load(world->store, slug, model_path, 1, world->report,
                              &world->result, &error));
    assert_ok(city_snapshot_open(world->store, slug, &world->city, &error));
}

static void city_world_close(struct city_world *world)
{
    world->city = city_snapshot_free(world->city);
    world->report = city_report_free(world->report);
    world->store = db_store_close(world->store);
    temporary_remove(world->folder);
}
