// SPDX-License-Identifier: MPL-2.0
#include <gridcase/account/lookups.h>

#include <gridcase/city/city.h>

static int64_t department_id(void *context, const char *code)
{
    const struct city_snapshot *city = context;
    const struct city_department *found =
        city != NULL ? city_department_by_code(city, code) : NULL;
    return found != NULL ? found->id : 0;
}

static int64_t area_id(void *context, const char *level, const char *code)
{
    const struct city_snapshot *city = context;
    const struct city_level *at = city != NULL ? city_level_by_code(city, level) : NULL;
    const struct city_area *found =
        at != NULL ? city_area_by_code(city, at->position, code) : NULL;
    return found != NULL ? found->id : 0;
}

struct account_lookups account_lookups_of(const struct city_snapshot *city)
{
    // The callbacks only read.
    return (struct account_lookups){.context = (void *)(uintptr_t)city,
                                    .department_id = department_id,
                                    .area_id = area_id};
}
