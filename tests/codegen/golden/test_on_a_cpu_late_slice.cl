__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void neg_10x32_f32(__global float* restrict out0, __global const float* restrict in0, const int s0) {
  const int row = 0;
  for (int i0 = 0; i0 < 320; i0 += 16) {
    const float16 x1 = vload16(0, in0 + i0 + s0*32);
    const float16 neg_2 = -x1;
    vstore16(neg_2, 0, out0 + i0);
  }
}
