__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void maximum_3x21_f32(__global float* restrict out0, __global const float* restrict in0) {
  for (int row = 0; row < 3; row++) {
    const int i0 = row;
    for (int i1 = 0; i1 < 1; i1++) {
      const float x1 = 0.5f;
      const float x2 = in0[i1*2 + i0*41];
      const float maximum_3 = (((x1 > x2) || isnan(x1)) ? x1 : x2);
      const float x4 = in0[i1*2 + i0*41 + 1];
      const float maximum_5 = (((maximum_3 > x4) || isnan(maximum_3)) ? maximum_3 : x4);
      out0[i1 + i0*21] = maximum_5;
    }
    for (int i1 = 1; i1 < 17; i1 += 16) {
      __global const float* x6_at = in0 + i1*2 + i0*41 - 1;
      const float16 x6 = (float16)(vload16(0, x6_at).even, vload16(0, x6_at + 15).odd);
      __global const float* x7_at = in0 + i1*2 + i0*41;
      const float16 x7 = (float16)(vload16(0, x7_at).even, vload16(0, x7_at + 15).odd);
      const float16 maximum_8 = (((x6 > x7) | isnan(x6)) ? x6 : x7);
      __global const float* x9_at = in0 + i1*2 + i0*41 + 1;
      const float16 x9 = (float16)(vload16(0, x9_at).even, vload16(0, x9_at + 15).odd);
      const float16 maximum_10 = (((maximum_8 > x9) | isnan(maximum_8)) ? maximum_8 : x9);
      vstore16(maximum_10, 0, out0 + i1 + i0*21);
    }
    for (int i1 = 17; i1 < 20; i1++) {
      const float x11 = in0[i1*2 + i0*41 - 1];
      const float x12 = in0[i1*2 + i0*41];
      const float maximum_13 = (((x11 > x12) || isnan(x11)) ? x11 : x12);
      const float x14 = in0[i1*2 + i0*41 + 1];
      const float maximum_15 = (((maximum_13 > x14) || isnan(maximum_13)) ? maximum_13 : x14);
      out0[i1 + i0*21] = maximum_15;
    }
    for (int i1 = 20; i1 < 21; i1++) {
      const float x16 = in0[i1*2 + i0*41 - 1];
      const float x17 = in0[i1*2 + i0*41];
      const float maximum_18 = (((x16 > x17) || isnan(x16)) ? x16 : x17);
      const float x19 = 0.5f;
      const float maximum_20 = (((maximum_18 > x19) || isnan(maximum_18)) ? maximum_18 : x19);
      out0[i1 + i0*21] = maximum_20;
    }
  }
}
