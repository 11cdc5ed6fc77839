/* Which control groups are containers, and what they are called. */
#ifndef PL_SAMPLE_CONTAINER_H
#define PL_SAMPLE_CONTAINER_H

#include <stdbool.h>

#include "base/str.h"

enum { PL_CONTAINER_NAME = 96 };

typedef struct pl_container {
  char name[PL_CONTAINER_NAME]; /* what people call it: the first twelve digits of its number, or its name */
  char pod[PL_CONTAINER_NAME];  /* Kubernetes' uid of its pod; empty: none */
  const char *runtime;          /* "docker", "containerd", "cri-o", "podman", "lxc", "nspawn", "kubernetes", "systemd", "other" */
} pl_container;

/* From the path of a group ("/system.slice/docker-4f...e1.scope"); false when it is no container's. */
bool pl_container_of(pl_str path, pl_container *out);
/* The same for a unit of systemd that has processes and is no container: a service or a scope, by its name. */
bool pl_unit_of(pl_str path, pl_container *out);

#endif
