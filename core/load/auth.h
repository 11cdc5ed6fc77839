/* Authentication of requests: Basic (RFC 7617), Bearer (RFC 6750), Digest (RFC 7616), AWS Signature Version 4, OAuth 2 (RFC 6749). Pure: the client
 * and the bindings say when. */
#ifndef PL_LOAD_AUTH_H
#define PL_LOAD_AUTH_H

#include "base/buf.h"
#include "base/str.h"

struct pl_request_parts;
struct pl_header;

enum pl_auth_kind { PL_AUTH_NONE, PL_AUTH_BASIC, PL_AUTH_BEARER, PL_AUTH_DIGEST, PL_AUTH_SIGV4, PL_AUTH_OAUTH2 };

typedef struct pl_auth {
  enum pl_auth_kind kind;
  pl_str user, password;  /* Basic, Digest; SigV4: id of the access key, and its secret */
  pl_str token;           /* Bearer; SigV4: session token, or empty */
  pl_str region, service; /* SigV4 */
  struct pl_token *renewed; /* OAuth 2: control keeps it fresh */
} pl_auth;

/* Appends the value of the Authorization header of Basic and Bearer; nothing for the others. Returns out->bad. */
int pl_auth_value(const pl_auth *a, pl_buf *out);

/* Appends "Basic ..." for a URL's user: "name:password", percent-encoded. Returns out->bad. */
int pl_basic_authorization(pl_buf *out, pl_str user);

/* ---- Digest: what the server asked, kept from one request to the next so that it need not ask again. One user's. */
typedef struct pl_digest {
  bool known;           /* there was a challenge */
  bool sha256, session; /* algorithm: SHA-256 instead of MD5; -sess */
  bool qop;             /* qop=auth */
  uint32_t count;       /* answers to this nonce */
  char realm[128], nonce[256], opaque[256];
} pl_digest;

/* Takes a value of WWW-Authenticate. False when it holds no Digest challenge that can be answered; d is as before then. */
bool pl_digest_take(pl_digest *d, pl_str challenge);

/* Appends the value of the Authorization header for this request. cnonce: any text without quotes, new for each. */
int pl_digest_value(pl_digest *d, const pl_auth *a, pl_str method, pl_str target, pl_str cnonce, pl_buf *out);

/* ---- SigV4 */
enum { PL_SIGNATURE_HEADERS = 4 };

/* Headers that sign a request at this wall time: X-Amz-Date, Authorization, and X-Amz-Content-Sha256 for S3, X-Amz-Security-Token
 * with a session token. Signed are host, content-type and what begins with x-amz-. payload: hash of the body as 64 hex digits, or
 * "UNSIGNED-PAYLOAD". The texts lie in texts, which is cleared. Returns how many, or a code. */
int pl_auth_sign(const pl_auth *a, const struct pl_request_parts *parts, int64_t wall_s, pl_str payload, pl_buf *texts,
                 struct pl_header *out) PL_MUSTCHECK; /* room for PL_SIGNATURE_HEADERS */

#endif
