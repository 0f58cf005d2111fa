__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void neg_3x21_f32(__global float* restrict out0, __global const float* restrict in0) {
  for (int row = 0; row < 3; row++) {
    const int i0 = row;
    for (int i1 = 0; i1 < 16; i1 += 16) {
      __global const float* x1_at = in0 + i1*2 + i0*41;
      const float16 x1_low = vload16(0, x1_at);
      const float16 x1_high = vload16(0, x1_at + 15);
      const float16 x1 = (float16)(x1_low.s0, x1_low.s2, x1_low.s4, x1_low.s6, x1_low.s8, x1_low.sa, x1_low.sc, x1_low.se, x1_high.s1, x1_high.s3, x1_high.s5, x1_high.s7, x1_high.s9, x1_high.sb, x1_high.sd, x1_high.sf);
      const float16 neg_2 = -x1;
      vstore16(neg_2, 0, out0 + i1 + i0*21);
    }
    for (int i1 = 16; i1 < 21; i1++) {
      const float x3 = in0[i1*2 + i0*41];
      const float neg_4 = -x3;
      out0[i1 + i0*21] = neg_4;
    }
  }
}
