/* One row at a time through a buffer. */
#include "bind/spool.h"

#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "io/file.h"
#include "store/foreign.h"

enum { FULL = 256 << 10, ROW_MAX = 4 << 20 };

typedef struct spool {
  int fd;
  pl_buf text;
  pl_error *err;
} spool;

static int flush(spool *s)
{
  int code = pl_file_put(s->fd, (pl_str){s->text.data, s->text.len}, s->err);
  pl_buf_clear(&s->text);
  return code;
}

static int write_field(spool *s, pl_json_out *j, const pl_field *f)
{
  if (f->type == PL_FIELD_NULL)
    return PL_OK;
  pl_json_key(j, pl_str_of(f->name));
  switch (f->type) {
  case PL_FIELD_INT:
    pl_json_int(j, f->integer);
    return PL_OK;
  case PL_FIELD_DOUBLE:
    pl_json_double(j, f->number);
    return PL_OK;
  case PL_FIELD_TEXT:
    pl_json_string(j, f->bytes);
    return PL_OK;
  case PL_FIELD_NULL:
  case PL_FIELD_BLOB:
    break;
  }
  return pl_fail(s->err, PL_EINVAL, "column %s holds a blob; a row is text and numbers: write hex(%s)", f->name, f->name);
}

static int write_row(void *user, const pl_field *fields, size_t n)
{
  spool *s = user;
  pl_json_out j;
  int code = PL_OK;
  pl_json_out_init(&j, &s->text);
  pl_json_begin_object(&j);
  for (size_t i = 0; i < n && !code; i++)
    code = write_field(s, &j, &fields[i]);
  pl_json_end_object(&j);
  (void)pl_buf_addc(&s->text, '\n');
  if (!code && s->text.bad)
    code = pl_fail(s->err, s->text.bad, "a row is too long, or out of memory");
  return code || s->text.len < FULL ? code : flush(s);
}

int pl_spool_sqlite(const pl_allocator *a, const char *path, pl_str sql, int *fd, pl_error *err)
{
  spool s = {.err = err};
  int code = pl_file_temporary(&s.fd, err);
  if (code)
    return code;
  pl_buf_init(&s.text, a, ROW_MAX);
  code = pl_foreign_rows(a, path, sql, write_row, &s, err);
  if (!code)
    code = flush(&s);
  pl_buf_fini(&s.text);
  if (code)
    close(s.fd);
  else
    *fd = s.fd;
  return code;
}
