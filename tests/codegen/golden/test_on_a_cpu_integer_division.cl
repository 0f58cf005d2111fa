__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void floordiv_40_i32(__global int* restrict out0, __global const int* restrict in0, __global const int* restrict in1) {
  const int row = 0;
  for (int i0 = 0; i0 < 32; i0 += 16) {
    const int16 x1 = vload16(0, in0 + i0);
    const int16 x2 = vload16(0, in1 + i0);
    const int16 floordiv_3 = lg_floordiv_int16(x1, x2);
    vstore16(floordiv_3, 0, out0 + i0);
  }
  for (int i0 = 32; i0 < 40; i0++) {
    const int x4 = in0[i0];
    const int x5 = in1[i0];
    const int floordiv_6 = lg_floordiv_int(x4, x5);
    out0[i0] = floordiv_6;
  }
}
