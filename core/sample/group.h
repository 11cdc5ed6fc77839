/* The files of one control group, versions 1 and 2. Names are cAdvisor's. */
#ifndef PL_SAMPLE_GROUP_H
#define PL_SAMPLE_GROUP_H

#include "sample/cgroup_path.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

typedef struct pl_group pl_group;

/* What groups of one sampler share; it outlives them. */
typedef struct pl_groups {
  int descriptors;  /* how many files may stay open; an open group takes of them, and its close gives them back */
  pl_procfile text; /* the buffer into which files are read */
} pl_groups;

/* Opens what the group has. Files for which no descriptor is left are opened for each read. PL_ENOENT: it offers no figures; PL_ENOMEM. */
int pl_group_open(pl_groups *all, const char *sys_root, const pl_cgroup_paths *paths, pl_group **out) PL_MUSTCHECK;
/* Emits its figures with these labels. */
void pl_group_read(pl_sampler *s, const pl_group *g, const pl_sample_label *labels, size_t n_labels);
/* NULL is fine. */
void pl_group_close(pl_group *g);

#endif
