__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void sum_300x200_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g0 = get_global_id(0);
  const int row = 0;
  for (int i0 = g0*64; i0 < min((int)(g0*64 + 64), (int)192); i0 += 64) {
    float16 acc1 = (float16)(0.0f);
    float16 acc2 = (float16)(0.0f);
    float16 acc3 = (float16)(0.0f);
    float16 acc4 = (float16)(0.0f);
    for (int r0 = 0; r0 < 300; r0++) {
      const float16 x5 = vload16(0, in0 + i0 + r0*200);
      acc1 = acc1 + x5;
      const float16 x6 = vload16(0, in0 + i0 + r0*200 + 16);
      acc2 = acc2 + x6;
      const float16 x7 = vload16(0, in0 + i0 + r0*200 + 32);
      acc3 = acc3 + x7;
      const float16 x8 = vload16(0, in0 + i0 + r0*200 + 48);
      acc4 = acc4 + x8;
    }
    vstore16(acc1, 0, out0 + i0);
    vstore16(acc2, 0, out0 + i0 + 16);
    vstore16(acc3, 0, out0 + i0 + 32);
    vstore16(acc4, 0, out0 + i0 + 48);
  }
  #pragma clang loop vectorize(disable)
  for (int i0 = 192; i0 < min((int)(g0*64 + 64), (int)200); i0++) {
    float acc9 = 0.0f;
    #pragma clang loop vectorize(disable)
    for (int r0 = 0; r0 < 300; r0++) {
      const float x10 = in0[i0 + r0*200];
      acc9 = acc9 + x10;
    }
    out0[i0] = acc9;
  }
}
