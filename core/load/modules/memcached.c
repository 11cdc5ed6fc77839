/* Memcached's text protocol (https://github.com/memcached/memcached/blob/master/doc/protocol.txt).
 *
 *   local m = user:memcached("memcached://127.0.0.1:11211")
 *   local ok = m:set { "key", "value", ttl = 60 }        -- true, or false when it was not stored
 *   local value = m:get("key")                           -- nil when it is not there
 *   local map = m:get("a", "b")                          -- { a = ..., b = ... } of those that are
 *   local n = m:incr("key", 2)
 *   m:delete("key") m:touch("key", 60) m:version() */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/protocol.h"

enum { ANSWER_MAX = 64 << 20, KEY_MAX = 250, KEYS_MAX = 1000 };

/* How an answer ends. */
enum shape { SHAPE_LINE, SHAPE_VALUES };

typedef struct memcached {
  pl_buf answer;
  size_t scanned;     /* whole lines and values so far */
  enum shape shape;
  size_t keys;        /* asked for */
  size_t found;
  bool number;        /* the line is a number */
  char why[120];
} memcached;

static int memcached_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  memcached *c = c_;
  (void)url, (void)options, (void)err;
  pl_buf_init(&c->answer, a, ANSWER_MAX);
  return PL_OK;
}

static void memcached_close(void *c_)
{
  memcached *c = c_;
  pl_buf_fini(&c->answer);
}

/* ---- Commands ------------------------------------------------------------------------------------ */

static int add_key(pl_buf *out, const pl_tree *args, size_t i, pl_error *err)
{
  char scratch[32];
  pl_str key = i < args->n ? pl_tree_as_text(&args->as.items[i], scratch) : (pl_str){NULL, 0};
  bool good = key.data && key.len > 0 && key.len <= KEY_MAX;
  for (size_t k = 0; good && k < key.len; k++)
    good = (unsigned char)key.data[k] > ' ' && key.data[k] != 0x7f;
  if (!good)
    return pl_fail(err, PL_EINVAL, "memcached: argument %zu is no key: 1 to %d bytes without space", i + 1, KEY_MAX);
  (void)pl_buf_addc(out, ' ');
  return pl_buf_add(out, key.data, key.len);
}

static int begin_get(memcached *c, const pl_tree *args, pl_buf *out, pl_error *err)
{
  if (args->n == 0 || args->n > KEYS_MAX)
    return pl_fail(err, PL_EINVAL, "memcached: get takes 1 to %d keys", KEYS_MAX);
  c->shape = SHAPE_VALUES;
  c->keys = args->n;
  (void)pl_buf_adds(out, "get");
  int code = PL_OK;
  for (size_t i = 0; i < args->n && !code; i++)
    code = add_key(out, args, i, err);
  return code ? code : pl_buf_adds(out, "\r\n");
}

static int begin_store(pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out, pl_error *err)
{
  char scratch[32];
  pl_str value = args->n == 2 ? pl_tree_as_text(&args->as.items[1], scratch) : (pl_str){NULL, 0};
  if (!value.data)
    return pl_fail(err, PL_EINVAL, "memcached: %.*s takes a key and a value", (int)operation.len, operation.data);
  (void)pl_buf_add(out, operation.data, operation.len);
  int code = add_key(out, args, 0, err);
  if (code)
    return code;
  (void)pl_buf_addf(out, " %" PRId64 " %" PRId64 " %zu\r\n", pl_tree_get_integer(named, "flags", 0),
                    pl_tree_get_integer(named, "ttl", 0), value.len);
  (void)pl_buf_add(out, value.data, value.len);
  return pl_buf_adds(out, "\r\n");
}

/* delete KEY, incr KEY N, decr KEY N, touch KEY SECONDS */
static int begin_line(memcached *c, pl_str operation, const pl_tree *args, pl_buf *out, pl_error *err)
{
  bool with_number = !pl_str_eqc(operation, "delete");
  (void)pl_buf_add(out, operation.data, operation.len);
  int code = add_key(out, args, 0, err);
  if (code)
    return code;
  const pl_tree *n = args->n > 1 ? &args->as.items[1] : NULL;
  if (n && n->kind != PL_TREE_INTEGER)
    return pl_fail(err, PL_EINVAL, "memcached: the second argument of %.*s is a whole number", (int)operation.len, operation.data);
  c->number = pl_str_eqc(operation, "incr") || pl_str_eqc(operation, "decr");
  if (with_number)
    (void)pl_buf_addf(out, " %" PRId64, n ? n->as.integer : c->number ? 1 : 0);
  return pl_buf_adds(out, "\r\n");
}

static int memcached_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                           pl_protocol_request *request, pl_error *err)
{
  memcached *c = c_;
  pl_buf_clear(&c->answer);
  c->scanned = c->found = 0;
  c->shape = SHAPE_LINE;
  c->number = false;
  (void)snprintf(request->label, sizeof request->label, "memcached %.*s", (int)operation.len, operation.data);
  if (pl_str_eqc(operation, "get"))
    return begin_get(c, args, out, err);
  if (pl_str_eqc(operation, "version"))
    return pl_buf_adds(out, "version\r\n");
  if (pl_str_eqc(operation, "set") || pl_str_eqc(operation, "add") || pl_str_eqc(operation, "replace") ||
      pl_str_eqc(operation, "append") || pl_str_eqc(operation, "prepend"))
    return begin_store(operation, args, named, out, err);
  return begin_line(c, operation, args, out, err);
}

/* ---- Answers ------------------------------------------------------------------------------------- */

/* The line at `at`, without its end; data NULL: it is not complete. */
static pl_str line_at(const memcached *c, size_t at)
{
  const char *from = c->answer.data + at, *end = c->answer.len > at ? memchr(from, '\n', c->answer.len - at) : NULL;
  if (!end)
    return (pl_str){NULL, 0};
  size_t len = (size_t)(end - from);
  return (pl_str){from, len && from[len - 1] == '\r' ? len - 1 : len};
}

/* Where the line behind this one begins. */
static size_t behind(const memcached *c, pl_str line)
{
  size_t end = (size_t)(line.data + line.len - c->answer.data);
  return end + (c->answer.data[end] == '\r' ? 2 : 1);
}

/* "VALUE key flags bytes": bytes; false when it is none. */
static bool value_head(pl_str line, pl_str *key, uint64_t *bytes)
{
  pl_str word = pl_str_cut(&line, ' ');
  if (!pl_str_eqc(word, "VALUE"))
    return false;
  *key = pl_str_cut(&line, ' ');
  (void)pl_str_cut(&line, ' ');
  return pl_str_u64(pl_str_cut(&line, ' '), bytes) && *bytes <= ANSWER_MAX;
}

static bool is_error(pl_str line)
{
  return pl_str_eqc(line, "ERROR") || pl_str_starts(line, PL_STR("CLIENT_ERROR")) || pl_str_starts(line, PL_STR("SERVER_ERROR"));
}

/* Whether an answer may end with this line; what else comes is from a server of something else. */
static bool is_end(const memcached *c, pl_str line)
{
  static const char *const words[] = {"STORED", "NOT_STORED", "EXISTS", "NOT_FOUND", "DELETED", "TOUCHED"};
  uint64_t n;
  if (is_error(line))
    return true;
  if (c->shape == SHAPE_VALUES)
    return pl_str_eqc(line, "END");
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (pl_str_eqc(line, words[i]))
      return true;
  }
  return pl_str_starts(line, PL_STR("VERSION ")) || (c->number && pl_str_u64(pl_str_trim(line), &n));
}

/* The text of a protocol error: what came instead, as far as it can be shown. */
static const char *no_answer(memcached *c, pl_str line)
{
  char shown[60];
  size_t n = line.len < sizeof shown - 1 ? line.len : sizeof shown - 1;
  for (size_t i = 0; i < n; i++)
    shown[i] = line.data[i] >= ' ' && line.data[i] < 0x7f ? line.data[i] : '?';
  shown[n] = 0;
  (void)snprintf(c->why, sizeof c->why, "memcached: \"%s\" is no answer of its protocol", shown);
  return c->why;
}

static int scan(memcached *c, const char **why)
{
  for (;;) {
    pl_str line = line_at(c, c->scanned), key;
    uint64_t bytes;
    if (!line.data)
      return PL_PROTOCOL_MORE;
    size_t next = behind(c, line);
    if (c->shape == SHAPE_LINE || !pl_str_starts(line, PL_STR("VALUE "))) {
      c->scanned = next;
      *why = is_end(c, line) ? NULL : no_answer(c, line);
      return *why ? PL_EPROTO : PL_PROTOCOL_DONE;
    }
    *why = "memcached: a VALUE line is malformed";
    if (!value_head(line, &key, &bytes))
      return PL_EPROTO;
    if (c->answer.len < next + bytes + 2)
      return PL_PROTOCOL_MORE;
    c->scanned = next + (size_t)bytes + 2;
    c->found++;
  }
}

static int memcached_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  memcached *c = c_;
  size_t before = c->answer.len;
  (void)out;
  *why = "memcached: out of memory for an answer, or it is larger than 64 MiB";
  if (len && pl_buf_add(&c->answer, data, len))
    return PL_ENOMEM;
  int code = scan(c, why);
  *used = code == PL_PROTOCOL_DONE ? c->scanned - before : len;
  return code;
}

static int read_values(memcached *c, pl_arena *arena, pl_tree *value)
{
  size_t at = 0;
  if (c->keys > 1 && !pl_tree_map(arena, value, c->found))
    return PL_ENOMEM;
  for (size_t i = 0; i < c->found; i++) {
    pl_str line = line_at(c, at), key = {0};
    uint64_t bytes = 0;
    (void)value_head(line, &key, &bytes);
    at = behind(c, line);
    pl_tree text = pl_tree_text((pl_str){c->answer.data + at, (size_t)bytes});
    if (c->keys == 1) {
      *value = text;
      return PL_OK;
    }
    value->as.items[2 * i] = pl_tree_text(key);
    value->as.items[2 * i + 1] = text;
    at += (size_t)bytes + 2;
  }
  return PL_OK;
}

static int memcached_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  memcached *c = c_;
  pl_str line = line_at(c, 0);
  uint64_t n;
  *status = 0;
  if (is_error(line)) {
    *status = 1;
    (void)pl_copy(c->why, sizeof c->why, line);
    *why = c->why;
  } else if (c->shape == SHAPE_VALUES) {
    return read_values(c, arena, value);
  } else if (c->number) {
    if (pl_str_u64(pl_str_trim(line), &n))
      *value = pl_tree_integer((int64_t)n);
  } else if (pl_str_starts(line, PL_STR("VERSION "))) {
    *value = pl_tree_text((pl_str){line.data + 8, line.len - 8});
  } else {
    *value = pl_tree_boolean(pl_str_eqc(line, "STORED") || pl_str_eqc(line, "DELETED") || pl_str_eqc(line, "TOUCHED"));
  }
  return PL_OK;
}

static const char *const operations[] = {"get", "set", "add", "replace", "append", "prepend", "delete", "incr", "decr", "touch", "version", NULL};
static const pl_protocol_option options[] = {{0}};
static const pl_protocol_option named_options[] = {{"ttl", PL_TREE_INTEGER}, {"flags", PL_TREE_INTEGER}, {0}};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"memcached", PL_PROTOCOL_ABI}, .word = "memcached", .scheme = "memcached", .secure_scheme = "memcacheds", .port = 11211,
    .secure_port = 11211, .operations = operations,
    .options = options, .named = named_options, .size = sizeof(memcached), .open = memcached_open, .close = memcached_close,
    .begin = memcached_begin, .receive = memcached_receive, .result = memcached_result,
};
