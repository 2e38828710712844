// SPDX-License-Identifier: MPL-2.0
// Codes of a city model as ids, for tables and commands about people.
#pragma once

#include <gridcase/account/account.h>

struct city_snapshot;

// city may be NULL: a city without a model has no departments and areas. Borrowed until the
// snapshot is given back.
struct account_lookups account_lookups_of(const struct city_snapshot *city);
