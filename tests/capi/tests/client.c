/* Reads a recording from a file and prints line and document; what a C program does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tlsdiag.h"

int
main(int argc, char **argv)
{
    static char recording[1 << 20];
    char *line = NULL, *document = NULL;
    size_t length, line_length, document_length;
    FILE *file;

    if (argc != 2 || (file = fopen(argv[1], "rb")) == NULL) {
        return 2;
    }
    length = fread(recording, 1, sizeof(recording), file);
    fclose(file);

    if (tlsdiag_line("{}", 2, &line, &line_length) != TLSDIAG_INVALID_RECORDING
        || line != NULL)
    {
        return 3;
    }
    if (tlsdiag_line(recording, length, &line, &line_length) != TLSDIAG_OK
        || tlsdiag_document(recording, length, &document, &document_length)
           != TLSDIAG_OK)
    {
        return 4;
    }
    if (strlen(line) != line_length || strlen(document) != document_length) {
        return 5;
    }
    printf("%s\n%s\n%s\n", tlsdiag_version(), line, document);
    tlsdiag_string_free(line);
    tlsdiag_string_free(document);
    tlsdiag_string_free(NULL);
    return 0;
}
