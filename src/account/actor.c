// SPDX-License-Identifier: MPL-2.0
#include <gridcase/account/actor.h>

#include <string.h>

#include <gridcase/core/text.h>

static const struct {
    const char *code;
    const char *english;
    const char *chinese;
} roles[ROLE_COUNT] = {
    [ROLE_COLLECTOR] = {"collector", "Collector", "监督员"},
    [ROLE_ACCEPTOR] = {"acceptor", "Acceptor", "受理员"},
    [ROLE_SHIFT_LEADER] = {"shift_leader", "Shift leader", "值班长"},
    [ROLE_DISPATCHER] = {"dispatcher", "Dispatcher", "派遣员"},
    [ROLE_DEPARTMENT] = {"department", "Department", "专业部门"},
    [ROLE_INSPECTOR] = {"inspector", "Inspector", "督查员"},
    [ROLE_MANAGER] = {"manager", "Manager", "领导"},
    [ROLE_ADMINISTRATOR] = {"administrator", "Administrator", "管理员"},
    [ROLE_COMPANY] = {"company", "Collection company", "采集公司"},
};

const char *role_to_str(enum role role)
{
    return (unsigned)role < ROLE_COUNT ? roles[role].code : "";
}

int role_from_str(const char *text, size_t length, enum role *ret_role, struct error *error)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if (strlen(roles[i].code) == length && memcmp(roles[i].code, text, length) == 0) {
            *ret_role = (enum role)i;
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "role.unknown", "there is no role '%.*s'",
                     length > 60 ? 60 : (int)length, text);
}

const char *role_label(enum role role, const char *language)
{
    if ((unsigned)role >= ROLE_COUNT)
        return "";
    return text_starts(language, "zh") ? roles[role].chinese : roles[role].english;
}

struct actor actor_nobody(void)
{
    return (struct actor){0};
}

struct actor actor_system(void)
{
    return (struct actor){.system = true};
}

bool actor_is_nobody(const struct actor *actor)
{
    return !actor->system && actor->person_id == 0;
}

int actor_add_department(struct actor *actor, int64_t department_id, struct error *error)
{
    size_t at = 0;
    while (at < actor->department_count && actor->departments[at] < department_id)
        at++;
    if (at < actor->department_count && actor->departments[at] == department_id)
        return 0;
    if (actor->department_count == ACTOR_DEPARTMENTS_MAX)
        return error_set(error, ERROR_LIMIT, "actor.too_many_departments",
                         "a person acts for at most %d departments", ACTOR_DEPARTMENTS_MAX);
    memmove(&actor->departments[at + 1], &actor->departments[at],
            (actor->department_count - at) * sizeof actor->departments[0]);
    actor->departments[at] = department_id;
    actor->department_count++;
    return 0;
}

int actor_add_grant(struct actor *actor, struct role_grant grant, struct error *error)
{
    if (actor->grant_count == ACTOR_GRANTS_MAX)
        return error_set(error, ERROR_LIMIT, "actor.too_many_roles",
                         "a person has at most %d roles", ACTOR_GRANTS_MAX);
    if (grant.department_id != 0) {
        int code = actor_add_department(actor, grant.department_id, error);
        if (code != 0)
            return code;
    }
    actor->grants[actor->grant_count++] = grant;
    return 0;
}

uint32_t actor_roles(const struct actor *actor)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < actor->grant_count; i++)
        mask |= 1u << actor->grants[i].role;
    return mask;
}

bool actor_has_role(const struct actor *actor, enum role role)
{
    return (actor_roles(actor) >> role & 1u) != 0;
}

bool actor_acts_for(const struct actor *actor, int64_t department_id)
{
    for (size_t i = 0; i < actor->department_count; i++) {
        if (actor->departments[i] == department_id)
            return true;
    }
    return false;
}
