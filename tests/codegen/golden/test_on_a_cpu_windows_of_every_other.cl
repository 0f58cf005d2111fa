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
      const float16 x6_low = vload16(0, x6_at);
      const float16 x6_high = vload16(0, x6_at + 15);
      const float16 x6 = (float16)(x6_low.s0, x6_low.s2, x6_low.s4, x6_low.s6, x6_low.s8, x6_low.sa, x6_low.sc, x6_low.se, x6_high.s1, x6_high.s3, x6_high.s5, x6_high.s7, x6_high.s9, x6_high.sb, x6_high.sd, x6_high.sf);
      __global const float* x7_at = in0 + i1*2 + i0*41;
      const float16 x7_low = vload16(0, x7_at);
      const float16 x7_high = vload16(0, x7_at + 15);
      const float16 x7 = (float16)(x7_low.s0, x7_low.s2, x7_low.s4, x7_low.s6, x7_low.s8, x7_low.sa, x7_low.sc, x7_low.se, x7_high.s1, x7_high.s3, x7_high.s5, x7_high.s7, x7_high.s9, x7_high.sb, x7_high.sd, x7_high.sf);
      const float16 maximum_8 = (((x6 > x7) | isnan(x6)) ? x6 : x7);
      __global const float* x9_at = in0 + i1*2 + i0*41 + 1;
      const float16 x9_low = vload16(0, x9_at);
      const float16 x9_high = vload16(0, x9_at + 15);
      const float16 x9 = (float16)(x9_low.s0, x9_low.s2, x9_low.s4, x9_low.s6, x9_low.s8, x9_low.sa, x9_low.sc, x9_low.se, x9_high.s1, x9_high.s3, x9_high.s5, x9_high.s7, x9_high.s9, x9_high.sb, x9_high.sd, x9_high.sf);
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
