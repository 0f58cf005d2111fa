__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void sum_4x256x256_f32(__global float* restrict out0, __global const float* restrict in0) {
  __local float sums0[128] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int g1 = get_global_id(1);
  const int row = g1;
  const int i0 = row;
  for (int i1 = g0*128; i1 < g0*128 + 128; i1 += 16) {
    float16 acc1 = (float16)(0.0f);
    vstore16(acc1, 0, sums0 + i1 - g0*128);
  }
  for (int r0 = 0; r0 < 256; r0 += 4) {
    for (int i1 = g0*128; i1 < g0*128 + 128; i1 += 16) {
      float16 acc2 = vload16(0, sums0 + i1 - g0*128);
      const float16 x3 = vload16(0, in0 + i1 + r0*256 + i0*65536);
      acc2 = acc2 + x3;
      const float16 x4 = vload16(0, in0 + i1 + r0*256 + i0*65536 + 256);
      acc2 = acc2 + x4;
      const float16 x5 = vload16(0, in0 + i1 + r0*256 + i0*65536 + 512);
      acc2 = acc2 + x5;
      const float16 x6 = vload16(0, in0 + i1 + r0*256 + i0*65536 + 768);
      acc2 = acc2 + x6;
      vstore16(acc2, 0, sums0 + i1 - g0*128);
    }
  }
  for (int i1 = g0*128; i1 < g0*128 + 128; i1 += 16) {
    float16 acc7 = vload16(0, sums0 + i1 - g0*128);
    vstore16(acc7, 0, out0 + i1 + i0*256);
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void sum_4x256_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int row = 0;
  for (int i0 = 0; i0 < 256; i0 += 128) {
    float16 acc1 = (float16)(0.0f);
    float16 acc2 = (float16)(0.0f);
    float16 acc3 = (float16)(0.0f);
    float16 acc4 = (float16)(0.0f);
    float16 acc5 = (float16)(0.0f);
    float16 acc6 = (float16)(0.0f);
    float16 acc7 = (float16)(0.0f);
    float16 acc8 = (float16)(0.0f);
    for (int r0 = 0; r0 < 4; r0++) {
      const float16 x9 = vload16(0, in0 + i0 + r0*256);
      acc1 = acc1 + x9;
      const float16 x10 = vload16(0, in0 + i0 + r0*256 + 16);
      acc2 = acc2 + x10;
      const float16 x11 = vload16(0, in0 + i0 + r0*256 + 32);
      acc3 = acc3 + x11;
      const float16 x12 = vload16(0, in0 + i0 + r0*256 + 48);
      acc4 = acc4 + x12;
      const float16 x13 = vload16(0, in0 + i0 + r0*256 + 64);
      acc5 = acc5 + x13;
      const float16 x14 = vload16(0, in0 + i0 + r0*256 + 80);
      acc6 = acc6 + x14;
      const float16 x15 = vload16(0, in0 + i0 + r0*256 + 96);
      acc7 = acc7 + x15;
      const float16 x16 = vload16(0, in0 + i0 + r0*256 + 112);
      acc8 = acc8 + x16;
    }
    vstore16(acc1, 0, out0 + i0);
    vstore16(acc2, 0, out0 + i0 + 16);
    vstore16(acc3, 0, out0 + i0 + 32);
    vstore16(acc4, 0, out0 + i0 + 48);
    vstore16(acc5, 0, out0 + i0 + 64);
    vstore16(acc6, 0, out0 + i0 + 80);
    vstore16(acc7, 0, out0 + i0 + 96);
    vstore16(acc8, 0, out0 + i0 + 112);
  }
}
