// SPDX-License-Identifier: MPL-2.0
// Between reading a record of who got what, learning from it, and judging the result.
#pragma once

#include <gridcase/cases/route_propose.h>
#include <gridcase/city/city.h>
#include <gridcase/core/table.h>
#include <gridcase/geo/shape.h>
#include <gridcase/rules/route_learn.h>

enum { ROUTE_LAYERS_MOST = 48 };

// Texts with numbers from 1 in the order of their first coming.
struct route_words {
    char **text;
    size_t count, capacity;
    uint32_t *slot; // hash table of number, 0 = empty
    size_t slots;
};
// 0 for an empty text.
int route_word(struct route_words *words, const char *text, uint32_t *ret_number,
               struct error *error) ERROR_MUST_CHECK;
void route_words_done(struct route_words *words);

struct route_record {
    const struct city_snapshot *city;
    struct route_sample *samples;
    struct geo_point *points; // of each sample, as recorded
    bool *has_point;
    uint32_t *office; // of each sample: position of the department that really had it
    size_t count;
    int64_t rows, unusable;
    struct route_world world; // classes: those of the catalogue; queues: of the city
    uint32_t *department;     // of each queue: the position of its unit below the root
    struct route_words conditions, areas;
    double origin_lon, origin_lat; // of the plane
};

int route_record_read(const struct city_snapshot *city,
                      const struct route_propose_options *options,
                      struct route_record *ret_record,
                      struct error *error) ERROR_MUST_CHECK;
void route_record_done(struct route_record *record);
struct geo_point route_record_lattice(const struct route_record *record, double x_m,
                                      double y_m);

// Territories of one class.
struct route_layer {
    uint32_t class;
    char code[80];
    struct geo_polygon **territory; // per queue of the city; NULL where none
};

struct route_proposal {
    const struct route_record *record;
    struct table *routing;    // gridcase-routing(5)
    struct table *conditions; // keys only: conditions named in the record
    struct route_layer layer[ROUTE_LAYERS_MOST];
    size_t layer_count;
};

int route_proposal_places(const struct route_record *record, int32_t day_end,
                          struct route_proposal *ret_proposal,
                          struct error *error) ERROR_MUST_CHECK;
int route_proposal_keys(const struct route_record *record, int32_t day_end,
                        struct route_proposal *ret_proposal,
                        struct error *error) ERROR_MUST_CHECK;
int route_proposal_write(const struct route_proposal *proposal, const char *folder,
                         struct error *error) ERROR_MUST_CHECK;
void route_proposal_done(struct route_proposal *proposal);

// Lets the routing engine answer every judged case by the proposed tables.
int route_judge(const struct route_record *record, const struct route_proposal *proposal,
                const struct route_propose_options *options, struct route_report *report,
                struct error *error) ERROR_MUST_CHECK;
