/* user:redis(url, options) and its kin: channels of any protocol module as Lua objects. An operation is called with positional
 * arguments, channel:call("GET", "key"), or with one table that holds them and the options name, timeout and tags besides the
 * protocol's own: channel:call { "GET", "key", name = "cart", timeout = "1s" }. It gives its value, or nil, why, the class of the
 * failure, and what the peer reported of it where the protocol has more to say; a list in which only some have failed stands in the
 * nil's place. channel:batch(list, { parallel, timeout }) makes several at the same time, each a table of that kind; it gives a list of
 * { value } or { why, error = class, reported }. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "bind/bind.h"
#include "bind/cell.h"
#include "bind/known.h"
#include "bind/modules.h"
#include "bind/tree.h"
#include "load/parts.h"
#include "script/guard.h"

enum {
  ARGUMENTS_MAX = 64 << 20,
  BATCH_MAX = 1000,
  CHANNEL_BURDEN = 64 << 10 /* bytes of a connection, the kernel's among them, that garbage collection is to give back */
};

static const char channel_name[] = "perilune.channel";

typedef struct channel_box {
  pl_channel *channel;  /* NULL: closed */
  pl_channel_operation operation;
  pl_arena arguments;   /* of the operation being called */
  pl_tree args, named;  /* in there */
  bool busy;            /* one is in flight */
  uint64_t opened_from_ns; /* where the latency of the opening counted from */
  pl_user *user;
  /* of a batch, which shows the user one part after the other: */
  pl_times times;
  pl_answer answer;
  pl_channel_part *parts; /* in arguments, */
  uint32_t *slots;        /*   by part */
} channel_box;

static channel_box *check_channel(lua_State *L)
{
  channel_box *b = luaL_checkudata(L, 1, channel_name);
  if (!b->channel)
    luaL_error(L, "the channel is closed");
  return b;
}

static int channel_gc(lua_State *L)
{
  channel_box *b = luaL_checkudata(L, 1, channel_name);
  if (b->channel)
    pl_channel_close(b->channel);
  b->channel = NULL;
  pl_arena_fini(&b->arguments);
  return 0;
}

static int channel_close(lua_State *L)
{
  channel_box *b = luaL_checkudata(L, 1, channel_name);
  if (b->busy)
    return luaL_error(L, "close: an operation is in flight");
  return channel_gc(L);
}

static int channel_is_open(lua_State *L)
{
  const channel_box *b = luaL_checkudata(L, 1, channel_name);
  lua_pushboolean(L, b->channel && pl_channel_is_open(b->channel));
  return 1;
}

/* ---- Names ---------------------------------------------------------------------------------------- */

/* What is told of options that a channel does not have, where its protocol's messages are described. */
static const char descriptors_hint[] = "what describes messages is a key of the scenario: descriptors = \"shop.proto\"";

static const pl_protocol_option own_options[] = {{"name", PL_TREE_STRING}, {"timeout", PL_TREE_NIL}, {"tags", PL_TREE_MAP}, {0}};
static const char *const channel_words[] = {"close", "is_open", NULL};

/* Two lists of options, of which the second may be NULL, as one. */
static void join_options(const pl_protocol_option *list, const pl_protocol_option *more, pl_protocol_option out[2 * PL_PROTOCOL_OPTIONS + 1])
{
  size_t n = 0;
  for (int i = 0; i < 2; i++) {
    for (const pl_protocol_option *o = i ? more : list; o && o->name; o++)
      out[n++] = *o;
  }
  out[n] = (pl_protocol_option){0};
}

static bool is_of_kind(const pl_tree *v, enum pl_tree_kind kind)
{
  if (kind == PL_TREE_INTEGER && v->kind == PL_TREE_NUMBER)
    return v->as.number >= -9e15 && v->as.number <= 9e15 && v->as.number == (double)(int64_t)v->as.number;
  return kind == PL_TREE_NIL || v->kind == PL_TREE_NIL || v->kind == kind || (kind == PL_TREE_MAP && v->kind == PL_TREE_LIST && v->n == 0);
}

static void check_kind(lua_State *L, const pl_protocol *p, const pl_protocol_option *option, const pl_tree *value)
{
  static const char *const kinds[] = {[PL_TREE_NIL] = "", [PL_TREE_BOOLEAN] = "true or false", [PL_TREE_INTEGER] = "a whole number", [PL_TREE_NUMBER] = "a number",
                                      [PL_TREE_STRING] = "a text", [PL_TREE_LIST] = "a list", [PL_TREE_MAP] = "a table of names and values"};
  if (!is_of_kind(value, option->kind))
    luaL_error(L, "%s: %s is %s", p->word, option->name, kinds[option->kind]);
}

/* The options that a script gave: their names, and the kinds of their values. */
static void check_options(lua_State *L, pl_script_user *su, const pl_protocol *p, const pl_tree *given, const pl_protocol_option *list,
                          const pl_protocol_option *more)
{
  pl_protocol_option known[2 * PL_PROTOCOL_OPTIONS + 1];
  const char *names[2 * PL_PROTOCOL_OPTIONS + 1];
  const char *hint = p->described && list == p->options ? descriptors_hint : NULL;
  char what[48];
  size_t n = 0;
  if (given->kind != PL_TREE_MAP)
    return;
  su->user->script_fault = true; /* unless all is well */
  (void)snprintf(what, sizeof what, "%s: unknown option", p->word);
  join_options(list, more, known);
  do
    names[n] = known[n].name;
  while (known[n++].name);
  for (size_t i = 0; i < given->n; i++) {
    const pl_tree *pair = &given->as.items[2 * i];
    if (pair->kind != PL_TREE_STRING)
      luaL_error(L, "%s: options are a table of names and values", p->word);
    pl_check_known(L, what, pair->as.string, names, NULL, hint);
    for (n = 0; !pl_str_eqc(pair->as.string, names[n]);)
      n++;
    check_kind(L, p, &known[n], &pair[1]);
  }
  su->user->script_fault = false;
}

/* ---- Operations ----------------------------------------------------------------------------------- */

static void start_operation(void *operation)
{
  channel_box *b = operation;
  pl_channel_start(b->channel, &b->operation);
}

static void abort_operation(void *operation)
{
  pl_channel_abort(((channel_box *)operation)->channel);
}

static void on_sending(void *user, uint64_t aside_ns)
{
  pl_user_operation_sending(user, aside_ns);
}

static void on_done(void *user)
{
  pl_user_operation_done(user);
}

/* The options of an operation that are ours; the others are the protocol's. */
static uint64_t timeout_of(lua_State *L, const pl_script_user *su, const pl_tree *named)
{
  const pl_tree *timeout = pl_tree_get(named, "timeout");
  double seconds = 0;
  pl_error err = {0};
  if (!timeout)
    return su->user->scenario->timeout_ns;
  if (timeout->kind == PL_TREE_STRING && pl_unit_parse(PL_UNIT_DURATION, timeout->as.string, &seconds, &err))
    luaL_error(L, "timeout: %s", err.message);
  if (timeout->kind == PL_TREE_INTEGER || timeout->kind == PL_TREE_NUMBER)
    seconds = timeout->kind == PL_TREE_NUMBER ? timeout->as.number : (double)timeout->as.integer;
  if (!(seconds > 0 && seconds < 1e7))
    luaL_error(L, "timeout: a duration such as \"1s\"");
  return (uint64_t)(seconds * 1e9);
}

/* The tags of the iteration and those of the table at index, when there is one. */
static uint32_t slot_of(lua_State *L, int index, pl_script_user *su, const pl_protocol *p, const pl_tree *named, const char *label)
{
  char name[256 + PL_TAGS_SIZE], tags[PL_TAGS_SIZE];
  pl_str set = pl_tagset_text(su->cell, &su->tags);
  uint32_t n = (uint32_t)set.len;
  pl_str text = pl_tree_get_string(named, "name", pl_str_of(label));
  size_t len = text.len < 256 ? text.len : 256;
  memcpy(tags, set.data, n);
  if (pl_tree_get(named, "tags") && lua_istable(L, index) && lua_getfield(L, index, "tags") == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
      pl_tag_add(L, tags, &n, lua_gettop(L) - 1, lua_gettop(L));
  }
  memcpy(name, text.data, len);
  memcpy(name + len, tags, n);
  return pl_worker_slot(su->user->worker, su->user->scenario, (pl_str){name, len + n}, pl_str_of(p->word));
}

static bool is_good(const pl_answer *a)
{
  return a->failure == PL_FAIL_NONE && a->status == 0;
}

/* nil, why, class, and what the peer reported where it did: the value of an operation whose status is not good. Where a list was answered
 * with errors in it, the list, why, class. */
static int push_failure(lua_State *L, const pl_answer *a, const channel_box *b)
{
  const pl_tree *value = pl_channel_value(b->channel);
  bool reported = a->failure == PL_FAIL_NONE && value->kind != PL_TREE_NIL;
  bool listed = reported && value->kind == PL_TREE_LIST;
  if (listed)
    pl_tree_push(L, value);
  else
    lua_pushnil(L);
  lua_pushstring(L, a->why);
  lua_pushstring(L, a->failure == PL_FAIL_NONE ? "status" : pl_failure_name(a->failure));
  if (!reported || listed)
    return 3;
  pl_tree_push(L, value);
  return 4;
}

static int answer_k(lua_State *L, int status, lua_KContext context)
{
  const pl_script_user *su = (const pl_script_user *)context;
  const pl_answer *a = &su->user->exchange.answer;
  channel_box *b = luaL_checkudata(L, 1, channel_name);
  (void)status;
  b->busy = false;
  if (!is_good(a))
    return push_failure(L, a, b);
  pl_tree_push(L, pl_channel_value(b->channel));
  return 1;
}

static int send_operation(lua_State *L, channel_box *b, pl_script_user *su, const pl_protocol_request *request, uint64_t timeout_ns)
{
  const pl_tree *named = &b->named;
  pl_user *u = su->user;
  if (request->limit_ns && (!timeout_ns || request->limit_ns < timeout_ns))
    timeout_ns = request->limit_ns;
  b->operation = (pl_channel_operation){.timeout_ns = timeout_ns, .times = &u->exchange.times,
                                        .answer = &u->exchange.answer, .sending = on_sending, .done = on_done, .user = u};
  uint32_t slot = slot_of(L, 2, su, pl_channel_protocol(b->channel), named, request->label);
  b->busy = true;
  pl_user_operate(u, slot, (pl_user_operation){.start = start_operation, .abort = abort_operation, .operation = b,
                                               .latency_from_ns = request->since_opening ? b->opened_from_ns : 0});
  return pl_fiber_wait(L, answer_k, (lua_KContext)su);
}

static void read_arguments(lua_State *L, channel_box *b, pl_str operation)
{
  const char *table = pl_channel_protocol(b->channel)->table_operation;
  int n = lua_gettop(L) - 1;
  pl_arena_reset(&b->arguments);
  b->named = (pl_tree){0};
  bool value = n == 1 && lua_istable(L, 2) && lua_rawlen(L, 2) == 0 && table && pl_str_eqc(operation, table);
  if (n == 1 && lua_istable(L, 2) && !value) {
    pl_tree_read_parts(L, 2, &b->arguments, &b->args, &b->named);
    return;
  }
  if (!pl_tree_list(&b->arguments, &b->args, (size_t)n))
    luaL_error(L, "out of memory for the arguments");
  for (int i = 0; i < n; i++)
    pl_tree_read(L, 2 + i, &b->arguments, &b->args.as.items[i]);
}

/* ---- Several at the same time --------------------------------------------------------------------- */

static void on_batch_sending(void *user, uint64_t aside_ns)
{
  channel_box *b = user;
  b->user->exchange.times.send = b->times.send;
  pl_user_operation_sending(b->user, aside_ns);
}

static void on_part_done(void *user, size_t i)
{
  channel_box *b = user;
  pl_user *u = b->user;
  u->slot = b->slots[i];
  u->exchange.times = b->parts[i].times;
  u->exchange.answer = b->parts[i].answer;
  (void)pl_user_part_done(u);
}

static void on_batch_done(void *user)
{
  channel_box *b = user;
  b->user->exchange.times.end = b->times.end;
  pl_user_operation_done(b->user);
}

/* { value }, or { why, error, reported } */
static void push_part(lua_State *L, const pl_channel_part *part)
{
  const pl_answer *a = &part->answer;
  lua_createtable(L, 0, 3);
  pl_tree_push(L, &part->value);
  lua_setfield(L, -2, is_good(a) ? "value" : "reported");
  if (is_good(a))
    return;
  pl_set_text(L, "why", a->why);
  pl_set_text(L, "error", a->failure == PL_FAIL_NONE ? "status" : pl_failure_name(a->failure));
}

static int batch_k(lua_State *L, int status, lua_KContext context)
{
  channel_box *b = luaL_checkudata(L, 1, channel_name);
  (void)status, (void)context;
  b->busy = false;
  lua_createtable(L, (int)b->args.n, 0);
  for (size_t i = 0; i < b->args.n; i++) {
    push_part(L, &b->parts[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* The table on top, whose limit is the batch's: a part's arguments and options. */
static void read_part(lua_State *L, channel_box *b, pl_script_user *su, const pl_protocol *p, pl_tree *part)
{
  static const pl_protocol_option part_options[] = {{"name", PL_TREE_STRING}, {"tags", PL_TREE_MAP}, {0}};
  if (!lua_istable(L, -1))
    luaL_error(L, "batch: each of the list is a table, such as { \"package.Service/Method\", { ... } }");
  if (!pl_tree_list(&b->arguments, part, 2))
    luaL_error(L, "out of memory for the arguments");
  pl_tree_read_parts(L, -1, &b->arguments, &part->as.items[0], &part->as.items[1]);
  check_options(L, su, p, &part->as.items[1], p->named, part_options);
}

/* (channel, list, options or nil) */
static void read_batch(lua_State *L, channel_box *b, pl_script_user *su, const pl_protocol *p)
{
  static const pl_protocol_option options[] = {{"parallel", PL_TREE_INTEGER}, {"timeout", PL_TREE_NIL}, {0}};
  size_t n = lua_istable(L, 2) ? lua_rawlen(L, 2) : 0;
  if (n == 0 || n > BATCH_MAX)
    luaL_error(L, "batch: a list of 1 to %d calls", BATCH_MAX);
  pl_arena_reset(&b->arguments);
  b->named = (pl_tree){0};
  if (!lua_isnil(L, 3))
    pl_tree_read(L, 3, &b->arguments, &b->named);
  check_options(L, su, p, &b->named, options, NULL);
  if (pl_tree_get_integer(&b->named, "parallel", 1) < 1)
    luaL_error(L, "batch: parallel is at least 1");
  b->parts = pl_arena_take(&b->arguments, n * sizeof *b->parts);
  b->slots = pl_arena_take(&b->arguments, n * sizeof *b->slots);
  if (!b->parts || !b->slots || !pl_tree_list(&b->arguments, &b->args, n))
    luaL_error(L, "out of memory for the arguments");
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    read_part(L, b, su, p, &b->args.as.items[i]);
    lua_pop(L, 1);
  }
}

static int make_batch(lua_State *L, channel_box *b, pl_script_user *su, const pl_protocol *p)
{
  pl_protocol_request request;
  pl_error err = {0};
  lua_settop(L, 3);
  read_batch(L, b, su, p);
  if (pl_channel_begin(b->channel, PL_STR("batch"), &b->args, &b->named, &request, &err))
    return luaL_error(L, "%s", err.message);
  for (size_t i = 0; i < b->args.n; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    b->slots[i] = slot_of(L, 4, su, p, &b->args.as.items[i].as.items[1], pl_channel_part_label(b->channel, i));
    lua_settop(L, 3);
  }
  b->user = su->user;
  b->operation = (pl_channel_operation){.timeout_ns = timeout_of(L, su, &b->named), .times = &b->times, .answer = &b->answer,
                                        .sending = on_batch_sending, .done = on_batch_done, .user = b,
                                        .parts = b->parts, .n_parts = b->args.n, .part_done = on_part_done};
  b->busy = true;
  pl_user_operate(b->user, b->slots[0], (pl_user_operation){.start = start_operation, .abort = abort_operation, .operation = b,
                                                            .parts = true, .requests = (uint32_t)b->args.n});
  return pl_fiber_wait(L, batch_k, (lua_KContext)su);
}

/* Upvalue 1: the operation's name. */
static int channel_operate(lua_State *L)
{
  pl_str operation;
  operation.data = lua_tolstring(L, lua_upvalueindex(1), &operation.len);
  pl_script_user *su = pl_script_user_check(L, operation.data);
  channel_box *b = check_channel(L);
  (void)pl_fiber_check(L, "an operation");
  pl_protocol_request request;
  pl_error err = {0};
  const pl_protocol *p = pl_channel_protocol(b->channel);
  if (b->busy)
    return luaL_error(L, "%s: an operation is in flight on this channel", operation.data);
  if (p->part && pl_str_eqc(operation, "batch"))
    return make_batch(L, b, su, p);
  read_arguments(L, b, operation);
  check_options(L, su, p, &b->named, p->named, own_options);
  uint64_t timeout_ns = timeout_of(L, su, &b->named); /* what raises comes before what the conversation expects */
  if (pl_channel_begin(b->channel, operation, &b->args, &b->named, &request, &err))
    return luaL_error(L, "%s", err.message);
  return send_operation(L, b, su, &request, timeout_ns);
}

/* ---- Opening -------------------------------------------------------------------------------------- */

/* The metatable is one for all protocols; the methods of each lie in a table that __index finds by the module's name. */
static int channel_index(lua_State *L)
{
  const channel_box *b = luaL_checkudata(L, 1, channel_name);
  char what[48];
  pl_str name;
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
    return 1;
  if (!b->channel)
    return luaL_error(L, "the channel is closed");
  const pl_protocol *p = pl_channel_protocol(b->channel);
  lua_rawgetp(L, lua_upvalueindex(2), p);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING)
    return 1;
  (void)snprintf(what, sizeof what, "user:%s has no", p->word);
  name.data = lua_tolstring(L, 2, &name.len);
  pl_check_known(L, what, name, p->operations, channel_words, NULL);
  return 0;
}

static void need_methods(lua_State *L, const pl_protocol *p)
{
  luaL_getmetatable(L, channel_name);
  lua_getfield(L, -1, "protocols");
  if (lua_rawgetp(L, -1, p) == LUA_TNIL) {
    lua_newtable(L);
    for (const char *const *operation = p->operations; *operation; operation++) {
      lua_pushstring(L, *operation);
      lua_pushcclosure(L, channel_operate, 1);
      lua_setfield(L, -2, *operation);
    }
    lua_rawsetp(L, -3, p);
  }
  lua_pop(L, 3);
}

static int opened_k(lua_State *L, int status, lua_KContext context)
{
  const pl_script_user *su = (const pl_script_user *)context;
  const pl_answer *a = &su->user->exchange.answer;
  channel_box *b = luaL_checkudata(L, 1, channel_name);
  (void)status;
  b->busy = false;
  lua_settop(L, 1);
  return is_good(a) ? 1 : push_failure(L, a, b);
}

/* Protocols whose opening is an operation wait for it here. */
static int open_now(lua_State *L, channel_box *b, pl_script_user *su, const pl_tree *options)
{
  pl_protocol_request request;
  pl_error err = {0};
  pl_user *u = su->user;
  if (pl_channel_begin(b->channel, (pl_str){NULL, 0}, NULL, NULL, &request, &err))
    return luaL_error(L, "%s", err.message);
  b->operation = (pl_channel_operation){.timeout_ns = timeout_of(L, su, options), .times = &u->exchange.times,
                                        .answer = &u->exchange.answer, .sending = on_sending, .done = on_done, .user = u};
  uint32_t slot = slot_of(L, 2, su, pl_channel_protocol(b->channel), options, request.label);
  b->opened_from_ns = u->latency_from_ns;
  lua_copy(L, 4, 1); /* the channel stands where its user stood */
  lua_settop(L, 1);
  b->busy = true;
  pl_user_operate(u, slot, (pl_user_operation){.start = start_operation, .abort = abort_operation, .operation = b});
  return pl_fiber_wait(L, opened_k, (lua_KContext)su);
}

/* What messages look like is said once, in the scenario; the options of a channel have it, too. */
static void add_descriptors(lua_State *L, const pl_scenario *s, pl_arena *a, pl_tree *options)
{
  pl_tree more;
  size_t n = options->kind == PL_TREE_MAP ? options->n : 0;
  if (!pl_tree_map(a, &more, n + 1))
    luaL_error(L, "out of memory for the options");
  for (size_t i = 0; i < 2 * n; i++)
    more.as.items[i] = options->as.items[i];
  pl_tree_pair(&more, n, "descriptors", pl_tree_text(s->descriptors));
  *options = more;
}

/* Upvalue 1: the module's name, which is the word. (user, url [, options]) */
static int user_channel(lua_State *L)
{
  const char *word = lua_tostring(L, lua_upvalueindex(1));
  pl_script_user *su = pl_script_user_check(L, word);
  const pl_user_source *source = su->cell->world->source;
  const pl_module_head *module;
  pl_str url;
  pl_error err = {0};
  pl_tree options = {0};
  luaL_argcheck(L, pl_secret_text(L, 2, &url), 2, "a URL");
  lua_settop(L, 3);
  (void)pl_fiber_check(L, word);
  if (pl_module_find(source->module_dir, word, PL_PROTOCOL_ABI, &module, &err))
    return luaL_error(L, "user:%s: %s", word, err.message);
  channel_box *b = lua_newuserdatauv(L, sizeof *b, 0);
  memset(b, 0, sizeof *b);
  pl_arena_init(&b->arguments, source->alloc, ARGUMENTS_MAX);
  luaL_setmetatable(L, channel_name);
  if (!lua_isnil(L, 3))
    pl_tree_read(L, 3, &b->arguments, &options);
  const pl_protocol *p = (const pl_protocol *)module;
  check_options(L, su, p, &options, p->options, p->open_label ? own_options : NULL);
  if (p->described && su->user->scenario->descriptors.data)
    add_descriptors(L, su->user->scenario, &b->arguments, &options);
  if (pl_channel_new(pl_worker_client(su->user->worker), p, url, &options, su->user->scenario->route, &b->channel, &err))
    return luaL_error(L, "user:%s: %s", word, err.message);
  pl_state_burden(su->cell->state, CHANNEL_BURDEN);
  need_methods(L, p);
  return p->open_label ? open_now(L, b, su, &options) : 1;
}

/* ---- What may be written --------------------------------------------------------------------------- */

/* t[name] of the table on top: a set of the names in two lists; more may be NULL. */
static void set_words(lua_State *L, const char *const *list)
{
  for (; *list; list++)
    pl_set_boolean(L, *list, true);
}

static void set_options(lua_State *L, const char *name, const pl_protocol_option *list, const pl_protocol_option *more)
{
  pl_protocol_option known[2 * PL_PROTOCOL_OPTIONS + 1];
  join_options(list, more, known);
  lua_newtable(L);
  for (const pl_protocol_option *o = known; o->name; o++)
    pl_set_boolean(L, o->name, true);
  lua_setfield(L, -2, name);
}

int pl_push_protocol(lua_State *L, const char *module_dir, const char *word)
{
  const pl_module_head *module;
  pl_error err = {0};
  if (pl_module_find(module_dir, word, PL_PROTOCOL_ABI, &module, &err))
    return pl_push_failure(L, &err);
  const pl_protocol *p = (const pl_protocol *)module;
  lua_newtable(L);
  lua_newtable(L);
  set_words(L, p->operations);
  set_words(L, channel_words);
  lua_setfield(L, -2, "operations");
  set_options(L, "options", p->options, p->open_label ? own_options : NULL);
  set_options(L, "named", p->named, own_options);
  if (p->table_operation)
    pl_set_text(L, "table_operation", p->table_operation);
  if (p->described)
    pl_set_text(L, "hint", descriptors_hint);
  return 1;
}

void pl_push_channels(lua_State *L)
{
  static const char *const words[] = {"redis", "memcached", "tcp", "udp", "ws", "sse", "grpc", "sql"};
  static const luaL_Reg methods[] = {{"close", channel_close}, {"is_open", channel_is_open}, {NULL, NULL}};
  luaL_newmetatable(L, channel_name);
  luaL_newlib(L, methods);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, -4, "protocols");
  lua_pushcclosure(L, channel_index, 2);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, channel_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, channel_gc);
  lua_setfield(L, -2, "__close");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    lua_pushstring(L, words[i]);
    lua_pushcclosure(L, user_channel, 1);
    lua_setfield(L, -2, words[i]);
  }
}
