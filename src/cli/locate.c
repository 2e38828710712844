// SPDX-License-Identifier: MPL-2.0
// gridcase locate: points on standard input, unit grids and areas on standard output. See
// gridcase-locate(1).
#include <gridcase/cli/cli.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/city/city.h>
#include <gridcase/city/place.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>
#include <gridcase/geo/datum.h>

enum {
    LINE_SIZE = 4096,
    TOLD_MOST = 1000, // lines complained about one by one
    PLACE_TEXT_SIZE = 600,
};
static const double near_most_m = 2000;

struct locate {
    const struct city_snapshot *city;
    const char *language; // of the place in words; NULL: no words
    enum geo_datum datum; // of the points that come in
    double near_m;        // points outside get the nearest grid so far away; < 0: none
    int64_t lines, located, outside, refused;
};

// ---- lines ----
struct line {
    char text[LINE_SIZE];
    size_t length;
    bool long_line;
};

// False at the end of input. What does not fit is read and dropped.
static bool read_line(struct line *line)
{
    int c;
    line->length = 0;
    line->long_line = false;
    while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {
        if (line->length < LINE_SIZE - 1)
            line->text[line->length++] = (char)c;
        else
            line->long_line = true;
    }
    line->text[line->length] = '\0';
    return c != EOF || line->length > 0;
}

static int __attribute__((format(printf, 2, 3)))
refuse(struct locate *locate, const char *format, ...)
{
    va_list list;
    if (++locate->refused <= TOLD_MOST) {
        fprintf(stderr, "line %" PRId64 ": ", locate->lines);
        va_start(list, format);
        vfprintf(stderr, format, list);
        va_end(list);
        fputc('\n', stderr);
    } else if (locate->refused == TOLD_MOST + 1) {
        fprintf(stderr, "further lines that are refused are only counted\n");
    }
    return ERROR_INPUT;
}

struct field {
    const char *text;
    size_t length;
};

// Next field, without blanks and quotes around it. *cursor is NULL behind the last one.
static struct field next_field(const char **cursor)
{
    const char *start = *cursor;
    size_t length = start ? strcspn(start, ",;\t") : 0;
    *cursor = start && start[length] ? start + length + 1 : NULL;
    while (length > 0 && (*start == ' ' || *start == '"')) {
        start++;
        length--;
    }
    while (length > 0 && strchr(" \"\r", start[length - 1]))
        length--;
    return (struct field){start, length};
}

static bool is_word(struct field field)
{
    double unused;
    return field.length > 0 &&
           strpbrk("+-.0123456789", (char[]){field.text[0], 0}) == NULL &&
           text_to_double(field.text, field.length, &unused, NULL) < 0;
}

// Longitude and latitude of a line. 1 when the line holds no point but is none the worse:
// empty, or the header.
static int read_point(struct locate *locate, const struct line *line, double ret_degrees[2])
{
    if (line->long_line)
        return refuse(locate, "longer than %d bytes", LINE_SIZE - 1);
    if (memchr(line->text, 0, line->length) || !text_is_utf8(line->text, line->length))
        return refuse(locate, "not text in UTF-8");
    const char *cursor = line->text;
    if (locate->lines == 1 && text_starts(cursor, "\xEF\xBB\xBF"))
        cursor += 3;
    if (text_is_blank(cursor) || text_equal(cursor, "\r"))
        return 1;
    struct field field[2];
    field[0] = next_field(&cursor);
    field[1] = next_field(&cursor);
    static const char nan_word[] = "nan";
    bool is_nan = field[0].length == 3 && strncasecmp(field[0].text, nan_word, 3) == 0;
    if (locate->lines == 1 && !is_nan && is_word(field[0]) && is_word(field[1]))
        return 1;
    for (int i = 0; i < 2; i++)
        if (text_to_double(field[i].text, field[i].length, &ret_degrees[i], NULL) < 0)
            return refuse(locate, "%s '%.*s' is no number", i ? "latitude" : "longitude",
                          (int)(field[i].length < 40 ? field[i].length : 40),
                          field[i].text ? field[i].text : "");
    return 0;
}

// ---- answers ----
static void print_quoted(const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            putchar('"');
        putchar(*c);
    }
    putchar('"');
}

static void print_header(const struct locate *locate)
{
    fputs("line,lon,lat,grid", stdout);
    for (size_t i = 0; i < city_levels(locate->city); i++) {
        putchar(',');
        print_quoted(city_level(locate->city, i)->code);
    }
    if (locate->near_m >= 0)
        fputs(",near_grid,near_m", stdout);
    if (locate->language)
        fputs(",place", stdout);
    putchar('\n');
}

static void print_near(const struct locate *locate, const double degrees[2], bool inside)
{
    double away_m = 0;
    const struct city_grid *grid = NULL;
    if (!inside)
        grid = city_grid_by_id(locate->city,
                               city_nearest_grid(locate->city, degrees[0], degrees[1],
                                                 locate->near_m, &away_m));
    putchar(',');
    if (grid)
        print_quoted(grid->code);
    if (grid)
        printf(",%.1f", away_m);
    else
        putchar(',');
}

static void print_words(const struct locate *locate, const double degrees[2])
{
    struct geo_point point;
    struct place_words words;
    char text[PLACE_TEXT_SIZE];
    putchar(',');
    if (geo_point_from_deg(degrees[0], degrees[1], &point, NULL) < 0)
        return;
    place_find(city_place_words(locate->city), point, &words);
    place_text(&words, locate->language, text, sizeof(text));
    print_quoted(text);
}

static void print_place(const struct locate *locate, const double degrees[2],
                        const struct city_place *place)
{
    const struct city_grid *grid = city_grid_by_id(locate->city, place->grid);
    printf("%" PRId64 ",%.7f,%.7f,", locate->lines, degrees[0], degrees[1]);
    if (grid)
        print_quoted(grid->code);
    for (size_t i = 0; i < city_levels(locate->city); i++) {
        const struct city_area *area = city_area_by_id(locate->city, place->areas[i]);
        putchar(',');
        if (area)
            print_quoted(area->code);
    }
    if (locate->near_m >= 0)
        print_near(locate, degrees, grid != NULL);
    if (locate->language)
        print_words(locate, degrees);
    putchar('\n');
}

// The grid that the point would lie in if its two numbers changed places.
static const struct city_grid *swapped_grid(const struct locate *locate,
                                            const double degrees[2])
{
    struct city_place place;
    if (city_locate(locate->city, degrees[1], degrees[0], &place, NULL) < 0)
        return NULL;
    return city_grid_by_id(locate->city, place.grid);
}

static void answer(struct locate *locate, const struct line *line)
{
    double degrees[2] = {0, 0};
    struct city_place place;
    struct error error = {0};
    if (read_point(locate, line, degrees) != 0)
        return;
    geo_datum_unshift(locate->datum, &degrees[0], &degrees[1]);
    int code = city_locate(locate->city, degrees[0], degrees[1], &place, &error);
    const struct city_grid *swapped = NULL;
    if (code < 0 || place.grid == 0)
        swapped = swapped_grid(locate, degrees);
    if (swapped) {
        refuse(locate,
               "%.7f, %.7f lies outside, but swapped it lies in grid %s: longitude comes "
               "first",
               degrees[0], degrees[1], swapped->code);
    } else if (code < 0) {
        refuse(locate, "%s", error.message);
    } else {
        if (place.grid)
            locate->located++;
        else
            locate->outside++;
        print_place(locate, degrees, &place);
    }
}

static int answer_all(struct locate *locate, struct error *error)
{
    struct line line = {.length = 0};
    print_header(locate);
    while (read_line(&line)) {
        locate->lines++;
        answer(locate, &line);
        if (ferror(stdout))
            break;
    }
    if (ferror(stdin))
        return error_errno(error, "locate.read", "standard input");
    if (fflush(stdout) != 0 || ferror(stdout))
        return error_errno(error, "locate.write", "standard output");
    fprintf(stderr, "%" PRId64 " located, %" PRId64 " outside, %" PRId64 " refused\n",
            locate->located, locate->outside, locate->refused);
    if (locate->refused)
        return error_set(error, ERROR_INPUT, "locate.refused",
                         "%" PRId64 " of %" PRId64 " lines hold no usable point",
                         locate->refused, locate->lines);
    return 0;
}

static int take_options(int *argc, char **argv, struct locate *locate, struct error *error)
{
    const char *near_text = cli_option(argc, argv, "--near");
    const char *datum = cli_option(argc, argv, "--datum");
    locate->language = cli_option(argc, argv, "--words");
    locate->near_m = -1;
    if (datum && geo_datum_from_str(datum, strlen(datum), &locate->datum, error) < 0)
        return error_set(error, ERROR_INPUT, "cli.usage",
                         "--datum takes wgs84, cgcs2000, gcj02 or bd09");
    if (!near_text)
        return 0;
    if (text_to_double(near_text, strlen(near_text), &locate->near_m, error) < 0 ||
        locate->near_m < 0 || locate->near_m > near_most_m)
        return error_set(error, ERROR_INPUT, "cli.usage", "--near takes 0 to %.0f metres",
                         near_most_m);
    return 0;
}

static int run_locate(int argc, char **argv, struct error *error)
{
    const char *data = cli_data_folder(&argc, argv);
    struct locate locate = {0};
    struct db_store *store = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    int code = take_options(&argc, argv, &locate, error);
    if (code == 0)
        code = cli_words(argc, argv, 1, 1, error);
    if (code == 0)
        code = db_store_open(data, DB_STORE_READ_ONLY, &store, error);
    if (code == 0)
        code = city_snapshot_open(store, argv[0], &city, error);
    locate.city = city;
    if (code == 0)
        code = answer_all(&locate, error);
    city = city_snapshot_free(city);
    db_store_close(store);
    return code;
}

const struct cli_command cli_locate_commands[] = {
    {"locate", NULL, "CITY [--near METRES] [--words LANGUAGE] [--datum DATUM] < points.csv",
     "find the unit grid and areas of points (lon,lat)", run_locate},
    {NULL, NULL, NULL, NULL, NULL},
};
