/* Three words a line; the first one has the tags. */
#include "format/graphite_line.h"

#include <math.h>
#include <string.h>

/* Takes the next word, and the blanks before it, off *s; empty: there is none. */
static pl_str take_word(pl_str *s)
{
  size_t n = 0;
  *s = pl_str_trim(*s);
  while (n < s->len && s->data[n] != ' ' && s->data[n] != '\t')
    n++;
  pl_str word = {s->data, n};
  *s = (pl_str){s->data + n, s->len - n};
  return word;
}

static bool has_any(pl_str s, const char *chars)
{
  for (size_t i = 0; i < s.len; i++) {
    if (s.data[i] && strchr(chars, s.data[i]))
      return true;
  }
  return false;
}

/* The tags of ";tag=value;..." (Graphite, "Carbon tag support"). */
static int read_tags(pl_str list, pl_tag *tags, size_t *n)
{
  int code = PL_OK;
  while (!code && list.data) {
    pl_tag tag = {.value = pl_str_cut(&list, ';')};
    tag.name = pl_str_cut(&tag.value, '=');
    if (!tag.value.len || has_any(tag.name, "!^") || tag.value.data[0] == '~')
      return PL_REFUSED_TAG;
    code = pl_tags_add(tags, n, tag);
  }
  return code;
}

static int read_line(void *told, pl_str line, uint64_t number)
{
  const pl_text_events *events = told;
  pl_tag tags[PL_LINE_TAGS];
  pl_text_sample s = {.tags = tags, .line = number};
  if (!pl_str_trim(line).len)
    return PL_OK;
  if (!pl_utf8_valid(line))
    return PL_REFUSED_ENCODING;
  pl_str path = take_word(&line), value = take_word(&line), time = take_word(&line);
  if (!time.len || pl_str_trim(line).len)
    return PL_REFUSED_SYNTAX;
  s.name = pl_str_cut(&path, ';');
  if (!s.name.len)
    return PL_REFUSED_NAME;
  int code = read_tags(path, tags, &s.n_tags);
  if (code)
    return code;
  if (!pl_number_read(value, &s.value) || isnan(s.value))
    return PL_REFUSED_VALUE;
  s.has_time = !pl_str_eqc(time, "-1");
  if (s.has_time && !pl_seconds_ns(time, &s.time_ns))
    return PL_REFUSED_TIME;
  return events->point(events->user, &s);
}

int pl_graphite_read(pl_lines *lines, pl_str *text, bool last, const pl_text_events *events)
{
  pl_text_events told = *events;
  return pl_lines_read(lines, text, last, &(pl_line_reader){read_line, &told, events->refused, events->user});
}
