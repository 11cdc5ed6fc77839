/* name[,tag=value]:value[:value]|type[|@rate][|#tags][|Ttime][|c:container]. */
#include "format/statsd_line.h"

#include <math.h>
#include <string.h>

static int add_tag(pl_tag *tags, size_t *n, pl_str text, char separator)
{
  pl_tag tag = {.value = text};
  tag.name = pl_str_cut(&tag.value, separator);
  if (!tag.value.data)
    tag.value = (pl_str){"", 0};
  return pl_tags_add(tags, n, tag);
}

static int add_tags(pl_tag *tags, size_t *n, pl_str list, char separator)
{
  int code = PL_OK;
  while (!code && list.data) {
    pl_str tag = pl_str_cut(&list, ',');
    if (tag.len) /* a list may end with a comma */
      code = add_tag(tags, n, tag, separator);
  }
  return code;
}

static bool read_type(pl_str s, enum pl_statsd_type *type)
{
  static const char *const names[] = {"c", "g", "ms", "h", "d", "s"};
  for (unsigned t = 0; t < sizeof names / sizeof *names; t++) {
    if (pl_str_eqc(s, names[t])) {
      *type = (enum pl_statsd_type)t;
      return true;
    }
  }
  return false;
}

/* A part behind the type. Those that are not known are of later versions. */
static int read_extension(pl_statsd_sample *s, pl_tag *tags, pl_str part)
{
  pl_str rest = {part.data + 1, part.len ? part.len - 1 : 0};
  switch (part.len ? part.data[0] : '\0') {
  case '@':
    return pl_str_double(rest, &s->rate) && s->rate > 0 && s->rate <= 1 ? PL_OK : PL_REFUSED_VALUE;
  case '#':
    return add_tags(tags, &s->n_tags, rest, ':');
  case 'T':
    s->has_time = true;
    return pl_whole_ns(rest, 1000000000, &s->time_ns) ? PL_OK : PL_REFUSED_TIME;
  case '\0':
    return PL_REFUSED_SYNTAX;
  default:
    return PL_OK;
  }
}

static bool read_value(pl_statsd_sample *s, pl_str text)
{
  s->text = text;
  s->value = NAN;
  s->relative = s->type == PL_STATSD_GAUGE && text.len && (text.data[0] == '+' || text.data[0] == '-');
  return s->type == PL_STATSD_SET ? text.len > 0 : pl_str_double(text, &s->value);
}

/* The head of a line, up to its values, which are left in *values. */
static int read_head(pl_statsd_sample *s, pl_tag *tags, pl_str line, pl_str *values)
{
  pl_str type, head;
  *values = pl_str_cut(&line, '|');
  head = pl_str_cut(values, ':');
  s->name = pl_str_cut(&head, ',');
  if (!s->name.len)
    return PL_REFUSED_NAME;
  if (!values->data || !line.data)
    return PL_REFUSED_SYNTAX;
  type = pl_str_cut(&line, '|');
  if (!read_type(type, &s->type))
    return PL_REFUSED_TYPE;
  int code = head.data ? add_tags(tags, &s->n_tags, head, '=') : PL_OK;
  while (!code && line.data)
    code = read_extension(s, tags, pl_str_cut(&line, '|'));
  return code;
}

static int read_line(void *told, pl_str line, uint64_t number)
{
  const pl_statsd_events *events = told;
  pl_tag tags[PL_LINE_TAGS];
  pl_statsd_sample s = {.rate = 1, .tags = tags, .line = number};
  pl_str values;
  line = pl_str_trim(line);
  if (!line.len || pl_str_starts(line, PL_STR("_e{")) || pl_str_starts(line, PL_STR("_sc|")))
    return PL_OK;
  if (!pl_utf8_valid(line))
    return PL_REFUSED_ENCODING;
  int code = read_head(&s, tags, line, &values);
  for (pl_str rest = values; !code && rest.data;)
    code = read_value(&s, pl_str_cut(&rest, ':')) ? PL_OK : PL_REFUSED_VALUE;
  for (pl_str rest = values; !code && rest.data;) {
    (void)read_value(&s, pl_str_cut(&rest, ':'));
    code = events->sample(events->user, &s);
  }
  return code;
}

int pl_statsd_read(pl_lines *lines, pl_str *text, bool last, const pl_statsd_events *events)
{
  pl_statsd_events told = *events;
  return pl_lines_read(lines, text, last, &(pl_line_reader){read_line, &told, events->refused, events->user});
}
