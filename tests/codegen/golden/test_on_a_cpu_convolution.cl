__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_2x16x7x7_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  __local float panel[432] __attribute__((aligned(64)));
  __local int offsets[27] __attribute__((aligned(64)));
  __local float scratch[160] __attribute__((aligned(64)));
  const int g1 = get_global_id(1);
  const int j = 0;
  for (int q = 0; q < 16; q++) {
    for (int s = 0; s < 16; s += 16) {
      const float16 x1 = vload16(0, in1 + s + j*27 + q*27);
      panel[s*16 + q] = x1.s0;
      panel[s*16 + q + 16] = x1.s1;
      panel[s*16 + q + 32] = x1.s2;
      panel[s*16 + q + 48] = x1.s3;
      panel[s*16 + q + 64] = x1.s4;
      panel[s*16 + q + 80] = x1.s5;
      panel[s*16 + q + 96] = x1.s6;
      panel[s*16 + q + 112] = x1.s7;
      panel[s*16 + q + 128] = x1.s8;
      panel[s*16 + q + 144] = x1.s9;
      panel[s*16 + q + 160] = x1.sa;
      panel[s*16 + q + 176] = x1.sb;
      panel[s*16 + q + 192] = x1.sc;
      panel[s*16 + q + 208] = x1.sd;
      panel[s*16 + q + 224] = x1.se;
      panel[s*16 + q + 240] = x1.sf;
    }
    for (int s = 16; s < 27; s++) {
      const float x2 = in1[s + j*27 + q*27];
      panel[s*16 + q] = x2;
    }
  }
  for (int s = 0; s < 27; s++) {
    {
      const int k = s;
      const int o3 = (k % 3) + (((k / 3)) % 3)*9 + (k / 9)*81;
      offsets[s] = o3;
    }
  }
  for (int t = g1*5; t < g1*5 + 5; t++) {
    const int i0 = min((int)(t*10), (int)88);
    float16 c0_0 = (float16)(0.0f);
    float16 c1_0 = (float16)(0.0f);
    float16 c2_0 = (float16)(0.0f);
    float16 c3_0 = (float16)(0.0f);
    float16 c4_0 = (float16)(0.0f);
    float16 c5_0 = (float16)(0.0f);
    float16 c6_0 = (float16)(0.0f);
    float16 c7_0 = (float16)(0.0f);
    float16 c8_0 = (float16)(0.0f);
    float16 c9_0 = (float16)(0.0f);
    __global const float* row_0 = in0 + (i0 % 7) + (((i0 / 7)) % 7)*9 + (i0 / 49)*243;
    __global const float* row_1 = in0 + ((i0 + 1) % 7) + ((((i0 + 1) / 7)) % 7)*9 + ((i0 + 1) / 49)*243;
    __global const float* row_2 = in0 + ((i0 + 2) % 7) + ((((i0 + 2) / 7)) % 7)*9 + ((i0 + 2) / 49)*243;
    __global const float* row_3 = in0 + ((i0 + 3) % 7) + ((((i0 + 3) / 7)) % 7)*9 + ((i0 + 3) / 49)*243;
    __global const float* row_4 = in0 + ((i0 + 4) % 7) + ((((i0 + 4) / 7)) % 7)*9 + ((i0 + 4) / 49)*243;
    __global const float* row_5 = in0 + ((i0 + 5) % 7) + ((((i0 + 5) / 7)) % 7)*9 + ((i0 + 5) / 49)*243;
    __global const float* row_6 = in0 + ((i0 + 6) % 7) + ((((i0 + 6) / 7)) % 7)*9 + ((i0 + 6) / 49)*243;
    __global const float* row_7 = in0 + (i0 % 7) + (((i0 / 7) + 1) % 7)*9 + ((i0 + 7) / 49)*243;
    __global const float* row_8 = in0 + ((i0 + 1) % 7) + ((((i0 + 1) / 7) + 1) % 7)*9 + ((i0 + 8) / 49)*243;
    __global const float* row_9 = in0 + ((i0 + 2) % 7) + ((((i0 + 2) / 7) + 1) % 7)*9 + ((i0 + 9) / 49)*243;
    for (int kk = 0; kk < 27; kk++) {
      const int offset = offsets[kk];
      const float16 b_0 = vload16(0, panel + kk*16);
      const float16 a_0 = (float16)(row_0[offset]);
      c0_0 = fma(a_0, b_0, c0_0);
      const float16 a_1 = (float16)(row_1[offset]);
      c1_0 = fma(a_1, b_0, c1_0);
      const float16 a_2 = (float16)(row_2[offset]);
      c2_0 = fma(a_2, b_0, c2_0);
      const float16 a_3 = (float16)(row_3[offset]);
      c3_0 = fma(a_3, b_0, c3_0);
      const float16 a_4 = (float16)(row_4[offset]);
      c4_0 = fma(a_4, b_0, c4_0);
      const float16 a_5 = (float16)(row_5[offset]);
      c5_0 = fma(a_5, b_0, c5_0);
      const float16 a_6 = (float16)(row_6[offset]);
      c6_0 = fma(a_6, b_0, c6_0);
      const float16 a_7 = (float16)(row_7[offset]);
      c7_0 = fma(a_7, b_0, c7_0);
      const float16 a_8 = (float16)(row_8[offset]);
      c8_0 = fma(a_8, b_0, c8_0);
      const float16 a_9 = (float16)(row_9[offset]);
      c9_0 = fma(a_9, b_0, c9_0);
    }
    vstore16(c0_0, 0, scratch + 0);
    vstore16(c1_0, 0, scratch + 16);
    vstore16(c2_0, 0, scratch + 32);
    vstore16(c3_0, 0, scratch + 48);
    vstore16(c4_0, 0, scratch + 64);
    vstore16(c5_0, 0, scratch + 80);
    vstore16(c6_0, 0, scratch + 96);
    vstore16(c7_0, 0, scratch + 112);
    vstore16(c8_0, 0, scratch + 128);
    vstore16(c9_0, 0, scratch + 144);
    for (int r = 0; r < 10; r++) {
      const int i = i0 + r;
      {
        const float16 c4 = vload16(0, scratch + r*16);
        out0[(i % 49) + j*49 + (i / 49)*784] = c4.s0;
        out0[(i % 49) + j*49 + (i / 49)*784 + 49] = c4.s1;
        out0[(i % 49) + j*49 + (i / 49)*784 + 98] = c4.s2;
        out0[(i % 49) + j*49 + (i / 49)*784 + 147] = c4.s3;
        out0[(i % 49) + j*49 + (i / 49)*784 + 196] = c4.s4;
        out0[(i % 49) + j*49 + (i / 49)*784 + 245] = c4.s5;
        out0[(i % 49) + j*49 + (i / 49)*784 + 294] = c4.s6;
        out0[(i % 49) + j*49 + (i / 49)*784 + 343] = c4.s7;
        out0[(i % 49) + j*49 + (i / 49)*784 + 392] = c4.s8;
        out0[(i % 49) + j*49 + (i / 49)*784 + 441] = c4.s9;
        out0[(i % 49) + j*49 + (i / 49)*784 + 490] = c4.sa;
        out0[(i % 49) + j*49 + (i / 49)*784 + 539] = c4.sb;
        out0[(i % 49) + j*49 + (i / 49)*784 + 588] = c4.sc;
        out0[(i % 49) + j*49 + (i / 49)*784 + 637] = c4.sd;
        out0[(i % 49) + j*49 + (i / 49)*784 + 686] = c4.se;
        out0[(i % 49) + j*49 + (i / 49)*784 + 735] = c4.sf;
      }
    }
  }
}
