__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void copy_5x90_f32(__global float* restrict out0, __global const float* restrict in0) {
  for (int row = 0; row < 5; row++) {
    const int i0 = row;
    for (int i1 = 0; i1 < 88; i1 += 8) {
      __global const float* x1_at = in0 + i0 + i1*5;
      const float8 x1 = (float8)(x1_at[0], x1_at[5], x1_at[10], x1_at[15], x1_at[20], x1_at[25], x1_at[30], x1_at[35]);
      vstore8(x1, 0, out0 + i1 + i0*90);
    }
    for (int i1 = 88; i1 < 90; i1++) {
      const float x2 = in0[i0 + i1*5];
      out0[i1 + i0*90] = x2;
    }
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void argsort_5x90_i64(__global long* restrict out0, __global const float* restrict in0, __global long* restrict scratch) {
  const int g0 = get_global_id(0);
  const int line = g0;
  lg_argsort_ascending_float32(in0, out0, scratch, line*90, 90);
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void copy_90x5_i64(__global long* restrict out0, __global const long* restrict in0) {
  for (int row = 0; row < 90; row++) {
    const int i0 = row;
    for (int i1 = 0; i1 < 4; i1 += 4) {
      __global const long* x1_at = in0 + i0 + i1*90;
      const long4 x1 = (long4)(x1_at[0], x1_at[90], x1_at[180], x1_at[270]);
      vstore4(x1, 0, out0 + i1 + i0*5);
    }
    for (int i1 = 4; i1 < 5; i1++) {
      const long x2 = in0[i0 + i1*90];
      out0[i1 + i0*5] = x2;
    }
  }
}
