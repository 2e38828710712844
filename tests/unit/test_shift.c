// SPDX-License-Identifier: MPL-2.0
// The smallest shift of work: by hand, and against all ways there are.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../src/evaluation/shift_plan.h"
#include "assert_ok.h"

enum { HOLDERS = 3, PIECES = 6, ROUNDS = 3000 };

static struct error error;
static uint32_t seed = 7;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static bool everybody(const void *context, const struct shift_piece *piece, uint32_t holder)
{
    (void)context;
    (void)piece;
    (void)holder;
    return true;
}

// context: a mask of holders per piece, by its order.
static bool by_mask(const void *context, const struct shift_piece *piece, uint32_t holder)
{
    const uint8_t *masks = context;
    return (masks[piece->order] >> holder & 1) != 0;
}

static int64_t moves(const struct shift_work *work)
{
    int64_t count = 0;
    for (size_t i = 0; i < work->piece_count; i++)
        count += work->pieces[i].to >= 0;
    return count;
}

static void what_cannot_be_reached_goes_to_whoever_reaches_it(void **state)
{
    (void)state;
    // The first needs 4 for a piece and holds three due at 4, 8 and 9; the second needs 3,
    // holds one due at 6, and has one that is late already before it.
    struct shift_holder holders[] = {{.group = 1, .piece_ms = 4},
                                     {.group = 1, .piece_ms = 3, .before = 1}};
    struct shift_piece pieces[] = {{.holder = 0, .left_ms = 4, .order = 1},
                                   {.holder = 0, .left_ms = 8, .order = 2},
                                   {.holder = 0, .left_ms = 9, .order = 3},
                                   {.holder = 1, .left_ms = 6, .order = 4}};
    struct shift_work work = {holders, 2, pieces, 4, everybody, NULL, 0};
    assert_ok(shift_plan(&work, &error));
    assert_int_equal(holders[0].late, 1);
    assert_int_equal(holders[1].late, 0);
    assert_int_equal(moves(&work), 1);
    assert_int_equal(pieces[2].order, 3); // the latest deadline
    assert_int_equal(pieces[2].to, 1);
    assert_int_equal(pieces[2].from_ms, 12);
    assert_int_equal(pieces[2].to_ms, 9); // late one, own one, this one
    pieces[2].left_ms = 8;                // half way too early for the second as well
    assert_ok(shift_plan(&work, &error));
    assert_int_equal(holders[0].late, 1);
    assert_int_equal(moves(&work), 0);
}

static void nobody_of_another_group_or_of_unknown_pace_takes(void **state)
{
    (void)state;
    struct shift_holder holders[] = {{.group = 1, .piece_ms = 5},
                                     {.group = 2, .piece_ms = 1},
                                     {.group = 1, .piece_ms = 0}};
    struct shift_piece pieces[] = {{.holder = 0, .left_ms = 5, .order = 1},
                                   {.holder = 0, .left_ms = 6, .order = 2},
                                   {.holder = 2, .left_ms = 1, .order = 3}};
    struct shift_work work = {holders, 3, pieces, 3, everybody, NULL, 0};
    assert_ok(shift_plan(&work, &error));
    assert_int_equal(holders[0].late, 1);
    assert_int_equal(holders[2].late, 0); // nothing is said of it
    assert_int_equal(holders[2].held, 1);
    assert_int_equal(moves(&work), 0);
}

static void gives_the_one_that_somebody_may_take(void **state)
{
    (void)state;
    struct shift_holder holders[] = {{.group = 1, .piece_ms = 5},
                                     {.group = 1, .piece_ms = 5}};
    struct shift_piece pieces[] = {{.holder = 0, .left_ms = 5, .order = 0},
                                   {.holder = 0, .left_ms = 7, .order = 1}};
    static const uint8_t masks[] = {2, 0}; // the second takes only the first piece
    struct shift_work work = {holders, 2, pieces, 2, by_mask, masks, 0};
    assert_ok(shift_plan(&work, &error));
    assert_int_equal(pieces[0].to, 1);
    assert_false(pieces[1].late);
}

// ---- all ways there are ----
// How many a holder cannot reach at least: by taking pieces in the order of deadlines and
// leaving one whenever it is too many.
static int64_t late_of(const struct shift_holder *holder, const int64_t *left, size_t count)
{
    int64_t sorted[PIECES], kept = 0, late = 0;
    memcpy(sorted, left, count * sizeof *sorted);
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && sorted[k] < sorted[k - 1]; k--) {
            int64_t other = sorted[k];
            sorted[k] = sorted[k - 1];
            sorted[k - 1] = other;
        }
    for (size_t i = 0; i < count; i++) {
        bool reached = (holder->before + kept + 1) * holder->piece_ms <= sorted[i];
        kept += reached;
        late += !reached;
    }
    return late;
}

static int64_t late_when(const struct shift_work *work, const int32_t *where)
{
    int64_t late = 0;
    for (uint32_t h = 0; h < work->holder_count; h++) {
        int64_t left[PIECES];
        size_t count = 0;
        for (size_t i = 0; i < work->piece_count; i++)
            if (where[i] == (int32_t)h)
                left[count++] = work->pieces[i].left_ms;
        late += late_of(&work->holders[h], left, count);
    }
    return late;
}

// The most lateness that can be avoided with one move each, by trying everything.
static int64_t best_of_all(const struct shift_work *work, int64_t late_now)
{
    int64_t best = 0, ways = 1;
    for (size_t i = 0; i < work->piece_count; i++)
        ways *= HOLDERS;
    for (int64_t way = 0; way < ways; way++) {
        int32_t where[PIECES];
        int64_t rest = way, moved = 0;
        bool allowed = true;
        for (size_t i = 0; i < work->piece_count; i++, rest /= HOLDERS) {
            where[i] = (int32_t)(rest % HOLDERS);
            bool moves_it = where[i] != (int32_t)work->pieces[i].holder;
            moved += moves_it;
            allowed = allowed && (!moves_it || work->may(work->context, &work->pieces[i],
                                                         (uint32_t)where[i]));
        }
        if (!allowed)
            continue;
        int64_t avoided = late_now - late_when(work, where);
        assert_true(avoided <= moved); // a move avoids one lateness at most
        if (avoided == moved && avoided > best)
            best = avoided;
    }
    return best;
}

static void make_up(struct shift_work *work, uint8_t *masks)
{
    for (uint32_t h = 0; h < HOLDERS; h++)
        work->holders[h] = (struct shift_holder){
            .group = 1, .piece_ms = 1 + draw(4), .before = draw(3) == 0};
    for (uint32_t i = 0; i < PIECES; i++) {
        work->pieces[i] = (struct shift_piece){
            .holder = draw(2) ? 0 : draw(HOLDERS), .left_ms = 1 + draw(14), .order = i};
        masks[i] = (uint8_t)draw(8);
    }
}

// Returns how many moves; *ret_best: by trying everything.
static int64_t compare(struct shift_work *work, int64_t *ret_best)
{
    int32_t before[PIECES], after[PIECES];
    int64_t late = 0;
    assert_ok(shift_plan(work, &error));
    for (size_t i = 0; i < PIECES; i++) {
        before[i] = (int32_t)work->pieces[i].holder;
        after[i] = work->pieces[i].to >= 0 ? work->pieces[i].to : before[i];
    }
    for (size_t h = 0; h < HOLDERS; h++)
        late += work->holders[h].late;
    assert_int_equal(late, late_when(work, before));
    assert_int_equal(late - late_when(work, after), moves(work)); // each avoids one
    *ret_best = best_of_all(work, late);
    return moves(work);
}

static void no_way_avoids_more_and_none_as_much_with_fewer(void **state)
{
    (void)state;
    struct shift_holder holders[HOLDERS];
    struct shift_piece pieces[PIECES];
    uint8_t masks[PIECES];
    int64_t best = 0, moved = 0, found = 0, possible = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct shift_work work = {holders, HOLDERS, pieces, PIECES, everybody, NULL, 0};
        make_up(&work, masks);
        moved += compare(&work, &best);
        assert_int_equal(moves(&work), best);
        // Where not everybody may take everything it avoids no more than there is, and
        // nearly always as much.
        work.may = by_mask;
        work.context = masks;
        found += compare(&work, &best);
        possible += best;
        assert_true(moves(&work) <= best);
    }
    assert_true(moved > ROUNDS / 2);
    print_message("restricted: %lld of %lld\n", (long long)found, (long long)possible);
    assert_true(found * 100 >= possible * 97);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_reached_goes_to_whoever_reaches_it),
        cmocka_unit_test(nobody_of_another_group_or_of_unknown_pace_takes),
        cmocka_unit_test(gives_the_one_that_somebody_may_take),
        cmocka_unit_test(no_way_avoids_more_and_none_as_much_with_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
