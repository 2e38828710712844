// SPDX-License-Identifier: MPL-2.0
// The template that is there before an office has made its own: a plain document with every
// field, to begin with (gridcase report CITY --template).
#include <string.h>

#include <gridcase/core/zip.h>

#include "report_internal.h"

#define NAMESPACE "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define PACKAGE   "http://schemas.openxmlformats.org/package/2006/"
#define OFFICE    "http://schemas.openxmlformats.org/officeDocument/2006/"
#define HEAD      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

static const char types[] =
    HEAD "<Types xmlns=\"" PACKAGE "content-types\">"
         "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package."
         "relationships+xml\"/>"
         "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
         "<Override PartName=\"/word/document.xml\" ContentType=\"application/vnd."
         "openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
static const char relations[] =
    HEAD "<Relationships xmlns=\"" PACKAGE "relationships\"><Relationship Id=\"rId1\" "
         "Type=\"" OFFICE "relationships/officeDocument\" Target=\"word/document.xml\"/>"
         "</Relationships>";

// size: half points.
static void put_run(struct buffer *out, const char *text, int size, bool bold)
{
    buffer_format(out,
                  "<w:r><w:rPr><w:rFonts w:eastAsia=\"SimSun\"/>%s<w:sz w:val=\"%d\"/>"
                  "</w:rPr><w:t xml:space=\"preserve\">%s</w:t></w:r>",
                  bold ? "<w:b/>" : "", size, text);
}

static void put_line(struct buffer *out, const char *text, int size, bool bold, bool middle)
{
    buffer_format(out, "<w:p><w:pPr><w:spacing w:after=\"120\"/>%s</w:pPr>",
                  middle ? "<w:jc w:val=\"center\"/>" : "");
    put_run(out, text, size, bold);
    buffer_append_text(out, "</w:p>");
}

// Cells between bars: "Rank|{{groups.rank}}".
static void put_row(struct buffer *out, const char *cells, bool head)
{
    buffer_append_text(out, "<w:tr>");
    while (*cells) {
        char text[200];
        size_t length = strcspn(cells, "|");
        size_t kept = length < sizeof(text) ? length : sizeof(text) - 1;
        memcpy(text, cells, kept);
        text[kept] = '\0';
        buffer_append_text(out, "<w:tc><w:p>");
        put_run(out, text, 20, head);
        buffer_append_text(out, "</w:p></w:tc>");
        cells += length + (cells[length] == '|');
    }
    buffer_append_text(out, "</w:tr>");
}

static void put_table(struct buffer *out, const char *title, const char *head,
                      const char *row)
{
    put_line(out, title, 28, true, false);
    buffer_append_text(
        out, "<w:tbl><w:tblPr><w:tblW w:w=\"5000\" w:type=\"pct\"/><w:tblBorders>"
             "<w:top w:val=\"single\" w:sz=\"4\"/><w:left w:val=\"single\" w:sz=\"4\"/>"
             "<w:bottom w:val=\"single\" w:sz=\"4\"/><w:right w:val=\"single\" "
             "w:sz=\"4\"/><w:insideH w:val=\"single\" w:sz=\"4\"/><w:insideV "
             "w:val=\"single\" w:sz=\"4\"/></w:tblBorders></w:tblPr><w:tblGrid>");
    for (const char *bar = head; bar; bar = strchr(bar + 1, '|')) {
        buffer_append_text(out, "<w:gridCol/>");
    }
    buffer_append_text(out, "</w:tblGrid>");
    put_row(out, head, true);
    put_row(out, row, false);
    buffer_append_text(out, "</w:tbl><w:p/>");
}

static void put_english(struct buffer *out)
{
    put_line(out, "{{title}}", 44, true, true);
    put_line(out, "{{period}}", 28, false, true);
    put_line(out,
             "In this period {{opened}} cases came (period before: {{opened_change}}; year "
             "before: {{opened_year_change}}). The closing rate is {{closing_rate}} "
             "({{closing_rate_change}}), the on-time rate {{on_time_rate}} "
             "({{on_time_rate_change}}). {{overdue}} cases lie overdue "
             "({{overdue_change}}). Closing took {{mean_time_to_close}} on the mean.",
             24, false, false);
    put_line(out, "[Comment of the office]", 24, false, false);
    put_table(out, "What stands behind the closing rate", "What|Cases|Share|Before",
              "{{honesty.name}}|{{honesty.cases}}|{{honesty.share}}|{{honesty.before}}");
    put_line(out, "{{honesty_note}}", 20, false, false);
    put_table(out, "Ranking", "Group|Rank|Before|Department|Figure|Before|Overdue",
              "{{groups.group}}|{{groups.rank}}|{{groups.rank_before}}|{{groups.name}}|"
              "{{groups.value}}|{{groups.value_before}}|{{groups.overdue}}");
    put_table(out, "Commonest classes", "No.|Class|Cases|Change",
              "{{classes.rank}}|{{classes.name}}|{{classes.count}}|{{classes.change}}");
    put_table(out, "Units with overdue stock", "No.|Unit|Cases|Change",
              "{{overdue.rank}}|{{overdue.name}}|{{overdue.count}}|{{overdue.change}}");
    put_table(out, "Worst spots", "No.|Place|Class|Cases|Before|Latest case|Photo",
              "{{spots.rank}}|{{spots.place}}|{{spots.class}}|{{spots.count}}|"
              "{{spots.before}}|{{spots.case}}|{{spots.photo}}");
    put_table(out, "More than usual there", "Place|Class|Cases|Usual|Most before",
              "{{hot.place}}|{{hot.class}}|{{hot.count}}|{{hot.usual}}|{{hot.before}}");
    put_table(out, "Scores", "Score|Rank|Before|Name|Points|Grade",
              "{{scores.score}}|{{scores.rank}}|{{scores.rank_before}}|{{scores.name}}|"
              "{{scores.points}}|{{scores.grade}}");
    put_table(out, "Behind the closing rates of departments",
              "Group|Department|What|Cases|Share",
              "{{doubts.group}}|{{doubts.department}}|{{doubts.name}}|{{doubts.cases}}|"
              "{{doubts.share}}");
    put_line(out, "Figures as of {{made}}. Root: {{root}}", 16, false, false);
}

static void put_chinese(struct buffer *out)
{
    put_line(out, "{{title}}", 44, true, true);
    put_line(out, "{{period}}", 28, false, true);
    put_line(
        out,
        "本期共上报案件 {{opened}} 件（环比 {{opened_change}}，同比 "
        "{{opened_year_change}}）；结案率 {{closing_rate}}（{{closing_rate_change}}），"
        "按期处置率 {{on_time_rate}}（{{on_time_rate_change}}）；超期未处置 "
        "{{overdue}} 件（{{overdue_change}}）；平均结案时长 {{mean_time_to_close}}。",
        24, false, false);
    put_line(out, "【办公室点评】", 24, false, false);
    put_table(out, "结案率的背后", "指标|件数|占比|上期",
              "{{honesty.name}}|{{honesty.cases}}|{{honesty.share}}|{{honesty.before}}");
    put_line(out, "{{honesty_note}}", 20, false, false);
    put_table(out, "排名情况", "分组|名次|上期|部门|指标|上期|超期未处置",
              "{{groups.group}}|{{groups.rank}}|{{groups.rank_before}}|{{groups.name}}|"
              "{{groups.value}}|{{groups.value_before}}|{{groups.overdue}}");
    put_table(out, "高发问题类别", "序号|类别|件数|环比",
              "{{classes.rank}}|{{classes.name}}|{{classes.count}}|{{classes.change}}");
    put_table(out, "超期未处置单位", "序号|单位|件数|环比",
              "{{overdue.rank}}|{{overdue.name}}|{{overdue.count}}|{{overdue.change}}");
    put_table(out, "问题突出点位", "序号|地点|类别|件数|上期|最近案件|照片",
              "{{spots.rank}}|{{spots.place}}|{{spots.class}}|{{spots.count}}|"
              "{{spots.before}}|{{spots.case}}|{{spots.photo}}");
    put_table(out, "较往期异常增多的点位", "地点|类别|件数|往期平均|往期最多",
              "{{hot.place}}|{{hot.class}}|{{hot.count}}|{{hot.usual}}|{{hot.before}}");
    put_table(out, "评分排名", "评分|名次|上期|名称|得分|等级",
              "{{scores.score}}|{{scores.rank}}|{{scores.rank_before}}|{{scores.name}}|"
              "{{scores.points}}|{{scores.grade}}");
    put_table(out, "各部门结案率的背后", "分组|部门|指标|件数|占比",
              "{{doubts.group}}|{{doubts.department}}|{{doubts.name}}|{{doubts.cases}}|"
              "{{doubts.share}}");
    put_line(out, "统计时间 {{made}}。封存根值：{{root}}", 16, false, false);
}

int report_template_plain(const char *language, struct buffer *out, struct error *error)
{
    BUFFER_CLEANUP struct buffer document;
    buffer_init(&document, BUFFER_CEILING_REPLY);
    buffer_append_text(&document, HEAD "<w:document xmlns:w=\"" NAMESPACE "\"><w:body>");
    if (strncmp(language, "zh", 2) == 0) {
        put_chinese(&document);
    } else {
        put_english(&document);
    }
    buffer_append_text(&document,
                       "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar "
                       "w:top=\"1440\" w:right=\"1304\" w:bottom=\"1440\" w:left=\"1304\" "
                       "w:header=\"720\" w:footer=\"720\" w:gutter=\"0\"/></w:sectPr>"
                       "</w:body></w:document>");
    struct zip_writer *writer = zip_writer_new(out);
    int code = buffer_check(&document, error);
    if (!code) {
        code = zip_add(writer, "[Content_Types].xml", types, strlen(types), error);
    }
    if (!code) {
        code = zip_add(writer, "_rels/.rels", relations, strlen(relations), error);
    }
    if (!code) {
        code = zip_add(writer, "word/document.xml", document.data, document.length, error);
    }
    if (!code) {
        code = zip_finish(writer, error);
    }
    zip_writer_free(writer);
    return code;
}

int report_template_of(const struct report_sources *sources, const char *language,
                       struct buffer *out, struct error *error)
{
    int code = city_report_template(sources->city_db, sources->city, language, out, error);
    if (code != ERROR_NOT_FOUND) {
        return code;
    }
    error_clear(error);
    return report_template_plain(language, out, error);
}
