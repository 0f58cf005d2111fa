__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_sub_mul_40x64_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2, __global const float* restrict in3) {
  __local float panel[19200] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int j = g0*32;
  const float16 x5 = vload16(0, in3 + j);
  const float16 x9 = vload16(0, in3 + j + 16);
  for (int s = 0; s < 600; s++) {
    {
      const int k = s;
      const float16 x1 = vload16(0, in1 + j + k*64);
      const float x2 = in2[k];
      const float16 v3 = (float16)(x2);
      const float16 sub_4 = x1 - v3;
      const float16 mul_6 = sub_4 * x5;
      vstore16(mul_6, 0, panel + s*32);
      const float16 x7 = vload16(0, in1 + j + k*64 + 16);
      const float16 sub_8 = x7 - v3;
      const float16 mul_10 = sub_8 * x9;
      vstore16(mul_10, 0, panel + s*32 + 16);
    }
  }
  for (int t = 0; t < 4; t++) {
    const int i0 = t*10;
    float16 c0_0 = (float16)(0.0f);
    float16 c0_1 = (float16)(0.0f);
    float16 c1_0 = (float16)(0.0f);
    float16 c1_1 = (float16)(0.0f);
    float16 c2_0 = (float16)(0.0f);
    float16 c2_1 = (float16)(0.0f);
    float16 c3_0 = (float16)(0.0f);
    float16 c3_1 = (float16)(0.0f);
    float16 c4_0 = (float16)(0.0f);
    float16 c4_1 = (float16)(0.0f);
    float16 c5_0 = (float16)(0.0f);
    float16 c5_1 = (float16)(0.0f);
    float16 c6_0 = (float16)(0.0f);
    float16 c6_1 = (float16)(0.0f);
    float16 c7_0 = (float16)(0.0f);
    float16 c7_1 = (float16)(0.0f);
    float16 c8_0 = (float16)(0.0f);
    float16 c8_1 = (float16)(0.0f);
    float16 c9_0 = (float16)(0.0f);
    float16 c9_1 = (float16)(0.0f);
    __global const float* row_0 = in0 + i0*600;
    __global const float* row_1 = in0 + i0*600 + 600;
    __global const float* row_2 = in0 + i0*600 + 1200;
    __global const float* row_3 = in0 + i0*600 + 1800;
    __global const float* row_4 = in0 + i0*600 + 2400;
    __global const float* row_5 = in0 + i0*600 + 3000;
    __global const float* row_6 = in0 + i0*600 + 3600;
    __global const float* row_7 = in0 + i0*600 + 4200;
    __global const float* row_8 = in0 + i0*600 + 4800;
    __global const float* row_9 = in0 + i0*600 + 5400;
    for (int kk = 0; kk < 600; kk++) {
      const float16 b_0 = vload16(0, panel + kk*32);
      const float16 b_1 = vload16(0, panel + kk*32 + 16);
      const float16 a_0 = (float16)(row_0[kk]);
      c0_0 = fma(a_0, b_0, c0_0);
      c0_1 = fma(a_0, b_1, c0_1);
      const float16 a_1 = (float16)(row_1[kk]);
      c1_0 = fma(a_1, b_0, c1_0);
      c1_1 = fma(a_1, b_1, c1_1);
      const float16 a_2 = (float16)(row_2[kk]);
      c2_0 = fma(a_2, b_0, c2_0);
      c2_1 = fma(a_2, b_1, c2_1);
      const float16 a_3 = (float16)(row_3[kk]);
      c3_0 = fma(a_3, b_0, c3_0);
      c3_1 = fma(a_3, b_1, c3_1);
      const float16 a_4 = (float16)(row_4[kk]);
      c4_0 = fma(a_4, b_0, c4_0);
      c4_1 = fma(a_4, b_1, c4_1);
      const float16 a_5 = (float16)(row_5[kk]);
      c5_0 = fma(a_5, b_0, c5_0);
      c5_1 = fma(a_5, b_1, c5_1);
      const float16 a_6 = (float16)(row_6[kk]);
      c6_0 = fma(a_6, b_0, c6_0);
      c6_1 = fma(a_6, b_1, c6_1);
      const float16 a_7 = (float16)(row_7[kk]);
      c7_0 = fma(a_7, b_0, c7_0);
      c7_1 = fma(a_7, b_1, c7_1);
      const float16 a_8 = (float16)(row_8[kk]);
      c8_0 = fma(a_8, b_0, c8_0);
      c8_1 = fma(a_8, b_1, c8_1);
      const float16 a_9 = (float16)(row_9[kk]);
      c9_0 = fma(a_9, b_0, c9_0);
      c9_1 = fma(a_9, b_1, c9_1);
    }
    {
      const int i = i0;
      vstore16(c0_0, 0, out0 + j + i*64);
      vstore16(c0_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 1;
      vstore16(c1_0, 0, out0 + j + i*64);
      vstore16(c1_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 2;
      vstore16(c2_0, 0, out0 + j + i*64);
      vstore16(c2_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 3;
      vstore16(c3_0, 0, out0 + j + i*64);
      vstore16(c3_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 4;
      vstore16(c4_0, 0, out0 + j + i*64);
      vstore16(c4_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 5;
      vstore16(c5_0, 0, out0 + j + i*64);
      vstore16(c5_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 6;
      vstore16(c6_0, 0, out0 + j + i*64);
      vstore16(c6_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 7;
      vstore16(c7_0, 0, out0 + j + i*64);
      vstore16(c7_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 8;
      vstore16(c8_0, 0, out0 + j + i*64);
      vstore16(c8_1, 0, out0 + j + i*64 + 16);
    }
    {
      const int i = i0 + 9;
      vstore16(c9_0, 0, out0 + j + i*64);
      vstore16(c9_1, 0, out0 + j + i*64 + 16);
    }
  }
}
