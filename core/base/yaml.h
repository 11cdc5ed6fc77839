/* YAML of configuration files: mappings, sequences and scalars, read by libyaml and written down as JSON. */
#ifndef PL_BASE_YAML_H
#define PL_BASE_YAML_H

#include "base/buf.h"
#include "base/str.h"
#include "perilune/error.h"

/* Appends one YAML document to out as a JSON text. Every scalar is a string, as it was written, so that no version of YAML
 * decides what `no` or `1_000` is; an empty one, ~ and null are null. An empty text is {}. Anchors, aliases, tags, keys that
 * are no scalars, more than 32 containers within each other and a second document are refused. PL_EPARSE with line and
 * column, PL_ELIMIT, PL_ENOMEM. */
int pl_yaml_to_json(pl_str text, pl_buf *out, pl_error *err) PL_MUSTCHECK;

#endif
