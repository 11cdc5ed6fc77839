/* AWS Signature Version 4: the canonical request, what is signed of it, the key derived for the day. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/hash.h"
#include "load/auth.h"
#include "load/client.h"

enum { SIGNED_MAX = 64, PAIRS_MAX = 256, HEX = 2 * PL_SHA256_SIZE + 1 };

static void hash_hex(pl_str s, char out[HEX])
{
  pl_sha256_hex(s.data ? s.data : "", s.len, out);
}

/* ---- Canonical query ---------------------------------------------------------------------------- */

static int compare(pl_str a, pl_str b)
{
  size_t n = a.len < b.len ? a.len : b.len;
  int order = n ? memcmp(a.data, b.data, n) : 0;
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Sorts few things; stable. */
static void sort(pl_str *list, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    pl_str item = list[i];
    size_t at = i;
    for (; at > 0 && compare(list[at - 1], item) > 0; at--)
      list[at] = list[at - 1];
    list[at] = item;
  }
}

/* Appends s decoded and encoded anew, so that every form of an escape is the same one. */
static void add_recoded(pl_buf *out, pl_str s, pl_buf *work)
{
  pl_buf_clear(work);
  (void)pl_url_decode(work, s);
  (void)pl_url_encode(out, (pl_str){work->data, work->len}, false);
  if (work->bad)
    out->bad = work->bad;
}

/* "b=2&a" becomes "a=&b=2". Sorted are the encoded pairs with '\x01' for '=': it lies below every character of a name. */
static int add_query(pl_buf *out, pl_str query)
{
  pl_str pairs[PAIRS_MAX];
  size_t n = 0, ends[PAIRS_MAX];
  pl_buf coded, work;
  pl_buf_init(&coded, out->alloc, 256 << 10);
  pl_buf_init(&work, out->alloc, 64 << 10);
  while (query.data && query.len && n < PAIRS_MAX) {
    pl_str value = pl_str_cut(&query, '&'), name = pl_str_cut(&value, '=');
    if (!name.len && !value.len)
      continue;
    add_recoded(&coded, name, &work);
    (void)pl_buf_addc(&coded, '\x01');
    add_recoded(&coded, value.data ? value : (pl_str){"", 0}, &work);
    ends[n++] = coded.len;
  }
  for (size_t i = 0; i < n; i++) {
    size_t from = i ? ends[i - 1] : 0;
    pairs[i] = (pl_str){coded.data + from, ends[i] - from};
  }
  sort(pairs, n);
  for (size_t i = 0; i < n && !coded.bad; i++) {
    pl_str value = pairs[i], name = pl_str_cut(&value, '\x01');
    (void)pl_buf_addf(out, "%s%.*s=%.*s", i ? "&" : "", (int)name.len, name.data, (int)value.len, value.data);
  }
  int bad = coded.bad ? coded.bad : query.data && query.len ? PL_ELIMIT : 0;
  if (bad)
    out->bad = bad;
  pl_buf_fini(&coded);
  pl_buf_fini(&work);
  return out->bad;
}

/* A path without ".", ".." and empty segments, as AWS normalises it before it compares signatures, each segment encoded once more;
 * S3, whose keys may hold any of these, takes it as it is. */
static void add_path(pl_buf *out, pl_str path, bool s3)
{
  if (s3) {
    (void)pl_buf_add(out, path.data, path.len);
    return;
  }
  bool open = path.len && path.data[path.len - 1] == '/';
  size_t root = out->len;
  while (path.data) {
    pl_str segment = pl_str_cut(&path, '/');
    if (pl_str_eqc(segment, "..")) {
      while (out->len > root && out->data[--out->len] != '/')
        ;
    } else if (segment.len && !pl_str_eqc(segment, ".")) {
      (void)pl_buf_addc(out, '/');
      (void)pl_url_encode(out, segment, false);
    }
  }
  if (open || out->len == root)
    (void)pl_buf_addc(out, '/');
}

/* ---- Canonical headers -------------------------------------------------------------------------- */

static bool is_signed(pl_str name)
{
  return pl_str_ieq(name, PL_STR("content-type")) || (name.len > 6 && pl_str_ieq((pl_str){name.data, 6}, PL_STR("x-amz-")));
}

/* "name:value\n", the name in lower case, runs of spaces in the value as one. */
static void add_line(pl_buf *out, pl_str name, pl_str value)
{
  for (size_t i = 0; i < name.len; i++)
    (void)pl_buf_addc(out, name.data[i] >= 'A' && name.data[i] <= 'Z' ? (char)(name.data[i] | 0x20) : name.data[i]);
  (void)pl_buf_addc(out, ':');
  value = pl_str_trim(value);
  for (size_t i = 0; i < value.len; i++) {
    if (value.data[i] != ' ' || value.data[i - 1] != ' ')
      (void)pl_buf_addc(out, value.data[i]);
  }
  (void)pl_buf_addc(out, '\n');
}

typedef struct signing {
  const pl_auth *auth;
  const pl_request_parts *parts;
  char date[9], time[17], scope[160];
  pl_buf lines, canonical, work;
  pl_str line[SIGNED_MAX];
  size_t n_lines;
} signing;

static void sign_line(signing *s, pl_str name, pl_str value)
{
  if (s->n_lines == SIGNED_MAX) {
    s->lines.bad = PL_ELIMIT;
    return;
  }
  s->line[s->n_lines++].len = s->lines.len; /* where it begins, until the buffer has stopped growing */
  add_line(&s->lines, name, value);
}

static void sign_headers(signing *s, pl_str payload, bool s3)
{
  const pl_request_parts *p = s->parts;
  pl_str host = {NULL, 0};
  for (size_t i = 0; i < p->n_headers; i++) {
    if (pl_str_ieq(p->headers[i].name, PL_STR("host")))
      host = p->headers[i].value;
    else if (is_signed(p->headers[i].name))
      sign_line(s, p->headers[i].name, p->headers[i].value);
  }
  pl_buf_clear(&s->work);
  if (!host.data) {
    (void)pl_request_host(&s->work, p->url);
    host = (pl_str){s->work.data, s->work.len};
  }
  sign_line(s, PL_STR("host"), host);
  sign_line(s, PL_STR("x-amz-date"), pl_str_of(s->time));
  if (s3)
    sign_line(s, PL_STR("x-amz-content-sha256"), payload);
  if (s->auth->token.len)
    sign_line(s, PL_STR("x-amz-security-token"), s->auth->token);
  for (size_t i = 0; i < s->n_lines && !s->lines.bad; i++) {
    size_t from = s->line[i].len, to = i + 1 < s->n_lines ? s->line[i + 1].len : s->lines.len;
    s->line[i] = (pl_str){s->lines.data + from, to - from};
  }
  sort(s->line, s->lines.bad ? 0 : s->n_lines);
}

static void add_names(const signing *s, pl_buf *out)
{
  for (size_t i = 0; i < s->n_lines; i++) {
    pl_str line = s->line[i], name = pl_str_cut(&line, ':');
    (void)pl_buf_addf(out, "%s%.*s", i ? ";" : "", (int)name.len, name.data);
  }
}

/* ---- The signature ------------------------------------------------------------------------------ */

static int make_canonical(signing *s, pl_str payload, bool s3)
{
  pl_str query = s->parts->url->target, path = pl_str_cut(&query, '?');
  pl_buf *c = &s->canonical;
  (void)pl_buf_addf(c, "%.*s\n", (int)s->parts->method.len, s->parts->method.data);
  add_path(c, path, s3);
  (void)pl_buf_addc(c, '\n');
  (void)add_query(c, query);
  (void)pl_buf_addc(c, '\n');
  for (size_t i = 0; i < s->n_lines; i++)
    (void)pl_buf_add(c, s->line[i].data, s->line[i].len);
  (void)pl_buf_addc(c, '\n');
  add_names(s, c);
  (void)pl_buf_addc(c, '\n');
  return pl_buf_add(c, payload.data, payload.len);
}

static void derive_key(const signing *s, unsigned char key[PL_SHA256_SIZE])
{
  pl_buf secret;
  pl_buf_init(&secret, s->work.alloc, 4096);
  (void)pl_buf_adds(&secret, "AWS4");
  (void)pl_buf_add(&secret, s->auth->password.data, s->auth->password.len);
  pl_str raw = {secret.data, secret.len};
  const pl_str steps[] = {pl_str_of(s->date), s->auth->region, s->auth->service, PL_STR("aws4_request")};
  for (size_t i = 0; i < 4; i++) {
    pl_hmac_sha256(raw, steps[i], key);
    raw = (pl_str){(const char *)key, PL_SHA256_SIZE};
  }
  pl_buf_fini(&secret);
}

static void make_signature(const signing *s, char out[HEX])
{
  char hash[HEX], text[400];
  unsigned char key[PL_SHA256_SIZE], mac[PL_SHA256_SIZE];
  hash_hex((pl_str){s->canonical.data, s->canonical.len}, hash);
  int n = snprintf(text, sizeof text, "AWS4-HMAC-SHA256\n%s\n%s\n%s", s->time, s->scope, hash);
  derive_key(s, key);
  pl_hmac_sha256((pl_str){(const char *)key, sizeof key}, (pl_str){text, (size_t)n}, mac);
  pl_hex(mac, sizeof mac, out);
}

/* The headers' texts lie one after the other in texts; their places are set when it has stopped growing. */
static size_t write_headers(const signing *s, pl_str payload, bool s3, pl_buf *texts, pl_header *out)
{
  static const char *const names[] = {"X-Amz-Date", "Authorization", "X-Amz-Content-Sha256", "X-Amz-Security-Token"};
  char signature[HEX];
  size_t n = 0, ends[PL_SIGNATURE_HEADERS];
  pl_str name[PL_SIGNATURE_HEADERS];
  make_signature(s, signature);
  for (size_t i = 0; i < 4; i++) {
    if ((i == 2 && !s3) || (i == 3 && !s->auth->token.len))
      continue;
    if (i == 1) {
      (void)pl_buf_addf(texts, "AWS4-HMAC-SHA256 Credential=%.*s/%s, SignedHeaders=", (int)s->auth->user.len, s->auth->user.data, s->scope);
      add_names(s, texts);
      (void)pl_buf_addf(texts, ", Signature=%s", signature);
    } else {
      pl_str value = i == 0 ? pl_str_of(s->time) : i == 2 ? payload : s->auth->token;
      (void)pl_buf_add(texts, value.data, value.len);
    }
    name[n] = pl_str_of(names[i]);
    ends[n++] = texts->len;
  }
  for (size_t i = 0; i < n && !texts->bad; i++) {
    size_t from = i ? ends[i - 1] : 0;
    out[i] = (pl_header){name[i], {texts->data + from, ends[i] - from}};
  }
  return n;
}

static int begin(signing *s, const pl_auth *a, const pl_request_parts *parts, int64_t wall_s, const pl_allocator *alloc)
{
  struct tm tm;
  time_t t = (time_t)wall_s;
  *s = (signing){.auth = a, .parts = parts};
  pl_buf_init(&s->lines, alloc, 128 << 10);
  pl_buf_init(&s->canonical, alloc, 512 << 10);
  pl_buf_init(&s->work, alloc, 64 << 10);
  if (!gmtime_r(&t, &tm) || !strftime(s->date, sizeof s->date, "%Y%m%d", &tm) || !strftime(s->time, sizeof s->time, "%Y%m%dT%H%M%SZ", &tm))
    return PL_EINVAL;
  int n = snprintf(s->scope, sizeof s->scope, "%s/%.*s/%.*s/aws4_request", s->date, (int)a->region.len, a->region.data, (int)a->service.len,
                   a->service.data);
  return n > 0 && (size_t)n < sizeof s->scope ? PL_OK : PL_ELIMIT;
}

int pl_auth_sign(const pl_auth *a, const pl_request_parts *parts, int64_t wall_s, pl_str payload, pl_buf *texts,
                 pl_header *out)
{
  signing s;
  bool s3 = pl_str_eqc(a->service, "s3");
  size_t n = 0;
  pl_buf_clear(texts);
  int code = begin(&s, a, parts, wall_s, texts->alloc);
  if (!code) {
    sign_headers(&s, payload, s3);
    code = s.lines.bad ? s.lines.bad : s.work.bad ? s.work.bad : make_canonical(&s, payload, s3);
  }
  if (!code) {
    n = write_headers(&s, payload, s3, texts, out);
    code = texts->bad;
  }
  pl_buf_fini(&s.lines);
  pl_buf_fini(&s.canonical);
  pl_buf_fini(&s.work);
  return code ? code : (int)n;
}
