__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_2x16x7x20_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  __local float panel[288] __attribute__((aligned(64)));
  __local int taps[3] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int v0 = min((int)(g0*3), (int)25);
  const int line0 = (v0 / 2);
  const int j0 = min((int)((v0 % 2)*16), (int)4);
  const int line1 = ((v0 + 1) / 2);
  const int j1 = min((int)(((v0 + 1) % 2)*16), (int)4);
  const int line2 = (v0 / 2) + 1;
  const int j2 = min((int)((v0 % 2)*16), (int)4);
  const int o1 = 0;
  taps[0] = o1;
  const int o2 = 1;
  taps[1] = o2;
  const int o3 = 2;
  taps[2] = o3;
  for (int s = 0; s < 3; s++) {
    const int from0 = j0 + (line0 % 7)*22 + s*22 + (line0 / 7)*198;
    const float16 x4 = vload16(0, in0 + from0);
    vstore16(x4, 0, panel + s*96);
    const float16 x5 = vload16(0, in0 + from0 + 2);
    vstore16(x5, 0, panel + s*96 + 2);
    const int from1 = j1 + (line1 % 7)*22 + s*22 + (line1 / 7)*198;
    const float16 x6 = vload16(0, in0 + from1);
    vstore16(x6, 0, panel + s*96 + 32);
    const float16 x7 = vload16(0, in0 + from1 + 2);
    vstore16(x7, 0, panel + s*96 + 34);
    const int from2 = j2 + (line2 % 7)*22 + s*22 + (line2 / 7)*198;
    const float16 x8 = vload16(0, in0 + from2);
    vstore16(x8, 0, panel + s*96 + 64);
    const float16 x9 = vload16(0, in0 + from2 + 2);
    vstore16(x9, 0, panel + s*96 + 66);
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
    for (int s = 0; s < 3; s++) {
      for (int tap = 0; tap < 3; tap++) {
        const int shift = taps[tap];
        const float16 b_0 = vload16(0, panel + s*96 + shift);
        const float16 b_1 = vload16(0, panel + s*96 + shift + 32);
        const float16 b_2 = vload16(0, panel + s*96 + shift + 64);
        const float16 a_0 = (float16)(row_0[s*3 + tap]);
        c0_0 = fma(a_0, b_0, c0_0);
        c0_1 = fma(a_0, b_1, c0_1);
        c0_2 = fma(a_0, b_2, c0_2);
        const float16 a_1 = (float16)(row_1[s*3 + tap]);
        c1_0 = fma(a_1, b_0, c1_0);
        c1_1 = fma(a_1, b_1, c1_1);
        c1_2 = fma(a_1, b_2, c1_2);
        const float16 a_2 = (float16)(row_2[s*3 + tap]);
        c2_0 = fma(a_2, b_0, c2_0);
        c2_1 = fma(a_2, b_1, c2_1);
        c2_2 = fma(a_2, b_2, c2_2);
        const float16 a_3 = (float16)(row_3[s*3 + tap]);
        c3_0 = fma(a_3, b_0, c3_0);
        c3_1 = fma(a_3, b_1, c3_1);
        c3_2 = fma(a_3, b_2, c3_2);
        const float16 a_4 = (float16)(row_4[s*3 + tap]);
        c4_0 = fma(a_4, b_0, c4_0);
        c4_1 = fma(a_4, b_1, c4_1);
        c4_2 = fma(a_4, b_2, c4_2);
        const float16 a_5 = (float16)(row_5[s*3 + tap]);
        c5_0 = fma(a_5, b_0, c5_0);
        c5_1 = fma(a_5, b_1, c5_1);
        c5_2 = fma(a_5, b_2, c5_2);
        const float16 a_6 = (float16)(row_6[s*3 + tap]);
        c6_0 = fma(a_6, b_0, c6_0);
        c6_1 = fma(a_6, b_1, c6_1);
        c6_2 = fma(a_6, b_2, c6_2);
        const float16 a_7 = (float16)(row_7[s*3 + tap]);
        c7_0 = fma(a_7, b_0, c7_0);
        c7_1 = fma(a_7, b_1, c7_1);
        c7_2 = fma(a_7, b_2, c7_2);
      }
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
