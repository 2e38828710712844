// SPDX-License-Identifier: MPL-2.0
// Who is on duty for a point at an instant.
#include <math.h>

#include <gridcase/city/city.h>
#include <gridcase/rules/roster.h>

static const double M_PER_DEG = 111319.490793;

static double away_m(const struct city_snapshot *city, int64_t area_id, double lon_deg,
                     double lat_deg)
{
    const struct city_area *area = city_area_by_id(city, area_id);
    if (!area)
        return HUGE_VAL;
    double east = (area->lon_deg - lon_deg) * cos(lat_deg * M_PI / 180);
    return hypot(east, area->lat_deg - lat_deg) * M_PER_DEG;
}

// Puts it where it belongs by distance; the furthest falls out when there is no room.
static size_t insert(struct city_duty *out, size_t count, size_t most,
                     const struct city_duty *duty)
{
    size_t at = count;
    while (at > 0 && out[at - 1].distance_m > duty->distance_m)
        at--;
    if (at == most)
        return count;
    if (count < most)
        count++;
    for (size_t i = count - 1; i > at; i--)
        out[i] = out[i - 1];
    out[at] = *duty;
    return count;
}

static bool listed(const struct city_duty *out, size_t count, int64_t person_id)
{
    for (size_t i = 0; i < count; i++)
        if (out[i].person_id == person_id)
            return true;
    return false;
}

size_t city_on_duty(const struct city_snapshot *city, int64_t area_id, double lon_deg,
                    double lat_deg, int64_t instant_ms, struct city_duty *out, size_t most)
{
    const struct roster *roster = city_roster(city);
    int64_t today = roster_today(roster, instant_ms);
    size_t count = 0, own = 0;
    bool others = isfinite(lon_deg) && isfinite(lat_deg);
    // The point's own grid first, all of it; then whoever is near.
    for (int round = 0; round < (others ? 2 : 1); round++) {
        size_t first = 0, rows = roster_rows(roster);
        if (round == 0)
            roster_rows_of_grid(roster, area_id, &first, &rows);
        for (size_t i = first; i < first + rows; i++) {
            const struct roster_row *row = roster_row(roster, i);
            struct city_duty duty = {.person_id = roster_person_id(roster, row->person),
                                     .login = roster_person_login(roster, row->person),
                                     .area_id = row->area_id,
                                     .shift = row->shift,
                                     .backup = row->backup};
            if (duty.person_id == 0 || (round == 1 && row->area_id == area_id) ||
                listed(out, round == 0 ? count : own, duty.person_id) ||
                !roster_row_at(roster, row, today, instant_ms, &duty.starts_ms,
                               &duty.ends_ms))
                continue;
            if (round == 0 && count < most)
                out[count++] = duty;
            duty.distance_m = round == 1 ? away_m(city, row->area_id, lon_deg, lat_deg) : 0;
            if (round == 1)
                count = insert(out, count, most, &duty);
        }
        own = round == 0 ? count : own;
    }
    return count;
}
