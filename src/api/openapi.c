// SPDX-License-Identifier: MPL-2.0
// OpenAPI 3.1, made from the route table and the schemas: it cannot say anything else than
// what the server does.
#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "api_internal.h"
#include "openapi_internal.h"

// ---- schemas ----

static void put_ref(struct json_writer *json, const char *schema, size_t length)
{
    char text[96];
    snprintf(text, sizeof(text), "#/components/schemas/%.*s", (int)length, schema);
    json_put_text(json, "$ref", text);
}

static void put_plain_type(struct json_writer *json, const char *word, bool nullable)
{
    bool instant = strcmp(word, "instant") == 0;
    bool label = strcmp(word, "label") == 0;
    const char *type = label ? "object" : word;
    if (instant || strcmp(word, "text") == 0) {
        type = "string";
    }
    if (nullable) {
        json_begin_array(json, "type");
        json_put_text(json, NULL, type);
        json_put_text(json, NULL, "null");
        json_end_array(json);
    } else {
        json_put_text(json, "type", type);
    }
    if (instant) {
        json_put_text(json, "format", "date-time");
    }
    if (label) {
        json_begin_object(json, "additionalProperties");
        json_put_text(json, "type", "string");
        json_end_object(json);
    }
}

// The members of a schema object for a type expression.
static void put_type(struct json_writer *json, const char *type)
{
    char word[64];
    size_t length = strlen(type);
    bool nullable = length > 0 && type[length - 1] == '?';
    snprintf(word, sizeof(word), "%.*s", (int)(length - nullable), type);
    if (strcmp(word, "any") == 0) {
        return; // anything
    }
    if (word[0] == '[') {
        json_put_text(json, "type", "array");
        json_begin_object(json, "items");
        put_type(json, type + 1); // a ? is about the items
        json_end_object(json);
    } else if (word[0] == '=' && nullable) {
        json_begin_array(json, "anyOf");
        json_begin_object(json, NULL);
        put_ref(json, word + 1, strlen(word + 1));
        json_end_object(json);
        json_begin_object(json, NULL);
        json_put_text(json, "type", "null");
        json_end_object(json);
        json_end_array(json);
    } else if (word[0] == '=') {
        put_ref(json, word + 1, strlen(word + 1));
    } else {
        put_plain_type(json, word, nullable);
    }
}

// One table, then the other.
static const struct openapi_member *member_at(size_t index)
{
    return index < openapi_member_count ? &openapi_members[index]
           : index - openapi_member_count < openapi_figure_member_count
               ? &openapi_figure_members[index - openapi_member_count]
               : NULL;
}

// From the first member of a schema to its last: a schema never crosses the tables.
static size_t schema_length(size_t at)
{
    size_t count = 1;
    while (member_at(at + count) && !member_at(at + count)->schema[0]) {
        count++;
    }
    return count;
}

static const struct openapi_member *find_schema(const char *name, size_t *ret_count)
{
    size_t at = 0;
    while (member_at(at) && strcmp(member_at(at)->schema, name) != 0) {
        at++;
    }
    *ret_count = member_at(at) ? schema_length(at) : 0;
    return member_at(at);
}

static void put_properties(struct json_writer *json, const struct openapi_member *members,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i].name, "*") == 0) { // all of another schema
            size_t more = 0;
            const struct openapi_member *other = find_schema(members[i].type, &more);
            put_properties(json, other, more);
            continue;
        }
        json_begin_object(json, members[i].name);
        put_type(json, members[i].type);
        json_end_object(json);
    }
}

static void put_required(struct json_writer *json, const struct openapi_member *members,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(members[i].name, "*") == 0) {
            size_t more = 0;
            const struct openapi_member *other = find_schema(members[i].type, &more);
            put_required(json, other, more);
        } else if (!members[i].optional) {
            json_put_text(json, NULL, members[i].name);
        }
    }
}

static void put_schemas(struct json_writer *json)
{
    json_begin_object(json, "schemas");
    for (size_t i = 0; member_at(i); i++) {
        const struct openapi_member *members = member_at(i);
        if (!members->schema[0]) {
            continue;
        }
        size_t count = schema_length(i);
        json_begin_object(json, members->schema);
        json_put_text(json, "type", "object");
        json_begin_object(json, "properties");
        put_properties(json, members, count);
        json_end_object(json);
        json_begin_array(json, "required");
        put_required(json, members, count);
        json_end_array(json);
        json_end_object(json);
    }
    json_end_object(json);
}

// ---- operations ----

static void put_parameter(struct json_writer *json, const char *in, const char *name,
                          size_t length, bool required)
{
    json_begin_object(json, NULL);
    json_put_text_length(json, "name", name, length);
    json_put_text(json, "in", in);
    json_put_bool(json, "required", required);
    json_begin_object(json, "schema");
    json_put_text(json, "type", "string");
    json_end_object(json);
    json_end_object(json);
}

static void put_parameters(struct json_writer *json, const struct api_route *route)
{
    json_begin_array(json, "parameters");
    for (const char *at = route->http.path; (at = strchr(at, '{')); at++) {
        put_parameter(json, "path", at + 1, strcspn(at + 1, "}"), true);
    }
    const char *query = route->query; // NULL: no pieces
    size_t length = 0;
    for (const char *name; (name = text_next(&query, ' ', &length));) {
        put_parameter(json, "query", name, length, false);
    }
    if (route->flags & API_KEYED) {
        put_parameter(json, "header", "Idempotency-Key", 15, true);
    }
    if (route->body == API_UPLOAD) {
        put_parameter(json, "header", "Upload-Offset", 13, true);
        put_parameter(json, "header", "Upload-Length", 13, true);
    }
    if (strcmp(route->operation, "act_on_case") == 0) {
        put_parameter(json, "header", "If-Match", 8, false);
    }
    json_end_array(json);
}

static void put_content(struct json_writer *json, const char *schema)
{
    json_begin_object(json, "content");
    bool problem = strcmp(schema, "problem") == 0;
    json_begin_object(json, schema[0] == '+' ? schema + 1
                            : problem        ? "application/problem+json"
                                             : "application/json");
    json_begin_object(json, "schema");
    if (schema[0] != '+') {
        put_ref(json, schema, strlen(schema));
    }
    json_end_object(json);
    json_end_object(json);
    json_end_object(json);
}

static void put_responses(struct json_writer *json, const struct api_route *route)
{
    char status[8];
    snprintf(status, sizeof(status), "%u", route->status);
    json_begin_object(json, "responses");
    json_begin_object(json, status);
    json_put_text(json, "description", "Done");
    if (route->gives) {
        put_content(json, route->gives);
    }
    json_end_object(json);
    if (route->body == API_UPLOAD) {
        json_begin_object(json, "204");
        json_put_text(json, "description", "Kept; Upload-Offset says how much is there");
        json_end_object(json);
    }
    json_begin_object(json, "default");
    json_put_text(json, "description", "A problem; code is stable");
    put_content(json, "problem");
    json_end_object(json);
    json_end_object(json);
}

static void put_security(struct json_writer *json, const struct api_route *route)
{
    json_begin_array(json, "security");
    if (route->right != RIGHT_PUBLIC) {
        static const char *const ways[] = {"cookie", "bearer"};
        for (size_t i = 0; i < 2; i++) {
            json_begin_object(json, NULL);
            json_begin_array(json, ways[i]);
            json_end_array(json);
            json_end_object(json);
        }
    }
    json_end_array(json);
}

static void put_operation(struct json_writer *json, const struct api_route *route)
{
    static const char *const verbs[HTTP_METHOD_COUNT] = {
        [HTTP_GET] = "get",     [HTTP_POST] = "post",     [HTTP_PUT] = "put",
        [HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete",
    };
    json_begin_object(json, verbs[route->http.method]);
    json_put_text(json, "operationId", route->operation);
    json_put_text(json, "summary", route->summary);
    json_put_text(json, "x-right", right_to_str(route->right));
    put_security(json, route);
    put_parameters(json, route);
    if (route->takes) {
        json_begin_object(json, "requestBody");
        json_put_bool(json, "required", true);
        put_content(json, route->takes);
        json_put_int(json, "x-most-bytes", (int64_t)route->body_limit);
        json_end_object(json);
    }
    put_responses(json, route);
    json_end_object(json);
}

static bool is_first_of_path(size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(api_routes[i].http.path, api_routes[index].http.path) == 0) {
            return false;
        }
    }
    return true;
}

static void put_paths(struct json_writer *json)
{
    json_begin_object(json, "paths");
    for (size_t i = 0; i < api_route_count; i++) {
        if (!is_first_of_path(i)) {
            continue;
        }
        json_begin_object(json, api_routes[i].http.path);
        for (size_t j = i; j < api_route_count; j++) {
            if (strcmp(api_routes[j].http.path, api_routes[i].http.path) == 0) {
                put_operation(json, &api_routes[j]);
            }
        }
        json_end_object(json);
    }
    json_end_object(json);
}

static void put_security_schemes(struct json_writer *json)
{
    json_begin_object(json, "securitySchemes");
    json_begin_object(json, "cookie");
    json_put_text(json, "type", "apiKey");
    json_put_text(json, "in", "cookie");
    json_put_text(json, "name", "gridcase_{city}");
    json_end_object(json);
    json_begin_object(json, "bearer");
    json_put_text(json, "type", "http");
    json_put_text(json, "scheme", "bearer");
    json_end_object(json);
    json_end_object(json);
}

void openapi_write(const struct api_call *call, struct buffer *out)
{
    struct json_writer json;
    char server[96];
    snprintf(server, sizeof(server), "%s%s/api/v1", call->by_host ? "" : "/",
             call->by_host ? "" : call->city->slug);
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_put_text(&json, "openapi", "3.1.0");
    json_begin_object(&json, "info");
    json_put_text(&json, "title", "gridcase");
    json_put_text(&json, "version", GRIDCASE_VERSION);
    json_end_object(&json);
    json_begin_array(&json, "servers");
    json_begin_object(&json, NULL);
    json_put_text(&json, "url", server);
    json_end_object(&json);
    json_end_array(&json);
    put_paths(&json);
    json_begin_object(&json, "components");
    put_schemas(&json);
    put_security_schemes(&json);
    json_end_object(&json);
    json_end_object(&json);
}
