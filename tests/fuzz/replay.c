/* Runs a fuzz target over the files of its corpus, where there is no fuzzer: what it once found stays found. */
#include "fuzz.h"

#include <dirent.h>

enum { INPUT_MAX = 1 << 20 };

static int replay(const char *path)
{
  FILE *f = fopen(path, "rb");
  uint8_t *data = malloc(INPUT_MAX);
  if (!f || !data) {
    (void)fprintf(stderr, "%s: cannot be read\n", path);
    free(data);
    if (f)
      (void)fclose(f);
    return 1;
  }
  size_t n = fread(data, 1, INPUT_MAX, f);
  (void)fclose(f);
  uint8_t *exact = malloc(n ? n : 1); /* so that a byte beyond its end is beyond the allocation */
  if (exact) {
    memcpy(exact, data, n);
    (void)LLVMFuzzerTestOneInput(exact, n);
  }
  free(exact);
  free(data);
  return 0;
}

int main(void)
{
  DIR *folder = opendir(FUZZ_CORPUS);
  int files = 0, failed = 0;
  if (!folder) {
    (void)fprintf(stderr, "%s: no such folder\n", FUZZ_CORPUS);
    return 1;
  }
  for (struct dirent *e; (e = readdir(folder)) != NULL;) {
    char path[4096];
    if (e->d_name[0] == '.')
      continue;
    (void)snprintf(path, sizeof path, "%s/%s", FUZZ_CORPUS, e->d_name);
    failed |= replay(path);
    files++;
  }
  (void)closedir(folder);
  if (failed || !files)
    return 1;
  (void)printf("[       OK ] %d inputs\n", files);
  return 0;
}
