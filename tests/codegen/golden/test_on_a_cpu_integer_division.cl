__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void floordiv_40_i32(__global int* restrict out0, __global const int* restrict in0, __global const int* restrict in1) {
  const int row = 0;
  for (int i0 = 0; i0 < 40; i0 += 8) {
    const int8 x1 = vload8(0, in0 + i0);
    const int8 x2 = vload8(0, in1 + i0);
    const int8 floordiv_3 = lg_floordiv_int8(x1, x2);
    vstore8(floordiv_3, 0, out0 + i0);
  }
}
