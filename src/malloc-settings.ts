/**
 * For glibc: what is large is given back to the system when it is freed. Its own threshold rises with the first page of
 * 10 MB, and threads and processes then keep what they had: 100 MB after a few such pages. See decision 29. Other libraries do not know these names.
 */
export const mallocSettings = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "262144",
  MALLOC_TRIM_THRESHOLD_: "262144",
};
