// SPDX-License-Identifier: MPL-2.0
// Who told of a case: read from bodies, written masked or whole.
#include <string.h>

#include <gridcase/media/media.h>

#include "api_internal.h"

enum { NAME_MOST = 200, PHONE_MOST = 40, VOICE_CASES = 16 };

// ---- in ----

static int read_voice(const struct json *reporter, struct api_told *told,
                      struct error *error)
{
    const char *hex = NULL;
    int code = json_get_text(reporter, "voice", JSON_OPTIONAL, HASH_HEX_SIZE, &hex, error);
    if (code || !hex) {
        return code;
    }
    if (hash_from_hex(hex, strlen(hex), told->voice, error)) {
        return error_set(error, ERROR_INPUT, "case.input", "voice: not a SHA-256");
    }
    told->reporter.voice = told->voice;
    return 0;
}

static int read_reporter(const struct json *body, struct api_told *told,
                         struct error *error)
{
    static const char *const names[] = {"name",    "phone",     "email", "agreed",
                                        "address", "anonymous", "voice", NULL};
    const struct json *from = NULL;
    struct case_reporter *to = &told->reporter;
    int code = json_get_object(body, "reporter", JSON_OPTIONAL, &from, error);
    if (code || !from) {
        return code;
    }
    told->has_reporter = true;
    code = json_only(from, names, error);
    if (!code) {
        code = json_get_text(from, "name", JSON_OPTIONAL, NAME_MOST, &to->name, error);
    }
    if (!code) {
        code = json_get_text(from, "phone", JSON_OPTIONAL, PHONE_MOST, &to->phone, error);
    }
    if (!code) {
        code = json_get_text(from, "email", JSON_OPTIONAL, NAME_MOST, &to->email, error);
    }
    if (!code) {
        code = json_get_text(from, "address", JSON_OPTIONAL, CASE_ADDRESS_MOST,
                             &to->address, error);
    }
    if (!code) {
        code = json_get_bool(from, "agreed", JSON_OPTIONAL, &to->agreed, error);
    }
    if (!code) {
        code = json_get_bool(from, "anonymous", JSON_OPTIONAL, &to->anonymous, error);
    }
    return code ? code : read_voice(from, told, error);
}

static bool given(const char *text)
{
    return text && *text;
}

// Whoever does not want to be known is not kept: nothing but the voice's absence, too.
static int check_anonymous(const struct case_reporter *reporter, struct error *error)
{
    if (reporter->anonymous &&
        (given(reporter->name) || given(reporter->phone) || given(reporter->email) ||
         given(reporter->address) || reporter->voice || reporter->agreed)) {
        return error_set(
            error, ERROR_INPUT, "contact.anonymous",
            "an anonymous reporter has no name, number, mail, address or voice");
    }
    return 0;
}

static int read_contact(const struct json *body, struct api_told *told, struct error *error)
{
    static const char *const names[] = {"channel", "words", "wants_answer", NULL};
    const struct json *from = NULL;
    const char *channel = "call";
    int code = json_get_object(body, "contact", JSON_OPTIONAL, &from, error);
    if (code || !from) {
        return code;
    }
    told->has_contact = true;
    told->contact.wants_answer = given(told->reporter.phone) || given(told->reporter.email);
    code = json_only(from, names, error);
    if (!code) {
        code = json_get_text(from, "channel", JSON_OPTIONAL, 20, &channel, error);
    }
    if (!code) {
        code = json_get_text(from, "words", JSON_OPTIONAL, CONTACT_WORDS_MOST,
                             &told->contact.words, error);
    }
    if (!code) {
        code = json_get_bool(from, "wants_answer", JSON_OPTIONAL,
                             &told->contact.wants_answer, error);
    }
    int number = code ? 0 : contact_channel_from_str(channel);
    if (number < 0) {
        return error_set(error, ERROR_INPUT, "case.input",
                         "channel is call, visit, message or web");
    }
    told->contact.channel = (enum contact_channel)number;
    return code;
}

int api_read_told(const struct json *body, struct api_told *told, struct error *error)
{
    *told = (struct api_told){.contact = {.channel = CONTACT_CALL}};
    int code = read_reporter(body, told, error);
    if (!code) {
        code = check_anonymous(&told->reporter, error);
    }
    return code ? code : read_contact(body, told, error);
}

int api_check_voice(struct api_call *call, struct db *db, const struct api_told *told,
                    struct error *error)
{
    bool sent = false;
    if (!told->reporter.voice) {
        return 0;
    }
    int code = media_sent_by(db, told->voice, call->session.actor.person_id, &sent, error);
    if (!code && !sent) {
        code = error_set(error, ERROR_INPUT, "contact.voice",
                         "send the recording first: it is named by its SHA-256");
    }
    return code;
}

// ---- who sees whom ----

// Whether the person holds a task that is about talking to the reporter.
static bool has_to_call(const struct case_detail *detail)
{
    for (size_t i = 0; i < detail->allowed_count; i++) {
        enum process_task task = detail->allowed[i].action->task;
        if (detail->allowed[i].task_id &&
            (task == PROCESS_TASK_CALLBACK || task == PROCESS_TASK_ANSWER)) {
            return true;
        }
    }
    return false;
}

bool api_reporter_whole(struct api_call *call, const struct case_detail *detail,
                        bool agreed)
{
    return api_may_case(call, RIGHT_REPORTER_READ, detail) || has_to_call(detail) ||
           (agreed && actor_acts_for(&call->session.actor, detail->summary.department_id));
}

int api_voice_open(struct api_call *call, struct db *db, const uint8_t sha256[HASH_SIZE],
                   bool *ret_open, struct error *error)
{
    int64_t cases[VOICE_CASES];
    size_t count = 0;
    *ret_open = false;
    int code = contact_voice_cases(db, sha256, cases, VOICE_CASES, &count, error);
    for (size_t i = 0; i < count && !code && !*ret_open; i++) {
        struct case_detail detail;
        struct error why = {0};
        code = case_read_by_id(db, call->snapshot, &call->session.actor, cases[i],
                               call->now_ms, call->arena, &detail, &why);
        if (code && code != ERROR_NOT_FOUND) {
            *error = why;
            return code;
        }
        for (size_t k = 0; !code && k < detail.contact_count; k++) {
            const struct contact_row *row = &detail.contacts[k];
            *ret_open |= row->has_voice && memcmp(row->voice, sha256, HASH_SIZE) == 0 &&
                         api_reporter_whole(call, &detail, row->agreed);
        }
        code = 0;
    }
    return code;
}

// ---- out ----

static void put_masked(struct json_writer *json, const struct contact_row *row)
{
    char name[256];
    char phone[64];
    char email[256];
    account_mask_name(row->name, name, sizeof(name));
    account_mask_phone(row->phone, phone, sizeof(phone));
    account_mask_email(row->email, email, sizeof(email));
    json_put_text(json, "name", name);
    json_put_text(json, "phone", phone);
    json_put_text(json, "email", email);
    json_put_text(json, "address", row->address[0] ? "**" : "");
}

static void put_person(struct api_view *view, const struct contact_row *row, bool whole)
{
    struct json_writer *json = view->json;
    char hex[HASH_HEX_SIZE];
    json_begin_object(json, "reporter");
    if (whole) {
        json_put_text(json, "name", row->name);
        json_put_text(json, "phone", row->phone);
        json_put_text(json, "email", row->email);
        json_put_text(json, "address", row->address);
    } else {
        put_masked(json, row);
    }
    json_put_bool(json, "agreed", row->agreed);
    json_put_bool(json, "anonymous", row->anonymous);
    json_put_bool(json, "erased", row->erased);
    json_put_bool(json, "has_voice", row->has_voice);
    hash_to_hex(row->voice, hex);
    json_put_text(json, "voice", row->has_voice && whole ? hex : NULL);
    json_put_bool(json, "masked", !whole);
    json_end_object(json);
}

static void put_by(struct api_view *view, const char *name, int64_t person_id)
{
    if (!person_id) {
        json_put_null(view->json, name);
        return;
    }
    json_begin_object(view->json, name);
    json_put_int(view->json, "id", person_id);
    json_put_text(view->json, "name", api_person_name(view, person_id));
    json_end_object(view->json);
}

static void put_answered(struct api_view *view, const struct contact_row *row)
{
    struct json_writer *json = view->json;
    json_put_bool(json, "wants_answer", row->wants_answer);
    json_put_int(json, "tries", row->tries);
    if (row->due_ms == INSTANT_NONE) {
        json_put_null(json, "due_at");
    } else {
        json_put_instant(json, "due_at", row->due_ms);
    }
    if (row->answered_ms == INSTANT_NONE) {
        json_put_null(json, "answered");
        return;
    }
    json_begin_object(json, "answered");
    json_put_instant(json, "at", row->answered_ms);
    put_by(view, "by", row->answered_by);
    json_put_bool(json, "reached", row->reached == 1);
    json_put_text(json, "told", row->told);
    json_end_object(json);
}

void api_put_contact(struct api_view *view, const char *name, const struct contact_row *row,
                     const struct case_summary *summary, bool whole)
{
    struct json_writer *json = view->json;
    json_begin_object(json, name);
    json_put_int(json, "id", row->id);
    json_put_instant(json, "at", row->at_ms);
    json_put_text(json, "channel", contact_channel_to_str((int)row->channel));
    json_put_text(json, "purpose", contact_purpose_to_str((int)row->purpose));
    json_put_text(json, "number", row->number[0] ? row->number : NULL);
    json_put_text(json, "named", row->named[0] ? row->named : NULL);
    put_by(view, "taken_by", row->taken_by);
    json_put_text(json, "words", row->words);
    put_answered(view, row);
    put_person(view, row, whole);
    if (summary) {
        api_put_summary(view, "case", summary);
    } else {
        json_put_null(json, "case");
    }
    json_end_object(json);
}

// The person who opened the case, as everybody asked for them before there were contacts.
static void put_first(struct api_view *view, const struct case_detail *detail)
{
    const struct contact_row *first = NULL;
    for (size_t i = 0; i < detail->contact_count && !first; i++) {
        if (detail->contacts[i].reporter_id == detail->reporter.id) {
            first = &detail->contacts[i];
        }
    }
    if (!detail->reporter.id || !first) {
        json_put_null(view->json, "reporter");
        return;
    }
    put_person(view, first, api_reporter_whole(view->call, detail, first->agreed));
}

void api_put_contacts(struct api_view *view, const struct case_detail *detail)
{
    struct json_writer *json = view->json;
    put_first(view, detail);
    json_begin_array(json, "contacts");
    for (size_t i = 0; i < detail->contact_count; i++) {
        const struct contact_row *row = &detail->contacts[i];
        api_put_contact(view, NULL, row, NULL,
                        api_reporter_whole(view->call, detail, row->agreed));
    }
    json_end_array(json);
    json_put_text(json, "merged_into",
                  detail->merged->into[0] ? detail->merged->into : NULL);
    json_begin_array(json, "duplicates");
    for (size_t i = 0; i < detail->merged->duplicate_count; i++) {
        json_put_text(json, NULL, detail->merged->duplicates[i]);
    }
    json_end_array(json);
}
