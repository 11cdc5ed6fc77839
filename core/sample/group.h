/* The files of one control group, versions 1 and 2. Names are cAdvisor's. */
#ifndef PL_SAMPLE_GROUP_H
#define PL_SAMPLE_GROUP_H

#include "sample/cgroup_path.h"
#include "sample/sampler.h"

typedef struct pl_group pl_group;

/* Opens what the group has. *descriptors: how many its files may keep open; fewer when some were taken, given back by close; the rest are
 * opened for each read. PL_ENOENT: it offers no figures; PL_ENOMEM. */
int pl_group_open(const pl_allocator *a, const char *sys_root, const pl_cgroup_paths *paths, int *descriptors, pl_group **out) PL_MUSTCHECK;
/* Emits its figures with these labels. */
void pl_group_read(pl_sampler *s, const pl_group *g, const pl_sample_label *labels, size_t n_labels);
/* NULL is fine. */
void pl_group_close(pl_group *g);

#endif
