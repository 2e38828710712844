// SPDX-License-Identifier: MPL-2.0
// Making and loading a city: the model (city room) and its people (this room) together, for
// the command line and for the server that was handed the job.
#pragma once

#include <stdbool.h>

#include <gridcase/city/load.h>
#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>

struct db_store;

// Makes the city (row in system.db, folder, databases) named by the model. For a city that
// is not a demo the first administrator is made, whose one-time link's token is written to
// ret_token; "" for a demo. Nothing is left when it fails. ERROR_CONFLICT "city.exists".
int city_setup_new(struct db_store *store, const char *slug, const struct city_model *model,
                   int64_t now_ms, char ret_token[TOKEN_TEXT_SIZE],
                   struct error *error) ERROR_MUST_CHECK;

// What higher floors have to say of a model, whoever checks, compares or loads it. Set
// once, before there are threads; NULL: nothing.
void city_setup_also_check(void (*check)(const struct city_model *model,
                                         struct city_report *report));

// Reads and checks a folder, its staff table included; changes nothing. As city_model_read.
int city_setup_check(const char *folder, struct city_report *report,
                     struct city_model **ret_model, struct error *error) ERROR_MUST_CHECK;

struct city_diff;
// Reads and checks the folder and tells what loading it would change; changes nothing. With
// errors in the report the list is empty.
int city_setup_diff(struct db_store *store, const char *slug, const char *folder,
                    struct city_report *report, struct city_diff *diff,
                    struct error *error) ERROR_MUST_CHECK;

// Reads and checks the folder, stores the model as a new version, adds and updates the
// people of its staff table, and sets the city's state to "ready". The city must exist and
// its slug be that of the folder. 0 with errors in the report: nothing was changed and
// *ret_result is zero. Blocks for seconds: worker pool or command line. ERROR_BUSY
// "model.loading" while this process loads another model.
int city_setup_load(struct db_store *store, const char *slug, const char *folder,
                    int64_t now_ms, struct city_report *report,
                    struct city_load_result *ret_result,
                    struct error *error) ERROR_MUST_CHECK;
