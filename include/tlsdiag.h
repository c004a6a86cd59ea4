/*
 * tlsdiag: why an upstream TLS handshake failed.
 *
 * A recording (JSON, UTF-8) goes in, a diagnosis comes out.
 *
 * Conventions
 * - Every function that can fail returns one of the results below. Their
 *   numbers never change; new ones may be added.
 * - Out-parameters are written only when TLSDIAG_OK is returned.
 * - A string handed out is NUL-terminated and belongs to the caller, who frees
 *   it with tlsdiag_string_free() and with nothing else.
 * - No pointer may be NULL, except the argument of tlsdiag_string_free().
 * - The recording is read during the call only and stays the caller's.
 * - There is no global state: functions may be called from any thread.
 *
 * Link: cargo rustc --release --features capi --crate-type staticlib
 */
#ifndef TLSDIAG_H
#define TLSDIAG_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* It worked. */
#define TLSDIAG_OK 0
/* A pointer that must not be NULL was. */
#define TLSDIAG_NULL_POINTER 1
/* The recording is not UTF-8. */
#define TLSDIAG_INVALID_UTF8 2
/* The text is no recording, or one of another format. */
#define TLSDIAG_INVALID_RECORDING 3
/* A fault inside the library. */
#define TLSDIAG_INTERNAL 4

/*
 * Diagnoses a recording and writes the JSON document that upstream_tls_log
 * would write, without a line feed. length is in bytes; no NUL is needed after
 * the recording.
 */
int tlsdiag_document(const char *recording, size_t length, char **document,
    size_t *document_length);

/*
 * The same, as the line that error.log would get, without nginx's prefix and
 * tail.
 */
int tlsdiag_line(const char *recording, size_t length, char **line,
    size_t *line_length);

/* Frees a string of this library; NULL is allowed. */
void tlsdiag_string_free(char *string);

/* The library's version, "0.2.0" for example. Static: not to be freed. */
const char *tlsdiag_version(void);

#ifdef __cplusplus
}
#endif

#endif /* TLSDIAG_H */
