__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void copy_2x7x2x20_f32(__global float* restrict out0, __global const float* restrict in0) {
  const float c2 = 0.0f;
  const float16 v11 = (float16)(c2);
  #pragma clang loop vectorize(disable)
  for (int row = 0; row < 28; row++) {
    const int i0 = (row / 14);
    const int i1 = (((row / 2)) % 7);
    const int i2 = (row % 2);
    #pragma clang loop vectorize(disable)
    for (int i3 = 0; i3 < 1; i3++) {
      const float x1 = ((i1 - 1 >= 0) & (i1 - 1 < 5) & (i2 + i3*2 - 1 >= 0) & (i2 + i3*2 - 1 < 37)) ? in0[i2 + i3*2 + i1*37 + i0*185 - 38] : 0.0f;
      const int m3 = -((i2 + i3*2 - 1 >= 0) & (i2 + i3*2 - 1 < 37));
      const float w4 = (m3 ? x1 : c2);
      const int m5 = -((i1 - 1 >= 0) & (i1 - 1 < 5));
      const float w6 = (m5 ? w4 : c2);
      out0[i3 + i2*20 + i1*40 + i0*280] = w6;
    }
    #pragma clang loop vectorize(disable)
    for (int i3 = 1; i3 < 17; i3 += 16) {
      const float16 x7 = ((i1 - 1 >= 0) & (i1 - 1 < 5)) ? (float16)(in0[i2 + i3*2 + i1*37 + i0*185 - 38], in0[i2 + i3*2 + i1*37 + i0*185 - 36], in0[i2 + i3*2 + i1*37 + i0*185 - 34], in0[i2 + i3*2 + i1*37 + i0*185 - 32], in0[i2 + i3*2 + i1*37 + i0*185 - 30], in0[i2 + i3*2 + i1*37 + i0*185 - 28], in0[i2 + i3*2 + i1*37 + i0*185 - 26], in0[i2 + i3*2 + i1*37 + i0*185 - 24], in0[i2 + i3*2 + i1*37 + i0*185 - 22], in0[i2 + i3*2 + i1*37 + i0*185 - 20], in0[i2 + i3*2 + i1*37 + i0*185 - 18], in0[i2 + i3*2 + i1*37 + i0*185 - 16], in0[i2 + i3*2 + i1*37 + i0*185 - 14], in0[i2 + i3*2 + i1*37 + i0*185 - 12], in0[i2 + i3*2 + i1*37 + i0*185 - 10], in0[i2 + i3*2 + i1*37 + i0*185 - 8]) : (float16)(0.0f);
      const float16 w8 = x7;
      const int m9 = -((i1 - 1 >= 0) & (i1 - 1 < 5));
      const int16 m10 = (int16)(m9);
      const float16 w12 = (m10 ? w8 : v11);
      vstore16(w12, 0, out0 + i3 + i2*20 + i1*40 + i0*280);
    }
    #pragma clang loop vectorize(disable)
    for (int i3 = 17; i3 < 19; i3++) {
      const float x13 = ((i1 - 1 >= 0) & (i1 - 1 < 5)) ? in0[i2 + i3*2 + i1*37 + i0*185 - 38] : 0.0f;
      const float w14 = x13;
      const int m15 = -((i1 - 1 >= 0) & (i1 - 1 < 5));
      const float w16 = (m15 ? w14 : c2);
      out0[i3 + i2*20 + i1*40 + i0*280] = w16;
    }
    for (int i3 = 19; i3 < 20; i3++) {
      const float x17 = 0.0f;
      const float w18 = c2;
      const float w19 = c2;
      out0[i3 + i2*20 + i1*40 + i0*280] = w19;
    }
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_2x2x3x19_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  __local int down[9] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int v0 = g0*4;
  const int line0 = (v0 / 2);
  const int j0 = min((int)((v0 % 2)*16), (int)3);
  const int line1 = ((v0 + 1) / 2);
  const int j1 = min((int)(((v0 + 1) % 2)*16), (int)3);
  const int line2 = (v0 / 2) + 1;
  const int j2 = min((int)((v0 % 2)*16), (int)3);
  const int line3 = ((v0 + 1) / 2) + 1;
  const int j3 = min((int)(((v0 + 1) % 2)*16), (int)3);
  for (int s = 0; s < 9; s++) {
    {
      const int k = s;
      const int o1 = (((k % 3)) / 2) + (((k % 3)) % 2)*20 + (k / 3)*40;
      down[s] = o1;
    }
  }
  for (int t = 0; t < 1; t++) {
    const int i0 = 0;
    float16 c0_0 = (float16)(0.0f);
    float16 c0_1 = (float16)(0.0f);
    float16 c0_2 = (float16)(0.0f);
    float16 c0_3 = (float16)(0.0f);
    float16 c1_0 = (float16)(0.0f);
    float16 c1_1 = (float16)(0.0f);
    float16 c1_2 = (float16)(0.0f);
    float16 c1_3 = (float16)(0.0f);
    __global const float* row_0 = in1 + 0;
    __global const float* row_1 = in1 + 9;
    __global const float* columns_0 = in0 + j0 + (line0 % 3)*80 + (line0 / 3)*280;
    __global const float* columns_1 = in0 + j1 + (line1 % 3)*80 + (line1 / 3)*280;
    __global const float* columns_2 = in0 + j2 + (line2 % 3)*80 + (line2 / 3)*280;
    __global const float* columns_3 = in0 + j3 + (line3 % 3)*80 + (line3 / 3)*280;
    for (int kk = 0; kk < 9; kk++) {
      const int below = down[kk];
      const float16 b_0 = vload16(0, columns_0 + below);
      const float16 b_1 = vload16(0, columns_1 + below);
      const float16 b_2 = vload16(0, columns_2 + below);
      const float16 b_3 = vload16(0, columns_3 + below);
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
    }
    {
      const int i = 0;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c0_0, 0, out0 + j + (line % 3)*19 + i*57 + (line / 3)*114);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c0_1, 0, out0 + j + (line % 3)*19 + i*57 + (line / 3)*114);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c0_2, 0, out0 + j + (line % 3)*19 + i*57 + (line / 3)*114);
      }
      {
        const int line = line3;
        const int j = j3;
        vstore16(c0_3, 0, out0 + j + (line % 3)*19 + i*57 + (line / 3)*114);
      }
    }
    {
      const int i = 1;
      {
        const int line = line0;
        const int j = j0;
        vstore16(c1_0, 0, out0 + j + (line % 3)*19 + i*57 + (line / 3)*114);
      }
      {
        const int line = line1;
        const int j = j1;
        vstore16(c1_1, 0, out0 + j + (line % 3)*19 + i*57 + (line / 3)*114);
      }
      {
        const int line = line2;
        const int j = j2;
        vstore16(c1_2, 0, out0 + j + (line % 3)*19 + i*57 + (line / 3)*114);
      }
      {
        const int line = line3;
        const int j = j3;
        vstore16(c1_3, 0, out0 + j + (line % 3)*19 + i*57 + (line / 3)*114);
      }
    }
  }
}
