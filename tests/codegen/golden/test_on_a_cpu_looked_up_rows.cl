__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void gather_contract_40x64_f32(__global float* restrict out0, __global const float* restrict in0, __global const long* restrict in1, __global const float* restrict in2, __global volatile int* lg_error, const int lg_code, const int lg_run) {
  __local float panel[6144] __attribute__((aligned(64)));
  const int g1 = get_global_id(1);
  const int j = 0;
  for (int s = 0; s < 96; s++) {
    {
      const int k = s;
      const float16 x1 = vload16(0, in2 + j + k*64);
      vstore16(x1, 0, panel + s*64);
      const float16 x2 = vload16(0, in2 + j + k*64 + 16);
      vstore16(x2, 0, panel + s*64 + 16);
      const float16 x3 = vload16(0, in2 + j + k*64 + 32);
      vstore16(x3, 0, panel + s*64 + 32);
      const float16 x4 = vload16(0, in2 + j + k*64 + 48);
      vstore16(x4, 0, panel + s*64 + 48);
    }
  }
  for (int t = g1*4; t < g1*4 + 4; t++) {
    const int i0 = t*5;
    float16 c0_0 = (float16)(0.0f);
    float16 c0_1 = (float16)(0.0f);
    float16 c0_2 = (float16)(0.0f);
    float16 c0_3 = (float16)(0.0f);
    float16 c1_0 = (float16)(0.0f);
    float16 c1_1 = (float16)(0.0f);
    float16 c1_2 = (float16)(0.0f);
    float16 c1_3 = (float16)(0.0f);
    float16 c2_0 = (float16)(0.0f);
    float16 c2_1 = (float16)(0.0f);
    float16 c2_2 = (float16)(0.0f);
    float16 c2_3 = (float16)(0.0f);
    float16 c3_0 = (float16)(0.0f);
    float16 c3_1 = (float16)(0.0f);
    float16 c3_2 = (float16)(0.0f);
    float16 c3_3 = (float16)(0.0f);
    float16 c4_0 = (float16)(0.0f);
    float16 c4_1 = (float16)(0.0f);
    float16 c4_2 = (float16)(0.0f);
    float16 c4_3 = (float16)(0.0f);
    const long x5 = in1[i0];
    const int d1 = lg_check(x5, 300, lg_code + 0, lg_error + 4*lg_run);
    __global const float* row_0 = in0 + d1*96;
    const long x6 = in1[i0 + 1];
    const int d2 = lg_check(x6, 300, lg_code + 0, lg_error + 4*lg_run);
    __global const float* row_1 = in0 + d2*96;
    const long x7 = in1[i0 + 2];
    const int d3 = lg_check(x7, 300, lg_code + 0, lg_error + 4*lg_run);
    __global const float* row_2 = in0 + d3*96;
    const long x8 = in1[i0 + 3];
    const int d4 = lg_check(x8, 300, lg_code + 0, lg_error + 4*lg_run);
    __global const float* row_3 = in0 + d4*96;
    const long x9 = in1[i0 + 4];
    const int d5 = lg_check(x9, 300, lg_code + 0, lg_error + 4*lg_run);
    __global const float* row_4 = in0 + d5*96;
    for (int kk = 0; kk < 96; kk++) {
      const float16 b_0 = vload16(0, panel + kk*64);
      const float16 b_1 = vload16(0, panel + kk*64 + 16);
      const float16 b_2 = vload16(0, panel + kk*64 + 32);
      const float16 b_3 = vload16(0, panel + kk*64 + 48);
      const float16 a_0 = (float16)(row_0[kk]);
      c0_0 = fma(a_0, b_0, c0_0);
      c0_1 = fma(a_0, b_1, c0_1);
      c0_2 = fma(a_0, b_2, c0_2);
      c0_3 = fma(a_0, b_3, c0_3);
      const float16 a_1 = (float16)(row_1[kk]);
      c1_0 = fma(a_1, b_0, c1_0);
      c1_1 = fma(a_1, b_1, c1_1);
      c1_2 = fma(a_1, b_2, c1_2);
      c1_3 = fma(a_1, b_3, c1_3);
      const float16 a_2 = (float16)(row_2[kk]);
      c2_0 = fma(a_2, b_0, c2_0);
      c2_1 = fma(a_2, b_1, c2_1);
      c2_2 = fma(a_2, b_2, c2_2);
      c2_3 = fma(a_2, b_3, c2_3);
      const float16 a_3 = (float16)(row_3[kk]);
      c3_0 = fma(a_3, b_0, c3_0);
      c3_1 = fma(a_3, b_1, c3_1);
      c3_2 = fma(a_3, b_2, c3_2);
      c3_3 = fma(a_3, b_3, c3_3);
      const float16 a_4 = (float16)(row_4[kk]);
      c4_0 = fma(a_4, b_0, c4_0);
      c4_1 = fma(a_4, b_1, c4_1);
      c4_2 = fma(a_4, b_2, c4_2);
      c4_3 = fma(a_4, b_3, c4_3);
    }
    {
      const int i = i0;
      vstore16(c0_0, 0, out0 + j + i*64);
      vstore16(c0_1, 0, out0 + j + i*64 + 16);
      vstore16(c0_2, 0, out0 + j + i*64 + 32);
      vstore16(c0_3, 0, out0 + j + i*64 + 48);
    }
    {
      const int i = i0 + 1;
      vstore16(c1_0, 0, out0 + j + i*64);
      vstore16(c1_1, 0, out0 + j + i*64 + 16);
      vstore16(c1_2, 0, out0 + j + i*64 + 32);
      vstore16(c1_3, 0, out0 + j + i*64 + 48);
    }
    {
      const int i = i0 + 2;
      vstore16(c2_0, 0, out0 + j + i*64);
      vstore16(c2_1, 0, out0 + j + i*64 + 16);
      vstore16(c2_2, 0, out0 + j + i*64 + 32);
      vstore16(c2_3, 0, out0 + j + i*64 + 48);
    }
    {
      const int i = i0 + 3;
      vstore16(c3_0, 0, out0 + j + i*64);
      vstore16(c3_1, 0, out0 + j + i*64 + 16);
      vstore16(c3_2, 0, out0 + j + i*64 + 32);
      vstore16(c3_3, 0, out0 + j + i*64 + 48);
    }
    {
      const int i = i0 + 4;
      vstore16(c4_0, 0, out0 + j + i*64);
      vstore16(c4_1, 0, out0 + j + i*64 + 16);
      vstore16(c4_2, 0, out0 + j + i*64 + 32);
      vstore16(c4_3, 0, out0 + j + i*64 + 48);
    }
  }
}
