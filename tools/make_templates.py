#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
# Makes the demo cities' bulletin templates (grids/*/reports): an office's letterhead, its words
# and the fields that gridcase fills in. Needs python3-docx. Run it from the repository's root.
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
import datetime

SMALL, BODY, HEAD = Pt(9), Pt(11), Pt(14)


def run(paragraph, text, size, bold=False, colour=None, font=None, east=None):
    r = paragraph.add_run(text)
    r.font.size, r.bold = size, bold
    if colour:
        r.font.color.rgb = RGBColor.from_string(colour)
    if font:
        r.font.name = font
    r._element.get_or_add_rPr().get_or_add_rFonts().set(qn('w:eastAsia'), east or 'SimSun')
    return r


def rule(paragraph, colour, size):  # a line below
    borders = OxmlElement('w:pBdr')
    bottom = OxmlElement('w:bottom')
    for name, value in (('val', 'single'), ('sz', str(size)), ('space', '4'), ('color', colour)):
        bottom.set(qn('w:' + name), value)
    borders.append(bottom)
    paragraph._element.get_or_add_pPr().append(borders)


class Template:
    def __init__(self, font, east):
        self.document, self.font, self.east = Document(), font, east
        properties = self.document.core_properties
        properties.author, properties.comments = 'gridcase', ''
        properties.created = properties.modified = datetime.datetime(2026, 1, 1)
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(23)
        section.top_margin = section.bottom_margin = Mm(22)

    def line(self, text, size=BODY, bold=False, colour=None, middle=False, after=6):
        p = self.document.add_paragraph()
        p.paragraph_format.space_after = Pt(after)
        if middle:
            p.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run(p, text, size, bold, colour, self.font, self.east)
        return p

    def footer(self, text):
        p = self.document.sections[0].footer.paragraphs[0]
        p.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run(p, text, Pt(7), font=self.font, east=self.east)

    def table(self, title, heads, fields, widths):
        heading = self.line(title, HEAD, True, '1F3A5F', after=4)
        heading.paragraph_format.keep_with_next = True
        heading.paragraph_format.space_before = Pt(10)
        table = self.document.add_table(rows=2, cols=len(heads))
        table.style = 'Table Grid'
        table.autofit = False
        for row, texts in enumerate((heads, fields)):
            for cell, text, width in zip(table.rows[row].cells, texts, widths):
                cell.width = Mm(width)
                cell.paragraphs[0].paragraph_format.space_after = Pt(1)
                run(cell.paragraphs[0], text, SMALL, row == 0, None, self.font, self.east)
        head = table.rows[0]._tr.get_or_add_trPr()
        head.append(OxmlElement('w:tblHeader'))
        cut = OxmlElement('w:cantSplit')
        table.rows[1]._tr.get_or_add_trPr().append(cut)
        self.document.add_paragraph().paragraph_format.space_after = Pt(2)


def f(table, *columns):
    return ['{{%s.%s}}' % (table, column) for column in columns]


def boston():
    t = Template('DejaVu Sans', None)
    t.line('City of Boston', Pt(20), True, '091F2F', True, 0)
    rule(t.line('Street Operations Evaluation Office (demonstration)', BODY, False, '58585B', True, 10), 'FB4D42', 18)
    t.line('{{title}}', Pt(18), True, None, True, 2)
    t.line('{{period}}', HEAD, False, '58585B', True, 10)
    t.line('In a minute', HEAD, True, '1F3A5F', after=4)
    t.line('{{opened}} cases came ({{opened_change}} on the period before, {{opened_year_change}} on the year). '
           '{{closing_rate}} of those to be closed are closed ({{closing_rate_change}}); {{on_time_rate}} were handled in '
           'time ({{on_time_rate_change}}). {{overdue}} lie overdue ({{overdue_change}}). Closing took '
           '{{mean_time_to_close}} on the mean.')
    t.line('Comment of the office', HEAD, True, '1F3A5F', after=4)
    t.line('[The office writes here what these figures mean and what follows from them.]', BODY, False, '8A8A8A', after=10)
    t.table('Departments in their groups', ['Group', 'Rank', 'Before', 'Department', 'Figure', 'Before', 'Arrivals', 'Overdue'],
            f('groups', 'group', 'rank', 'rank_before', 'name', 'value', 'value_before', 'opened', 'overdue'),
            [24, 12, 14, 48, 18, 18, 16, 16])
    t.table('Units with overdue stock', ['No.', 'Unit', 'Cases', 'Change'], f('overdue', 'rank', 'name', 'count', 'change'), [12, 100, 24, 28])
    t.table('Commonest classes', ['No.', 'Class', 'Cases', 'Change'], f('classes', 'rank', 'name', 'count', 'change'), [12, 100, 24, 28])
    t.table('Worst spots', ['No.', 'Place', 'Mostly', 'Cases', 'Before', 'Photo'],
            f('spots', 'rank', 'place', 'class', 'count', 'before', 'photo'), [10, 42, 34, 14, 14, 50])
    t.table('More than usual there', ['Place', 'Class', 'Cases', 'Usual', 'Most before'],
            f('hot', 'place', 'class', 'count', 'usual', 'before'), [52, 54, 18, 18, 22])
    t.table('Behind the closing rate', ['What', 'Cases', 'Share', 'Before'], f('honesty', 'name', 'cases', 'share', 'before'), [92, 22, 24, 24])
    t.line('{{honesty_note}}', SMALL, False, '58585B')
    t.table('Behind the closing rates of departments', ['Group', 'Department', 'What', 'Cases', 'Share'],
            f('doubts', 'group', 'department', 'name', 'cases', 'share'), [30, 44, 56, 16, 18])
    t.table('Scores', ['Score', 'Rank', 'Before', 'Name', 'Points', 'Grade'],
            f('scores', 'score', 'rank', 'rank_before', 'name', 'points', 'grade'), [34, 14, 16, 56, 20, 24])
    t.line('Issued on ________________    Signed ________________', BODY)
    t.footer('{{city}} · {{period_code}} · as of {{made}} · {{root}}')
    t.document.save('grids/boston/reports/bulletin.docx')


def haidian():
    t = Template('SimSun', 'SimSun')
    rule(t.line('海淀区城市管理指挥中心文件（演示）', Pt(22), True, 'C00000', True, 6), 'C00000', 24)
    t.line('{{title}}', Pt(18), True, None, True, 2)
    t.line('{{period}}', HEAD, False, None, True, 10)
    t.line('一、总体情况', HEAD, True, after=4)
    t.line('本期共上报案件 {{opened}} 件，环比 {{opened_change}}，同比 {{opened_year_change}}；结案率 {{closing_rate}}'
           '（{{closing_rate_change}}），按期处置率 {{on_time_rate}}（{{on_time_rate_change}}）；超期未处置 {{overdue}} 件'
           '（{{overdue_change}}）；平均结案时长 {{mean_time_to_close}}。')
    t.line('二、点评', HEAD, True, after=4)
    t.line('【由指挥中心填写：问题、原因与整改要求】', BODY, False, '8A8A8A', after=10)
    t.table('三、分组排名', ['分组', '名次', '上期', '部门', '指标', '上期', '上报', '超期'],
            f('groups', 'group', 'rank', 'rank_before', 'name', 'value', 'value_before', 'opened', 'overdue'),
            [26, 13, 13, 46, 18, 18, 16, 14])
    t.table('四、超期未处置单位', ['序号', '单位', '件数', '环比'], f('overdue', 'rank', 'name', 'count', 'change'), [14, 98, 24, 28])
    t.table('五、高发问题类别', ['序号', '类别', '件数', '环比'], f('classes', 'rank', 'name', 'count', 'change'), [14, 98, 24, 28])
    t.table('六、问题突出点位', ['序号', '地点', '主要类别', '件数', '上期', '照片'],
            f('spots', 'rank', 'place', 'class', 'count', 'before', 'photo'), [12, 42, 32, 14, 14, 50])
    t.table('七、较往期异常增多的点位', ['地点', '类别', '件数', '往期平均', '往期最多'],
            f('hot', 'place', 'class', 'count', 'usual', 'before'), [54, 50, 18, 20, 20])
    t.table('八、结案率的背后', ['指标', '件数', '占比', '上期'], f('honesty', 'name', 'cases', 'share', 'before'), [92, 22, 24, 24])
    t.line('{{honesty_note}}', SMALL)
    t.table('各部门结案率的背后', ['分组', '部门', '指标', '件数', '占比'],
            f('doubts', 'group', 'department', 'name', 'cases', 'share'), [30, 44, 56, 16, 18])
    t.table('九、评分排名', ['评分', '名次', '上期', '名称', '得分', '等级'],
            f('scores', 'score', 'rank', 'rank_before', 'name', 'points', 'grade'), [34, 14, 16, 56, 20, 24])
    t.line('签发人：____________        签发日期：________年____月____日', BODY)
    t.footer('{{city}} · {{period_code}} · 统计时间 {{made}} · {{root}}')
    t.document.save('grids/haidian/reports/bulletin.docx')


boston()
haidian()
