/* See message.h. */
#include "ingest/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format/deflate.h"

void pl_reply_text(pl_reply *reply, unsigned status, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int n = vsnprintf(reply->text, sizeof reply->text, format, args);
  va_end(args);
  reply->status = status;
  reply->type = "text/plain; charset=utf-8";
  reply->len = n < 0 ? 0 : (size_t)n < sizeof reply->text ? (size_t)n : sizeof reply->text - 1;
}

void pl_reply_bytes(pl_reply *reply, unsigned status, const char *type, pl_str bytes)
{
  reply->status = status;
  reply->type = type;
  reply->len = bytes.len < sizeof reply->text ? bytes.len : sizeof reply->text;
  if (reply->len)
    memcpy(reply->text, bytes.data, reply->len);
}

int pl_message_body(const pl_message *m, pl_str *out)
{
  if (!m->encoding.len || pl_str_ieq(m->encoding, PL_STR("identity"))) {
    *out = m->body;
    return PL_OK;
  }
  if (!pl_str_ieq(m->encoding, PL_STR("gzip")))
    return PL_EINVAL;
  int code = pl_inflate(PL_DEFLATE_GZIP, m->body, m->scratch);
  if (!code)
    *out = (pl_str){m->scratch->data ? m->scratch->data : "", m->scratch->len};
  return code;
}

enum pl_reason pl_message_reason(int code, unsigned *status)
{
  static const struct {
    int code;
    unsigned status;
    enum pl_reason reason;
  } known[] = {{PL_EINVAL, 415, PL_REASON_TYPE}, {PL_ELIMIT, 413, PL_REASON_EXPANDED}, {PL_ENOMEM, 503, PL_REASON_BUSY}, {0, 400, PL_REASON_MALFORMED}};
  size_t i = 0;
  while (known[i].code && known[i].code != code)
    i++;
  *status = known[i].status;
  return known[i].reason;
}

void pl_reply_refuse_code(pl_intake *in, pl_reply *reply, int code)
{
  unsigned status;
  enum pl_reason why = pl_message_reason(code, &status);
  pl_intake_refuse(in, why, 1);
  pl_reply_text(reply, status, "%s\n", pl_reason_text(why));
}

bool pl_type_is(pl_str type, const char *name)
{
  return pl_str_ieq(pl_str_trim(pl_str_cut(&type, ';')), pl_str_of(name));
}
