// SPDX-License-Identifier: MPL-2.0
#include <gridcase/core/instant.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gridcase/core/text.h>

enum { CLOCK_FILE_EVERY_US = 100000 };

int64_t instant_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// Milliseconds a test has moved the clock by.
static int64_t test_offset_ms(void)
{
    static _Atomic int64_t offset, read_at;
    static _Atomic int known; // 0 not asked, 1 no file, 2 file
    int state = atomic_load(&known);
    if (state == 1)
        return 0;
    const char *path = getenv("GRIDCASE_CLOCK_FILE");
    if (state == 0)
        atomic_store(&known, path ? 2 : 1);
    if (!path)
        return 0;
    int64_t now = instant_monotonic_us();
    if (now - atomic_load(&read_at) < CLOCK_FILE_EVERY_US && atomic_load(&read_at) != 0)
        return atomic_load(&offset);
    atomic_store(&read_at, now);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return atomic_load(&offset);
    char text[32];
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        length--;
    int64_t value;
    if (length > 0 && text_to_int(text, (size_t)length, &value, NULL) == 0)
        atomic_store(&offset, value);
    return atomic_load(&offset);
}

int64_t instant_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + test_offset_ms();
}

void instant_sleep_ms(int64_t duration_ms)
{
    struct timespec left = {.tv_sec = (time_t)(duration_ms / 1000),
                            .tv_nsec = (long)(duration_ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

// Days since 1970-01-01 of a proleptic Gregorian date, and back (Howard Hinnant's
// public-domain civil calendar arithmetic).
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static void put_digits(char *out, int count, int64_t value)
{
    for (; count > 0; value /= 10)
        out[--count] = (char)('0' + value % 10);
}

void instant_to_text(int64_t instant_ms, char out[INSTANT_TEXT_SIZE])
{
    const int64_t day_ms = 86400000;
    int64_t days = instant_ms / day_ms - (instant_ms % day_ms < 0);
    int64_t rest = instant_ms - days * day_ms;
    int64_t year, month, day;
    date_from_days(days, &year, &month, &day);
    if (year < 0 || year > 9999) {
        snprintf(out, INSTANT_TEXT_SIZE, "out of range");
        return;
    }
    memcpy(out, "0000-00-00T00:00:00.000Z", sizeof "0000-00-00T00:00:00.000Z");
    put_digits(out, 4, year);
    put_digits(out + 5, 2, month);
    put_digits(out + 8, 2, day);
    put_digits(out + 11, 2, rest / 3600000);
    put_digits(out + 14, 2, rest / 60000 % 60);
    put_digits(out + 17, 2, rest / 1000 % 60);
    put_digits(out + 20, 3, rest % 1000);
}

// Two or four digits at *text; moves on; -1 when they are not there.
static int digits(const char **text, const char *end, int count)
{
    int value = 0;
    if (end - *text < count)
        return -1;
    for (int i = 0; i < count; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return -1;
        value = value * 10 + (**text - '0');
    }
    return value;
}

static bool skip(const char **text, const char *end, char c)
{
    if (*text == end || **text != c)
        return false;
    (*text)++;
    return true;
}

// Minutes east of UTC; false when the zone is missing or malformed.
static bool read_zone(const char **text, const char *end, int *ret_minutes)
{
    if (skip(text, end, 'Z')) {
        *ret_minutes = 0;
        return true;
    }
    int sign = skip(text, end, '+') ? 1 : skip(text, end, '-') ? -1 : 0;
    int hours = digits(text, end, 2);
    if (sign == 0 || hours < 0 || hours > 14 || !skip(text, end, ':'))
        return false;
    int minutes = digits(text, end, 2);
    if (minutes < 0 || minutes > 59)
        return false;
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

static bool read_fraction(const char **text, const char *end, int *ret_ms)
{
    *ret_ms = 0;
    if (!skip(text, end, '.'))
        return true;
    int weight = 100;
    for (; *text < end && **text >= '0' && **text <= '9'; (*text)++, weight /= 10) {
        if (weight == 0)
            return false;
        *ret_ms += (**text - '0') * weight;
    }
    return weight != 100;
}

int instant_from_text(const char *text, size_t length, int64_t *ret_ms, struct error *error)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *p = text, *end = text + length;
    int year = digits(&p, end, 4), month, day, hour, minute, second, ms, zone;
    bool good = year >= 0 && skip(&p, end, '-') && (month = digits(&p, end, 2)) >= 1 &&
                month <= 12 && skip(&p, end, '-') && (day = digits(&p, end, 2)) >= 1 &&
                skip(&p, end, 'T') && (hour = digits(&p, end, 2)) >= 0 && hour < 24 &&
                skip(&p, end, ':') && (minute = digits(&p, end, 2)) >= 0 && minute < 60 &&
                skip(&p, end, ':') && (second = digits(&p, end, 2)) >= 0 && second < 60 &&
                read_fraction(&p, end, &ms) && read_zone(&p, end, &zone) && p == end;
    if (good) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        good = day <= month_days[month - 1] + (month == 2 && leap);
    }
    if (!good)
        return error_set(error, ERROR_INPUT, "text.not_an_instant",
                         "'%.*s' is no instant like 2026-11-22T03:09:00Z",
                         (int)(length > 40 ? 40 : length), text);
    int64_t seconds = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 +
                      second - zone * 60;
    *ret_ms = seconds * 1000 + ms;
    return 0;
}
