// SPDX-License-Identifier: MPL-2.0
#include "city.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SIDE = 320, CELL = 1000, DEPARTMENTS = 40, MAJORS = 10, CLASSES = 100 };
static const int WEST = 114000000, SOUTH = 22500000; // millionths of a degree

struct model {
    char folder[512];
    int failed;
};

static FILE *create(struct model *model, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", model->folder, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        model->failed = 1;
    }
    return file;
}

static void finish(struct model *model, FILE *file)
{
    if (file && fclose(file) != 0) {
        perror("bench city");
        model->failed = 1;
    }
}

static void write_text(struct model *model, const char *name, const char *text)
{
    FILE *file = create(model, name);
    if (file && fputs(text, file) < 0)
        model->failed = 1;
    finish(model, file);
}

// Squares of `size` cells; their codes are row and column with three digits each.
static void write_squares(struct model *model, const char *name, const char *letter,
                          int size)
{
    FILE *file = create(model, name);
    if (!file)
        return;
    fputs("{\"type\":\"FeatureCollection\",\"features\":[\n", file);
    for (int row = 0; row < SIDE / size; row++)
        for (int column = 0; column < SIDE / size; column++) {
            double west = (WEST + column * size * CELL) / 1e6;
            double south = (SOUTH + row * size * CELL) / 1e6;
            double east = (WEST + (column + 1) * size * CELL) / 1e6;
            double north = (SOUTH + (row + 1) * size * CELL) / 1e6;
            fprintf(file,
                    "%s{\"type\":\"Feature\",\"properties\":{\"code\":\"%s%03d%03d\","
                    "\"name\":\"%s %d-%d\"},\"geometry\":{\"type\":\"Polygon\","
                    "\"coordinates\":[[[%.3f,%.3f],[%.3f,%.3f],[%.3f,%.3f],[%.3f,%.3f],"
                    "[%.3f,%.3f]]]}}",
                    row + column > 0 ? ",\n" : "", letter, row, column, letter, row + 1,
                    column + 1, west, south, east, south, east, north, west, north, west,
                    south);
        }
    fputs("\n]}\n", file);
    finish(model, file);
}

static void write_streets(struct model *model)
{
    FILE *file = create(model, "streets.geojson");
    if (!file)
        return;
    fputs("{\"type\":\"FeatureCollection\",\"features\":[\n", file);
    for (int i = 0; i <= SIDE; i += 2)
        for (int k = 0; k < SIDE; k += 10)
            for (int turned = 0; turned < 2; turned++) {
                int lon = turned ? k : i, lat = turned ? i : k;
                fprintf(file,
                        "%s{\"type\":\"Feature\",\"properties\":{\"name\":\"%s %d\","
                        "\"kind\":\"street\"},\"geometry\":{\"type\":\"LineString\","
                        "\"coordinates\":[[%.3f,%.3f],[%.3f,%.3f]]}}",
                        i + k + turned > 0 ? ",\n" : "", turned ? "Road" : "Street", i,
                        (WEST + lon * CELL) / 1e6, (SOUTH + lat * CELL) / 1e6,
                        (WEST + (lon + (turned ? 10 : 0)) * CELL) / 1e6,
                        (SOUTH + (lat + (turned ? 0 : 10)) * CELL) / 1e6);
            }
    fputs("\n]}\n", file);
    finish(model, file);
}

static void write_departments(struct model *model)
{
    FILE *file = create(model, "departments.csv");
    if (!file)
        return;
    fputs("code,parent,kind,name_zh,name_en\ncentre,,centre,指挥中心,Command Centre\n",
          file);
    for (int i = 1; i <= DEPARTMENTS; i++)
        fprintf(file, "d%02d,centre,department,第%d处,Department %d\n", i, i, i);
    finish(model, file);
}

static void write_catalogue(struct model *model)
{
    static const char *const THINGS[CLASSES / MAJORS] = {
        "井盖,Manhole cover", "路灯,Street lamp",   "垃圾,Garbage",   "道路,Road surface",
        "树木,Tree",          "护栏,Guard rail",    "广告,Signboard", "车辆,Vehicle",
        "噪声,Noise",         "积水,Standing water"};
    FILE *classes = create(model, "classes.csv");
    FILE *conditions = create(model, "conditions.csv");
    FILE *limits = create(model, "limits.csv");
    FILE *routing = create(model, "routing.csv");
    static const char *const LIMITS[] = {"2紧急工作时", "4工作时", "1工作日", "3工作日",
                                         "5工作日",     "7自然日", "无时限"};
    if (!classes || !conditions || !limits || !routing)
        return;
    fputs("code,kind,major,minor,major_name_zh,major_name_en,name_zh,name_en\n", classes);
    fputs("code,class,name_zh,name_en,closing_zh,closing_en\n", conditions);
    fputs("condition,area_class,urgency,limit\n", limits);
    fputs("class,department,name\n", routing);
    for (int i = 0; i < CLASSES; i++) {
        int major = i / 10 + 1, minor = i % 10 + 1;
        const char *thing = THINGS[i % 10], *comma = strchr(thing, ',');
        fprintf(classes, "e%02d%02d,event,%02d,%02d,大类%d,Group %d,%.*s%d,%s %d\n", major,
                minor, major, minor, major, major, (int)(comma - thing), thing, major,
                comma + 1, major);
        for (int k = 1; k <= 2; k++) {
            fprintf(conditions, "e%02d%02d-%d,e%02d%02d,%s,%s,恢复,Restored\n", major,
                    minor, k, major, minor, k == 1 ? "损坏" : "缺失",
                    k == 1 ? "Broken" : "Missing");
            fprintf(limits, "e%02d%02d-%d,,,%s\n", major, minor, k, LIMITS[(i + k) % 7]);
        }
        fprintf(routing, "e%02d%02d,d%02d,class %d\n", major, minor,
                i * 7 % DEPARTMENTS + 1, i);
    }
    finish(model, classes);
    finish(model, conditions);
    finish(model, limits);
    finish(model, routing);
}

static void write_staff(struct model *model)
{
    FILE *file = create(model, "staff.csv");
    if (!file)
        return;
    fputs("login,name,role,area,department,home\n"
          "collector1,Collector,collector,,,\nacceptor1,Acceptor,acceptor,,,centre\n"
          "leader1,Leader,shift_leader,,,centre\n"
          "dispatcher1,Dispatcher,dispatcher,,,centre\n"
          "inspector1,Inspector,inspector,,,centre\nmanager1,Manager,manager,,,centre\n"
          "admin1,Administrator,administrator,,,centre\n",
          file);
    for (int i = 1; i <= DEPARTMENTS; i++)
        fprintf(file, "department%d,Department %d,department,,d%02d,\n", i, i, i);
    finish(model, file);
}

static const char INI[] =
    "# A made-up city for benches.\n"
    "[city]\nslug = " BENCH_CITY "\nname.zh-CN = 测试市\nname.en = Bench City\n"
    "region = 999902\ntime_zone = Asia/Shanghai\nlanguages = zh-CN, en\n"
    "number_prefix = BC\ndemo = yes\nattribution = Made up for benches\n"
    "[level district]\nkind = nesting\ntitle.zh-CN = 区\ntitle.en = District\n"
    "source = districts.geojson\ncode = code\nname = name\n"
    "[level street]\nkind = nesting\ntitle.zh-CN = 街道\ntitle.en = Street\n"
    "source = wards.geojson\ncode = code\nname = name\n"
    "[level community]\nkind = nesting\ntitle.zh-CN = 社区\ntitle.en = Community\n"
    "source = communities.geojson\ncode = code\nname = name\n"
    "[grids]\nsource = grids.geojson\ncode = code\n"
    "[streets]\nsource = streets.geojson\nname = name\nkind = kind\n"
    "[table departments]\nsource = departments.csv\n"
    "[table classes]\nsource = classes.csv\nwidth.major = 2\nwidth.minor = 2\n"
    "[table conditions]\nsource = conditions.csv\n[table limits]\nsource = limits.csv\n"
    "[table stage_limits]\nsource = stage_limits.csv\n"
    "[table calendar]\nsource = calendar.csv\n"
    "[table calendar_periods]\nsource = calendar_periods.csv\n"
    "[table calendar_days]\nsource = calendar_days.csv\n"
    "[table routing]\nsource = routing.csv\n[table staff]\nsource = staff.csv\n"
    "[table process_steps]\nsource = steps.csv\n"
    "[table process_actions]\nsource = actions.csv\n";

static void copy(struct model *model, const char *name)
{
    static char text[65536];
    char path[128];
    snprintf(path, sizeof path, "bench/city/process/%s", name);
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (!file || length == 0) {
        perror(path);
        model->failed = 1;
    }
    if (file)
        fclose(file);
    text[length] = '\0';
    write_text(model, name, text);
}

int bench_city_write(const char *folder)
{
    struct model model = {0};
    snprintf(model.folder, sizeof model.folder, "%s", folder);
    mkdir(folder, 0777);
    write_text(&model, "city.ini", INI);
    copy(&model, "steps.csv");
    copy(&model, "actions.csv");
    write_squares(&model, "districts.geojson", "D", SIDE / 4);
    write_squares(&model, "wards.geojson", "S", SIDE / 16);
    write_squares(&model, "communities.geojson", "C", SIDE / 64);
    write_squares(&model, "grids.geojson", "G", 1);
    write_streets(&model);
    write_departments(&model);
    write_catalogue(&model);
    write_staff(&model);
    write_text(&model, "stage_limits.csv",
               "clock,limit\nfile,15分钟\ndispatch,15分钟\ncheck,2工作时\nclose,30分钟\n");
    write_text(&model, "calendar.csv",
               "setting,value\nworking_day,hours\nhours_per_day,8\n"
               "published_until,2030-12-31\n");
    write_text(&model, "calendar_periods.csv",
               "weekdays,opens,closes\n1-5,08:00,12:00\n1-5,14:00,18:00\n");
    write_text(&model, "calendar_days.csv",
               "date,to,kind,name_zh,name_en\n2025-10-01,2025-10-08,holiday,国庆节,"
               "National Day\n2026-10-01,2026-10-07,holiday,国庆节,National Day\n");
    return model.failed ? -1 : 0;
}
