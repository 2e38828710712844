// SPDX-License-Identifier: MPL-2.0
// ECMA-376 part 1, 20.4 (drawings in text documents); part 2, 10 and 9.3 (types of
// contents, relations).
#include "docx_picture.h"

#include <stdio.h>
#include <string.h>

#include "jpeg_size.h"

#define OFFICE  "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define DRAWING "http://schemas.openxmlformats.org/drawingml/2006/"
#define TYPE    "<Default Extension=\"gridcasejpg\" ContentType=\"image/jpeg\"/>"

static const char relations[] = "word/_rels/document.xml.rels";
static const char types[] = "[Content_Types].xml";
enum { WIDE_EMU = 1620000, HIGH_EMU_MOST = 2160000, ID_FROM = 770000 }; // 36000 are 1 mm

int docx_picture_put(struct docx_pictures *pictures, const struct docx_picture *picture,
                     struct buffer *out, struct error *error)
{
    int width = 0;
    int height = 0;
    if (!jpeg_size(picture->jpeg, picture->length, &width, &height)) {
        return error_set(error, ERROR_INPUT, "document.picture", "a picture is no JPEG");
    }
    if (pictures->count == DOCX_PICTURES_MOST) {
        return 0;
    }
    long long wide = WIDE_EMU;
    long long high = wide * height / width;
    if (high > HIGH_EMU_MOST) {
        wide = wide * HIGH_EMU_MOST / high;
        high = HIGH_EMU_MOST;
    }
    unsigned number = (unsigned)++pictures->count;
    unsigned id = ID_FROM + number;
    pictures->placed[number - 1] = *picture;
    buffer_format(out,
                  "</w:t><w:drawing><wp:inline xmlns:wp=\"" DRAWING
                  "wordprocessingDrawing\" distT=\"0\" distB=\"0\" distL=\"0\" "
                  "distR=\"0\"><wp:extent cx=\"%lld\" cy=\"%lld\"/><wp:docPr id=\"%u\" "
                  "name=\"gridcase%u\"/><a:graphic xmlns:a=\"" DRAWING
                  "main\"><a:graphicData uri=\"" DRAWING
                  "picture\"><pic:pic xmlns:pic=\"" DRAWING
                  "picture\"><pic:nvPicPr><pic:cNvPr id=\"%u\" name=\"gridcase%u\"/>"
                  "<pic:cNvPicPr/></pic:nvPicPr>",
                  wide, high, id, number, id, number);
    buffer_format(out,
                  "<pic:blipFill><a:blip xmlns:r=\"" OFFICE
                  "\" r:embed=\"gridcase%u\"/><a:stretch><a:fillRect/></a:stretch>"
                  "</pic:blipFill><pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext "
                  "cx=\"%lld\" cy=\"%lld\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/>"
                  "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>"
                  "</wp:inline></w:drawing><w:t xml:space=\"preserve\">",
                  number, wide, high);
    return buffer_check(out, error);
}

static void put_relations(const struct docx_pictures *pictures, struct buffer *out)
{
    for (unsigned i = 1; i <= pictures->count; i++) {
        buffer_format(out,
                      "<Relationship Id=\"gridcase%u\" Type=\"" OFFICE
                      "/image\" Target=\"media/gridcase%u.gridcasejpg\"/>",
                      i, i);
    }
}

bool docx_picture_is_relations(const char *name)
{
    return strcmp(name, relations) == 0;
}

// Before the end of the list; a list without an end is the word processor's matter.
void docx_picture_list(const struct docx_pictures *pictures, const char *name,
                       const char *bytes, size_t length, struct buffer *out)
{
    bool is_types = strcmp(name, types) == 0;
    const char *end = is_types                          ? "</Types>"
                      : docx_picture_is_relations(name) ? "</Relationships>"
                                                        : NULL;
    const char *at = end && pictures->count > 0 && length > 0
                         ? memmem(bytes, length, end, strlen(end))
                         : NULL;
    size_t before = at ? (size_t)(at - bytes) : length;
    buffer_append(out, bytes, before);
    if (at && is_types) {
        buffer_append_text(out, TYPE);
    } else if (at) {
        put_relations(pictures, out);
    }
    buffer_append(out, bytes + before, length - before);
}

int docx_picture_files(const struct docx_pictures *pictures, bool has_relations,
                       struct zip_writer *writer, struct error *error)
{
    BUFFER_CLEANUP struct buffer list;
    buffer_init(&list, BUFFER_CEILING_LINE);
    int code = 0;
    for (unsigned i = 1; i <= pictures->count && !code; i++) {
        char name[80];
        snprintf(name, sizeof(name), "word/media/gridcase%u.gridcasejpg", i);
        code = zip_add(writer, name, pictures->placed[i - 1].jpeg,
                       pictures->placed[i - 1].length, error);
    }
    if (code || has_relations || pictures->count == 0) {
        return code;
    }
    buffer_append_text(&list, "<?xml version=\"1.0\" encoding=\"UTF-8\" "
                              "standalone=\"yes\"?>\n<Relationships xmlns=\"http://"
                              "schemas.openxmlformats.org/package/2006/relationships\">");
    put_relations(pictures, &list);
    buffer_append_text(&list, "</Relationships>");
    code = buffer_check(&list, error);
    return code ? code : zip_add(writer, relations, list.data, list.length, error);
}
