/* Each piece is read whole: its checksum first, then whether it holds what its row says. */
#include "store/damage.h"

#include "format/hdr.h"

static pl_str blob_of(sqlite3_value *v)
{
  const void *data = sqlite3_value_blob(v);
  return (pl_str){data ? data : "", (size_t)sqlite3_value_bytes(v)};
}

static void say(sqlite3_context *context, const char *text)
{
  if (text)
    sqlite3_result_text(context, text, -1, SQLITE_STATIC);
}

static const char *text_of(int code)
{
  return code == PL_ENOMEM ? "not looked at: out of memory" : code == PL_EVERSION ? "a newer form" : "the checksum or the bytes are wrong";
}

static const char *chunk_damage(pl_archive *a, sqlite3_value **v)
{
  pl_samples s;
  int code = pl_archive_ready(a, NULL);
  if (!code)
    code = pl_chunk_read(a->codec, blob_of(v[0]), &s);
  if (code)
    return text_of(code);
  for (size_t i = 1; i < s.n; i++) {
    if (s.times_ns[i] <= s.times_ns[i - 1])
      return "its times do not ascend";
  }
  if (s.times_ns[0] != sqlite3_value_int64(v[1]) || s.times_ns[s.n - 1] != sqlite3_value_int64(v[2]))
    return "its times are not those of its row";
  return (sqlite3_int64)s.n == sqlite3_value_int64(v[3]) ? NULL : "it has not as many samples as its row says";
}

static const char *batch_damage(pl_archive *a, sqlite3_value **v)
{
  pl_store_points p = {.alloc = a->alloc};
  int code = pl_archive_ready(a, NULL);
  if (!code)
    code = pl_batch_read(a->codec, a->columns, blob_of(v[0]), &p);
  bool complete = (sqlite3_int64)p.n == sqlite3_value_int64(v[1]);
  pl_points_fini(&p);
  return code ? text_of(code) : complete ? NULL : "it has not as many samples as its row says";
}

static const char *hist_damage(pl_archive *a, sqlite3_value **v)
{
  pl_hist h;
  pl_hist_init(&h, a->alloc);
  int code = pl_hdr_decode(blob_of(v[0]), &h, NULL);
  bool complete = (sqlite3_int64)h.count == sqlite3_value_int64(v[1]);
  pl_hist_fini(&h);
  return code ? "the bytes are wrong" : complete ? NULL : "it has not as many values as its row says";
}

static void sql_chunk(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  say(context, chunk_damage(sqlite3_user_data(context), v));
}

static void sql_batch(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  say(context, batch_damage(sqlite3_user_data(context), v));
}

static void sql_hist(sqlite3_context *context, int argc, sqlite3_value **v)
{
  (void)argc;
  say(context, hist_damage(sqlite3_user_data(context), v));
}

int pl_damage_register(pl_archive *a)
{
  static const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  int code = sqlite3_create_function_v2(a->db, "chunk_damage", 4, flags, a, sql_chunk, NULL, NULL, NULL);
  if (!code)
    code = sqlite3_create_function_v2(a->db, "batch_damage", 2, flags, a, sql_batch, NULL, NULL, NULL);
  return code ? code : sqlite3_create_function_v2(a->db, "hist_damage", 2, flags, a, sql_hist, NULL, NULL, NULL);
}
