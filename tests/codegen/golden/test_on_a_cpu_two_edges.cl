__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void mul_9x3_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  #pragma clang loop vectorize(disable)
  for (int row = 0; row < 9; row++) {
    const int i0 = row;
    #pragma clang loop vectorize(disable)
    for (int i1 = 0; i1 < 2; i1 += 2) {
      const float2 x1 = ((i0 - 1 >= 0) & (i0 - 1 < 7)) ? vload2(0, in0 + i1 + i0*3 - 3) : (float2)(0.5f);
      const float2 x2 = (i0 - 1 >= 0) ? vload2(0, in1 + i1 + i0*3 - 3) : (float2)(1.0f);
      const float2 mul_3 = x1 * x2;
      vstore2(mul_3, 0, out0 + i1 + i0*3);
    }
    #pragma clang loop vectorize(disable)
    for (int i1 = 2; i1 < 3; i1++) {
      const int x4_in = (i0 - 1 >= 0) & (i0 - 1 < 7);
      const float x4_at = in0[(i1 + i0*3 - 3)*x4_in];
      const float x4 = x4_in ? x4_at : 0.5f;
      const int x5_in = i0 - 1 >= 0;
      const float x5_at = in1[(i1 + i0*3 - 3)*x5_in];
      const float x5 = x5_in ? x5_at : 1.0f;
      const float mul_6 = x4 * x5;
      out0[i1 + i0*3] = mul_6;
    }
  }
}
