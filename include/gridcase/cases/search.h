// SPDX-License-Identifier: MPL-2.0
// Search in cases: what a question means in a city, and whether a case answers it.
// docs/search.md tells the whole way. A case is found by its number and parts of it, its
// description and address, opinions in its history, the codes of its unit grid, component
// and origin, the streets at its point, and by the names of its class, condition,
// department and areas in every language of the city. The reporter's data are never looked
// at.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/rules/search.h>

struct case_search; // a question understood in a city; lives in an arena
struct city_snapshot;
struct db;

// Finds which classes, conditions, departments and areas each word of the question names.
// Goes into case_filter.search. ERROR_INPUT "search.nothing", "search.too_long".
int case_search_new(const char *text, const struct city_snapshot *city, struct arena *arena,
                    struct case_search **ret_search, struct error *error) ERROR_MUST_CHECK;
