/* See match.h. A pattern is walked item by item; an item is one character class with an optional quantifier. Every character
 * that is looked at costs a step. */
#include "script/match.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"

enum {
  CAPTURES = 32,
  DEPTH_MAX = 200,          /* nested matches on the C stack */
  STEPS_BASE = 20000000,    /* about 0.1 s */
  STEPS_A_BYTE = 64,        /* long texts may take longer */
  OPEN = -1, POSITION = -2, /* lengths of captures that have none */
};

typedef struct matcher {
  lua_State *L;
  pl_str text, pattern;
  const char *text_end, *pattern_end;
  uint64_t steps;
  int depth, level;
  struct {
    const char *from;
    ptrdiff_t len;
  } capture[CAPTURES];
} matcher;

static const char *match_here(matcher *m, const char *s, const char *p);

static void step(matcher *m)
{
  if (m->steps-- == 0)
    luaL_error(m->L, "pattern too complex: it takes too many steps on this text of %d bytes; make its repetitions less ambiguous",
               (int)m->text.len);
}

/* ---- Items ---------------------------------------------------------------------------------------- */

/* Behind a set, from the character after '['. The first ']' is a plain character. */
static const char *set_end(matcher *m, const char *p)
{
  if (p < m->pattern_end && *p == '^')
    p++;
  do {
    if (p >= m->pattern_end)
      luaL_error(m->L, "malformed pattern (missing ']')");
    p += *p == '%' && p + 1 < m->pattern_end ? 2 : 1;
  } while (p >= m->pattern_end || *p != ']');
  return p + 1;
}

/* Behind one item without its quantifier. */
static const char *item_end(matcher *m, const char *p)
{
  if (*p == '[')
    return set_end(m, p + 1);
  if (*p != '%')
    return p + 1;
  if (p + 1 >= m->pattern_end)
    luaL_error(m->L, "malformed pattern (ends with '%%')");
  return p + 2;
}

static bool in_class(unsigned char c, char class)
{
  bool in;
  switch (tolower((unsigned char)class)) {
  case 'a': in = isalpha(c); break;
  case 'c': in = iscntrl(c); break;
  case 'd': in = isdigit(c); break;
  case 'g': in = isgraph(c); break;
  case 'l': in = islower(c); break;
  case 'p': in = ispunct(c); break;
  case 's': in = isspace(c); break;
  case 'u': in = isupper(c); break;
  case 'w': in = isalnum(c); break;
  case 'x': in = isxdigit(c); break;
  case 'z': in = c == 0; break; /* of Lua 5.1, and still there */
  default: return (unsigned char)class == c;
  }
  return isupper((unsigned char)class) ? !in : in;
}

/* p is behind '[', end at ']'. */
static bool in_set(unsigned char c, const char *p, const char *end)
{
  bool negated = *p == '^', found = false;
  p += negated;
  while (p < end && !found) {
    if (*p == '%') {
      found = in_class(c, p[1]);
      p += 2;
    } else if (p + 2 < end && p[1] == '-') {
      found = (unsigned char)p[0] <= c && c <= (unsigned char)p[2];
      p += 3;
    } else {
      found = (unsigned char)*p++ == c;
    }
  }
  return found != negated;
}

static bool item_matches(matcher *m, const char *s, const char *p, const char *end)
{
  step(m);
  if (s >= m->text_end)
    return false;
  unsigned char c = (unsigned char)*s;
  switch (*p) {
  case '.': return true;
  case '%': return in_class(c, p[1]);
  case '[': return in_set(c, p + 1, end - 1);
  default: return (unsigned char)*p == c;
  }
}

/* ---- Quantifiers ---------------------------------------------------------------------------------- */

static const char *match_longest(matcher *m, const char *s, const char *p, const char *end)
{
  const char *at = s;
  while (item_matches(m, at, p, end))
    at++;
  for (; at >= s; at--) {
    const char *found = match_here(m, at, end + 1);
    if (found)
      return found;
    step(m);
  }
  return NULL;
}

static const char *match_shortest(matcher *m, const char *s, const char *p, const char *end)
{
  for (;; s++) {
    const char *found = match_here(m, s, end + 1);
    if (found)
      return found;
    if (!item_matches(m, s, p, end))
      return NULL;
  }
}

/* ---- Captures and special items -------------------------------------------------------------------- */

static const char *open_capture(matcher *m, const char *s, const char *p, ptrdiff_t len)
{
  if (m->level == CAPTURES)
    luaL_error(m->L, "too many captures");
  m->capture[m->level].from = s;
  m->capture[m->level].len = len;
  m->level++;
  const char *found = match_here(m, s, p);
  if (!found)
    m->level--;
  return found;
}

static const char *close_capture(matcher *m, const char *s, const char *p)
{
  int i = m->level - 1;
  while (i >= 0 && m->capture[i].len != OPEN)
    i--;
  if (i < 0)
    luaL_error(m->L, "invalid pattern capture");
  m->capture[i].len = s - m->capture[i].from;
  const char *found = match_here(m, s, p);
  if (!found)
    m->capture[i].len = OPEN;
  return found;
}

/* %bxy: balanced x and y. */
static const char *match_balance(matcher *m, const char *s, const char *p)
{
  if (p + 1 >= m->pattern_end)
    luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  if (s >= m->text_end || *s != p[0])
    return NULL;
  int depth = 1;
  for (s++; s < m->text_end; s++) {
    step(m);
    if (*s == p[1]) {
      if (--depth == 0)
        return s + 1;
    } else if (*s == p[0]) {
      depth++;
    }
  }
  return NULL;
}

/* %f[set]: the character before is not in the set, this one is. *p is moved behind the set. */
static bool at_frontier(matcher *m, const char *s, const char **p)
{
  if (*p >= m->pattern_end || **p != '[')
    luaL_error(m->L, "missing '[' after '%%f' in pattern");
  const char *set = *p + 1;
  *p = set_end(m, set);
  unsigned char before = s == m->text.data ? 0 : (unsigned char)s[-1], now = s < m->text_end ? (unsigned char)*s : 0;
  return !in_set(before, set, *p - 1) && in_set(now, set, *p - 1);
}

static const char *match_again(matcher *m, const char *s, char digit)
{
  int i = digit - '1';
  if (i < 0 || i >= m->level || m->capture[i].len == OPEN)
    luaL_error(m->L, "invalid capture index %%%d in pattern", i + 1);
  size_t len = (size_t)m->capture[i].len; /* a position's is longer than any text: it is never found */
  if ((size_t)(m->text_end - s) < len || memcmp(m->capture[i].from, s, len) != 0)
    return NULL;
  return s + len;
}

/* ---- The walk ------------------------------------------------------------------------------------- */

/* "%b", "%f", "%1": these are no items. Moves *p behind; false when it does not match. */
static bool match_special(matcher *m, const char **s, const char **p)
{
  char kind = (*p)[1];
  *p += 2;
  if (kind == 'f')
    return at_frontier(m, *s, p);
  *s = kind == 'b' ? match_balance(m, *s, *p) : match_again(m, *s, kind);
  if (kind == 'b')
    *p += 2;
  return *s != NULL;
}

static bool is_special(const matcher *m, const char *p)
{
  return *p == '%' && p + 1 < m->pattern_end && (p[1] == 'b' || p[1] == 'f' || isdigit((unsigned char)p[1]));
}

static const char *walk(matcher *m, const char *s, const char *p)
{
  while (p < m->pattern_end) {
    if (*p == '(' && p + 1 < m->pattern_end && p[1] == ')')
      return open_capture(m, s, p + 2, POSITION);
    if (*p == '(')
      return open_capture(m, s, p + 1, OPEN);
    if (*p == ')')
      return close_capture(m, s, p + 1);
    if (*p == '$' && p + 1 == m->pattern_end)
      return s == m->text_end ? s : NULL;
    if (is_special(m, p)) {
      if (!match_special(m, &s, &p))
        return NULL;
      continue;
    }
    const char *end = item_end(m, p);
    char quantifier = end < m->pattern_end ? *end : '\0';
    if (quantifier == '*')
      return match_longest(m, s, p, end);
    if (quantifier == '-')
      return match_shortest(m, s, p, end);
    bool one = item_matches(m, s, p, end);
    if (quantifier == '+')
      return one ? match_longest(m, s + 1, p, end) : NULL;
    if (quantifier == '?') {
      const char *found = one ? match_here(m, s + 1, end + 1) : NULL;
      if (found)
        return found;
      p = end + 1;
      continue;
    }
    if (!one)
      return NULL;
    s++;
    p = end;
  }
  return s;
}

static const char *match_here(matcher *m, const char *s, const char *p)
{
  if (++m->depth > DEPTH_MAX)
    luaL_error(m->L, "pattern too complex: more than %d levels", DEPTH_MAX);
  step(m);
  const char *found = walk(m, s, p);
  m->depth--;
  return found;
}

/* ---- What the four functions share ----------------------------------------------------------------- */

/* The captures are set as they are opened. */
static void begin(matcher *m, lua_State *L, pl_str text, int pattern)
{
  m->L = L;
  m->text = text;
  m->pattern.data = luaL_checklstring(L, pattern, &m->pattern.len);
  m->text_end = m->text.data + m->text.len;
  m->pattern_end = m->pattern.data + m->pattern.len;
  m->steps = STEPS_BASE + STEPS_A_BYTE * (uint64_t)m->text.len;
  m->depth = m->level = 0;
}

static void prepare(matcher *m, lua_State *L)
{
  pl_str text;
  text.data = luaL_checklstring(L, 1, &text.len);
  begin(m, L, text, 2);
}

/* A match that begins at s, or NULL. p: the pattern without its anchor. */
static const char *match_at(matcher *m, const char *s, const char *p)
{
  m->level = 0;
  m->depth = 0;
  return match_here(m, s, p);
}

/* Without captures the whole match is the first one. */
static void push_capture(matcher *m, int i, const char *from, const char *end)
{
  if (i >= m->level) {
    if (i > 0)
      luaL_error(m->L, "invalid capture index %%%d", i + 1);
    lua_pushlstring(m->L, from, (size_t)(end - from));
  } else if (m->capture[i].len == POSITION) {
    lua_pushinteger(m->L, (lua_Integer)(m->capture[i].from - m->text.data) + 1);
  } else if (m->capture[i].len == OPEN) {
    luaL_error(m->L, "unfinished capture");
  } else {
    lua_pushlstring(m->L, m->capture[i].from, (size_t)m->capture[i].len);
  }
}

static int push_captures(matcher *m, const char *from, const char *end, bool whole_if_none)
{
  int n = m->level == 0 && whole_if_none ? 1 : m->level;
  luaL_checkstack(m->L, n, "too many captures");
  for (int i = 0; i < n; i++)
    push_capture(m, i, from, end);
  return n;
}

/* The position argument as an offset; negative counts from the end. False when it lies behind the text. */
static bool start_of(lua_State *L, int index, size_t len, size_t *out)
{
  lua_Integer i = luaL_optinteger(L, index, 1);
  if (i < 0)
    i = (lua_Integer)len + i + 1;
  if (i < 1)
    i = 1;
  *out = (size_t)i - 1;
  return *out <= len;
}

/* ---- find and match -------------------------------------------------------------------------------- */

static int find_plain(lua_State *L, const matcher *m, size_t start)
{
  const char *found = m->pattern.len ? memmem(m->text.data + start, m->text.len - start, m->pattern.data, m->pattern.len) : m->text.data + start;
  if (!found) {
    lua_pushnil(L);
    return 1;
  }
  lua_Integer from = (lua_Integer)(found - m->text.data) + 1;
  lua_pushinteger(L, from);
  lua_pushinteger(L, from + (lua_Integer)m->pattern.len - 1);
  return 2;
}

static bool has_specials(pl_str pattern)
{
  static const bool special[256] = {['^'] = true, ['$'] = true, ['*'] = true, ['+'] = true, ['?'] = true,
                                    ['.'] = true, ['('] = true, ['['] = true, ['%'] = true, ['-'] = true};
  for (size_t i = 0; i < pattern.len; i++) {
    if (special[(unsigned char)pattern.data[i]])
      return true;
  }
  return false;
}

/* The next place from s on where a match may begin, or NULL: a literal first character is looked for without the matcher. */
static const char *next_start(const matcher *m, const char *s)
{
  pl_str p = m->pattern;
  if (!p.len || *p.data == ')' || has_specials((pl_str){p.data, 1}) || (p.len > 1 && strchr("*?-", p.data[1])))
    return s <= m->text_end ? s : NULL;
  return s < m->text_end ? memchr(s, p.data[0], (size_t)(m->text_end - s)) : NULL;
}

/* From an offset on; find: positions come before the captures. */
static int search_from(matcher *m, size_t start, bool find)
{
  lua_State *L = m->L;
  bool anchor = m->pattern.len && m->pattern.data[0] == '^';
  for (const char *s = m->text.data + start; (s = next_start(m, s)) != NULL; s++) {
    const char *end = match_at(m, s, m->pattern.data + anchor);
    if (end && find) {
      lua_pushinteger(L, (lua_Integer)(s - m->text.data) + 1);
      lua_pushinteger(L, (lua_Integer)(end - m->text.data));
      return push_captures(m, s, end, false) + 2;
    }
    if (end)
      return push_captures(m, s, end, true);
    if (anchor)
      break;
  }
  lua_pushnil(L);
  return 1;
}

static int search(lua_State *L, bool find)
{
  matcher m;
  size_t start;
  prepare(&m, L);
  if (!start_of(L, 3, m.text.len, &start)) {
    lua_pushnil(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || !has_specials(m.pattern)))
    return find_plain(L, &m, start);
  return search_from(&m, start, find);
}

int pl_match(lua_State *L, pl_str text, int pattern)
{
  matcher m;
  begin(&m, L, text, pattern);
  if (has_specials(m.pattern))
    return search_from(&m, 0, false);
  if (m.pattern.len && (!m.text.len || !memmem(m.text.data, m.text.len, m.pattern.data, m.pattern.len)))
    lua_pushnil(L);
  else
    lua_pushvalue(L, pattern); /* the match is the pattern itself */
  return 1;
}

static int match_find(lua_State *L)
{
  return search(L, true);
}

static int match_match(lua_State *L)
{
  return search(L, false);
}

/* ---- gmatch ---------------------------------------------------------------------------------------- */

/* Upvalues: text, pattern, next offset, end of the last match (-1: none). An empty match right behind the last one is skipped. */
static int gmatch_next(lua_State *L)
{
  matcher m;
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, lua_upvalueindex(2));
  prepare(&m, L);
  lua_Integer next = lua_tointeger(L, lua_upvalueindex(3)), last = lua_tointeger(L, lua_upvalueindex(4));
  for (const char *s = m.text.data + next; (s = next_start(&m, s)) != NULL; s++) {
    const char *end = match_at(&m, s, m.pattern.data);
    if (!end || end - m.text.data == last)
      continue;
    lua_pushinteger(L, (lua_Integer)(end - m.text.data));
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return push_captures(&m, s, end, true);
  }
  return 0;
}

static int match_gmatch(lua_State *L)
{
  size_t len, start;
  luaL_checklstring(L, 1, &len);
  luaL_checkstring(L, 2);
  if (!start_of(L, 3, len, &start))
    start = len + 1;
  lua_settop(L, 2);
  lua_pushinteger(L, (lua_Integer)start);
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, gmatch_next, 4);
  return 1;
}

/* ---- gsub ------------------------------------------------------------------------------------------ */

/* The replacement text with %0 to %9 and %%. */
static void add_text(matcher *m, luaL_Buffer *b, const char *s, const char *end)
{
  size_t len;
  const char *text = lua_tolstring(m->L, 3, &len), *text_end = text + len;
  for (; text < text_end; text++) {
    if (*text != '%') {
      luaL_addchar(b, *text);
      continue;
    }
    char next = text + 1 < text_end ? *++text : '\0';
    if (next == '%') {
      luaL_addchar(b, '%');
    } else if (next == '0') {
      luaL_addlstring(b, s, (size_t)(end - s));
    } else if (isdigit((unsigned char)next)) {
      push_capture(m, next - '1', s, end);
      (void)luaL_tolstring(m->L, -1, NULL);
      lua_remove(m->L, -2);
      luaL_addvalue(b);
    } else {
      luaL_error(m->L, "invalid use of '%%' in replacement string");
    }
  }
}

/* Appends what takes the match's place; false and nil keep it. */
static bool add_value(matcher *m, luaL_Buffer *b, const char *s, const char *end, int type)
{
  lua_State *L = m->L;
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    int n = push_captures(m, s, end, true);
    lua_call(L, n, 1);
  } else if (type == LUA_TTABLE) {
    push_capture(m, 0, s, end);
    lua_gettable(L, 3);
  } else {
    add_text(m, b, s, end);
    return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(b, s, (size_t)(end - s));
    return false;
  }
  if (!lua_isstring(L, -1))
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(b);
  return true;
}

static int match_gsub(lua_State *L)
{
  matcher m;
  luaL_Buffer b;
  prepare(&m, L);
  int type = lua_type(L, 3);
  luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3, "string/function/table");
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)m.text.len + 1), n = 0;
  bool anchor = m.pattern.len && m.pattern.data[0] == '^';
  const char *s = m.text.data, *last = NULL;
  luaL_buffinit(L, &b);
  while (n < most) {
    const char *end = match_at(&m, s, m.pattern.data + anchor);
    if (end && end != last) {
      n++;
      (void)add_value(&m, &b, s, end, type);
      s = last = end;
    } else if (s < m.text_end) {
      luaL_addchar(&b, *s++);
    } else {
      break;
    }
    if (anchor)
      break;
  }
  luaL_addlstring(&b, s, (size_t)(m.text_end - s));
  luaL_pushresult(&b);
  lua_pushinteger(L, n);
  return 2;
}

void pl_match_open(lua_State *L)
{
  static const luaL_Reg functions[] = {{"find", match_find}, {"match", match_match}, {"gmatch", match_gmatch}, {"gsub", match_gsub}, {NULL, NULL}};
  lua_getglobal(L, "string");
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
