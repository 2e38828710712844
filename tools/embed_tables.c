// SPDX-License-Identifier: MPL-2.0
// Build-time program: grids/standard/evaluation/*.csv -> a C table of their texts.
//
//   embed_tables OUT.c FILE.csv...
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(FILE *out, FILE *in)
{
    int c = 0;
    fputs("     \"", out);
    while ((c = fgetc(in)) != EOF) {
        if (c == '\n')
            fputs("\\n\"\n     \"", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else
            fputc(c, out);
    }
    fputs("\"", out);
}

static void put_table(FILE *out, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        perror(path);
        exit(1);
    }
    fprintf(out, "    {\"%.*s\",\n", (int)strcspn(name, "."), name);
    put_text(out, in);
    fputs("},\n", out);
    fclose(in);
}

int main(int argc, char **argv)
{
    FILE *out = argc > 1 ? fopen(argv[1], "wb") : NULL;
    if (out == NULL) {
        fprintf(stderr, "embed_tables OUT.c FILE.csv...\n");
        return 1;
    }
    fputs("#include \"src/rules/evaluation_internal.h\"\n\n"
          "const struct evaluation_standard evaluation_standard_tables[] = {\n",
          out);
    for (int i = 2; i < argc; i++)
        put_table(out, argv[i]);
    fputs("    {NULL, NULL},\n};\n", out);
    return fclose(out) == 0 ? 0 : 1;
}
