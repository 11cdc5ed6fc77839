/* Which coding is done by whom. */
#include "load/coding.h"

#include "base/error.h"
#include "format/deflate.h"

static const char *const names[] = {"identity", "gzip", "deflate", "br", "zstd", "of an unknown coding"};

enum pl_coding pl_coding_of(pl_str token)
{
  token = pl_str_trim(token);
  if (!token.len || pl_str_ieq(token, PL_STR("x-gzip")))
    return token.len ? PL_CODING_GZIP : PL_CODING_IDENTITY;
  for (int c = PL_CODING_IDENTITY; c < PL_CODING_UNKNOWN; c++) {
    if (pl_str_ieq(token, pl_str_of(names[c])))
      return (enum pl_coding)c;
  }
  return PL_CODING_UNKNOWN;
}

static enum pl_deflate_form form_of(enum pl_coding coding)
{
  return coding == PL_CODING_GZIP ? PL_DEFLATE_GZIP : PL_DEFLATE_ZLIB;
}

static int fail(enum pl_coding coding, int code, const pl_buf *out, pl_error *err)
{
  if (code == PL_ELIMIT)
    return pl_fail(err, code, "the body is %s and stands for more than %zu MiB", names[coding], out->max >> 20);
  return pl_fail(err, code, code == PL_ENOMEM ? "out of memory for a body" : "the body is no whole %s", names[coding]);
}

static int decode_in_module(enum pl_coding coding, pl_str in, const char *module_dir, pl_buf *out, pl_error *err)
{
  const pl_module_head *head;
  int code = pl_module_find(module_dir, PL_CODING_MODULE, PL_CODING_ABI, &head, err);
  if (code)
    return code;
  const pl_coding_module *m = (const pl_coding_module *)(const void *)head;
  code = (coding == PL_CODING_BR ? m->br : m->zstd)(in, out);
  return code ? fail(coding, code, out, err) : PL_OK;
}

int pl_coding_decode(enum pl_coding coding, pl_str in, const char *module_dir, pl_buf *out, pl_error *err)
{
  switch (coding) {
  case PL_CODING_IDENTITY:
    return pl_buf_add(out, in.data, in.len) ? fail(coding, out->bad, out, err) : PL_OK;
  case PL_CODING_GZIP:
  case PL_CODING_DEFLATE: {
    int code = pl_inflate(form_of(coding), in, out);
    return code ? fail(coding, code, out, err) : PL_OK;
  }
  case PL_CODING_BR:
  case PL_CODING_ZSTD:
    return decode_in_module(coding, in, module_dir, out, err);
  case PL_CODING_UNKNOWN:
    break;
  }
  return pl_fail(err, PL_ENOSYS, "the body has a coding that is unknown here");
}

int pl_coding_encode(enum pl_coding coding, pl_str in, pl_buf *out, pl_error *err)
{
  if (coding != PL_CODING_GZIP && coding != PL_CODING_DEFLATE)
    return pl_fail(err, PL_ENOSYS, "bodies are sent as gzip or deflate");
  int code = pl_deflate(form_of(coding), in, out);
  return code ? fail(coding, code, out, err) : PL_OK;
}
