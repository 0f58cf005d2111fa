__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void copy_3x12x12_f32(__global float* restrict out0, __global const float* restrict in0) {
  #pragma clang loop vectorize(disable)
  for (int row = 0; row < 36; row++) {
    const int i0 = (row / 12);
    const int i1 = (row % 12);
    for (int i2 = 0; i2 < 1; i2++) {
      const float x1 = 0.5f;
      out0[i2 + i1*12 + i0*144] = x1;
    }
    #pragma clang loop vectorize(disable)
    for (int i2 = 1; i2 < 9; i2 += 8) {
      const float8 x2 = ((i1 - 1 >= 0) & (i1 - 1 < 10)) ? vload8(0, in0 + i2 + i1*10 + i0*100 - 11) : (float8)(0.5f);
      vstore8(x2, 0, out0 + i2 + i1*12 + i0*144);
    }
    #pragma clang loop vectorize(disable)
    for (int i2 = 9; i2 < 11; i2++) {
      const float x3 = ((i1 - 1 >= 0) & (i1 - 1 < 10)) ? in0[i2 + i1*10 + i0*100 - 11] : 0.5f;
      out0[i2 + i1*12 + i0*144] = x3;
    }
    for (int i2 = 11; i2 < 12; i2++) {
      const float x4 = 0.5f;
      out0[i2 + i1*12 + i0*144] = x4;
    }
  }
}
