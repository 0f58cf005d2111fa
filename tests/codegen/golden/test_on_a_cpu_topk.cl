__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void topk_600x8_i64(__global long* restrict out0, __global const float* restrict in0) {
  __local ulong kept[81] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  for (int line = g0*40; line < g0*40 + 40; line++) {
    lg_topk_descending_float32(in0, out0, kept, line*200, line*8, 200, 8, 80);
  }
}
