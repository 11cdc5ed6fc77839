/* Expected answers of plain bytes. */
#include "load/modules/expect.h"

#include <string.h>

#include "base/error.h"

void pl_expect_fini(pl_expect *e)
{
  if (e->has_expression)
    regfree(&e->compiled);
  e->has_expression = false;
}

/* Compiles an expression unless it is the one of the operation before. */
static int set_expression(pl_expect *e, pl_str text, const char *who, pl_error *err)
{
  char why[120];
  if (text.len > PL_EXPRESSION_MAX || memchr(text.data, '\0', text.len))
    return pl_fail(err, PL_EINVAL, "%s: a pattern is at most %d bytes, without NUL", who, PL_EXPRESSION_MAX);
  if (e->has_expression && pl_str_eqc(text, e->expression))
    return PL_OK;
  if (e->has_expression)
    regfree(&e->compiled);
  (void)pl_copy(e->expression, sizeof e->expression, text);
  int code = regcomp(&e->compiled, e->expression, REG_EXTENDED);
  e->has_expression = code == 0;
  if (code == 0)
    return PL_OK;
  (void)regerror(code, &e->compiled, why, sizeof why);
  return pl_fail(err, PL_EINVAL, "%s: pattern \"%s\": %s", who, e->expression, why);
}

int pl_expect_set(pl_expect *e, const pl_tree *named, const char *who, pl_error *err)
{
  pl_str delimiter = pl_tree_get_string(named, "delimiter", (pl_str){NULL, 0});
  pl_str pattern = pl_tree_get_string(named, "pattern", (pl_str){NULL, 0});
  int64_t bytes = pl_tree_get_integer(named, "bytes", 0);
  bool until_close = pl_tree_get_boolean(named, "until_close", false);
  if ((delimiter.len > 0) + (pattern.len > 0) + (bytes != 0) + until_close > 1)
    return pl_fail(err, PL_EINVAL, "%s: bytes, delimiter, pattern and until_close exclude each other", who);
  e->kind = until_close ? PL_EXPECT_CLOSE : PL_EXPECT_ANY;
  if (bytes) {
    if (bytes < 0 || bytes > PL_EXPECT_MAX)
      return pl_fail(err, PL_EINVAL, "%s: bytes is from 1 to %d", who, PL_EXPECT_MAX);
    e->kind = PL_EXPECT_BYTES;
    e->bytes = (size_t)bytes;
  } else if (delimiter.len) {
    if (delimiter.len > sizeof e->delimiter)
      return pl_fail(err, PL_EINVAL, "%s: a delimiter is at most %zu bytes", who, sizeof e->delimiter);
    e->kind = PL_EXPECT_DELIMITER;
    e->delimiter_len = delimiter.len;
    memcpy(e->delimiter, delimiter.data, delimiter.len);
  } else if (pattern.len) {
    e->kind = PL_EXPECT_PATTERN;
    return set_expression(e, pattern, who, err);
  }
  return PL_OK;
}

size_t pl_expect_end(const pl_expect *e, pl_buf *received, size_t *value_len)
{
  const char *found;
  regmatch_t match;
  switch (e->kind) {
  case PL_EXPECT_ANY:
    return *value_len = received->len;
  case PL_EXPECT_BYTES:
    *value_len = e->bytes;
    return received->len >= e->bytes ? e->bytes : 0;
  case PL_EXPECT_DELIMITER:
    found = received->len ? memmem(received->data, received->len, e->delimiter, e->delimiter_len) : NULL;
    *value_len = found ? (size_t)(found - received->data) : 0;
    return found ? *value_len + e->delimiter_len : 0;
  case PL_EXPECT_PATTERN:
    found = pl_buf_cstr(received); /* POSIX expressions see what is before the first NUL */
    if (!found || regexec(&e->compiled, found, 1, &match, 0) != 0)
      return 0;
    return *value_len = (size_t)match.rm_eo;
  case PL_EXPECT_CLOSE:
    break;
  }
  return 0;
}
