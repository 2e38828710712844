// SPDX-License-Identifier: MPL-2.0
// Who does something: a person with roles in a city, or the system itself.
//
// A plain value without pointers: copied into jobs, compared, kept on a stack. Made by
// account_session_find for people, by actor_system for timers and machines.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

// The fixed list of roles. Codes (role_to_str): collector acceptor shift_leader dispatcher
// department inspector manager administrator company.
enum role {
    ROLE_COLLECTOR,
    ROLE_ACCEPTOR,
    ROLE_SHIFT_LEADER,
    ROLE_DISPATCHER,
    ROLE_DEPARTMENT,
    ROLE_INSPECTOR,
    ROLE_MANAGER,
    ROLE_ADMINISTRATOR,
    ROLE_COMPANY, // a collection company: sees the work of its own people
    ROLE_COUNT,
};

const char *role_to_str(enum role role); // "" for a number out of range
// ERROR_INPUT "role.unknown".
int role_from_str(const char *text, size_t length, enum role *ret_role,
                  struct error *error) ERROR_MUST_CHECK;
// Name for people, language "zh-CN" (any zh) or anything else for English. Borrowed.
const char *role_label(enum role role, const char *language);

// One role of one person. area_id and department_id are the city's stable integer ids;
// 0 = not narrowed. Both set: a case must lie in the area and concern the department.
struct role_grant {
    enum role role;
    int64_t area_id;
    int64_t department_id;
};

enum { ACTOR_GRANTS_MAX = 32, ACTOR_DEPARTMENTS_MAX = 32 };

struct actor {
    int64_t person_id;    // 0: nobody (public) or the system
    int64_t on_behalf_of; // person whom the actor stands in for; 0: nobody
    bool system;          // timers, imports, replays: every right, no role
    size_t grant_count;
    struct role_grant grants[ACTOR_GRANTS_MAX];
    // Departments for which it acts (its own and those of its grants), ascending.
    size_t department_count;
    int64_t departments[ACTOR_DEPARTMENTS_MAX];
};

struct actor actor_nobody(void);
struct actor actor_system(void);
// ERROR_LIMIT "actor.too_many_roles". A grant's department joins the departments.
int actor_add_grant(struct actor *actor, struct role_grant grant,
                    struct error *error) ERROR_MUST_CHECK;
// Idempotent. ERROR_LIMIT "actor.too_many_departments".
int actor_add_department(struct actor *actor, int64_t department_id,
                         struct error *error) ERROR_MUST_CHECK;
bool actor_is_nobody(const struct actor *actor);
// Has the role somewhere; ROLE_COUNT bits: a mask of 1u << role.
bool actor_has_role(const struct actor *actor, enum role role);
uint32_t actor_roles(const struct actor *actor);
bool actor_acts_for(const struct actor *actor, int64_t department_id);
