// SPDX-License-Identifier: MPL-2.0
// A draft of the model tried over past cases: asked for, run aside, told.
#pragma once

#include "api_internal.h"

struct what_if_result;

struct what_if_asked {
    char tag[65], folder[4096]; // of the proposal
    int64_t from_day, to_day;
};
// ERROR_BUSY "what_if.running" while one runs for the city.
int what_if_begin(struct api_call *call, const struct what_if_asked *asked,
                  struct error *error) ERROR_MUST_CHECK;
// The file that tells how far it is, or its answer.
int what_if_path(const struct api *api, const char *slug, char *out, size_t size,
                 struct error *error) ERROR_MUST_CHECK;
// The members of the answer (what_if_routes.c).
void what_if_put(struct json_writer *json, const struct city_snapshot *city,
                 const struct city_snapshot *draft, const struct what_if_result *result);
