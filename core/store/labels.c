/* Canonical label texts. */
#include "store/labels.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

static int compare(pl_str a, pl_str b)
{
  size_t n = a.len < b.len ? a.len : b.len;
  int order = n ? memcmp(a.data, b.data, n) : 0;
  return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

void pl_labels_sort(pl_label *labels, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    pl_label label = labels[i];
    size_t j = i;
    for (; j > 0 && compare(labels[j - 1].name, label.name) > 0; j--)
      labels[j] = labels[j - 1];
    labels[j] = label;
  }
}

int pl_labels_text(const pl_label *labels, size_t n, pl_buf *out)
{
  pl_label sorted[PL_LABELS_MAX];
  pl_json_out json;
  if (n > PL_LABELS_MAX)
    return PL_ELIMIT;
  if (n)
    memcpy(sorted, labels, n * sizeof *sorted);
  pl_labels_sort(sorted, n);
  pl_json_out_init(&json, out);
  pl_json_begin_object(&json);
  for (size_t i = 0; i < n; i++) {
    pl_json_key(&json, sorted[i].name);
    pl_json_string(&json, sorted[i].value);
  }
  pl_json_end_object(&json);
  return out->bad;
}

/* Offsets while the storage may still move. */
typedef struct label_reader {
  pl_buf *storage;
  size_t at[PL_LABELS_MAX][2], len[PL_LABELS_MAX][2];
  size_t n;
} label_reader;

static int on_event(void *user, const pl_json_event *event)
{
  label_reader *r = user;
  if (event->kind != PL_JSON_KEY && event->kind != PL_JSON_STRING)
    return 0;
  int part = event->kind == PL_JSON_STRING;
  if (r->n == PL_LABELS_MAX)
    return PL_ELIMIT;
  r->at[r->n][part] = r->storage->len;
  r->len[r->n][part] = event->string.len;
  if (part)
    r->n++;
  return pl_buf_add(r->storage, event->string.data, event->string.len);
}

int pl_labels_read(const pl_allocator *a, pl_str text, pl_label *labels, size_t *n, pl_buf *storage, pl_error *err)
{
  label_reader r = {.storage = storage};
  int code = pl_json_parse(a, text, 4, on_event, &r, err);
  if (code)
    return code;
  for (size_t i = 0; i < r.n; i++) {
    labels[i].name = (pl_str){storage->data + r.at[i][0], r.len[i][0]};
    labels[i].value = (pl_str){storage->data + r.at[i][1], r.len[i][1]};
  }
  *n = r.n;
  return PL_OK;
}

bool pl_matcher_holds(const pl_matcher *m, const pl_label *labels, size_t n)
{
  pl_str value = {"", 0};
  for (size_t i = 0; i < n; i++) {
    if (pl_str_eq(labels[i].name, m->label))
      value = labels[i].value;
  }
  bool both = pl_str_eqc(m->label, "role") && pl_str_eqc(value, "both");
  bool equal = pl_str_eq(value, m->value) || (both && (pl_str_eqc(m->value, "target") || pl_str_eqc(m->value, "generator")));
  return equal == (m->op == PL_MATCH_EQ);
}
