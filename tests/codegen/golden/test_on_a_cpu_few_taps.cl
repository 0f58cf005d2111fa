__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_2x16x7x20_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  __local int down[9] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int v0 = min((int)(g0*3), (int)25);
  const int line0 = (v0 / 2);
  const int j0 = min((int)((v0 % 2)*16), (int)4);
  const int line1 = ((v0 + 1) / 2);
  const int j1 = min((int)(((v0 + 1) % 2)*16), (int)4);
  const int line2 = (v0 / 2) + 1;
  const int j2 = min((int)((v0 % 2)*16), (int)4);
  for (int s = 0; s < 9; s++) {
    {
      const int k = s;
      const int o1 = (k % 3) + (k / 3)*22;
      down[s] = o1;
    }
  }
  for (int t = 0; t < 2; t++) {
    const int i0 = t*8;
    float16 c0_0 = (float16)(0.0f);
    float16 c0_1 = (float16)(0.0f);
    float16 c0_2 = (float16)(0.0f);
    float16 c1_0 = (float16)(0.0f);
    float16 c1_1 = (float16)(0.0f);
    float16 c1_2 = (float16)(0.0f);
    float16 c2_0 = (float16)(0.0f);
    float16 c2_1 = (float16)(0.0f);
    float16 c2_2 = (float16)(0.0f);
    float16 c3_0 = (float16)(0.0f);
    float16 c3_1 = (float16)(0.0f);
    float16 c3_2 = (float16)(0.0f);
    float16 c4_0 = (float16)(0.0f);
    float16 c4_1 = (float16)(0.0f);
    float16 c4_2 = (float16)(0.0f);
    float16 c5_0 = (float16)(0.0f);
    float16 c5_1 = (float16)(0.0f);
    float16 c5_2 = (float16)(0.0f);
    float16 c6_0 = (float16)(0.0f);
    float16 c6_1 = (float16)(0.0f);
    float16 c6_2 = (float16)(0.0f);
    float16 c7_0 = (float16)(0.0f);
    float16 c7_1 = (float16)(0.0f);
    float16 c7_2 = (float16)(0.0f);
    __global const float* row_0 = in1 + i0*9;
    __global const float* row_1 = in1 + i0*9 + 9;
    __global const float* row_2 = in1 + i0*9 + 18;
    __global const float* row_3 = in1 + i0*9 + 27;
    __global const float* row_4 = in1 + i0*9 + 36;
    __global const float* row_5 = in1 + i0*9 + 45;
    __global const float* row_6 = in1 + i0*9 + 54;
    __global const float* row_7 = in1 + i0*9 + 63;
    __global const float* columns_0 = in0 + j0 + (line0 % 7)*22 + (line0 / 7)*198;
    __global const float* columns_1 = in0 + j1 + (line1 % 7)*22 + (line1 / 7)*198;
    __global const float* columns_2 = in0 + j2 + (line2 % 7)*22 + (line2 / 7)*198;
    for (int kk = 0; kk < 9; kk++) {
      const int below = down[kk];
      const float16 b_0 = vload16(0, columns_0 + below);
      const float16 b_1 = vload16(0, columns_1 + below);
      const float16 b_2 = vload16(0, columns_2 + below);
      const float16 a_0 = (float16)(row_0[kk]);
      c0_0 = fma(a_0, b_0, c0_0);
      c0_1 = fma(a_0, b_1, c0_1);
      c0_2 = fma(a_0, b_2, c0_2);
      const float16 a_1 = (float16)(row_1[kk]);
      c1_0 = fma(a_1, b_0, c1_0);
      c1_1 = fma(a_1, b_1, c1_1);
      c1_2 = fma(a_1, b_2, c1_2);
      const float16 a_2 = (float16)(row_2[kk]);
      c2_0 = fma(a_2, b_0, c2_0);
      c2_1 = fma(a_2, b_1, c2_1);
      c2_2 = fma(a_2, b_2, c2_2);
      const float16 a_3 = (float16)(row_3[kk]);
      c3_0 = fma(a_3, b_0, c3_0);
      c3_1 = fma(a_3, b_1, c3_1);
      c3_2 = fma(a_3, b_2, c3_2);
      const float16 a_4 = (float16)(row_4[kk]);
      c4_0 = fma(a_4, b_0, c4_0);
      c4_1 = fma(a_4, b_1, c4_1);
      c4_2 = fma(a_4, b_2, c4_2);
      const float16 a_5 = (float16)(row_5[kk]);
      c5_0 = fma(a_5, b_0, c5_0);
      c5_1 = fma(a_5, b_1, c5_1);
      c5_2 = fma(a_5, b_2, c5_2);
      const float16 a_6 = (float16)(row_6[kk]);
      c6_0 = fma(a_6, b_0, c6_0);
      c6_1 = fma(a_6, b_1, c6_1);
      c6_2 = fma(a_6, b_2, c6_2);
      const float16 a_7 = (float16)(row_7[kk]);
      c7_0 = fma(a_7, b_0, c7_0);
      c7_1 = fma(a_7, b_1, c7_1);
      c7_2 = fma(a_7, b_2, c7_2);
    }
    {
      const int i = i0;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c0_0, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c0_1, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c0_2, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
    }
    {
      const int i = i0 + 1;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c1_0, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c1_1, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c1_2, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
    }
    {
      const int i = i0 + 2;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c2_0, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c2_1, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c2_2, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
    }
    {
      const int i = i0 + 3;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c3_0, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c3_1, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c3_2, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
    }
    {
      const int i = i0 + 4;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c4_0, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c4_1, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c4_2, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
    }
    {
      const int i = i0 + 5;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c5_0, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c5_1, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c5_2, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
    }
    {
      const int i = i0 + 6;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c6_0, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c6_1, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c6_2, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
    }
    {
      const int i = i0 + 7;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c7_0, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c7_1, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c7_2, 0, out0 + j + (line % 7)*20 + i*140 + (line / 7)*2240);
      }
    }
  }
}
