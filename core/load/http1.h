/* HTTP/1.x responses (RFC 9112), bytes to facts: no socket, no clock, no memory of its own. */
#ifndef PL_LOAD_HTTP1_H
#define PL_LOAD_HTTP1_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "load/http1_chunk.h"
#include "load/outcome.h"

/* How the end of a body is told. */
enum pl_framing { PL_BODY_NONE, PL_BODY_LENGTH, PL_BODY_CHUNKED, PL_BODY_UNTIL_CLOSE };

typedef struct pl_http1_head {
  int status;
  enum pl_framing framing;
  uint64_t content_length; /* PL_BODY_LENGTH */
  bool keep_alive;         /* the connection may be used again after the body */
  bool has_cookie;         /* a Set-Cookie header is there */
  bool coded;              /* a Content-Encoding header is there */
  size_t len;              /* bytes of the head with its blank line */
} pl_http1_head;

/* Parses the head at the front of bytes. head_only: the request was HEAD. Returns 1 (complete), 0 (more bytes are needed) or
 * PL_EPROTO with *why set to a static text. Interim answers (1xx) are complete heads without a body: the caller drops them. */
int pl_http1_parse(pl_str bytes, bool head_only, pl_http1_head *out, const char **why);

/* What the first bytes of an answer that is none of HTTP/1 are of. */
enum pl_spoken pl_http1_spoken(pl_str bytes);

/* Whether an answer of 400 says that TLS is spoken where the request came without: some servers do, in words of their own. */
bool pl_http1_asks_for_tls(int status, pl_str body);

/* Whether a header's comma-separated list has a token, in upper or lower case. */
bool pl_http1_has_token(pl_str list, const char *token);

enum { PL_HEAD_MEMO = 512 };

/* The last head that was parsed, byte by byte, with what it says. Zeroed: none. */
typedef struct pl_http1_memo {
  pl_http1_head head;
  bool head_only;
  char bytes[PL_HEAD_MEMO];
} pl_http1_memo;

/* As pl_http1_parse; a head that repeats the memo's costs a comparison, another one of at most PL_HEAD_MEMO bytes takes its place. */
int pl_http1_parse_again(pl_http1_memo *memo, pl_str bytes, bool head_only, pl_http1_head *out, const char **why);

#endif
