/* See tag.h. */
#include "bind/tag.h"

#include <lauxlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/cell.h"
#include "load/plan.h"

/* Labels that series of a load carry already (core/engine/figures.c, core/load/merge.c), or that queries add: a tag of that name
 * would make two of one. */
static const char *const reserved[] = {"name",  "scenario", "method",   "status", "outcome", "phase", "check",     "ok",   "error",  "group",
                                       "metric", "source",   "instance", "role",   "origin",  "step",  "direction", "backend", "run", "process", "cgroup", NULL};

const char *pl_tag_refuse(pl_str name)
{
  if (!name.len || name.len != strspn(name.data, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ||
      (name.data[0] >= '0' && name.data[0] <= '9'))
    return "is no name: letters, digits and _, and no digit first";
  for (const char *const *r = reserved; *r; r++) {
    if (pl_str_eqc(name, *r))
      return "is a label of perilune's own; choose another name";
  }
  return NULL;
}

void pl_tag_show(pl_buf *out, pl_str key)
{
  pl_str name = pl_str_cut(&key, PL_TAG_MARK);
  (void)pl_buf_add(out, name.data, name.len);
  for (const char *before = " {"; key.data; before = ", ") {
    pl_str tag = pl_str_cut(&key, PL_TAG_MARK);
    (void)pl_buf_add(out, before, 2);
    (void)pl_buf_add(out, tag.data, tag.len);
    if (!key.data)
      (void)pl_buf_addc(out, '}');
  }
}

/* Takes a tag of that name out. */
static void tag_remove(char *tags, uint32_t *n, pl_str name)
{
  for (uint32_t at = 0; at < *n;) {
    const char *next = memchr(tags + at + 1, PL_TAG_MARK, *n - at - 1);
    uint32_t end = next ? (uint32_t)(next - tags) : *n;
    if (end - at > name.len + 1 && memcmp(tags + at + 1, name.data, name.len) == 0 && tags[at + 1 + name.len] == '=') {
      memmove(tags + at, tags + end, *n - end);
      *n -= end - at;
      return;
    }
    at = end;
  }
}

void pl_tag_add(lua_State *L, char tags[PL_TAGS_SIZE], uint32_t *n, int name_at, int value_at)
{
  pl_str name = pl_check_text(L, name_at), value = pl_check_text(L, value_at);
  const char *why = pl_tag_refuse(name);
  if (why)
    luaL_error(L, "tag \"%s\" %s", name.data, why);
  if (memchr(value.data, PL_TAG_MARK, value.len))
    luaL_error(L, "tag \"%s\": its value is no plain text", name.data);
  tag_remove(tags, n, name);
  if (*n + name.len + value.len + 2 > PL_TAGS_SIZE)
    luaL_error(L, "tags: more than %d bytes in all", PL_TAGS_SIZE);
  tags[(*n)++] = PL_TAG_MARK;
  memcpy(tags + *n, name.data, name.len);
  *n += (uint32_t)name.len;
  tags[(*n)++] = '=';
  memcpy(tags + *n, value.data, value.len);
  *n += (uint32_t)value.len;
}

/* ---- Sets --------------------------------------------------------------------------------------------- */

pl_str pl_tagset_text(const pl_cell *cell, const pl_tagset *set)
{
  if (set->id == PL_TAGS_NONE)
    return (pl_str){"", 0};
  return set->id == PL_TAGS_UNNUMBERED ? (pl_str){set->text, set->n} : pl_intern_key(cell->tag_texts, set->id - 1);
}

/* The key of "this set and a tag of that value"; false where it cannot be one. */
static bool transition_key(lua_State *L, const pl_tagset *set, int value, uint64_t *key)
{
  uint64_t address = (uint64_t)(uintptr_t)lua_tostring(L, value);
  if (set->id > PL_CACHE_TAGS || address >> 48 || lua_rawlen(L, value) > PL_CACHE_TEXT)
    return false;
  *key = pl_cache_transition(address, set->id);
  return true;
}

void pl_tagset_add(lua_State *L, pl_cell *cell, pl_tagset *set, int name, int value)
{
  uint64_t key = 0;
  bool plain = lua_type(L, name) == LUA_TSTRING && lua_type(L, value) == LUA_TSTRING && transition_key(L, set, value, &key);
  const uint64_t *known = plain ? pl_cache_find(&cell->cache, lua_tostring(L, name), key) : NULL;
  if (known) {
    set->id = (uint32_t)*known;
    return;
  }
  pl_str text = pl_tagset_text(cell, set);
  char longer[PL_TAGS_SIZE];
  memcpy(longer, text.data, text.len);
  uint32_t n = (uint32_t)text.len;
  pl_tag_add(L, longer, &n, name, value);
  int64_t id = pl_intern_id(cell->tag_texts, (pl_str){longer, n});
  if (id < 0) {
    *set = (pl_tagset){.id = PL_TAGS_UNNUMBERED, .n = n};
    memcpy(set->text, longer, n);
    return;
  }
  set->id = (uint32_t)id + 1;
  if (!plain)
    return;
  pl_cache_anchor(L, value);
  pl_cache_put(L, &cell->cache, name, key, set->id);
}
