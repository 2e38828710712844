// SPDX-License-Identifier: MPL-2.0
// Pictures in a text document: the drawing in the text, the file in the archive, and the
// two lists that name it (relations of the document, types of contents).
#pragma once

#include <gridcase/core/zip.h>
#include <gridcase/document/docx.h>

enum { DOCX_PICTURES_MOST = 64 };
struct docx_pictures { // placed in word/document.xml so far
    size_t count;
    struct docx_picture placed[DOCX_PICTURES_MOST];
};

// Ends the text element that it stands in, and begins another behind it. More than
// DOCX_PICTURES_MOST: the first one again would be wrong, so nothing is drawn.
int docx_picture_put(struct docx_pictures *pictures, const struct docx_picture *picture,
                     struct buffer *out, struct error *error) ERROR_MUST_CHECK;
// The entry with what the pictures need added when it is one of the lists; else as it is.
void docx_picture_list(const struct docx_pictures *pictures, const char *name,
                       const char *bytes, size_t length, struct buffer *out);
// The files, and the list of relations when the template has none.
int docx_picture_files(const struct docx_pictures *pictures, bool has_relations,
                       struct zip_writer *writer, struct error *error) ERROR_MUST_CHECK;
bool docx_picture_is_relations(const char *name);
