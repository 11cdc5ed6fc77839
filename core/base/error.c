/* Error values: codes, names, messages. No allocation, any thread. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>

#include "base/descriptors.h"

const char *pl_code_name(int code)
{
  switch (code) {
#define NAME_CASE(symbol, value, name, text)                                                       \
  case symbol:                                                                                     \
    return name;
    PL_ERROR_MAP(NAME_CASE)
#undef NAME_CASE
  default:
    return code == PL_OK ? "ok" : "unknown";
  }
}

const char *pl_code_text(int code)
{
  switch (code) {
#define TEXT_CASE(symbol, value, name, text)                                                       \
  case symbol:                                                                                     \
    return text;
    PL_ERROR_MAP(TEXT_CASE)
#undef TEXT_CASE
  default:
    return code == PL_OK ? "no error" : "unknown";
  }
}

void pl_error_clear(pl_error *err)
{
  if (err)
    *err = (pl_error){0};
}

static bool takes(const pl_error *err)
{
  return err && err->code == PL_OK;
}

int pl_fail(pl_error *err, int code, const char *format, ...)
{
  if (!takes(err))
    return code;
  va_list args;
  va_start(args, format);
  if (vsnprintf(err->message, sizeof err->message, format, args) < 0)
    err->message[0] = '\0';
  va_end(args);
  err->code = code;
  return code;
}

int pl_fail_sys(pl_error *err, int code, int sys_errno, const char *format, ...)
{
  if (!takes(err))
    return code;
  va_list args;
  va_start(args, format);
  int n = vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  char text[128], advice[2 + PL_RAISE_TEXT] = "";
  const char *why = strerror_r(sys_errno, text, sizeof text);
  if (sys_errno == EMFILE) {
    memcpy(advice, ": ", 2);
    pl_descriptor_advice(advice + 2);
  }
  if (n >= 0 && (size_t)n < sizeof err->message)
    (void)snprintf(err->message + n, sizeof err->message - (size_t)n, ": %s%s", why, advice);
  err->code = code;
  err->sys = sys_errno;
  return code;
}

int pl_fail_in(pl_error *err, const char *format, ...)
{
  if (!err || err->code == PL_OK)
    return PL_OK;
  char old[PL_ERROR_MESSAGE_SIZE];
  memcpy(old, err->message, sizeof old);
  va_list args;
  va_start(args, format);
  int n = vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  if (n >= 0 && (size_t)n < sizeof err->message)
    (void)snprintf(err->message + n, sizeof err->message - (size_t)n, ": %.480s", old);
  return err->code;
}

int pl_code_of_errno(int sys_errno)
{
  switch (sys_errno) {
  case ENOENT:
  case ENOTDIR:
    return PL_ENOENT;
  case EACCES:
  case EPERM:
    return PL_EACCES;
  case EROFS:
    return PL_EREADONLY;
  case ENOSPC:
  case EDQUOT:
    return PL_EFULL;
  case ENOMEM:
    return PL_ENOMEM;
  case EEXIST:
    return PL_EEXIST;
  case EMFILE:
  case ENFILE:
  case EFBIG:
    return PL_ELIMIT;
  case ECONNREFUSED:
  case EHOSTUNREACH:
  case ENETUNREACH:
    return PL_ECONNECT;
  case ECONNRESET:
  case EPIPE:
    return PL_ERESET;
  case ETIMEDOUT:
    return PL_ETIMEDOUT;
  case EBUSY:
    return PL_EBUSY;
  case EINVAL:
    return PL_EINVAL;
  default:
    return PL_EIO;
  }
}
