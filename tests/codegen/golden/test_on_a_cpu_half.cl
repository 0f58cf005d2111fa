__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void exp_70_f16(__global half* restrict out0, __global const half* restrict in0) {
  const int row = 0;
  for (int i0 = 0; i0 < 64; i0 += 16) {
    const float16 x1 = lg_load_float16_16(in0 + i0);
    const float16 exp_2 = lg_exp_16(x1);
    lg_store_float16_16(exp_2, out0 + i0);
  }
  for (int i0 = 64; i0 < 70; i0++) {
    const float x3 = vload_half(0, in0 + i0);
    const float exp_4 = lg_exp_1(x3);
    vstore_half_rte(exp_4, 0, out0 + i0);
  }
}
