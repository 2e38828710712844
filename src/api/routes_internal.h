// SPDX-License-Identifier: MPL-2.0
// Handlers that the route tables name.
#pragma once

#include "api_internal.h"

#define API_PREPARE(name) int name(struct api_call *call, struct error *error)
#define API_HANDLER(name)                                                                  \
    int name(struct api_call *call, struct db *db, struct error *error)

// cases_read.c
extern const char *const *const api_case_parameters;   // of the filter, NULL at the end
extern const char *const api_case_export_parameters[]; // with the language in front
// A page of the list: what the filter asks for, as the person may see it.
int api_case_page(struct api_call *call, struct db *db, const struct case_filter *filter,
                  struct arena *arena, struct case_page *ret_page,
                  struct error *error) ERROR_MUST_CHECK;
API_HANDLER(cases_list);
API_HANDLER(cases_get);
API_HANDLER(cases_explain);
API_HANDLER(frozen_list);
API_HANDLER(frozen_get);
API_HANDLER(frozen_freeze);
API_HANDLER(control_freeze);
API_HANDLER(visits_get);
API_PREPARE(tracks_add_prepare);
API_HANDLER(tracks_add);
API_HANDLER(tracks_list);
API_HANDLER(tracks_get);
API_HANDLER(tracks_erase);
API_HANDLER(proof_roots);
API_HANDLER(proof_receipt);
API_HANDLER(figures_get);
// A page of cases as the answer; total < 0: not told.
void cases_reply_page(struct api_call *call, struct db *db, const struct case_page *page,
                      const struct case_stream *stream, int64_t total);
int cases_reply_detail(struct api_call *call, struct db *db, const char *number,
                       unsigned status, struct error *error) ERROR_MUST_CHECK;

// cases_export.c
API_HANDLER(cases_csv);
API_HANDLER(cases_xlsx);

// figures_routes.c
API_HANDLER(figures_by);
API_HANDLER(figures_list_cases);
bool figures_asked_for(struct api_call *call); // the list behind a figure, not a plain one
// The cases that the request's figure stands for, with ids below `before`, at most `most`.
struct figure_list;
int figures_behind(struct api_call *call, struct db *db, int64_t before, size_t most,
                   struct figure_list *ret_list, struct error *error) ERROR_MUST_CHECK;
struct figure_query;
struct indicator;
struct figure_answer;
struct evaluation;
struct api_view;
// The same with measures and definitions of one's own; and an answer as an object.
int figures_read_with(struct api_call *call, const char *measures,
                      const struct evaluation *evaluation, struct figure_query *ret_query,
                      struct error *error) ERROR_MUST_CHECK;
void figures_put(struct api_view *view, const char *name, const struct figure_query *query,
                 const struct figure_answer *answer);
int figures_decimals(const struct indicator *measure, int of_share);
int figures_read(struct api_call *call, bool with_language, struct figure_query *ret_query,
                 struct error *error) ERROR_MUST_CHECK;
// The filters of figures, as parameters of a request.
#define FIGURES_FILTER_NAMES                                                               \
    "from", "to", "department", "lead", "area", "outside", "class", "major", "source",     \
        "weekday", "hour", "grid", "duty_grid", "desk", "company", "checker_company",      \
        "reported_by", "accepted_by", "verified_by", "filed_by", "sent_by", "checked_by",  \
        "closed_by"
struct figure_words;
struct figure_row;
struct figure_by;
struct figure_key;
void figures_words(struct api_call *call, struct figure_words *ret_words); // borrowed
// "label": a key in the city's languages, or null.
void figures_put_label(struct api_view *view, const struct figure_by *by,
                       const struct figure_key *key);
// "list": the query of the cases behind a row; NULL: of all.
void figures_put_list(struct api_call *call, struct json_writer *json,
                      const struct figure_query *query, const struct figure_row *row);
// Only the words, without looking whether there are others.
int figures_read_words(struct api_call *call, struct figure_query *ret_query,
                       struct error *error) ERROR_MUST_CHECK;
void figures_log_trouble(struct api_call *call, const struct error *trouble);
// Some class of a major class, for its name; NULL: none.
const struct catalogue_class *figures_class_of_major(const struct city_snapshot *city,
                                                     const char *major);

// indicator_routes.c
API_HANDLER(indicators_get);
API_PREPARE(indicators_before_prepare); // indicator_before.c
API_HANDLER(indicators_before_enter);
API_HANDLER(indicators_before_reply);
API_HANDLER(indicators_try); // indicator_try.c

// spot_routes.c
API_HANDLER(spots_get_hot);
API_HANDLER(spots_get_repeats);
API_HANDLER(spots_get_coverage);

// ahead_routes.c
API_HANDLER(ahead_get);
API_HANDLER(ahead_get_calibration);

// figures_map.c
API_HANDLER(figures_on_map);

// score_routes.c
API_HANDLER(scores_list);
API_HANDLER(scores_get);
API_HANDLER(scores_entries);
API_PREPARE(scores_enter_prepare);
API_HANDLER(scores_enter);
API_HANDLER(scores_enter_reply);
void scores_put_grades(struct json_writer *json, const struct city_snapshot *city);

// report_routes.c
API_HANDLER(report_pdf);
API_HANDLER(report_docx);
API_HANDLER(report_xlsx);
API_HANDLER(report_csv);
API_HANDLER(report_json);
API_HANDLER(payment_pdf);
API_HANDLER(payment_xlsx);
API_HANDLER(payment_csv);
API_HANDLER(payment_json);

// missed_routes.c
API_HANDLER(missed_reports);
API_HANDLER(missed_one);
API_PREPARE(missed_dispute_prepare);
API_HANDLER(missed_dispute_write);
API_PREPARE(missed_decide_prepare);
API_HANDLER(missed_decide_write);

// figures_export.c
API_HANDLER(figures_csv);
API_HANDLER(figures_xlsx);

// cases_write.c
API_PREPARE(cases_report_prepare);
API_HANDLER(cases_report);
API_HANDLER(cases_report_reply);
API_PREPARE(cases_act_prepare);
API_HANDLER(cases_act);
API_HANDLER(cases_preview);
struct case_move;
int cases_reply_preview(struct api_call *call, struct db *db, const struct case_move *move,
                        struct error *error); // cases_preview.c
API_HANDLER(cases_act_reply);

// session_routes.c
API_PREPARE(session_login_prepare);
API_HANDLER(session_login);
API_HANDLER(session_get);
API_HANDLER(session_end);
API_HANDLER(session_end_reply);
API_PREPARE(session_password_prepare);
API_HANDLER(session_password);
API_HANDLER(session_link_get);
API_PREPARE(session_link_prepare);
API_HANDLER(session_link_use);

// token_routes.c
API_HANDLER(tokens_list);
API_PREPARE(tokens_add_prepare);
API_HANDLER(tokens_add);
API_HANDLER(tokens_add_reply);
API_PREPARE(tokens_end_prepare);
API_HANDLER(tokens_end);
API_HANDLER(tokens_end_reply);

// people_routes.c
API_HANDLER(staff_list);
API_PREPARE(staff_command_prepare);
API_HANDLER(staff_command);
API_HANDLER(staff_command_reply);
API_PREPARE(staff_codes_prepare);
API_HANDLER(staff_codes);
API_HANDLER(staff_codes_reply);
// people_table.c
API_HANDLER(staff_table);
// people_work.c
API_HANDLER(staff_work);
API_PREPARE(staff_hand_on_prepare);
API_HANDLER(staff_hand_on);
// duty_routes.c
API_HANDLER(duty_own);
API_HANDLER(duty_roster);
API_HANDLER(duty_offices);
// model_routes.c
API_HANDLER(model_get);
API_HANDLER(model_load);
API_HANDLER(model_decline);
API_PREPARE(model_answer_prepare);
// The folder of the proposal as it lies there, if it is the one that was read; arena.
int model_proposed_folder(struct api_call *call, const char *wanted,
                          const char **ret_folder, struct error *error) ERROR_MUST_CHECK;
API_HANDLER(shift_get); // shift_routes.c
// what_if_routes.c
API_PREPARE(what_if_prepare);
API_HANDLER(what_if_start);
API_HANDLER(what_if_get);

// contact_routes.c
API_PREPARE(contacts_find_prepare);
API_HANDLER(contacts_find);
API_HANDLER(contacts_waiting);
API_PREPARE(contacts_add_prepare);
API_HANDLER(contacts_add);
API_HANDLER(contacts_add_reply);
API_PREPARE(contacts_answer_prepare);
API_HANDLER(contacts_answer);
API_HANDLER(contacts_answer_reply);
API_PREPARE(contacts_erase_prepare);
API_HANDLER(contacts_erase);
API_HANDLER(contacts_erase_reply);
API_PREPARE(cases_unmask_prepare);
API_HANDLER(cases_unmask);
API_HANDLER(cases_unmask_reply);
API_HANDLER(unmaskings_list);
API_HANDLER(cases_duplicates);

// city_routes.c
API_HANDLER(city_get);
API_HANDLER(city_get_catalogue);
API_HANDLER(city_get_process);
API_HANDLER(city_get_process_svg);
API_HANDLER(city_get_areas);
API_HANDLER(city_get_departments);
API_HANDLER(city_get_openapi);

// map_routes.c, place_routes.c
API_HANDLER(map_areas);
API_HANDLER(map_grids);
API_HANDLER(map_streets);
API_HANDLER(map_components);
API_HANDLER(map_cases);
API_HANDLER(place_locate);
API_HANDLER(place_components);
API_HANDLER(place_grids);

// place_search.c
API_HANDLER(places_search);

// tile_routes.c
API_HANDLER(tiles_cases);
API_HANDLER(tiles_model);

// media_routes.c
API_HANDLER(media_add);
API_HANDLER(media_get);
API_HANDLER(media_append);
API_HANDLER(media_get_original);

// order_routes.c
API_HANDLER(orders_list);
API_HANDLER(orders_get);
API_HANDLER(orders_sign);
API_PREPARE(orders_lift_prepare);
API_HANDLER(orders_preview);
API_HANDLER(orders_lift);
API_HANDLER(orders_lift_reply);
API_HANDLER(calendar_changes_list);
API_HANDLER(calendar_changes_get);

// changes.c
API_HANDLER(changes_open);

// control.c
API_HANDLER(control_status);
API_HANDLER(control_statements);
API_HANDLER(control_cities);
API_HANDLER(control_reload);
API_HANDLER(control_hold);
API_HANDLER(control_check);
API_HANDLER(control_seal);
API_HANDLER(control_search_rebuild);
API_HANDLER(control_search_status);
API_HANDLER(control_person);
API_HANDLER(control_process);
// The city that a control route names; read from the store anew when it is not known yet.
int control_city(struct api_call *call, struct api_city **ret_city,
                 struct error *error) ERROR_MUST_CHECK;

// control_city.c
API_HANDLER(control_city_load);

// replay_job.c
API_HANDLER(control_replay);
API_HANDLER(control_play);

// health_live.c
API_HANDLER(control_health);

// backup_job.c
API_HANDLER(control_backup);
API_HANDLER(control_backup_state);
