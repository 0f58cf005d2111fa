__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void lt_and_33_b8(__global uchar* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const uchar* restrict in2) {
  const int row = 0;
  for (int i0 = 0; i0 < 32; i0 += 16) {
    const float16 x1 = vload16(0, in0 + i0);
    const float16 x2 = vload16(0, in1 + i0);
    const int16 lt_3 = x1 < x2;
    const int16 x4 = -convert_int16(vload16(0, in2 + i0));
    const int16 and_5 = lt_3 & x4;
    vstore16(convert_uchar16(-and_5), 0, out0 + i0);
  }
  for (int i0 = 32; i0 < 33; i0++) {
    const float x6 = in0[i0];
    const float x7 = in1[i0];
    const int lt_8 = -(x6 < x7);
    const int x9 = -(int)in2[i0];
    const int and_10 = lt_8 & x9;
    out0[i0] = (uchar)(-and_10);
  }
}
