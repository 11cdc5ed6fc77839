/* See message.h. */
#include "ingest/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

void pl_reply_refuse(pl_intake *in, pl_reply *reply, unsigned status, enum pl_reason why)
{
  pl_intake_refuse(in, why, 1);
  pl_reply_text(reply, status, "%s\n", pl_reason_text(why));
}

bool pl_type_is(pl_str type, const char *name)
{
  return pl_str_ieq(pl_str_trim(pl_str_cut(&type, ';')), pl_str_of(name));
}
