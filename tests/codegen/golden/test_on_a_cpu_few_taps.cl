__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_2x16x7x20_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  __local int down[9] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int z = get_global_id(2);
  const int j = min((int)(g0*16), (int)4);
  for (int s = 0; s < 9; s++) {
    {
      const int k = s;
      const int o1 = (k % 3) + (k / 3)*22;
      down[s] = o1;
    }
  }
  for (int t = 0; t < 2; t++) {
    const int i0 = min((int)(t*10), (int)6);
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
    __global const float* row_0 = in1 + i0*9;
    __global const float* row_1 = in1 + i0*9 + 9;
    __global const float* row_2 = in1 + i0*9 + 18;
    __global const float* row_3 = in1 + i0*9 + 27;
    __global const float* row_4 = in1 + i0*9 + 36;
    __global const float* row_5 = in1 + i0*9 + 45;
    __global const float* row_6 = in1 + i0*9 + 54;
    __global const float* row_7 = in1 + i0*9 + 63;
    __global const float* row_8 = in1 + i0*9 + 72;
    __global const float* row_9 = in1 + i0*9 + 81;
    __global const float* columns = in0 + j + (z % 7)*22 + (z / 7)*198;
    for (int kk = 0; kk < 9; kk++) {
      const int below = down[kk];
      const float16 b_0 = vload16(0, columns + below);
      const float16 a_0 = (float16)(row_0[kk]);
      c0_0 = fma(a_0, b_0, c0_0);
      const float16 a_1 = (float16)(row_1[kk]);
      c1_0 = fma(a_1, b_0, c1_0);
      const float16 a_2 = (float16)(row_2[kk]);
      c2_0 = fma(a_2, b_0, c2_0);
      const float16 a_3 = (float16)(row_3[kk]);
      c3_0 = fma(a_3, b_0, c3_0);
      const float16 a_4 = (float16)(row_4[kk]);
      c4_0 = fma(a_4, b_0, c4_0);
      const float16 a_5 = (float16)(row_5[kk]);
      c5_0 = fma(a_5, b_0, c5_0);
      const float16 a_6 = (float16)(row_6[kk]);
      c6_0 = fma(a_6, b_0, c6_0);
      const float16 a_7 = (float16)(row_7[kk]);
      c7_0 = fma(a_7, b_0, c7_0);
      const float16 a_8 = (float16)(row_8[kk]);
      c8_0 = fma(a_8, b_0, c8_0);
      const float16 a_9 = (float16)(row_9[kk]);
      c9_0 = fma(a_9, b_0, c9_0);
    }
    {
      const int i = i0;
      vstore16(c0_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 1;
      vstore16(c1_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 2;
      vstore16(c2_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 3;
      vstore16(c3_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 4;
      vstore16(c4_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 5;
      vstore16(c5_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 6;
      vstore16(c6_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 7;
      vstore16(c7_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 8;
      vstore16(c8_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
    {
      const int i = i0 + 9;
      vstore16(c9_0, 0, out0 + j + (z % 7)*20 + i*140 + (z / 7)*2240);
    }
  }
}
