// SPDX-License-Identifier: MPL-2.0
// What a row of the record says, as a report and as moves: for the replay and for the load
// of whole lives alike.
#include <string.h>

#include <gridcase/core/hash.h>
#include <gridcase/core/text.h>

#include "replay_internal.h"

void replay_key(const struct replay_record *record, const struct replay_row *row,
                const char *action, int64_t at_ms, uint8_t key[16])
{
    uint8_t digest[HASH_SIZE];
    char text[512];
    const char *id = table_cell(record->table, row->row, record->map.id);
    if (text_format(text, sizeof text, "replay|%.200s|%.100s", id, action) != 0)
        text[sizeof text - 1] = '\0';
    hash_bytes(text, strlen(text), digest);
    memcpy(key, digest, 16);
    for (int i = 0; i < 6; i++)
        key[i] = (uint8_t)((uint64_t)at_ms >> (40 - 8 * i));
    key[6] = (uint8_t)(0x70 | (key[6] & 0x0F));
    key[8] = (uint8_t)(0x80 | (key[8] & 0x3F));
}

void replay_draft(const struct replay_record *record, const struct replay_row *row,
                  int64_t done_ms, struct case_draft *ret_draft)
{
    const struct replay_map *map = &record->map;
    *ret_draft = (struct case_draft){
        .class_id = row->class_id,
        .condition_id = row->condition_id,
        .has_point = row->has_point,
        .point = {.lon_deg = row->lon,
                  .lat_deg = row->lat,
                  .datum = map->datum,
                  .accuracy_m = -1},
        .address = table_cell(record->table, row->row, map->address),
        .description = table_cell(record->table, row->row, map->description),
        .source = row->source,
        .external_id = table_cell(record->table, row->row, map->id),
        .imported_due_ms = row->due_ms == INSTANT_NONE
                               ? INSTANT_NONE
                               : done_ms + (row->due_ms - row->times[0]),
    };
}

size_t replay_inputs(const struct city_snapshot *city, const struct replay_record *record,
                     const struct replay_row *row, const struct replay_move *move,
                     struct arena *arena, struct case_input inputs[REPLAY_INPUTS_MOST])
{
    size_t count = 0;
    for (size_t i = 0; i < move->input_count; i++) {
        const struct replay_input *from = &move->inputs[i];
        const char *text =
            from->text ? from->text : table_cell(record->table, row->row, from->column);
        if (from->department) {
            int64_t id = replay_department(city, text);
            text = id ? arena_format(arena, "%lld", (long long)id) : "";
        }
        if (text && *text)
            inputs[count++] = (struct case_input){from->name, text};
    }
    return count;
}
