/* Templates of regular expressions, as Go's regexp.Expand reads them. */
#include <string.h>

#include "base/regex_program.h"

/* Takes $name, ${name} or $$ at *at of a template; the name, or data NULL where this is no such thing. */
static pl_str take_name(pl_str text, size_t *at)
{
  size_t from = *at + 1, to;
  bool braced = from < text.len && text.data[from] == '{';
  from += braced;
  for (to = from; to < text.len && pl_regex_is_word((unsigned char)text.data[to]); to++) {
  }
  if (to == from || (braced && (to >= text.len || text.data[to] != '}')))
    return (pl_str){NULL, 0};
  *at = to + braced;
  return (pl_str){text.data + from, to - from};
}

size_t pl_regex_expand(const pl_regex *r, pl_str text, const pl_str *groups, char *out)
{
  size_t n = 0;
  for (size_t at = 0; at < text.len;) {
    pl_str part = {text.data + at, 1};
    if (part.data[0] != '$') {
      at++;
    } else if (at + 1 < text.len && text.data[at + 1] == '$') {
      at += 2;
    } else {
      pl_str name = take_name(text, &at);
      int group = name.data ? pl_regex_group(r, name) : -1;
      if (name.data)
        part = group >= 0 && groups[group].data ? groups[group] : (pl_str){NULL, 0};
      else
        at++; /* a $ that means itself */
    }
    if (out && part.len)
      memcpy(out + n, part.data, part.len);
    n += part.len;
  }
  return n;
}
