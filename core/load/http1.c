/* One pass over the lines of a head; only the names that matter are looked at, by their first letter. */
#include "load/http1.h"

#include <string.h>

#include "perilune/error.h"

static bool digit(char c)
{
  return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK" */
static int status_line(pl_str line, pl_http1_head *h, bool *http10)
{
  const char *p = line.data;
  if (line.len < 12 || memcmp(p, "HTTP/1.", 7) != 0 || !digit(p[7]) || p[8] != ' ')
    return PL_EPROTO;
  if (!digit(p[9]) || !digit(p[10]) || !digit(p[11]) || (line.len > 12 && p[12] != ' '))
    return PL_EPROTO;
  h->status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
  *http10 = p[7] == '0';
  return h->status >= 100 ? PL_OK : PL_EPROTO;
}

/* A record of TLS: an alert (21) of version 3.x, two bytes long (RFC 8446 sections 5.1 and 6). */
static bool is_tls_alert(pl_str bytes)
{
  const unsigned char *b = (const unsigned char *)bytes.data;
  return bytes.len >= 5 && b[0] == 21 && b[1] == 3 && b[2] <= 4 && b[3] == 0 && b[4] == 2;
}

/* A frame of HTTP/2: SETTINGS (4) without flags, on stream 0, of 6 bytes a setting (RFC 9113 sections 3.4 and 6.5). */
static bool is_http2_settings(pl_str bytes)
{
  static const char behind_length[] = {4, 0, 0, 0, 0, 0};
  const unsigned char *b = (const unsigned char *)bytes.data;
  return bytes.len >= 9 && b[0] == 0 && (b[1] << 8 | b[2]) % 6 == 0 && memcmp(bytes.data + 3, behind_length, sizeof behind_length) == 0;
}

enum pl_spoken pl_http1_spoken(pl_str bytes)
{
  return is_tls_alert(bytes) ? PL_SPOKEN_TLS : is_http2_settings(bytes) ? PL_SPOKEN_HTTP2 : PL_SPOKEN_AS_ASKED;
}

/* Why an answer is none of HTTP/1. A static text. */
static const char *no_status_line(pl_str bytes)
{
  static const char *const texts[] = {
      [PL_SPOKEN_AS_ASKED] = "the answer does not begin with an HTTP/1 status line",
      [PL_SPOKEN_TLS] = "the answer is an alert of TLS, not an HTTP/1 status line",
      [PL_SPOKEN_HTTP2] = "the answer is HTTP/2, not an HTTP/1 status line",
  };
  return texts[pl_http1_spoken(bytes)];
}

/* What the servers say that have read a request without TLS where they speak it: nginx, Go's net/http, Apache. */
static const char *const asks_for_tls[] = {"plain HTTP request was sent to HTTPS port", "sent an HTTP request to an HTTPS server", "speaking plain HTTP to an SSL-enabled server port"};

bool pl_http1_asks_for_tls(int status, pl_str body)
{
  for (size_t i = 0; status == 400 && body.len && i < sizeof asks_for_tls / sizeof *asks_for_tls; i++) {
    if (memmem(body.data, body.len, asks_for_tls[i], strlen(asks_for_tls[i])))
      return true;
  }
  return false;
}

/* What the headers said, before the framing is decided. */
typedef struct framing_facts {
  bool has_length, chunked, other_coding, close, keep_alive;
  uint64_t length;
} framing_facts;

bool pl_http1_has_token(pl_str list, const char *token)
{
  while (list.data) {
    if (pl_str_ieq(pl_str_trim(pl_str_cut(&list, ',')), pl_str_of(token)))
      return true;
  }
  return false;
}

static int content_length(pl_str value, framing_facts *f, const char **why)
{
  uint64_t v;
  if (!pl_str_u64(value, &v)) {
    *why = "Content-Length is not a number";
    return PL_EPROTO;
  }
  if (f->has_length && f->length != v) {
    *why = "two Content-Length headers disagree";
    return PL_EPROTO;
  }
  f->has_length = true;
  f->length = v;
  return PL_OK;
}

static void transfer_encoding(pl_str value, framing_facts *f)
{
  pl_str last = value;
  for (pl_str rest = value; rest.data;)
    last = pl_str_cut(&rest, ',');
  f->chunked = pl_str_ieq(pl_str_trim(last), PL_STR("chunked"));
  f->other_coding = !f->chunked;
}

static int no_colon(const char **why)
{
  *why = "a header line without a colon";
  return PL_EPROTO;
}

/* RFC 9112 section 5.1: who lets a space pass there reads another message than the next one on the way. */
static int header_name(pl_str name, const char **why)
{
  if (name.len && name.data[name.len - 1] != ' ' && name.data[name.len - 1] != '\t')
    return PL_OK;
  *why = name.len ? "a space before the colon of a header" : "a header without a name";
  return PL_EPROTO;
}

/* Whether a line is the header of that name, which is written small; its value goes to *value. */
static bool is_header(pl_str line, pl_str name, pl_str *value)
{
  if (line.len <= name.len || line.data[name.len] != ':')
    return false;
  for (size_t i = 0; i < name.len; i++) {
    char c = line.data[i];
    if (c != name.data[i] && !(c >= 'A' && c <= 'Z' && c + ('a' - 'A') == name.data[i]))
      return false;
  }
  *value = pl_str_trim((pl_str){line.data + name.len + 1, line.len - name.len - 1});
  return true;
}

/* A line that says nothing to us. */
static int other_line(pl_str line, const char **why)
{
  if (line.data[0] == ' ' || line.data[0] == '\t') {
    *why = "a folded header line";
    return PL_EPROTO;
  }
  if (memchr(line.data, 0, line.len)) { /* RFC 9110 section 5.5: dangerous, as others end the text there */
    *why = "a NUL byte in a header";
    return PL_EPROTO;
  }
  const char *colon = memchr(line.data, ':', line.len);
  return colon ? header_name((pl_str){line.data, (size_t)(colon - line.data)}, why) : no_colon(why);
}

static int header_line(pl_str line, pl_http1_head *h, framing_facts *f, const char **why)
{
  pl_str value;
  switch (line.data[0] | 0x20) {
  case 'c':
    if (is_header(line, PL_STR("content-length"), &value))
      return content_length(value, f, why);
    if (is_header(line, PL_STR("connection"), &value)) {
      f->close = f->close || pl_http1_has_token(value, "close");
      f->keep_alive = f->keep_alive || pl_http1_has_token(value, "keep-alive");
      return PL_OK;
    }
    h->coded = h->coded || is_header(line, PL_STR("content-encoding"), &value);
    break;
  case 't':
    if (is_header(line, PL_STR("transfer-encoding"), &value))
      transfer_encoding(value, f);
    break;
  case 's':
    h->has_cookie = h->has_cookie || is_header(line, PL_STR("set-cookie"), &value);
    break;
  default:
    break;
  }
  return other_line(line, why);
}

/* RFC 9112 section 6.3, in its order. */
static void decide_framing(pl_http1_head *h, const framing_facts *f, bool head_only, bool http10)
{
  h->keep_alive = http10 ? f->keep_alive : !f->close;
  if (head_only || h->status < 200 || h->status == 204 || h->status == 304) {
    h->framing = PL_BODY_NONE;
  } else if (f->chunked) {
    h->framing = PL_BODY_CHUNKED;
    h->keep_alive = h->keep_alive && !f->has_length; /* both: somebody on the way may disagree */
  } else if (f->has_length && !f->other_coding) {
    h->framing = f->length ? PL_BODY_LENGTH : PL_BODY_NONE;
    h->content_length = f->length;
  } else {
    h->framing = PL_BODY_UNTIL_CLOSE;
    h->keep_alive = false;
  }
}

int pl_http1_parse(pl_str bytes, bool head_only, pl_http1_head *out, const char **why)
{
  framing_facts facts = {0};
  pl_http1_head h = {0};
  bool http10 = false;
  const char *p = bytes.data, *end = bytes.data + bytes.len;
  for (bool first = true;; first = false) {
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    if (!newline)
      break;
    pl_str line = {p, (size_t)(newline - p)};
    if (line.len && line.data[line.len - 1] == '\r')
      line.len--;
    p = newline + 1;
    int code = PL_OK;
    if (first) {
      code = status_line(line, &h, &http10);
      if (code)
        *why = no_status_line(bytes);
    } else if (line.len == 0) {
      h.len = (size_t)(p - bytes.data);
      decide_framing(&h, &facts, head_only, http10);
      *out = h;
      return 1;
    } else {
      code = header_line(line, &h, &facts, why);
    }
    if (code)
      return code;
  }
  /* What cannot become a status line is refused at once, not when the limit is reached. */
  size_t n = bytes.len < 7 ? bytes.len : 7;
  if (n && memcmp(bytes.data, "HTTP/1.", n) != 0) {
    *why = no_status_line(bytes);
    return PL_EPROTO;
  }
  return 0;
}

/* What a head says depends on its own bytes alone, and nothing that begins with a whole head is an incomplete one. */
int pl_http1_parse_again(pl_http1_memo *memo, pl_str bytes, bool head_only, pl_http1_head *out, const char **why)
{
  size_t len = memo->head.len;
  if (len && len <= bytes.len && memo->head_only == head_only && memcmp(memo->bytes, bytes.data, len) == 0) {
    *out = memo->head;
    return 1;
  }
  int code = pl_http1_parse(bytes, head_only, out, why);
  if (code == 1 && out->len <= PL_HEAD_MEMO) {
    memo->head = *out;
    memo->head_only = head_only;
    memcpy(memo->bytes, bytes.data, out->len);
  }
  return code;
}
