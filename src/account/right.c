// SPDX-License-Identifier: MPL-2.0
#include <gridcase/account/right.h>

#include <string.h>

#include <gridcase/core/text.h>

// How a right reaches people without looking at their roles.
enum base { BASE_ROLES, BASE_EVERYBODY, BASE_SIGNED_IN };

// The table. A row a right, a column a role: . none, o own, s the grant's scope, C city.
static const struct {
    const char *code;
    enum base base;
    const char reach[ROLE_COUNT + 1];
} rights[RIGHT_COUNT] = {
    // collector acceptor shift_leader dispatcher department inspector manager administrator
    // company
    [RIGHT_PUBLIC] = {"public", BASE_EVERYBODY, "CCCCCCCCC"},
    [RIGHT_SIGNED_IN] = {"signed_in", BASE_SIGNED_IN, "CCCCCCCCC"},
    [RIGHT_MODEL_READ] = {"model.read", BASE_SIGNED_IN, "CCCCCCCCC"},
    [RIGHT_CASE_READ] = {"case.read", BASE_ROLES, "sssssssss"},
    [RIGHT_CASE_REPORT] = {"case.report", BASE_ROLES, "CCCCCCC.."},
    [RIGHT_CASE_ACT] = {"case.act", BASE_ROLES, "ssssss..."},
    [RIGHT_CASE_COMMENT] = {"case.comment", BASE_ROLES, "sssssss.."},
    [RIGHT_REPORTER_READ] = {"reporter.read", BASE_ROLES, ".ss......"},
    [RIGHT_PERSON_READ] = {"person.read", BASE_ROLES, "osssossCs"},
    [RIGHT_MEDIA_ADD] = {"media.add", BASE_ROLES, "CCCCCCC.."},
    [RIGHT_MEDIA_READ] = {"media.read", BASE_ROLES, "sssssssss"},
    [RIGHT_MEDIA_ORIGINAL] = {"media.original", BASE_ROLES, "oss..s..."},
    [RIGHT_SUMMARY_READ] = {"summary.read", BASE_ROLES, "CCCCCCCC."},
    [RIGHT_STAFF_READ] = {"staff.read", BASE_ROLES, "..C...CCs"},
    [RIGHT_STAFF_WRITE] = {"staff.write", BASE_ROLES, ".......C."},
    [RIGHT_OFFICE_READ] = {"office.read", BASE_ROLES, ".CCC.CCC."},
    [RIGHT_WORK_HAND_ON] = {"work.hand_on", BASE_ROLES, "..C....C."},
    [RIGHT_MODEL_WRITE] = {"model.write", BASE_ROLES, ".......C."},
    [RIGHT_CONTACT_TAKE] = {"contact.take", BASE_ROLES, ".ss......"},
    [RIGHT_REPORTER_UNMASK] = {"reporter.unmask", BASE_ROLES, "...s.ss.."},
    [RIGHT_REPORTER_ERASE] = {"reporter.erase", BASE_ROLES, "..s....C."},
    [RIGHT_UNMASKING_READ] = {"unmasking.read", BASE_ROLES, "..C..C.C."},
    [RIGHT_ORDER_READ] = {"order.read", BASE_ROLES, ".CCCCCCC."},
    [RIGHT_ORDER_SIGN] = {"order.sign", BASE_ROLES, "..C...C.."},
    [RIGHT_SCORE_WRITE] = {"score.write", BASE_ROLES, "......C.."},
    [RIGHT_FIGURES_FREEZE] = {"figures.freeze", BASE_ROLES, "......CC."},
    [RIGHT_TRACK_ADD] = {"track.add", BASE_ROLES, "C........"},
    [RIGHT_TRACK_READ] = {"track.read", BASE_ROLES, "o.C...C.."},
};

const char *right_to_str(enum right right)
{
    return (unsigned)right < RIGHT_COUNT ? rights[right].code : "";
}

int right_from_str(const char *text, size_t length, enum right *ret_right,
                   struct error *error)
{
    for (unsigned i = 0; i < RIGHT_COUNT; i++) {
        if (strlen(rights[i].code) == length && memcmp(rights[i].code, text, length) == 0) {
            *ret_right = (enum right)i;
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "right.unknown", "there is no right '%.*s'",
                     length > 60 ? 60 : (int)length, text);
}

enum reach right_reach(enum right right, enum role role)
{
    if ((unsigned)right >= RIGHT_COUNT || (unsigned)role >= ROLE_COUNT)
        return REACH_NONE;
    switch (rights[right].reach[role]) {
    case 'o':
        return REACH_OWN;
    case 's':
        return REACH_SCOPE;
    case 'C':
        return REACH_CITY;
    default:
        return REACH_NONE;
    }
}

static void sight_add(struct account_sight *sight, const struct role_grant *grant)
{
    for (size_t i = 0; i < sight->clause_count; i++) {
        if (sight->clauses[i].area_id == grant->area_id &&
            sight->clauses[i].department_id == grant->department_id)
            return;
    }
    sight->clauses[sight->clause_count++] = (struct account_clause){
        .area_id = grant->area_id, .department_id = grant->department_id};
}

void account_sight(const struct actor *actor, enum right right,
                   struct account_sight *ret_sight)
{
    *ret_sight = (struct account_sight){0};
    bool signed_in = actor->person_id != 0 || actor->system;
    enum base base =
        (unsigned)right < RIGHT_COUNT ? rights[right].base : (enum base)BASE_ROLES;
    ret_sight->everything =
        actor->system || base == BASE_EVERYBODY || (base == BASE_SIGNED_IN && signed_in);
    for (size_t i = 0; i < actor->grant_count && !ret_sight->everything; i++) {
        const struct role_grant *grant = &actor->grants[i];
        enum reach reach = right_reach(right, grant->role);
        if (reach == REACH_NONE)
            continue;
        ret_sight->person_id = actor->person_id;
        if (reach == REACH_OWN)
            continue;
        // A department's clerk without a department sees only what is their own.
        if (grant->role == ROLE_DEPARTMENT && grant->department_id == 0 &&
            reach == REACH_SCOPE)
            continue;
        if (grant->role == ROLE_COMPANY && reach == REACH_SCOPE) {
            if (grant->department_id != 0)
                ret_sight->company_ids[ret_sight->company_count++] = grant->department_id;
            continue;
        }
        if (reach == REACH_CITY || (grant->area_id == 0 && grant->department_id == 0))
            ret_sight->everything = true;
        else
            sight_add(ret_sight, grant);
    }
    if (ret_sight->everything) {
        ret_sight->clause_count = 0;
        ret_sight->company_count = 0;
        ret_sight->person_id = actor->person_id;
    }
}

static bool contains(const int64_t *ids, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id)
            return true;
    }
    return false;
}

bool account_sight_allows(const struct account_sight *sight,
                          const struct account_scope *scope)
{
    if (sight->everything)
        return true;
    if (sight->person_id != 0 &&
        contains(scope->person_ids, scope->person_count, sight->person_id))
        return true;
    for (size_t i = 0; i < sight->company_count; i++)
        if (contains(scope->company_ids, scope->company_count, sight->company_ids[i]))
            return true;
    for (size_t i = 0; i < sight->clause_count; i++) {
        const struct account_clause *clause = &sight->clauses[i];
        if (clause->area_id != 0 &&
            !contains(scope->area_ids, scope->area_count, clause->area_id))
            continue;
        if (clause->department_id != 0 &&
            !contains(scope->department_ids, scope->department_count,
                      clause->department_id))
            continue;
        return true;
    }
    return false;
}

bool account_may(const struct actor *actor, enum right right,
                 const struct account_scope *scope)
{
    struct account_sight sight;
    account_sight(actor, right, &sight);
    if (scope == NULL)
        return sight.everything || sight.clause_count > 0 || sight.person_id != 0;
    return account_sight_allows(&sight, scope);
}

int account_require(const struct actor *actor, enum right right,
                    const struct account_scope *scope, struct error *error)
{
    if (account_may(actor, right, scope))
        return 0;
    if (actor_is_nobody(actor))
        return error_set(error, ERROR_UNAUTHENTICATED, "account.sign_in", "sign in first");
    return error_set(error, ERROR_DENIED, "account.denied", "the right '%s' is missing",
                     right_to_str(right));
}
